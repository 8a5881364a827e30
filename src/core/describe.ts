/** The sentences of a process's status: supervisord's descriptions, and the view that leaves the core. */
import { two } from '../lib/clock-words.ts'
import { isArmed, jobView } from './job.ts'
import { namespec } from './spec.ts'
import { isStopped, stateCodes } from './model.ts'
import type { ProcessView, WorkerReport } from './model.ts'
import type { Now, Proc } from './proc.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** supervisord's status text (its contract, section 4.5). */
export function description(proc: Proc, now: Now): string {
  if (proc.hold !== null && proc.state !== 'RUNNING') return proc.hold
  switch (proc.state) {
    case 'RUNNING':
      return `pid ${String(proc.id?.pid ?? 0)}, uptime ${uptimeWords(uptime(proc, now))}`
    case 'FATAL':
    case 'BACKOFF':
      return proc.spawnError || `unknown error (try "tail ${namespec(proc.group, proc.name)}")`
    case 'STOPPED':
    case 'EXITED':
      if (isArmed(proc)) return jobView(proc, now)?.resting === true ? nextRunWords(proc, now) : armedWords(proc, now)
      if (proc.state === 'EXITED' && proc.reason !== '' && jobView(proc, now)?.resting === false) return proc.reason // supervisord has no jobs
      return proc.startedAt === 0 ? 'Not started' : localTime(proc.stoppedAt)
    case 'STARTING':
    case 'STOPPING':
    case 'UNKNOWN':
      return ''
  }
}

/** Milliseconds that the running incarnation has been up; 0 when none is. */
function uptime(proc: Proc, now: Now): number {
  return proc.id === null ? 0 : Math.max(0, now.mono - proc.startedMono)
}

/** `H:MM:SS`, with `1 day, ` or `N days, ` before it. */
export function uptimeWords(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const days = Math.floor(seconds / 86_400)
  const clock = `${String(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  if (days === 0) return clock
  return `${String(days)} ${days === 1 ? 'day' : 'days'}, ${clock}`
}

/** `Nov 22 03:48 AM`, local time. */
export function localTime(epoch: number): string {
  const date = new Date(epoch)
  const hour = date.getHours()
  const month = months[date.getMonth()] ?? ''
  return `${month} ${two(date.getDate())} ${two(hour % 12 || 12)}:${two(date.getMinutes())} ${hour < 12 ? 'AM' : 'PM'}`
}

/** Everything about a process that others may see. */
export function viewOf(proc: Proc, groupPriority: number, now: Now, report: WorkerReport | null = null): ProcessView {
  const last = proc.exits.at(-1)
  return {
    group: proc.group,
    name: proc.name,
    namespec: namespec(proc.group, proc.name),
    program: proc.spec.program,
    state: proc.state,
    statecode: stateCodes[proc.state],
    want: proc.want,
    wantedBy: proc.wantedBy,
    pid: proc.id?.pid ?? 0,
    description: description(proc, now),
    reason: reasonOf(proc, now),
    startedAt: proc.startedAt,
    stoppedAt: proc.stoppedAt,
    since: proc.since,
    uptime: uptime(proc, now),
    restarts: proc.restarts,
    incarnation: proc.incarnation,
    adopted: proc.adopted,
    spawnError: proc.spawnError,
    exitstatus: exitstatus(proc, last),
    stopRequestedBy: proc.stopBy,
    ...{ hold: proc.hold, ready: proc.ready, health: proc.health, ailment: proc.ailment, crashes: proc.crashes, report },
    job: proc.busy?.job ?? null,
    task: jobView(proc, now),
    retryIn: proc.want === 'up' && (proc.state === 'BACKOFF' || isStopped(proc.state)) && proc.deadline !== null ? Math.max(0, proc.deadline - now.mono) : null,
    exits: proc.exits,
    stdoutLogfile: proc.spec.stdout.file,
    stderrLogfile: proc.spec.redirectStderr ? null : proc.spec.stderr.file,
    groupPriority,
    spec: proc.spec,
  }
}

/** `next run in 42 s`. */
function nextRunWords(proc: Proc, now: Now): string {
  const next = jobView(proc, now)?.nextRun ?? 0
  return next === 0 ? 'no run is planned any more' : `next run in ${spanWords(next - now.wall)}`
}

/** The same behind how the last run went, if there was one. */
function armedWords(proc: Proc, now: Now): string {
  const next = nextRunWords(proc, now)
  return proc.state === 'STOPPED' ? next : `${proc.reason}; ${next}`
}

/** `42 s`, `12 min`, `5 h 3 min`, `3 days 4 h`. */
function spanWords(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)]
  if (seconds < 120) return `${String(seconds)} s`
  if (hours === 0) return `${String(minutes)} min`
  if (days === 0) return `${String(hours)} h${minutes % 60 === 0 ? '' : ` ${String(minutes % 60)} min`}`
  return `${String(days)} ${days === 1 ? 'day' : 'days'}${hours % 24 === 0 ? '' : ` ${String(hours % 24)} h`}`
}

function reasonOf(proc: Proc, now: Now): string {
  if (proc.hold !== null) return proc.hold
  if (isArmed(proc)) return armedWords(proc, now)
  if (proc.state === 'RUNNING' && proc.health === 'unhealthy') return `unhealthy: ${proc.ailment}`
  if (proc.deadline === null || (proc.state !== 'BACKOFF' && proc.state !== 'FATAL')) return proc.reason
  const seconds = String(Math.max(0, Math.ceil((proc.deadline - now.mono) / 1000)))
  if (proc.state === 'FATAL') return `${proc.reason}; one more try in ${seconds} s`
  if (proc.spec.care?.job !== undefined) return `${proc.reason}; retry ${String(proc.rounds?.tries ?? 0)} of ${String(proc.spec.care.job.retries)} in ${seconds} s`
  if (proc.backoff === 0) return `${proc.reason}; starts again in ${seconds} s`
  return `${proc.reason}; try ${String(proc.backoff + 1)} of ${String(proc.spec.startretries + 1)} in ${seconds} s`
}

/** supervisord's exitstatus: the code, -1 for anything else that ended, 0 before any exit and in BACKOFF and FATAL. */
function exitstatus(proc: Proc, last: ProcessView['exits'][number] | undefined): number {
  if (last === undefined || proc.state === 'BACKOFF' || proc.state === 'FATAL') return 0
  return last.status.kind === 'code' ? last.status.code : -1
}
