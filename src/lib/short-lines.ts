/** Cuts a stream of chunks into lines of a bounded length; longer ones are only told. Holds at most one line. */

const newline = 0x0a

export class ShortLines {
  readonly #max: number
  readonly #onLine: (line: string) => void
  readonly #onTooLong: () => void
  #rest: Buffer = Buffer.alloc(0)
  /** Within a line that is too long already. */
  #skipping = false

  /** `max`: bytes of a line, without its end. */
  constructor(max: number, onLine: (line: string) => void, onTooLong: () => void) {
    this.#max = max
    this.#onLine = onLine
    this.#onTooLong = onTooLong
  }

  push(chunk: Uint8Array): void {
    let start = 0
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      if (this.#rest.length === 0 && !this.#skipping && end - start <= this.#max) {
        if (end > start) this.#onLine(bytes.toString('utf8', start, end)) // as most lines are: whole, and in one chunk
      } else {
        this.#take(bytes.subarray(start, end))
        this.flush()
      }
      start = end + 1
    }
    if (start < bytes.length) this.#take(bytes.subarray(start))
  }

  /** Hands out what is left without a line end; an empty line is none. */
  flush(): void {
    const line = this.#rest
    this.reset()
    if (line.length > 0) this.#onLine(line.toString())
  }

  /** Forgets what it holds. */
  reset(): void {
    this.#rest = Buffer.alloc(0)
    this.#skipping = false
  }

  #take(piece: Uint8Array): void {
    if (this.#skipping || piece.length === 0) return
    if (this.#rest.length + piece.length <= this.#max) {
      this.#rest = Buffer.concat([this.#rest, piece])
      return
    }
    this.#rest = Buffer.alloc(0)
    this.#skipping = true
    this.#onTooLong()
  }
}
