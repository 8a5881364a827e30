/** Processes in any state and the turn of a table's cell, for tests of the core. */
import type { ExitStatus, Pid, State } from '../../../src/core/model.ts'
import { newProc } from '../../../src/core/proc.ts'
import type { Effect, Now, Proc, ProcInput } from '../../../src/core/proc.ts'
import { stepProc } from '../../../src/core/process.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { specOf } from '../../sim/random-world.ts'

export const id: Pid = { pid: 4711, startTime: '99' }
export const code = (value: number): ExitStatus => ({ kind: 'code', code: value })

/** An instant, `mono` milliseconds after a fixed one. */
export function at(mono: number): Now {
  return { mono, wall: 1_700_000_000_000 + mono }
}

export function exited(status: ExitStatus, lastLines: readonly string[] = []): Extract<ProcInput, { type: 'exited' }> {
  return { type: 'exited', status, lastLines }
}

/** A process as it is in this state; started at 0, its deadline (if any) one second later. */
export function procIn(state: State, change: Partial<Proc> = {}, spec: Partial<ProcessSpec> = {}): Proc {
  const up = ['STARTING', 'RUNNING', 'BACKOFF'].includes(state)
  const live = ['STARTING', 'RUNNING', 'STOPPING', 'UNKNOWN'].includes(state)
  const proc = newProc(specOf(spec), up ? 'up' : 'down', 'test', at(0).wall)
  proc.state = state
  proc.incarnation = 1
  proc.startedAt = at(0).wall
  if (live) proc.id = id
  if (['STARTING', 'BACKOFF', 'STOPPING'].includes(state)) proc.deadline = 1000
  if (state === 'BACKOFF') proc.backoff = 1
  if (state === 'STOPPING') Object.assign(proc, { stopBy: 'test', rung: 0 })
  return Object.assign(proc, change)
}

/** Steps once; what is to be done of it. */
export function stepped(proc: Proc, input: ProcInput, now: Now = at(500)): Effect[] {
  const effects: Effect[] = []
  stepProc(proc, input, now, effects)
  return effects
}

/** States that the effects tell, in order. */
export function entered(effects: readonly Effect[]): State[] {
  return effects.flatMap((effect) => (effect.type === 'event' && effect.body.type === 'process.state' ? [effect.body.to] : []))
}

/** Signals that the effects send, in order. */
export function signals(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => (effect.type === 'kill' ? [`${effect.signal} to ${effect.scope} ${String(effect.id.pid)}`] : []))
}

export function kinds(effects: readonly Effect[]): string[] {
  return effects.map((effect) => effect.type)
}
