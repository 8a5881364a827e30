/**
 * When a wait for a process is over, and how it came out. A verdict is asked at each state that the process enters,
 * and with `null` at each settling of the loop: then nothing may be in between, and what has no event counts too.
 */
import type { Outcome, WaitCondition } from '../api/master.ts'
import { conditionHolds } from '../core/dependencies.ts'
import { isArmed } from '../core/job.ts'
import { isStopped } from '../core/model.ts'
import type { State } from '../core/model.ts'
import type { Proc } from '../core/proc.ts'
import { exitWords } from '../core/transitions.ts'

/** Judges a process; `undefined` means: not settled yet. */
export type Verdict = (proc: Proc, entered: State | null) => Outcome | undefined

/** What came of a request for a process. */
export function outcomeOf(proc: Proc, result: Outcome['result'], description = result as string): Outcome {
  return { group: proc.group, name: proc.name, result, description }
}

/** What came of a start that went on by itself before anybody asked: who is EXITED was RUNNING. */
export function endedOutcome(proc: Proc): Outcome {
  return proc.state === 'FATAL' ? outcomeOf(proc, 'SPAWN_ERROR', proc.reason) : outcomeOf(proc, 'OK')
}

/** The verdict of who has asked for a start: the first failure counts, as supervisord has it. A start that is held waits. */
export const upVerdict: Verdict = (proc, entered) => {
  if (entered === null && isArmed(proc)) return outcomeOf(proc, 'OK')
  if (entered === null) return isStopped(proc.state) && proc.want === 'down' ? outcomeOf(proc, 'ABNORMAL_TERMINATION', proc.reason) : undefined
  switch (entered) {
    case 'RUNNING':
      return outcomeOf(proc, 'OK')
    case 'STARTING':
      return undefined
    case 'BACKOFF':
    case 'FATAL':
      return outcomeOf(proc, 'SPAWN_ERROR', proc.spawnError)
    case 'STOPPED':
    case 'EXITED':
    case 'STOPPING':
    case 'UNKNOWN':
      return outcomeOf(proc, 'ABNORMAL_TERMINATION', proc.reason)
  }
}

/** The same verdict, and that of a start that is held by what does not come by itself. */
export function unlessLost(verdict: Verdict, lost: (proc: Proc) => string | null): Verdict {
  return (proc, entered) => {
    const known = verdict(proc, entered)
    const dependency = known === undefined && entered === null ? lost(proc) : null
    if (dependency === null) return known
    return { ...outcomeOf(proc, 'SPAWN_ERROR', `${proc.hold ?? ''}; that does not come by itself any more`), dependency }
  }
}

/** Nothing of it runs any more. */
export const downVerdict: Verdict = (proc, entered) => (isStopped(entered ?? proc.state) ? outcomeOf(proc, 'OK') : undefined)

/** The verdict of who waits for a condition: it holds, or cannot come to hold by itself. */
export function verdictOf(condition: WaitCondition, since: Proc, lost: (proc: Proc) => string | null): Verdict {
  switch (condition) {
    case 'ready':
      return unlessLost((proc, entered) => (entered === 'RUNNING' || conditionHolds(proc, 'ready') ? outcomeOf(proc, 'OK') : failure(proc, entered)), lost)
    case 'healthy':
      return unlessLost((proc, entered) => (conditionHolds(proc, 'healthy') ? outcomeOf(proc, 'OK') : failure(proc, entered)), lost)
    case 'stopped':
      return (proc) => (isStopped(proc.state) && (proc.want === 'down' || isGivenUp(proc)) ? outcomeOf(proc, 'OK', proc.reason) : undefined)
    case 'exited':
      return exitVerdict(since.incarnation)
  }
}

/** `incarnation`: the one whose end is waited for, if it still runs. */
function exitVerdict(incarnation: number): Verdict {
  return (proc) => {
    const ended = proc.id === null && !proc.preparing && proc.state !== 'STARTING'
    if (!ended && proc.incarnation === incarnation) return undefined
    const last = proc.exits.find((exit) => exit.incarnation === incarnation) ?? proc.exits.at(-1)
    return outcomeOf(proc, 'OK', last === undefined ? proc.reason : exitWords(last))
  }
}

function failure(proc: Proc, entered: State | null): Outcome | undefined {
  if (entered !== null) return undefined // what is in between may go on; the settling comes at once
  if (isGivenUp(proc)) return outcomeOf(proc, 'SPAWN_ERROR', proc.reason)
  if (proc.state === 'UNKNOWN' || (isStopped(proc.state) && proc.want === 'down')) return outcomeOf(proc, 'ABNORMAL_TERMINATION', proc.reason)
  return undefined
}

/** The verdict of who has asked for a run of a job, by the id of that. */
export function runVerdict(id: string): Verdict {
  return (proc, entered) => {
    const { done = null, waiting = [], current = null } = proc.rounds ?? {}
    if (done?.id === id) {
      const { result, reason, code } = done
      return { ...outcomeOf(proc, result === 'ok' ? 'OK' : 'ABNORMAL_TERMINATION', reason), ...(code !== undefined && { exitCode: code }) }
    }
    if (entered !== null || current?.id === id || waiting.some((due) => due.id === id)) return undefined
    return outcomeOf(proc, 'ABNORMAL_TERMINATION', `it was not run: ${standing(proc)}`)
  }
}

/** FATAL, and not because it waits to be started again. */
function isGivenUp(proc: Proc): boolean {
  return proc.state === 'FATAL' && proc.hold === null
}

/** Where a process stands, for who has waited in vain: `STOPPED: waiting for db (BACKOFF: exit status 1)`. */
export function standing(proc: Proc): string {
  const why = proc.hold ?? (proc.health === 'unhealthy' ? `unhealthy: ${proc.ailment}` : proc.reason)
  return `${proc.state}${why === '' ? '' : `: ${why}`}`
}
