/**
 * Follows one log through the end of a master and the beginning of the next: goes on after the position that the last
 * piece bore, so that no line is shown twice.
 */
import { ConnectionError } from '../api/client.ts'
import type { CallOptions, Endpoint } from '../api/client.ts'
import type { LogItem } from '../api/results.ts'
import { worthTrying } from './comeback.ts'

export interface FollowOptions {
  readonly endpoint: Endpoint
  readonly signal: AbortSignal
  /** Opens the stream, at its beginning or after a position. */
  readonly open: (from: string | undefined, options: CallOptions) => AsyncIterable<LogItem>
  readonly onText: (text: string) => void
  /** Called once for each time that the master goes away. */
  readonly onLost: () => void
}

/** A server that takes connections but ends every stream at once is on its way out: then wait for a change. */
const emptyMax = 3

/** Resolves when aborted; throws the fault of the first stream, and that of a later one when the process is gone. */
export async function follow({ endpoint, signal, open, onText, onLost }: FollowOptions): Promise<void> {
  let from: string | undefined
  let empty = 0
  let everOpened = false
  let lost = false

  const once = async (): Promise<boolean> => {
    let opened = false
    const onOpen = (): void => {
      opened = true
      everOpened = true
      lost = false
    }
    try {
      for await (const item of open(from, { signal, onOpen })) {
        if (item.type !== 'text') continue
        empty = 0
        from = item.position
        onText(item.text)
      }
    } catch (error) {
      if (signal.aborted) return false
      if (!everOpened || !(error instanceof ConnectionError)) throw error
    }
    return opened && !signal.aborted
  }

  const chances = worthTrying(endpoint, signal)
  while (!(await chances.next()).done) {
    while (await once()) {
      empty += 1
      if (empty > emptyMax) break
    }
    empty = 0
    if (!lost && !signal.aborted) onLost()
    lost = true
  }
}
