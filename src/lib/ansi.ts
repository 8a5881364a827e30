/**
 * Removes terminal escape sequences (ECMA-48) from a stream of bytes: CSI with any final byte, OSC and the other
 * strings, and the short ones. Keeps its place when a sequence is split over chunks; a line end ends a broken one.
 */

const escape = 0x1b
const bell = 0x07
const newline = 0x0a

/** Where in a sequence the stream is. */
const text = 0
const afterEscape = 1
const inCsi = 2
const inString = 3
const inStringEscape = 4
const inShort = 5

export class AnsiStripper {
  #state = text

  /** What is left of the chunk: the chunk itself when there was nothing to remove, or else a copy. */
  strip(chunk: Uint8Array): Uint8Array {
    const first = this.#state === text ? chunk.indexOf(escape) : 0
    if (first < 0) return chunk
    const rest = new Uint8Array(chunk.length)
    rest.set(chunk.subarray(0, first))
    let length = first
    for (let at = first; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      if (this.#keeps(byte)) rest[length++] = byte
    }
    return rest.subarray(0, length)
  }

  /** Forgets a sequence that was begun: another worker writes now. */
  reset(): void {
    this.#state = text
  }

  #keeps(byte: number): boolean {
    if (byte === newline) {
      this.#state = text
      return true
    }
    switch (this.#state) {
      case text:
        if (byte === escape) this.#state = afterEscape
        return byte !== escape
      case afterEscape:
        this.#state = stateAfter(byte)
        return false
      case inCsi:
        if (byte === escape) this.#state = afterEscape
        else if (byte >= 0x40 && byte <= 0x7e) this.#state = text
        return false
      case inString:
        if (byte === bell) this.#state = text
        else if (byte === escape) this.#state = inStringEscape
        return false
      case inStringEscape:
        this.#state = byte === 0x5c ? text : stateAfter(byte) // ESC \ ends it; another ESC begins anew
        return false
      default:
        if (byte < 0x20 || byte > 0x2f) this.#state = text
        return false
    }
  }
}

/** State after ESC and this byte. */
function stateAfter(byte: number): number {
  if (byte === 0x5b) return inCsi // [
  if (byte === 0x5d || byte === 0x50 || byte === 0x58 || byte === 0x5e || byte === 0x5f) return inString // ] P X ^ _
  if (byte === escape) return afterEscape
  return byte >= 0x20 && byte <= 0x2f ? inShort : text
}
