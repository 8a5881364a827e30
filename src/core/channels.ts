/**
 * The ways in which a worker can speak of itself, as its spec asks for them: a report channel, a NOTIFY_SOCKET, the
 * descriptor of s6; and the inbox by which it is spoken to. Which of them a process has is decided here alone.
 */
import type { CareSpec } from './care.ts'
import type { ProcessSpec } from './spec.ts'

export interface Channels {
  /** The number that the report channel has in the child; `null`: it has none. */
  readonly report: number | null
  readonly notify: boolean
  /** The number of its inbox in the child; `null`: nobody writes to it. */
  readonly inbox: number | null
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
  const speaks = hasInbox(care)
  const needed = speaks || by?.kind === 'report' || care.health?.by.kind === 'report' || (care.watchdog !== undefined && !notify)
  const [first, second] = [firstFree, firstFree + 1, firstFree + 2].filter((fd) => fd !== notificationFd)
  const report = care.report === true || needed ? (first ?? null) : null
  const inbox = speaks ? (second ?? null) : null
  return report === null && !notify && notificationFd === null ? null : { report, inbox, notify, notificationFd }
}

/** Messages and the answers to what it asks come by its inbox. */
function hasInbox(care: CareSpec | undefined): boolean {
  return care?.messages === true || (care?.tables?.length ?? 0) > 0
}
