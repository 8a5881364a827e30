import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ledgerFile } from '../../../src/os/ledger-file.ts'

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nsup-ledger-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const read: string[] = []
  for await (const line of lines) read.push(line)
  return read
}

test('the ledger is private, makes place when it is full, and is read from the oldest line on', async () => {
  const folder = place()
  const ledger = ledgerFile(join(folder, 'ledger.jsonl'), { maxBytes: 10, files: 3 })
  expect(await all(ledger.lines())).toEqual([])
  for (let line = 1; line <= 8; line += 1) expect(ledger.append(`line ${String(line)}\n`)).toBeNull()
  expect(readdirSync(folder)).toEqual(['ledger.jsonl', 'ledger.jsonl.1', 'ledger.jsonl.2'])
  expect(await all(ledger.lines())).toEqual([3, 4, 5, 6, 7, 8].map((line) => `line ${String(line)}`))
  expect(statSync(join(folder, 'ledger.jsonl')).mode & 0o777).toBe(0o600)
})

test('what cannot be written is told by its errno', () => {
  const folder = place()
  mkdirSync(join(folder, 'ledger.jsonl'))
  expect(ledgerFile(join(folder, 'ledger.jsonl')).append('line\n')).toBe('EISDIR')
})
