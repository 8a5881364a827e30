/**
 * Capture mode: takes what stands between `<!--XSUPERVISOR:BEGIN-->` and `<!--XSUPERVISOR:END-->` out of a stream, the
 * tokens themselves too, however the stream is cut into chunks. Keeps the last bytes of what is captured, within a
 * bound. Knows nothing of logs and events.
 */

const begin = Buffer.from('<!--XSUPERVISOR:BEGIN-->')
const end = Buffer.from('<!--XSUPERVISOR:END-->')

export interface CaptureHooks {
  /** What is not captured; the bytes are only lent. */
  readonly onPlain: (bytes: Uint8Array) => void
  /** A piece of what is being captured, as it comes; only lent. */
  readonly onPiece: (bytes: Uint8Array) => void
  /** What stood between two tokens, at most the bound: the oldest bytes go. */
  readonly onCaptured: (bytes: Uint8Array) => void
}

export class Capture {
  readonly #bound: number
  readonly #hooks: CaptureHooks
  #capturing = false
  /** The end of what came last, where a token may have begun. */
  #held: Uint8Array = new Uint8Array(0)
  #pieces: Uint8Array[] = []
  #size = 0

  constructor(bound: number, hooks: CaptureHooks) {
    this.#bound = bound
    this.#hooks = hooks
  }

  push(chunk: Uint8Array): void {
    let rest = this.#held.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#held, chunk])
    this.#held = new Uint8Array(0)
    for (;;) {
      const token = this.#capturing ? end : begin
      const at = rest.indexOf(token)
      if (at < 0) {
        const tail = prefixAtEnd(rest, token)
        this.#pass(rest.subarray(0, rest.length - tail))
        this.#held = Uint8Array.prototype.slice.call(rest, rest.length - tail)
        return
      }
      this.#pass(rest.subarray(0, at))
      rest = rest.subarray(at + token.length)
      if (this.#capturing) this.#hooks.onCaptured(this.#taken())
      this.#capturing = !this.#capturing
    }
  }

  /** The stream is over: what was held back is plain after all, also what was captured without an end. */
  flush(): void {
    const held = this.#held
    this.#held = new Uint8Array(0)
    if (this.#capturing) {
      const unfinished = this.#taken()
      this.#capturing = false
      if (unfinished.length > 0) this.#hooks.onPlain(unfinished)
    }
    if (held.length > 0) this.#hooks.onPlain(held)
  }

  #pass(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (!this.#capturing) return this.#hooks.onPlain(bytes)
    this.#hooks.onPiece(bytes)
    this.#pieces.push(Uint8Array.prototype.slice.call(bytes, Math.max(0, bytes.length - this.#bound)))
    this.#size += Math.min(bytes.length, this.#bound)
    // Small pieces are joined from time to time, so that a flood of them costs no memory.
    if (this.#size > 2 * this.#bound || this.#pieces.length > 1024) this.#pieces = [this.#joined()]
    this.#size = this.#pieces.length === 1 ? (this.#pieces[0]?.length ?? 0) : this.#size
  }

  #joined(): Uint8Array {
    const all = Buffer.concat(this.#pieces)
    return all.length > this.#bound ? Uint8Array.prototype.slice.call(all, all.length - this.#bound) : all
  }

  #taken(): Uint8Array {
    const taken = this.#joined()
    this.#pieces = []
    this.#size = 0
    return taken
  }
}

/** A view of the same bytes that can be searched. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** How many bytes at the end of `bytes` may be the beginning of `token`. */
function prefixAtEnd(bytes: Buffer, token: Buffer): number {
  for (let length = Math.min(bytes.length, token.length - 1); length > 0; length -= 1) {
    if (bytes.compare(token, 0, length, bytes.length - length) === 0) return length
  }
  return 0
}
