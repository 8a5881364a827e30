/**
 * Keeps the last bytes of a stream, to show its last lines when the process has ended. Cheap enough for every chunk:
 * at most a few kilobytes are copied, no line is looked for before somebody asks; no memory before the first byte.
 */
import { AnsiStripper } from './ansi.ts'

const keptMin = 512
const keptMax = 8 * 1024

export class LastBytes {
  #bytes = new Uint8Array(0)
  #length = 0
  /** Something before the kept bytes was let go. */
  #cut = false

  push(chunk: Uint8Array): void {
    if (chunk.length >= keptMax) {
      this.#grow(keptMax)
      this.#bytes.set(chunk.subarray(chunk.length - keptMax))
      this.#length = keptMax
      this.#cut = true
      return
    }
    if (this.#length + chunk.length > this.#bytes.length) this.#makeRoom(chunk.length)
    this.#bytes.set(chunk, this.#length)
    this.#length += chunk.length
  }

  clear(): void {
    this.#length = 0
    this.#cut = false
  }

  /** The last lines, at most `count`, without escape sequences; a line whose beginning is gone is left out. */
  lines(count: number): string[] {
    if (this.#length === 0) return []
    const kept = new AnsiStripper().strip(this.#bytes.subarray(0, this.#length))
    const lines = new TextDecoder().decode(kept).split(/\r?\n/)
    if (lines[lines.length - 1] === '') lines.pop()
    if (this.#cut && lines.length > 1) lines.shift()
    return lines.slice(-count)
  }

  /** Grows up to the limit; then lets the older half go, so that not every small chunk moves the rest. */
  #makeRoom(length: number): void {
    this.#grow(this.#length + length)
    if (this.#length + length <= this.#bytes.length) return
    const keep = Math.min(this.#length, keptMax - length, keptMax / 2)
    this.#bytes.copyWithin(0, this.#length - keep, this.#length)
    this.#length = keep
    this.#cut = true
  }

  #grow(wanted: number): void {
    if (wanted <= this.#bytes.length || this.#bytes.length === keptMax) return
    let size = Math.max(keptMin, this.#bytes.length)
    while (size < wanted && size < keptMax) size *= 2
    const grown = new Uint8Array(size)
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
