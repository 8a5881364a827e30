/**
 * The file of the ledger: lines are added to its end, and it makes place when it is full; `.1` and `.2` are older. Never
 * synced: it tells what has happened, and is no memory that anything depends on. What the lines say is not known here.
 */
import { createReadStream, renameSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { appendRecord } from './records.ts'

export interface LedgerFile {
  /** Adds whole lines. Returns what went wrong (an errno name) or `null`; never throws. */
  append(text: string): string | null
  /** Every line, oldest first; files that are not there have none. */
  lines(): AsyncIterable<string>
}

/** The ledger at `path`, of at most `files` files of about `maxBytes` each. */
export function ledgerFile(path: string, { maxBytes, files } = { maxBytes: 10 * 1024 * 1024, files: 3 }): LedgerFile {
  const names = Array.from({ length: files }, (_, index) => (index === 0 ? path : `${path}.${String(index)}`))
  return {
    append(text) {
      if (sizeOf(path) >= maxBytes) shift(names)
      return appendRecord(path, text)
    },
    async *lines() {
      for (const name of [...names].reverse()) {
        if (sizeOf(name) > 0) yield* linesOf(name)
      }
    },
  }
}

async function* linesOf(name: string): AsyncIterable<string> {
  const stream = createReadStream(name, { encoding: 'utf8' })
  try {
    yield* createInterface({ input: stream, crlfDelay: Infinity })
  } finally {
    stream.destroy()
  }
}

function sizeOf(name: string): number {
  return statSync(name, { throwIfNoEntry: false })?.size ?? 0
}

function shift(names: readonly string[]): void {
  for (let index = names.length - 1; index > 0; index -= 1) {
    const [from, to] = [names[index - 1], names[index]]
    if (from !== undefined && to !== undefined && sizeOf(from) > 0) renameSync(from, to)
  }
}
