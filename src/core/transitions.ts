/** What several cells of the table do: entering a state, launching, backing off, coming back, recording an exit. */
import type { StateEvent } from './events.ts'
import type { ExitRecord, ExitStatus, State } from './model.ts'
import { runNote, takeUp, tell } from './job.ts'
import { gaveUp, restartDelay, retryDelay } from './policy.ts'
import type { Effect, Now, Proc } from './proc.ts'

const exitsKept = 10

/** Begins a new incarnation: first what comes before its spawn, if there is anything. */
export function launch(proc: Proc, now: Now, effects: Effect[]): void {
  const { care } = proc.spec
  proc.incarnation += 1
  proc.deadline = null
  proc.id = null
  forgetIncarnation(proc)
  proc.preparing = care?.hooks?.pre_start !== undefined || (care?.waitFor?.length ?? 0) > 0
  const words = takeUp(proc) ?? (proc.backoff > 0 ? `try ${String(proc.backoff + 1)}` : 'being started')
  enter(proc, 'STARTING', words, now, effects, { by: proc.wantedBy })
  effects.push(proc.preparing ? { type: 'prepare', proc, step: 'start' } : { type: 'spawn', proc })
}

function forgetIncarnation(proc: Proc): void {
  Object.assign(proc, {
    ...{ afterStop: 'rest', rung: -1, hold: null, ready: false, readyBy: null, health: 'unknown', ailment: '', busy: null, recycle: null, planned: null, forensics: null },
  } satisfies Partial<Proc>)
}

/** The start has failed: it is tried again later, or given up. */
export function backOff(proc: Proc, reason: string, now: Now, effects: Effect[], cause?: 'oom'): void {
  proc.spawnError = reason
  proc.backoff += 1
  proc.crashes += 1
  proc.afterStop = 'failed'
  proc.deadline = now.mono + retryDelay(proc)
  enter(proc, 'BACKOFF', reason, now, effects, cause === undefined ? {} : { cause })
  const loop = comesBackTooOften(proc, now)
  if (!gaveUp(proc.backoff, proc.spec) && !proc.lastChance && loop === null) return
  const tries = proc.backoff
  proc.backoff = 0
  const words = loop ?? (proc.lastChance ? 'the one more try has failed too' : `gave up after ${String(tries)} ${tries === 1 ? 'try' : 'tries'}`)
  giveUpFor(proc, `${reason}; ${words}`, loop !== null, now, effects)
}

/** FATAL; where the policy says so, with one more try later. */
function giveUpFor(proc: Proc, reason: string, isLoop: boolean, now: Now, effects: Effect[]): void {
  const retryAfter = proc.spec.care?.restart?.retryAfter ?? null
  proc.afterStop = 'failed'
  proc.deadline = retryAfter === null ? null : now.mono + retryAfter
  enter(proc, 'FATAL', reason, now, effects, isLoop ? { cause: 'crash_loop' } : {})
}

/** A process that was RUNNING is wanted again: at once, after a delay, or not any more. `uptime`: of one that has failed. */
export function comeBack(proc: Proc, uptime: number | null, reason: string, now: Now, effects: Effect[]): void {
  const { care } = proc.spec
  if (uptime !== null && uptime >= (care?.restart?.reset ?? Infinity)) proc.crashes = 0
  if (uptime !== null) proc.crashes += 1
  const loop = comesBackTooOften(proc, now)
  if (loop !== null) {
    proc.spawnError = loop
    return giveUpFor(proc, `${reason}; ${loop}`, true, now, effects)
  }
  const delay = restartDelay(uptime === null ? 0 : proc.crashes, care, proc.name)
  if (delay === 0) return // reconcile() starts it
  proc.deadline = now.mono + delay
  enter(proc, 'BACKOFF', reason, now, effects, {})
}

/** Counts one automatic restart; a sentence when there have been too many. */
function comesBackTooOften(proc: Proc, now: Now): string | null {
  const limit = proc.spec.care?.restart?.limit ?? null
  if (limit === null) return null
  proc.comebacks = [...proc.comebacks.filter((at) => at > now.mono - limit.per), now.mono]
  if (proc.comebacks.length <= limit.count) return null
  proc.comebacks = []
  return `crash loop: more than ${String(limit.count)} restarts within ${String(limit.per / 1000)} s (restart_limit)`
}

export function recordExit(
  proc: Proc,
  { status, lastLines, oom = false }: { status: ExitStatus; lastLines: readonly string[]; oom?: boolean },
  now: Now,
  effects: Effect[],
  { wanted, expected, recycled = null }: { wanted: boolean; expected: boolean; recycled?: string | null },
): ExitRecord {
  const pid = proc.id?.pid ?? 0
  const run = runNote(proc, status, wanted, expected)
  const record: ExitRecord = {
    incarnation: proc.incarnation,
    pid,
    status,
    startedAt: proc.startedAt,
    endedAt: now.wall,
    uptime: Math.max(0, now.mono - proc.startedMono),
    wanted,
    by: wanted ? proc.stopBy : null,
    expected,
    ...(oom && { oom }),
    ...(recycled !== null && { recycled }),
    ...(proc.busy !== null && !(status.kind === 'code' && status.code === 0) && { job: proc.busy.job }),
    ...(run !== null && { run }),
    ...(proc.forensics !== null && { forensics: proc.forensics }),
    lastLines,
  }
  proc.exits = [...proc.exits.slice(1 - exitsKept), record]
  proc.id = null
  proc.adopted = false
  proc.deadline = null
  proc.hold = null
  proc.recycle = null
  proc.planned = null
  proc.busy = null
  proc.stoppedAt = now.wall
  effects.push({ type: 'sweep', proc, pid })
  if (run !== null) tell(proc, effects, { what: 'ended', ...run, pid, duration: Math.round(record.uptime), reason: exitWords(record) })
  return record
}

export function enter(
  proc: Proc,
  to: State,
  reason: string,
  now: Now,
  effects: Effect[],
  about: Pick<Partial<StateEvent>, 'pid' | 'expected' | 'by' | 'cause'>,
): void {
  const from = proc.state
  proc.state = to
  proc.since = now.wall
  proc.reason = reason
  const { group, name, backoff: tries } = proc
  const { pid = 0, expected = false, by = null, cause } = about
  effects.push({ type: 'event', proc, body: { type: 'process.state', group, name, from, to, pid, tries, expected, reason, by, ...(cause !== undefined && { cause }) } })
}

/** How an incarnation ended, in the words of the log: `exit status 1`, `terminated by SIGKILL, with job 7 in hand`. */
export function exitWords(exit: Pick<ExitRecord, 'status' | 'oom' | 'job'>): string {
  const { job } = exit
  return `${endWords(exit)}${job === undefined ? '' : job === '' ? ', with a job in hand' : `, with job ${job} in hand`}`
}

function endWords({ status, oom = false }: Pick<ExitRecord, 'status' | 'oom'>): string {
  switch (status.kind) {
    case 'code':
      return `exit status ${String(status.code)}`
    case 'signal':
      return `terminated by ${status.signal}${oom ? ' (the OOM killer)' : status.core === true ? ' (core dumped)' : ''}`
    case 'unknown':
      return oom ? 'killed by the OOM killer' : 'exit status unknown'
  }
}

export function badExit(exit: Pick<ExitRecord, 'status' | 'oom'>): string {
  return exit.status.kind === 'code' ? `Bad exit code ${String(exit.status.code)}` : `Bad exit: ${exitWords(exit)}`
}
