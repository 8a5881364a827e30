/** What the tests of streams share: a FIFO in a temp folder, and reading it up to so many bytes. */
import { execFileSync } from 'node:child_process'
import { closeSync } from 'node:fs'
import { readFifo } from '../../../src/os/reader.ts'
import { openReader, openWriter } from '../../../src/os/fifo.ts'
import type { ChunkReader } from '../../../src/core/sinks.ts'

export function makeFifo(path: string): string {
  execFileSync('mkfifo', [path])
  return path
}

export interface Collected {
  readonly reader: ChunkReader
  close(): void
  text(): string
  /** Resolves when the text holds it. */
  until(holds: (text: string) => boolean): Promise<void>
}

/** Reads a FIFO with the reader of the product. */
export function collect(path: string): Collected {
  const chunks: Buffer[] = []
  const writer = openWriter(path) // as the master does: a writer that goes away is no end of file
  const text = (): string => Buffer.concat(chunks).toString()
  let waiting: { holds: (text: string) => boolean; done: () => void }[] = []
  const reader = readFifo(
    openReader(path),
    (chunk) => {
      chunks.push(Buffer.from(chunk))
      const now = text()
      for (const { holds, done } of waiting) if (holds(now)) done()
      waiting = waiting.filter(({ holds }) => !holds(now))
    },
    () => undefined,
  )
  return {
    reader,
    close: () => {
      reader.close()
      closeSync(writer)
    },
    text,
    until: (holds) => (holds(text()) ? Promise.resolve() : new Promise((done) => waiting.push({ holds, done }))),
  }
}
