/**
 * Lines between a worker and its master are written in one piece, which the kernel promises up to 4096 bytes. A longer
 * one goes as parts: lines whose texts put together are the JSON of the whole. Cuts and puts together, in bounds.
 */

/** Bytes of a line with its newline. */
export const lineMax = 4096
/** Bytes of a whole line. */
export const wholeMax = 1024 * 1024

/** What names the whole in its parts: `id` to the master, `of` to the worker. */
export type PartLabel = 'id' | 'of'
export type Mark = number | string

/** A mark that a worker may choose: a number or a short text. */
export function isMark(value: unknown): value is Mark {
  return (typeof value === 'number' && Number.isFinite(value)) || (typeof value === 'string' && value.length <= 64)
}

/** The lines, each with its newline, as which a JSON text is written. */
export function linesOf(json: string, label: PartLabel, mark: Mark): string[] {
  if (json.length * 3 < lineMax || Buffer.byteLength(json) < lineMax) return [`${json}\n`]
  const lines: string[] = []
  for (let at = 0, index = 0; at < json.length; index += 1) {
    const [line, end] = partAt(json, at, label, mark, index)
    lines.push(line)
    at = end
  }
  return lines
}

/** The longest part that begins here and fits into a line, and where it ends. */
function partAt(json: string, at: number, label: PartLabel, mark: Mark, index: number): [string, number] {
  for (let size = lineMax - 200; ; size = Math.floor(size * 0.7)) {
    let end = Math.min(json.length, at + size)
    if (end < json.length && isHighSurrogate(json.charCodeAt(end - 1))) end -= 1
    const line = `${JSON.stringify({ part: { [label]: mark, index, last: end === json.length, text: json.slice(at, end) } })}\n`
    if (Buffer.byteLength(line) <= lineMax) return [line, end]
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

/** What a part has led to: the whole, nothing yet, or why there is no whole; `mark`: whose, where that is known. */
export type Put =
  | { readonly whole: string; readonly mark: Mark }
  | { readonly waits: true }
  | { readonly refused: string; readonly mark: Mark | null }

interface Piece {
  texts: string[]
  bytes: number
}

const waits: Put = { waits: true }

/** Puts lines together. All that waits here takes `wholeMax` bytes at most: who begins another line loses the oldest. */
export class Assembly {
  readonly #label: PartLabel
  readonly #pieces = new Map<Mark, Piece>()
  #bytes = 0

  constructor(label: PartLabel) {
    this.#label = label
  }

  /** Takes the value of a `part`. Part 0 begins anew, whatever there was of that name. */
  put(part: unknown): Put {
    const { [this.#label]: mark, index, last, text } = (typeof part === 'object' && part !== null ? part : {}) as Record<string, unknown>
    if (!isMark(mark)) return { refused: `a part needs "${this.#label}", a number or a short text`, mark: null }
    if (typeof index !== 'number' || typeof last !== 'boolean' || typeof text !== 'string') return this.#refuse(mark, 'a part needs "index", "last" and "text"')
    if (index === 0) this.#forget(mark)
    const piece = this.#pieces.get(mark) ?? { texts: [], bytes: 0 }
    if (index !== piece.texts.length) return this.#refuse(mark, `part ${String(index)} came where part ${String(piece.texts.length)} was due`)
    const bytes = Buffer.byteLength(text)
    if (piece.bytes + bytes > wholeMax) return this.#refuse(mark, `a line of more than ${String(wholeMax)} bytes`)
    piece.texts.push(text)
    piece.bytes += bytes
    this.#bytes += bytes
    if (last) {
      this.#pieces.set(mark, piece)
      this.#forget(mark)
      return { whole: piece.texts.join(''), mark }
    }
    this.#pieces.set(mark, piece)
    for (const oldest of this.#pieces.keys()) {
      if (this.#bytes <= wholeMax) break
      if (oldest !== mark) return this.#refuse(oldest, 'too many lines in parts at the same time')
    }
    return waits
  }

  clear(): void {
    this.#pieces.clear()
    this.#bytes = 0
  }

  #refuse(mark: Mark, refused: string): Put {
    this.#forget(mark)
    return { refused, mark }
  }

  #forget(mark: Mark): void {
    this.#bytes -= this.#pieces.get(mark)?.bytes ?? 0
    this.#pieces.delete(mark)
  }
}
