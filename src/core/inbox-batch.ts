/** Puts lines together that are written into a FIFO in one piece: as many as 4096 bytes hold, never part of one. */
import { lineMax } from '../lib/parts.ts'

/** A line, and of what; `last`: it is the end of that. */
export interface BatchLine<T> {
  readonly of: T
  readonly last: boolean
  readonly line: string
}

export interface Batch<T> {
  readonly text: string
  readonly bytes: number
  /** So many lines are answers. */
  readonly answers: number
  /** The others: what each one ends, and where. */
  readonly lines: readonly { readonly of: T | null; readonly at: number }[]
}

/** Answers first: somebody waits for them. `null`: there is nothing to write. */
export function composeBatch<T>(answers: readonly string[], others: Iterable<BatchLine<T>>): Batch<T> | null {
  let text = ''
  let bytes = 0
  const add = (line: string): boolean => {
    const more = Buffer.byteLength(line)
    if (bytes > 0 && bytes + more > lineMax) return false
    text += line
    bytes += more
    return true
  }
  let taken = 0
  while (taken < answers.length && add(answers[taken] ?? '')) taken += 1
  const lines: { of: T | null; at: number }[] = []
  if (taken === answers.length) {
    for (const { of, last, line } of others) {
      if (!add(line)) break
      lines.push({ of: last ? of : null, at: bytes })
    }
  }
  return bytes === 0 ? null : { text, bytes, answers: taken, lines }
}
