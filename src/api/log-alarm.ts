/**
 * Wakes who waits for a log to change. The kernel's file watch does it; a poll stands behind, slow while there is a
 * watch, because a watch sees nothing on some file systems, and may be refused.
 */
import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'

/** How often to look where no watch can tell, and where one should but might not. Milliseconds. */
const pollEvery = 500
const pollWatchedEvery = 30_000

export class LogAlarm {
  readonly #path: string
  readonly #signal: AbortSignal
  #watcher: FSWatcher | undefined
  #rung = false
  #wake: (() => void) | undefined

  constructor(path: string, signal: AbortSignal) {
    this.#path = path
    this.#signal = signal
    signal.addEventListener('abort', this.#ring)
    this.rewatch()
  }

  /** Forgets what rang before; to be called before looking at the file, so that no change falls between. */
  reset(): void {
    this.#rung = false
  }

  /** `soon`: something is about to happen that the watch on the old file does not see. */
  async wait(soon: boolean): Promise<void> {
    if (this.#rung || this.#signal.aborted) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, soon || this.#watcher === undefined ? pollEvery : pollWatchedEvery)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = undefined
  }

  /** Watches the file that has the name now. */
  rewatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    try {
      this.#watcher = watch(this.#path, { persistent: false }, this.#ring)
      this.#watcher.on('error', () => {
        this.#watcher?.close()
        this.#watcher = undefined
      })
    } catch {
      this.#watcher = undefined // out of watches, or the name is free this moment: the poll sees to it
    }
  }

  stop(): void {
    this.#watcher?.close()
    this.#signal.removeEventListener('abort', this.#ring)
  }

  readonly #ring = (): void => {
    this.#rung = true
    this.#wake?.()
  }
}
