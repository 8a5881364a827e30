/** The life of a job, as the cells of the table need it: how a run ends, is tried again, is asked for, is paused. */
import { enqueueRun, jobOf, meetSlots, tell } from './job.ts'
import type { Job } from './job.ts'
import { beginStop } from './ladder.ts'
import { goOn, launchIfFree, runNext } from './launching.ts'
import type { Actor, ExitRecord, RunResult } from './model.ts'
import { isFinal, retryDelay } from './policy.ts'
import { rests } from './proc.ts'
import type { Effect, Now, Proc } from './proc.ts'
import { backOff, enter, exitWords } from './transitions.ts'
import type { Moment, Turn } from './turn.ts'

/** Somebody starts a job that rests: an interval runs at once, a schedule waits for its slot. */
export function beginJob(proc: Proc, job: Job, moment: Moment): void {
  const { rounds } = job
  rounds.once = null
  rounds.endedMono = null
  rounds.endedAt = 0
  if (proc.state === 'BACKOFF') return launchIfFree(proc, false, moment)
  proc.deadline = null
  runNext(proc, job, moment)
}

/** It rests, armed or held, and is not to run any more. */
export function pause(proc: Proc, by: Actor, now: Now, effects: Effect[]): void {
  const words = proc.hold === null ? `stopped by ${by} between its runs` : `stopped by ${by} while it waited, ${proc.hold}`
  Object.assign(proc, { want: 'down', wantedBy: by, stopBy: by, deadline: null, hold: null, afterStop: 'rest', spawnError: '' } satisfies Partial<Proc>)
  disarm(proc)
  enter(proc, 'STOPPED', words, now, effects, { by })
}

/** Nothing of it is due any more. */
export function disarm(proc: Proc): void {
  const { rounds } = proc
  if (rounds === null) return
  const dropped = rounds.current ?? rounds.waiting[0]
  if (dropped !== undefined) rounds.done = { id: dropped.id, result: 'stopped', reason: `stopped by ${proc.stopBy ?? proc.wantedBy}` }
  Object.assign(rounds, { armed: false, waiting: [], current: null, tries: 0, once: null })
}

/** A run has ended by itself while nobody had asked for that. */
export function endRun(proc: Proc, record: ExitRecord, now: Now, effects: Effect[]): void {
  const words = `${exitWords(record)}${record.expected ? '' : ', not expected'}`
  if (record.expected) return finish(proc, 'ok', words, record.pid, now, effects)
  const result = record.status.kind === 'unknown' ? 'unknown' : 'failed'
  failRun(proc, result, words, { pid: record.pid, final: isFinal(record.status, proc.spec.care?.restart), oom: record.oom === true }, now, effects)
}

interface Failure {
  readonly pid: number
  /** It would fail again: no retry. */
  readonly final?: boolean
  readonly oom?: boolean
}

/** A run has failed, or could not be begun: it is tried again, or rests. */
function failRun(proc: Proc, result: RunResult, reason: string, { pid, final = false, oom = false }: Failure, now: Now, effects: Effect[]): void {
  const job = jobOf(proc)
  if (job === null) return
  const { rounds, spec } = job
  if (final || rounds.tries >= spec.retries || proc.want === 'down') return finish(proc, result, reason, pid, now, effects, oom)
  rounds.tries += 1
  proc.crashes = rounds.tries
  const { slot = null, id = '0' } = rounds.current ?? {}
  rounds.waiting = [{ id, cause: 'retry', slot }, ...rounds.waiting]
  rounds.current = null
  proc.afterStop = 'failed'
  proc.deadline = now.mono + retryDelay(proc)
  enter(proc, 'BACKOFF', reason, now, effects, oom ? { cause: 'oom' } : {})
}

/** A start has failed: of a job, that is a run. */
export function failStart(proc: Proc, reason: string, now: Now, effects: Effect[], cause?: 'oom'): void {
  if (proc.spec.care?.job === undefined) return backOff(proc, reason, now, effects, cause)
  const pid = proc.exits.at(-1)?.incarnation === proc.incarnation ? (proc.exits.at(-1)?.pid ?? 0) : 0
  proc.spawnError = reason
  const { cause: began = null, slot = null } = proc.rounds?.current ?? {}
  if (pid === 0) tell(proc, effects, { what: 'ended', cause: began, slot, result: 'failed', reason })
  failRun(proc, 'failed', reason, { pid, oom: cause === 'oom' }, now, effects)
}

/** The run is over, with its retries: the job rests until the next one, or for good. */
function finish(proc: Proc, result: RunResult, reason: string, pid: number, now: Now, effects: Effect[], oom = false): void {
  const job = jobOf(proc)
  if (job === null) return
  const { rounds, spec } = job
  const { tries } = rounds
  const last = proc.exits.at(-1)
  const code = last?.incarnation === proc.incarnation && last.status.kind === 'code' ? { code: last.status.code } : {}
  rounds.done = { id: rounds.current?.id ?? '', result, reason, ...code }
  rounds.tries = 0
  rounds.endedMono = now.mono
  rounds.endedAt = now.wall
  // Nobody knows when a run ended that no master saw: what is due is found by the clock then.
  if (result !== 'unknown') meetSlots(proc, job, now, effects)
  rounds.current = null
  proc.crashes = result === 'ok' ? 0 : proc.crashes + 1
  proc.backoff = 0
  proc.afterStop = 'rest'
  proc.deadline = null
  if (result === 'ok') proc.spawnError = ''
  settleWant(proc, job)
  const words = tries > 0 && result !== 'ok' ? `${reason}; ${String(tries)} ${tries === 1 ? 'retry has' : 'retries have'} failed too` : reason
  const isOver = spec.interval === null && spec.schedule === null
  const about = { pid, expected: result === 'ok', ...(oom && { cause: 'oom' as const }) }
  // What could not even be begun, and is not tried again by itself, is given up.
  enter(proc, pid === 0 && isOver ? 'FATAL' : 'EXITED', words, now, effects, about)
}

/** Whether it goes on after a run: not where it was only run once, nor where nothing says when. */
function settleWant(proc: Proc, { rounds, spec }: Job): void {
  if (proc.want === 'down') return disarmKeeping(proc)
  if (rounds.waiting.length > 0) return
  if (rounds.once !== null) {
    proc.want = 'down'
    proc.wantedBy = rounds.once
    disarmKeeping(proc)
  } else if (spec.interval === null && spec.schedule === null) {
    proc.want = 'down'
    proc.wantedBy = 'type: oneshot'
  }
}

/** As `disarm`, but what has become of the run is known. */
function disarmKeeping(proc: Proc): void {
  if (proc.rounds === null) return
  const { done } = proc.rounds
  Object.assign(proc.rounds, { current: null, waiting: [] })
  disarm(proc)
  proc.rounds.done = done
}

/** One run now, also of a job that is stopped; while one goes on, `overlap` decides. */
export function trigger(proc: Proc, turn: Turn<'trigger'>): void {
  const job = jobOf(proc)
  if (job === null || proc.leaving) return
  const { rounds } = job
  const { by, id } = turn.input
  if (proc.state === 'BACKOFF') {
    const [retry, ...rest] = rounds.waiting
    if (retry !== undefined) {
      rounds.done = { id: retry.id, result: 'stopped', reason: `its retry was asked for by ${by}` }
      rounds.waiting = [{ ...retry, id }, ...rest]
    }
    return launchIfFree(proc, false, turn)
  }
  const waits = rounds.waiting.some(({ cause }) => cause === 'trigger')
  if (rests(proc)) {
    if (waits) return // it is held, and one is enough
    if (proc.want === 'down') rounds.once = proc.wantedBy
    proc.want = 'up'
    proc.wantedBy = by
    proc.deadline = null
    enqueueRun(rounds, 'trigger', null, id)
    rounds.waiting = [...rounds.waiting.slice(-1), ...rounds.waiting.slice(0, -1)]
    return goOn(proc, false, turn)
  }
  if (job.spec.overlap === 'skip' || waits || proc.want === 'down') return
  enqueueRun(rounds, 'trigger', null, id)
  tell(proc, turn.effects, { what: 'queued', cause: 'trigger', slot: null, reason: `asked for by ${by} while a run goes on (overlap: ${job.spec.overlap})` })
  if (job.spec.overlap === 'replace') makePlace(proc, `a run that ${by} has asked for`, turn.now, turn.effects)
}

function makePlace(proc: Proc, what: string, now: Now, effects: Effect[]): void {
  if (proc.state === 'STOPPING' || proc.id === null) return
  beginStop(proc, 'again', { reason: `makes place for ${what} (overlap: replace)`, by: 'overlap' }, now, effects)
}

/** Looks after a run that goes on; true: it is being stopped. */
export function attendRun(proc: Proc, { now, effects }: Moment): boolean {
  const job = jobOf(proc)
  if (job === null) return false
  const { runTimeout } = job.spec
  if (runTimeout !== null && now.mono >= proc.startedMono + runTimeout) {
    beginStop(proc, 'failed', { reason: `ran longer than ${String(runTimeout / 1000)} s (run_timeout)`, by: 'run_timeout' }, now, effects)
    return true
  }
  if (!meetSlots(proc, job, now, effects)) return false
  makePlace(proc, 'the next slot', now, effects)
  return true
}

/** A run was stopped: somebody did not want it, another one takes its place, or it was not well. */
export function endStoppedRun(proc: Proc, record: ExitRecord, afterStop: Proc['afterStop'], why: string, now: Now, effects: Effect[]): void {
  const { rounds } = proc
  const words = `stopped by ${proc.stopBy ?? proc.wantedBy}: ${exitWords(record)}`
  const about = { pid: record.pid, expected: record.expected, by: proc.stopBy }
  if (afterStop === 'rest' || rounds === null) {
    disarm(proc)
    return enter(proc, 'STOPPED', words, now, effects, about)
  }
  if (afterStop === 'failed' || afterStop === 'retry') {
    proc.spawnError = why
    return failRun(proc, record.run?.result ?? 'failed', `${why}: ${exitWords(record)}`, { pid: record.pid }, now, effects)
  }
  // Replaced by what waits; where nothing does, it is the same run once more.
  const { current } = rounds
  if (current !== null && rounds.waiting.length > 0) rounds.done = { id: current.id, result: 'stopped', reason: words }
  if (current !== null && rounds.waiting.length === 0) rounds.waiting = [current]
  rounds.current = null
  rounds.tries = 0
  enter(proc, 'STOPPED', words, now, effects, about)
}

