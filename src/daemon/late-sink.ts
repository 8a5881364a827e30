/**
 * Stands in for a log that could not be opened when a running worker was adopted: what comes is dropped and counted,
 * so that the worker never waits, and the log is tried again now and then until it opens. Knows nothing of FIFOs.
 */
import type { OpenedSink, Sink, SinkWatcher } from '../core/sinks.ts'

/** Milliseconds between two tries. */
const retryAfter = 1000

export interface LateSinkOptions {
  readonly path: string
  /** The errno name of why it could not be opened. */
  readonly code: string
  readonly open: () => OpenedSink
  readonly watcher: SinkWatcher
  readonly now: () => Date
}

export class LateSink implements Sink {
  readonly path: string
  readonly #options: LateSinkOptions
  #sink: Sink | null = null
  #lost = 0
  #triedAt: number
  #closed = false

  constructor(options: LateSinkOptions) {
    this.path = options.path
    this.#options = options
    this.#triedAt = options.now().getTime()
  }

  get dropped(): number {
    return this.#lost + (this.#sink?.dropped ?? 0)
  }

  write(chunk: Uint8Array): void {
    if (this.#closed) return
    const { code, watcher, now } = this.#options
    if (this.#sink === null && Math.abs(now().getTime() - this.#triedAt) >= retryAfter) this.#try()
    if (this.#sink !== null) return this.#sink.write(chunk)
    const first = this.#lost === 0
    this.#lost += chunk.length
    if (first) watcher.onDropping(this.#lost, `${code} on ${this.path}`)
  }

  reopen(): void {
    if (this.#closed) return
    if (this.#sink === null) this.#try()
    else this.#sink.reopen()
  }

  clear(): void {
    this.#sink?.clear()
  }

  close(): void {
    this.#closed = true
    this.#sink?.close()
  }

  #try(): void {
    this.#triedAt = this.#options.now().getTime()
    const opened = this.#options.open()
    if (!opened.ok) return
    this.#sink = opened.sink
    if (this.#lost > 0) this.#options.watcher.onRecovered(this.#lost)
  }
}
