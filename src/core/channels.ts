/**
 * The ways in which a worker can speak of itself, as its spec asks for them: a report channel, a NOTIFY_SOCKET, the
 * descriptor of s6. Which of them a process has is decided here alone.
 */
import type { ProcessSpec } from './spec.ts'

export interface Channels {
  /** The number that the report channel has in the child; `null`: it has none. */
  readonly report: number | null
  readonly notify: boolean
  /** A newline on this descriptor of the child means ready. */
  readonly notificationFd: number | null
}

/** The first descriptor after stdin, stdout and stderr. One digit: a plain sh takes no more in `>&$NSUP_REPORT_FD`. */
const firstFree = 3

/** `null`: the worker is not asked to say anything, which is most workers. */
export function channelsOf({ care }: ProcessSpec): Channels | null {
  if (care === undefined) return null
  const by = care.ready?.by
  const notify = care.notify === true || by?.kind === 'notify'
  const notificationFd = by?.kind === 'notification_fd' ? by.fd : null
  const needed = by?.kind === 'report' || care.health?.by.kind === 'report' || (care.watchdog !== undefined && !notify)
  const report = care.report === true || needed ? (notificationFd === firstFree ? firstFree + 1 : firstFree) : null
  return report === null && !notify && notificationFd === null ? null : { report, notify, notificationFd }
}
