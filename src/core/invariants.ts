/**
 * What is true of every fleet after every step, whatever happened. The simulation checks it after each; a broken
 * one is a mistake of the program, and the sentence says which.
 */
import { isStopped } from './model.ts'
import type { Fleet } from './fleet.ts'
import { ranked } from './fleet.ts'
import type { Proc } from './proc.ts'
import { rests } from './proc.ts'

/** Sentences about what does not hold; empty when all is well. */
export function brokenInvariants(fleet: Fleet): string[] {
  const broken: string[] = []
  for (const { proc } of ranked(fleet)) {
    for (const [rule, holds] of rulesOf(proc, fleet.phase)) {
      if (!holds) broken.push(`${proc.group}:${proc.name} is ${proc.state}: ${rule}`)
    }
  }
  if (fleet.phase === 'drained' && ranked(fleet).some(({ proc }) => !isStopped(proc.state))) {
    broken.push('a drained fleet has nothing that runs')
  }
  return broken
}

function rulesOf(proc: Proc, phase: Fleet['phase']): readonly (readonly [rule: string, holds: boolean])[] {
  const { state, id, want, deadline } = proc
  const live = id !== null
  return [
    ['a process that rests or waits has no pid', !live || !['STOPPED', 'EXITED', 'FATAL', 'BACKOFF'].includes(state)],
    ['who runs or stops has a pid', live || !['RUNNING', 'STOPPING', 'UNKNOWN'].includes(state)],
    ['who waits for a retry or for its end has a deadline', deadline !== null || !['BACKOFF', 'STOPPING'].includes(state)],
    ['who was spawned and is not up yet has a deadline', state !== 'STARTING' || live === (deadline !== null)],
    ['who rests or runs has no deadline', deadline === null || !['STOPPED', 'EXITED', 'FATAL', 'RUNNING', 'UNKNOWN'].includes(state)],
    ['who is not wanted does not run on', want === 'up' || !(state === 'RUNNING' || state === 'BACKOFF' || (state === 'STARTING' && live))],
    ['who is wanted is on its way', want === 'down' || phase !== 'running' || !(state === 'STOPPED' || state === 'EXITED')],
    ['a change waits only for a process that still runs', proc.next === null || !rests(proc)],
    ['who leaves and rests is gone', !(proc.leaving && rests(proc))],
    ['at most ten exits are kept', proc.exits.length <= 10],
    ['an exit belongs to an incarnation that was', proc.exits.every((exit) => exit.incarnation <= proc.incarnation)],
  ]
}
