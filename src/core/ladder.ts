/**
 * How a process is stopped, rung by rung: what comes before the first signal, the signals with the time that each
 * gives, and SIGKILL, which is repeated. A worker may ask for more time on a rung, up to a bound, but not against SIGKILL.
 */
import type { StopStep } from './care.ts'
import type { Actor } from './model.ts'
import type { AfterStop, Effect, Now, Proc } from './proc.ts'
import { enter } from './transitions.ts'

/** SIGKILL is repeated no faster than this, also with `stopwaitsecs: 0`. */
const killRepeatMin = 1000
/** How long a step before the first signal may take beyond its own timeout until nobody waits for it any longer. */
const patience = 1000
/** How long a silent worker is looked at before it gets its signal, at most. */
export const lookMax = 2000

/** Begins to stop a process that runs. */
export function beginStop(proc: Proc, afterStop: AfterStop, about: { reason?: string; by: Actor }, now: Now, effects: Effect[]): void {
  const { care } = proc.spec
  proc.stopBy = about.by
  proc.afterStop = afterStop
  proc.rung = -1
  proc.recycle = null
  proc.hold = null
  const reason = about.reason ?? `${firstStep(proc)}, asked by ${about.by}`
  enter(proc, 'STOPPING', reason, now, effects, { by: about.by, pid: proc.id?.pid ?? 0 })
  const before = care?.hooks?.pre_stop
  if (before === undefined) return waitBeforeFirst(proc, now, effects)
  proc.deadline = now.mono + before.timeout + patience + (care?.stop?.preStopDelay ?? 0)
  effects.push({ type: 'prepare', proc, step: 'stop' })
}

function firstStep(proc: Proc): string {
  const { care } = proc.spec
  if (care?.hooks?.pre_stop !== undefined) return 'pre_stop first, then the stop'
  if ((care?.stop?.preStopDelay ?? 0) > 0) return `stops in ${String((care?.stop?.preStopDelay ?? 0) / 1000)} s (pre_stop_delay)`
  if (care?.stop?.command != null) return 'stop_command is run'
  return `${stepsOf(proc)[0]?.signal ?? proc.spec.stopsignal} sent`
}

/** pre_stop is done, or there is none: load balancers get their time to notice. */
export function waitBeforeFirst(proc: Proc, now: Now, effects: Effect[]): void {
  const delay = proc.spec.care?.stop?.preStopDelay ?? 0
  if (delay > 0) proc.deadline = now.mono + delay
  else climb(proc, now, effects)
}

/** The next rung: `stop_command`, a signal, or SIGKILL. */
export function climb(proc: Proc, now: Now, effects: Effect[]): void {
  proc.rung += 1
  const { care } = proc.spec
  const byCommand = care?.stop?.command != null
  if (byCommand && proc.rung === 0) {
    stand(proc, now, proc.spec.stopwait)
    effects.push({ type: 'prepare', proc, step: 'stop_command' })
    return
  }
  const step = stepsOf(proc)[proc.rung - (byCommand ? 1 : 0)]
  if (step === undefined || step.signal === 'SIGKILL') return kill(proc, `: it did not stop within ${String(patienceOf(proc) / 1000)} s`, now, effects)
  stand(proc, now, step.wait)
  send(proc, step.signal, false, effects)
}

/** After a change of masters: the same rung once more. What comes before the first signal was begun by the last one. */
export function standAgain(proc: Proc, now: Now): void {
  const { care, stopwait } = proc.spec
  if (care?.hooks?.pre_stop === undefined && (care?.stop?.preStopDelay ?? 0) === 0) proc.rung = Math.max(0, proc.rung)
  const step = stepsOf(proc)[proc.rung - (care?.stop?.command == null ? 0 : 1)]
  stand(proc, now, proc.rung < 0 ? (care?.stop?.preStopDelay ?? 0) : Math.max(step === undefined ? killRepeatMin : 0, step?.wait ?? stopwait))
}

/** SIGKILL, whatever rung it stands on. */
export function kill(proc: Proc, why: string, now: Now, effects: Effect[]): void {
  if (proc.id === null) return
  const last = stepsOf(proc).length + 1
  const repeated = proc.rung > last || proc.reason.includes('SIGKILL sent')
  proc.rung = Math.max(proc.rung, last)
  stand(proc, now, Math.max(killRepeatMin, proc.spec.stopwait))
  // Of who was not well, what it had is told on.
  if (!repeated) proc.reason = `${proc.afterStop === 'rest' ? '' : `${proc.reason}; `}SIGKILL sent${why}`
  send(proc, 'SIGKILL', true, effects)
}

/** The worker asks for more time on this rung. */
export function extend(proc: Proc, time: number, now: Now): void {
  if (proc.rung < 0 || proc.rung > stepsOf(proc).length || proc.deadline === null) return
  const bound = proc.rungEnds + (proc.spec.care?.stop?.extendMax ?? 0)
  proc.deadline = Math.max(proc.deadline, Math.min(now.mono + time, bound))
}

/** A silent worker is asked for a core dump first, after somebody has looked at it. */
export function abort(proc: Proc, forensics: string, now: Now, effects: Effect[]): void {
  if (proc.id === null) return
  proc.rung = stepsOf(proc).length // SIGKILL comes next
  stand(proc, now, lookMax + proc.spec.stopwait)
  effects.push({ type: 'kill', proc, id: proc.id, signal: 'SIGABRT', scope: 'process', escalated: false, forensics })
}

function stepsOf(proc: Proc): readonly StopStep[] {
  const sequence = proc.spec.care?.stop?.sequence ?? []
  return sequence.length > 0 ? sequence : [{ signal: proc.spec.stopsignal, wait: proc.spec.stopwait }]
}

/** Milliseconds of all rungs before SIGKILL. */
function patienceOf(proc: Proc): number {
  return stepsOf(proc).reduce((sum, { signal, wait }) => sum + (signal === 'SIGKILL' ? 0 : wait), 0)
}

/** Milliseconds that a stop may take until SIGKILL, with all that comes before and all that a worker may ask for. */
export function stopMax(proc: Proc): number {
  const { hooks, stop } = proc.spec.care ?? {}
  const before = hooks?.pre_stop === undefined ? 0 : hooks.pre_stop.timeout + patience
  const byCommand = stop?.command == null ? 0 : proc.spec.stopwait
  return before + (stop?.preStopDelay ?? 0) + byCommand + patienceOf(proc) + (stop?.extendMax ?? 0)
}

function stand(proc: Proc, now: Now, wait: number): void {
  proc.deadline = now.mono + wait
  proc.rungEnds = proc.deadline
}

function send(proc: Proc, signal: StopStep['signal'], escalated: boolean, effects: Effect[]): void {
  if (proc.id === null) return
  const asGroup = escalated ? proc.spec.killasgroup : proc.spec.stopasgroup
  effects.push({ type: 'kill', proc, id: proc.id, signal, scope: asGroup ? 'group' : 'process', escalated })
}
