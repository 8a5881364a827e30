/**
 * What is true of every fleet after every step, whatever happened. The simulation checks it after each; a broken
 * one is a mistake of the program, and the sentence says which.
 */
import { conditionHolds, isWanted } from './dependencies.ts'
import { isArmed } from './job.ts'
import { isStopped } from './model.ts'
import type { Fleet } from './roster.ts'
import { rests } from './proc.ts'
import { linksOf, ranked } from './roster.ts'
import type { Proc } from './proc.ts'

/** Sentences about what does not hold; empty when all is well. */
export function brokenInvariants(fleet: Fleet): string[] {
  const broken: string[] = []
  for (const { proc } of ranked(fleet)) {
    for (const [rule, holds] of rulesOf(proc, fleet.phase)) {
      if (!holds) broken.push(`${proc.group}:${proc.name} is ${proc.state}: ${rule}`)
    }
  }
  broken.push(...brokenLinks(fleet))
  if (fleet.phase === 'drained' && ranked(fleet).some(({ proc }) => !isStopped(proc.state))) {
    broken.push('a drained fleet has nothing that runs')
  }
  return broken
}

function rulesOf(proc: Proc, phase: Fleet['phase']): readonly (readonly [rule: string, holds: boolean])[] {
  const { state, id, want, deadline, hold } = proc
  const live = id !== null
  return [
    ['a process that rests or waits has no pid', !live || !['STOPPED', 'EXITED', 'FATAL', 'BACKOFF'].includes(state)],
    ['who runs or stops has a pid', live || !['RUNNING', 'STOPPING', 'UNKNOWN'].includes(state)],
    ['who waits for a retry or for its end has a deadline', deadline !== null || (hold !== null && state === 'BACKOFF') || !['BACKOFF', 'STOPPING'].includes(state)],
    ['who was spawned and is not up yet has a deadline', state !== 'STARTING' || live === (deadline !== null)],
    ['who rests has no deadline but to be held until then', deadline === null || isArmed(proc) || hold !== null || !['STOPPED', 'EXITED', 'UNKNOWN'].includes(state)],
    ['who was given up has no deadline but the one more try', deadline === null || isArmed(proc) || state !== 'FATAL' || (proc.spec.care?.restart?.retryAfter ?? null) !== null],
    ['who runs has no deadline but an alarm', deadline === null || state !== 'RUNNING' || proc.spec.care !== undefined || proc.recycle !== null],
    ['who is not wanted is not held back from a start', want === 'up' || hold === null || live],
    ['who is not wanted does not run on', want === 'up' || hold !== null || !(state === 'RUNNING' || state === 'BACKOFF' || (state === 'STARTING' && live))],
    ['who is wanted is on its way', want === 'down' || phase !== 'running' || hold !== null || isArmed(proc) || !(state === 'STOPPED' || state === 'EXITED')],
    ['a change waits only for a process that still runs', proc.next === null || !rests(proc)],
    ['who leaves and rests is gone', !(proc.leaving && rests(proc))],
    ['who is prepared has not been spawned', !proc.preparing || (state === 'STARTING' && !live)],
    ['who is held is told why', hold === null || hold.trim() !== ''],
    ['who is held is on no way', hold === null || state !== 'STOPPING'],
    ['a replacement belongs to who runs', proc.recycle === null || state === 'STARTING' || state === 'RUNNING' || state === 'UNKNOWN'],
    ['a job that rests and is armed has nothing that waits', !isArmed(proc) || proc.rounds?.waiting.length === 0],
    ['nobody waits for more runs than can be caught up on', (proc.rounds?.waiting.length ?? 0) <= 102],
    ['at most ten exits are kept', proc.exits.length <= 10],
    ['an exit belongs to an incarnation that was', proc.exits.every((exit) => exit.incarnation <= proc.incarnation)],
  ]
}

/** Nothing has started before its condition, and nothing is left waiting when its condition holds. */
function brokenLinks(fleet: Fleet): string[] {
  if (fleet.phase !== 'running') return []
  return [...(linksOf(fleet)?.needs ?? [])].flatMap(([proc, needs]) => {
    const met = needs.every(({ dependency, procs }) =>
      procs.every((one) => conditionHolds(one, dependency.condition) || (!dependency.required && !isWanted(one))) && (procs.length > 0 || !dependency.required))
    if (met && proc.want === 'up' && !proc.preparing && proc.deadline === null && proc.hold?.startsWith('waiting for ') === true) return [`${proc.group}:${proc.name} is left waiting though its conditions hold`]
    return []
  })
}
