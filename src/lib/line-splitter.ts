/** Cuts a stream of chunks into lines, whatever the borders of the chunks. Bytes in, bytes out; decodes nothing. */

const newline = 0x0a
/** A line longer than this is handed out in pieces, so that a stream without line ends takes no memory. */
const lineMax = 16 * 1024

export class LineSplitter {
  readonly #onLine: (line: Uint8Array) => void
  #rest: Uint8Array = new Uint8Array(0)

  /** `onLine` gets each line without its line end; the bytes are only lent. */
  constructor(onLine: (line: Uint8Array) => void) {
    this.#onLine = onLine
  }

  push(chunk: Uint8Array): void {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#emit(chunk.subarray(start, end))
      start = end + 1
    }
    if (start === chunk.length) return
    this.#rest = joined(this.#rest, chunk.subarray(start))
    while (this.#rest.length >= lineMax) {
      const whole = this.#rest
      this.#rest = whole.slice(lineMax)
      this.#onLine(whole.subarray(0, lineMax))
    }
  }

  /** Hands out what is left without a line end. */
  flush(): void {
    if (this.#rest.length > 0) this.#emit(new Uint8Array(0))
  }

  #emit(end: Uint8Array): void {
    const line = this.#rest.length === 0 ? end : joined(this.#rest, end)
    this.#rest = new Uint8Array(0)
    for (let at = 0; at < line.length || at === 0; at += lineMax) this.#onLine(line.subarray(at, at + lineMax))
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
