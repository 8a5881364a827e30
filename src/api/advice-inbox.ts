/** The part of the table of advice that is about messages that nobody reads. */
import type { ProcessView } from '../core/model.ts'

/** Half of what may wait. Bytes. */
const high = 512 * 1024

export const inboxRows = {
  'inbox-unread': ({ view: { inbox, namespec, pid } }: { readonly view: ProcessView }): { readonly what: string; readonly todo: string } | null =>
    inbox === undefined || inbox.waitingBytes < high || pid === 0 ? null : {
      what: `its messages are not read: ${String(inbox.waitingBytes)} bytes wait for it${inbox.refused === 0 ? '' : `, and ${String(inbox.refused)} more found its inbox full`}`,
      todo: `nsup logs ${namespec} shows what it does instead; it has to read its inbox (NSUP_INBOX_FD, onMessage in the SDK) as fast as others write`,
    },
} as const
