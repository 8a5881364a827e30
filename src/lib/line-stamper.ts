/** Puts a prefix before each line of a stream of bytes, whatever the borders of the chunks. */

const newline = 0x0a

export class LineStamper {
  readonly #prefix: () => string
  #atStart = true

  /** `prefix` is asked once per chunk, when a line begins in it. */
  constructor(prefix: () => string) {
    this.#prefix = prefix
  }

  /** The chunk with its prefixes, as a copy. */
  stamp(chunk: Uint8Array): Uint8Array {
    const starts = this.#starts(chunk)
    if (starts.length === 0) return chunk
    const prefix = Buffer.from(this.#prefix())
    const stamped = new Uint8Array(chunk.length + starts.length * prefix.length)
    let from = 0
    let length = 0
    for (const start of starts) {
      stamped.set(chunk.subarray(from, start), length)
      length += start - from
      stamped.set(prefix, length)
      length += prefix.length
      from = start
    }
    stamped.set(chunk.subarray(from), length)
    return stamped
  }

  /** Where a line begins. The line after a final line end begins with the next chunk. */
  #starts(chunk: Uint8Array): number[] {
    if (chunk.length === 0) return []
    const starts = this.#atStart ? [0] : []
    for (let end = chunk.indexOf(newline); end >= 0 && end + 1 < chunk.length; end = chunk.indexOf(newline, end + 1)) {
      starts.push(end + 1)
    }
    this.#atStart = chunk[chunk.length - 1] === newline
    return starts
  }
}
