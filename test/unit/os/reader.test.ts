import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openReader, openWriter } from '../../../src/os/fifo.ts'
import { readFifo } from '../../../src/os/reader.ts'
import { collect, makeFifo } from './fifo-ends.ts'

let dir: string
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'nsup-reader-')) })
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

test('many readers share one buffer, and no byte goes astray', async () => {
  const lines = 3_000
  const streams = Array.from({ length: 8 }, (_, index) => {
    const path = makeFifo(join(dir, String(index)))
    const writer = openWriter(path)
    const got = collect(path)
    // Half of them write line by line, half in blocks: both ways of reading are under way at once.
    const pipe = index % 2 === 0 ? '' : ' | cat'
    const script = `i=0; while [ $i -lt ${String(lines)} ]; do echo "${String(index)} $i"; i=$((i+1)); done${pipe}`
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', writer, 'ignore'] })
    return { index, writer, got, exit: once(child, 'exit') }
  })
  for (const { index, writer, got, exit } of streams) {
    await exit
    await got.until((text) => text.endsWith(`${String(index)} ${String(lines - 1)}\n`))
    expect(got.text()).toBe(Array.from({ length: lines }, (_, line) => `${String(index)} ${String(line)}\n`).join(''))
    got.close()
    closeSync(writer)
  }
})

test('reads a flood of single lines in far fewer turns than there are lines, in order', async () => {
  const path = makeFifo(join(dir, 'flood'))
  const writer = openWriter(path)
  let turns = 0
  let bytes = 0
  const total = 120 * 200_000
  let finish: () => void
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const reader = readFifo(
    openReader(path),
    (chunk) => {
      turns += 1
      bytes += chunk.length
      if (bytes === total) finish()
    },
    () => undefined,
  )
  const child = spawn('dd', ['if=/dev/zero', 'bs=120', 'count=200000'], { stdio: ['ignore', writer, 'ignore'] })
  await Promise.all([finished, once(child, 'exit')])
  expect(bytes).toBe(total)
  expect(turns).toBeLessThan(20_000)
  reader.close()
  closeSync(writer)
})

test('drain reads at once what is there, and no more than its bound', async () => {
  const path = makeFifo(join(dir, 'drain'))
  const writer = openSync(path, constants.O_RDWR)
  const got = collect(path)
  writeSync(writer, 'x'.repeat(1000))
  got.reader.drain(400, false)
  expect(got.text().length).toBe(400)
  got.reader.drain(10_000, false)
  expect(got.text().length).toBe(1000)
  writeSync(writer, 'y')
  await got.until((text) => text.endsWith('y'))
  got.close()
  closeSync(writer)
})

test('a paused reader reads nothing, not even by drain, and goes on where it stopped', async () => {
  const path = makeFifo(join(dir, 'pause'))
  const writer = openWriter(path)
  const got = collect(path)
  writeSync(writer, 'a')
  await got.until((text) => text === 'a')
  got.reader.pause()
  writeSync(writer, 'b')
  got.reader.drain(1000, false)
  await new Promise((resolve) => setImmediate(resolve))
  expect(got.text()).toBe('a')
  got.reader.resume()
  await got.until((text) => text === 'ab')
  got.close()
  closeSync(writer)
})
