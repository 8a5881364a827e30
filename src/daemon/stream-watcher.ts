/**
 * What a sink of one stream tells, passed on with the name of the stream. One object for each sink instead of a function
 * for each thing to tell: there are thousands of them.
 */
import type { SinkWatcher } from '../core/sinks.ts'

export type Channel = 'stdout' | 'stderr'

export interface OutputHooks {
  /** Bytes are being dropped; called once until `onRecovered`. */
  onDropping(channel: Channel, bytes: number, reason: string): void
  onRecovered(channel: Channel, bytes: number): void
  /** Something to warn about, in one sentence. */
  onProblem(channel: Channel, sentence: string): void
}

/** Who has to stop reading while a sink is full. */
interface Source {
  /** One more of its sinks is full, or one less. */
  fill(by: 1 | -1): void
}

export class StreamWatcher implements SinkWatcher {
  readonly #hooks: OutputHooks
  readonly #channel: Channel
  readonly #source: Source
  #full = false

  constructor(hooks: OutputHooks, channel: Channel, source: Source) {
    this.#hooks = hooks
    this.#channel = channel
    this.#source = source
  }

  onDropping(bytes: number, reason: string): void {
    this.#hooks.onDropping(this.#channel, bytes, reason)
  }

  onRecovered(bytes: number): void {
    this.#hooks.onRecovered(this.#channel, bytes)
  }

  onProblem(sentence: string): void {
    this.#hooks.onProblem(this.#channel, sentence)
  }

  onFull(): void {
    if (this.#full) return
    this.#full = true
    this.#source.fill(1)
  }

  onDrain(): void {
    if (!this.#full) return
    this.#full = false
    this.#source.fill(-1)
  }
}
