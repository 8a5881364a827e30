/** The cells of a process that is RUNNING: its alarms, its health, its job, and being replaced. */
import type { Hold } from './gate.ts'
import { alarmsOf } from './job.ts'
import { attendRun } from './job-life.ts'
import { abort, beginStop } from './ladder.ts'
import { lifetimeEnd } from './policy.ts'
import { isSame } from './proc.ts'
import type { Effect, Now, Proc } from './proc.ts'
import { enter } from './transitions.ts'
import type { Moment, Turn } from './turn.ts'

/** Sets the deadline of a process that is RUNNING to the nearest of its alarms; `until`: when its replacement is worth another try. */
export function arm(proc: Proc, now: Now, until: number | null = null): void {
  const { care } = proc.spec
  proc.deadline = null
  if (care === undefined && proc.recycle === null) return
  const alarms = [
    care?.watchdog === undefined ? null : proc.seen + care.watchdog,
    proc.recycle === null ? lifetimeEnd(proc.startedMono, care, `${proc.name} ${String(proc.incarnation)}`) : until,
    ...alarmsOf(proc, now),
  ].filter((alarm) => alarm !== null)
  if (alarms.length > 0) proc.deadline = Math.min(...alarms)
}

export function attend(proc: Proc, { now, effects, gate }: Turn<'due'>): void {
  const { care } = proc.spec
  if (care?.watchdog !== undefined && now.mono >= proc.seen + care.watchdog) {
    const reason = `silent for ${String(care.watchdog / 1000)} s (watchdog)`
    beginAbort(proc, reason, now, effects)
    return
  }
  if (attendRun(proc, { now, effects, gate })) return
  const end = lifetimeEnd(proc.startedMono, care, `${proc.name} ${String(proc.incarnation)}`)
  if (proc.recycle === null && end !== null && now.mono >= end) {
    proc.recycle = { reason: 'its max_lifetime is over', by: 'max_lifetime', latest: null }
  }
  if (proc.recycle === null || proc.want === 'down') arm(proc, now)
  else tryToReplace(proc, { now, effects, gate })
}

function beginAbort(proc: Proc, reason: string, now: Now, effects: Effect[]): void {
  proc.stopBy = 'watchdog'
  proc.afterStop = 'failed'
  proc.recycle = null
  proc.hold = null
  enter(proc, 'STOPPING', reason, now, effects, { by: 'watchdog', pid: proc.id?.pid ?? 0 })
  abort(proc, reason, now, effects)
}

export function replace(proc: Proc, turn: Turn<'recycle'>): void {
  if (proc.id === null || proc.want === 'down') return
  const { reason, by } = turn.input
  if (turn.input.now) return beginStop(proc, 'again', { reason, by }, turn.now, turn.effects)
  proc.recycle ??= { reason, by, latest: null }
  if (proc.state === 'RUNNING') tryToReplace(proc, turn)
  else if (turn.gate.recycle(proc) === null) beginStop(proc, 'again', { reason, by }, turn.now, turn.effects)
}

/** What runs is of old files: it is replaced as any other process, whoever is at work first. */
export function renew(proc: Proc, { input, ...moment }: Turn<'changed'>): void {
  replace(proc, { ...moment, input: { ...input, type: 'recycle', now: false } })
}

/** Siblings are never down together, and a job in hand is waited for, up to its bound. */
export function tryToReplace(proc: Proc, { now, effects, gate }: Moment): void {
  if (proc.recycle === null) return
  const { reason, by } = proc.recycle
  const waits = jobHold(proc, now) ?? gate.recycle(proc)
  if (waits === null) return beginStop(proc, 'again', { reason, by }, now, effects)
  proc.hold = waits.reason
  arm(proc, now, waits.until)
}

/** A change of the config waits for the job in hand as a restart does; not for siblings, who get theirs too. True: it waits. */
export function waitsWithNews(proc: Proc, { now, gate }: Moment): boolean {
  if (proc.state !== 'RUNNING' || proc.next?.up !== true || gate.stop(proc) !== null) return false
  proc.recycle ??= { reason: `replacement asked for by ${proc.wantedBy}`, by: proc.wantedBy, latest: null }
  const waits = jobHold(proc, now)
  if (waits === null) return false
  proc.hold = waits.reason
  arm(proc, now, waits.until)
  return true
}

/** What holds a replacement back while its process has a job in hand. */
function jobHold(proc: Proc, now: Now): Hold | null {
  if (proc.recycle === null) return null
  const until = proc.busy?.until ?? Infinity
  if (proc.busy === null || now.mono >= until) {
    proc.recycle = { ...proc.recycle, latest: null }
    return null
  }
  const latest = proc.recycle.latest ?? now.mono + Math.min(proc.spec.care?.stop?.busyWait ?? 0, until - now.mono)
  proc.recycle = { ...proc.recycle, latest }
  return now.mono < latest ? { reason: `${proc.recycle.reason}; waits until job ${proc.busy.job} is done`, until: latest } : null
}

export function judge(proc: Proc, { input, now, effects }: Turn<'health'>): void {
  const health = input.problem === null ? 'healthy' : 'unhealthy'
  proc.ailment = input.problem ?? ''
  if (proc.health === health) return
  proc.health = health
  const { group, name } = proc
  const pid = proc.id?.pid ?? 0
  effects.push({ type: 'event', proc, body: { type: 'process.health', group, name, pid, healthy: health === 'healthy', reason: proc.ailment } })
  const action = proc.spec.care?.health?.onUnhealthy
  // Who is to be stopped, as soon as who needs it is down, is not brought back for being unwell.
  if (health === 'healthy' || proc.id === null || action === undefined || proc.want === 'down') return
  if (action.kind === 'signal') effects.push({ type: 'kill', proc, id: proc.id, signal: action.signal, scope: 'process', escalated: false })
  if (action.kind === 'restart') beginStop(proc, 'failed', { reason: `unhealthy: ${proc.ailment}`, by: 'health check' }, now, effects)
}

export function showLife(proc: Proc, { now }: Turn<'alive'>): void {
  proc.seen = now.mono
}

/** A launcher has made its daemon: what happens to the launcher is of no interest any more. The next signal goes to the daemon. */
export function follow(proc: Proc, { input, effects }: Turn<'mainPid'>): void {
  const before = proc.id
  if (before === null || isSame(before, input.id)) return
  proc.id = input.id
  proc.adopted = true
  effects.push({ type: 'follow', proc, id: input.id, before })
}

export function changeJob(proc: Proc, { input, now }: Turn<'busy'>): void {
  proc.busy = input.job === null ? null : { job: input.job, until: input.lasts === null ? null : now.mono + input.lasts }
}

/** It will end by itself when what it has in hand is done. */
export function planEnd(proc: Proc, { input }: Turn<'recycling'>): void {
  if (proc.id !== null) proc.planned = input.reason
}

/** A stop that was held back is taken back; not that of a config change, which has its own end. */
export function keepRunning(proc: Proc, { input }: Turn<'start'>): void {
  if (proc.want === 'up' && proc.rounds?.once != null) Object.assign(proc.rounds, { once: null }) // more than this one run is wanted
  if (proc.want === 'up' || proc.leaving || proc.hold === null) return
  if (proc.next !== null) {
    proc.next = { ...proc.next, up: true }
    return
  }
  proc.want = 'up'
  proc.wantedBy = input.by
  proc.hold = null
}
