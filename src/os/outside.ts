/** The real {@link Outside}. What sends messages is loaded with the first one: it brings TLS along. */
import { hostname } from 'node:os'
import type { Outside } from '../core/outside.ts'
import { errorCode } from '../lib/errno.ts'
import { runCommand } from './commands.ts'
import { reach } from './reach.ts'

export const systemOutside: Outside = {
  host: hostname,
  run: runCommand,
  reach,
  post: (message, onAnswer) => {
    let cancelled = false
    let cancel = (): void => {
      cancelled = true
    }
    import('./post.ts').then(({ post }) => {
      if (!cancelled) cancel = post(message, onAnswer)
    }).catch((error: unknown) => { onAnswer({ ok: false, reason: errorCode(error), retry: null }) })
    return () => { cancel() }
  },
}
