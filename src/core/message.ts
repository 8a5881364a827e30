/** A message as the master holds it, and the line as which a worker reads it. Numbers go up from message to message, over masters too. */

export interface Message {
  readonly n: number
  /** Who sent it: a process, or who asked from outside. */
  readonly from: string
  /** The JSON that is written: into the FIFO and into the journal. */
  readonly line: string
  /** Of that line. */
  readonly bytes: number
}

/** `data`: JSON. */
export function messageOf(n: number, from: string, data: string): Message {
  const line = `{"message":{"n":${String(n)},"from":${JSON.stringify(from)},"data":${data}}}`
  return { n, from, line, bytes: Buffer.byteLength(line) + 1 }
}

/** The message of such a line; `null`: it is none, or not a whole one. */
export function readMessage(line: string): Message | null {
  if (!line.startsWith('{"message":')) return null
  try {
    const { message } = JSON.parse(line) as { readonly message?: { readonly n?: unknown; readonly from?: unknown; readonly data?: unknown } }
    if (typeof message?.n !== 'number' || typeof message.from !== 'string') return null
    return { n: message.n, from: message.from, line, bytes: Buffer.byteLength(line) + 1 }
  } catch {
    return null // cut
  }
}

/** So many numbers are set aside with one write. */
const block = 1_000_000

/**
 * Gives numbers that no message has had: above all that an earlier master set aside, and above the time, in case that
 * what it wrote is gone.
 */
export class MessageNumbers {
  readonly #reserve: (upTo: number) => void
  #last: number
  #reserved = 0

  /** `reserved`: what the last master set aside; `wall`: epoch milliseconds; `reserve`: remembers it before one is used. */
  constructor(reserved: number, wall: number, reserve: (upTo: number) => void) {
    this.#last = Math.max(reserved, wall * 1000)
    this.#reserve = reserve
  }

  next(): number {
    this.#last += 1
    if (this.#last > this.#reserved) {
      this.#reserved = this.#last + block
      this.#reserve(this.#reserved)
    }
    return this.#last
  }
}
