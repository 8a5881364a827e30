/**
 * A FIFO on which a worker reports, opened once for all incarnations and read in bounds: who writes more than a worker
 * has to say waits until it is read, and neither stops the master nor makes it grow. Who may ask is read at full speed, in
 * fair turns. Does not know what is written.
 */
import type { Clock } from '../core/ports.ts'
import type { ChunkReader, FifoPorts } from '../core/sinks.ts'
import type { FairTurns } from './fair-turns.ts'

/** Bytes that are read in a row before a pause: what a FIFO holds. */
const portion = 64 * 1024
/** The pause, and what makes a row, in milliseconds. */
const pause = 100
/** The pause is so many times as long as what was read took, so that nobody can take more than a twentieth of a core. */
const rest = 20
const pauseMax = 5000
/** What is thrown away at most of what was meant for an earlier incarnation. */
const staleMax = 1024 * 1024

export interface ReportFifoOptions {
  readonly path: string
  /** Its number in the child. */
  readonly fd: number
  readonly fifos: FifoPorts
  readonly clock: Clock
  readonly onChunk: (chunk: Uint8Array) => void
  readonly onProblem: (sentence: string) => void
  /** Of those who are read at full speed; absent: a worker has little to say. */
  readonly turns?: FairTurns | undefined
}

export class ReportFifo {
  readonly fd: number
  readonly #options: ReportFifoOptions
  #reader: ChunkReader | null = null
  #writer = -1
  #read = 0
  #spent = 0
  #rowBegan = -Infinity
  #cancelPause: (() => void) | null = null
  #discarding = false
  /** It waits for its turn. */
  #waits = false
  /** It is not heard until it has read what it was answered. */
  #held = false

  constructor(options: ReportFifoOptions) {
    this.#options = options
    this.fd = options.fd
  }

  /** The descriptor that incarnations get; -1 before `open`. */
  get writer(): number {
    return this.#writer
  }

  /** Opens both ends; the FIFO is there. `adopt`: the worker that may hold an older one. Throws errno errors. */
  open(adopt: number | null): void {
    if (this.#reader !== null) return
    const { fifos, path, fd, onProblem } = this.#options
    const held = (end: 'reader' | 'writer'): number | undefined => (adopt === null ? undefined : fifos.openDeleted(adopt, fd, path, end))
    const reader = held('reader') ?? fifos.openReader(path)
    try {
      this.#writer = held('writer') ?? fifos.openWriter(path)
    } catch (error) {
      fifos.close(reader)
      throw error
    }
    const { turns } = this.#options
    this.#reader = fifos.read(reader, (chunk) => { this.#take(chunk) }, (reason) => { onProblem(`${path} cannot be read: ${reason}`) }, turns !== undefined)
    turns?.join(this)
  }

  /** Not read until its turn comes. */
  wait(waits: boolean): void {
    this.#waits = waits
    this.#pauseOrNot()
  }

  /** Not read until it is let go. */
  hold(held: boolean): void {
    if (this.#held === held) return
    this.#held = held
    this.#pauseOrNot()
  }

  /** Throws away what an earlier incarnation has left. */
  discard(): void {
    this.#resume()
    this.#letGo()
    this.#discarding = true
    this.#reader?.drain(staleMax, false)
    this.#discarding = false
    this.#read = 0
  }

  /** Reads at once what a dead worker has left, as far as the bound lets it. */
  drain(polled: boolean): void {
    const kept = this.#held || this.#waits
    this.#letGo()
    this.#reader?.drain(portion, polled && !kept)
  }

  close(): void {
    this.#options.turns?.leave(this)
    this.#cancelPause?.()
    this.#cancelPause = null
    this.#reader?.close()
    this.#reader = null
    if (this.#writer >= 0) this.#options.fifos.close(this.#writer)
    this.#writer = -1
  }

  #take(chunk: Uint8Array): void {
    if (this.#discarding) return
    const { clock, onChunk, turns } = this.#options
    const began = clock.monotonic()
    if (turns !== undefined) {
      onChunk(chunk)
      turns.took(clock.monotonic() - began)
      return
    }
    if (began - this.#rowBegan >= pause) {
      this.#rowBegan = began
      this.#read = 0
      this.#spent = 0
    }
    onChunk(chunk)
    this.#read += chunk.length
    this.#spent += clock.monotonic() - began
    if (this.#read < portion || this.#cancelPause !== null) return
    this.#reader?.pause()
    this.#cancelPause = clock.after(Math.min(pauseMax, Math.max(pause, rest * this.#spent)), () => { this.#resume() })
  }

  #pauseOrNot(): void {
    if (this.#waits || this.#held) this.#reader?.pause()
    else this.#reader?.resume()
  }

  #letGo(): void {
    if (!this.#waits && !this.#held) return
    this.#waits = false
    this.#held = false
    this.#reader?.resume()
  }

  #resume(): void {
    if (this.#cancelPause === null) return
    this.#cancelPause()
    this.#cancelPause = null
    this.#reader?.resume()
  }
}
