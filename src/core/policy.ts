/** The arithmetic of restarts: when a failed start is tried again, whether and when an exit is followed by a start. */
import type { CareSpec, RestartSpec } from './care.ts'
import type { ExitStatus } from './model.ts'
import type { ProcessSpec } from './spec.ts'

/** Milliseconds from the `failures`-th failed start in a row to the next try: one second more each time, if nothing else is said. */
export function backoffDelay(failures: number, care?: CareSpec, name = ''): number {
  const backoff = care?.restart?.backoff ?? null
  return backoff === null ? failures * 1000 : spreadDelay(failures, backoff, name)
}

/** Milliseconds from the end of a process that was RUNNING to its next start; `crashes`: this failure and those in a row before it. */
export function restartDelay(crashes: number, care: CareSpec | undefined, name: string): number {
  const restart = care?.restart
  if (restart === undefined) return 0
  const backoff = restart.backoff === null || crashes === 0 ? 0 : spreadDelay(crashes, restart.backoff, name)
  return Math.max(restart.delay, backoff)
}

/** Who is in BACKOFF: `backoff` counts failed starts in a row, `crashes` all failures in a row; of a job, the tries of its run. */
interface Failing {
  readonly spec: ProcessSpec
  readonly name: string
  readonly backoff: number
  readonly crashes: number
}

/** Milliseconds that who is in BACKOFF waits for its next try, whether a start, a run of a job or a process that was RUNNING has failed. */
export function retryDelay({ spec: { care }, name, backoff, crashes }: Failing): number {
  if (care?.job !== undefined) return backoffDelay(crashes, care, name)
  if (backoff === 0) return restartDelay(crashes, care, name)
  return backoffDelay(care?.restart?.backoff == null ? backoff : crashes, care, name)
}

function spreadDelay(failures: number, backoff: NonNullable<RestartSpec['backoff']>, name: string): number {
  const delay = Math.min(backoff.max, backoff.initial * backoff.factor ** Math.max(0, failures - 1))
  return Math.round(delay * (1 + backoff.jitter * lot(`${name} ${String(failures)}`)))
}

/** A number from -1 to 1 that looks random and is always the same for the same text: restarts can be simulated. */
export function lot(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) / 0x7fffffff - 1
}

/** True when the start has failed too often: `startretries: N` means N + 1 starts. */
export function gaveUp(failures: number, spec: ProcessSpec): boolean {
  return failures > spec.startretries
}

/** True if the code is one of `exitcodes`. Death by signal and an unknown end are never expected. */
export function isExpected(status: ExitStatus, spec: ProcessSpec): boolean {
  return status.kind === 'code' && spec.exitcodes.includes(status.code)
}

/** True if a process that ended after it was RUNNING is to be started again. */
export function restartsAfter(status: ExitStatus, spec: ProcessSpec): boolean {
  if (isFinal(status, spec.care?.restart)) return false
  if (spec.autorestart === 'always') return true
  return spec.autorestart === 'unexpected' && !isExpected(status, spec)
}

/** True if it would only end that way again (no_restart_on). */
export function isFinal(status: ExitStatus, restart: RestartSpec | undefined): boolean {
  if (restart === undefined || status.kind === 'unknown') return false
  return restart.noRestartOn.includes(status.kind === 'code' ? status.code : status.signal)
}

/** Milliseconds until the restart window opens; 0 when it is open or there is none. `wall`: epoch milliseconds. */
export function untilWindow(wall: number, window: RestartSpec['window']): number {
  if (window === null) return 0
  const date = new Date(wall)
  const minute = date.getHours() * 60 + date.getMinutes()
  const { from, to } = window
  const open = from <= to ? minute >= from && minute < to : minute >= from || minute < to
  if (open) return 0
  // By the calendar and not by adding minutes, so that a change to summer time does not move the opening.
  const opening = new Date(date.getFullYear(), date.getMonth(), date.getDate() + (minute < from ? 0 : 1), Math.floor(from / 60), from % 60)
  return Math.max(1, opening.getTime() - wall)
}

/** When the lifetime of an incarnation that was started at `mono` is over; `null`: never. */
export function lifetimeEnd(mono: number, care: CareSpec | undefined, name: string): number | null {
  const lifetime = care?.recycle?.maxLifetime ?? null
  return lifetime === null ? null : mono + Math.round(lifetime.after * (1 + lifetime.spread * lot(name)))
}
