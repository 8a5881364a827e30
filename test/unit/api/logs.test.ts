import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { followLog } from '../../../src/api/followlog.ts'
import { readTail } from '../../../src/api/readlog.ts'
import type { LogItem } from '../../../src/api/results.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nsup-logs-'))
  file = join(folder, 'out.log')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function tail(text: string | Buffer, options: { bytes?: number; lines?: number }): Promise<string> {
  writeFileSync(file, text)
  return (await readTail(file, options, 'x')).text
}

test('the tail by bytes is the end of the file, at most all of it', async () => {
  expect(await tail('one\ntwo\n', { bytes: 4 })).toBe('two\n')
  expect(await tail('one\ntwo\n', { bytes: 400 })).toBe('one\ntwo\n')
  expect(await tail('one\ntwo\n', { bytes: 0 })).toBe('')
  expect((await tail('x'.repeat(5000), {})).length).toBe(1600)
})

test('the tail by lines counts lines, whether or not the last is ended', async () => {
  expect(await tail('one\ntwo\nthree\n', { lines: 2 })).toBe('two\nthree\n')
  expect(await tail('one\ntwo\nthree', { lines: 2 })).toBe('two\nthree')
  expect(await tail('one\n', { lines: 9 })).toBe('one\n')
  expect(await tail('one\n', { lines: 0 })).toBe('')
  const many = Array.from({ length: 30_000 }, (_, i) => `line ${i}\n`)
  expect(await tail(many.join(''), { lines: 20_000 })).toBe(many.slice(-20_000).join(''))
})

test('a character that the tail cuts is left out, other bad bytes are replaced', async () => {
  expect(await tail('aä', { bytes: 1 })).toBe('')
  expect(await tail(Buffer.from([0x61, 0xff, 0x62]), { bytes: 3 })).toBe('a\ufffdb')
})

test('what is no regular file is refused and does not block', async () => {
  execFileSync('mkfifo', [file])
  await expect(readTail(file, {}, 'x')).rejects.toThrow('not a regular file')
  await expect(readTail(folder, {}, 'x')).rejects.toThrow('not a regular file')
  await expect(readTail(join(folder, 'none'), {}, 'x')).rejects.toMatchObject({ fault: 'NO_FILE' })
  await expect(readTail(null, {}, 'web has no stderr log')).rejects.toThrow('NO_FILE: web has no stderr log')
})

/** Reads items until one satisfies; text that came in pieces is put together. */
class Follower {
  readonly stop = new AbortController()
  text = ''
  position = ''
  readonly kinds: string[] = []
  #items: AsyncIterator<LogItem> | undefined

  async open(options: { bytes?: number; lines?: number; from?: string } = {}): Promise<this> {
    const items = await followLog(file, { ...options, signal: this.stop.signal, what: 'x' })
    this.#items = items[Symbol.asyncIterator]()
    return this
  }

  async until(satisfied: () => boolean): Promise<void> {
    while (!satisfied()) {
      const next = await this.#items?.next()
      if (next === undefined || next.done) throw new Error(`ended with ${JSON.stringify(this.text)}`)
      if (next.value.type === 'text') {
        this.text += next.value.text
        this.position = next.value.position
      } else {
        this.kinds.push(next.value.type)
      }
    }
  }

  async end(): Promise<void> {
    this.stop.abort()
    expect((await this.#items?.next())?.done).toBe(true)
  }
}

test('a follower gets what is there and what is written after', async () => {
  writeFileSync(file, 'one\ntwo\n')
  const follower = await new Follower().open({ lines: 1 })
  await follower.until(() => follower.text === 'two\n')
  appendFileSync(file, 'three ä')
  await follower.until(() => follower.text === 'two\nthree ä')
  await follower.end()
})

test('a follower loses nothing when the log is rotated twice behind its back', async () => {
  writeFileSync(file, 'a\n')
  const follower = await new Follower().open()
  await follower.until(() => follower.text === 'a\n')
  appendFileSync(file, 'b\n')
  renameSync(file, `${file}.1`)
  writeFileSync(file, 'c\n')
  renameSync(`${file}.1`, `${file}.2`)
  renameSync(file, `${file}.1`)
  writeFileSync(file, 'd\n')
  await follower.until(() => follower.text.endsWith('d\n'))
  expect(follower.text).toBe('a\nb\nc\nd\n')
  expect(follower.kinds).toEqual(['rotated', 'rotated'])
  await follower.end()
})

test('a follower goes on after truncation and after the file was removed and made anew', async () => {
  writeFileSync(file, 'a long line\n')
  const follower = await new Follower().open()
  await follower.until(() => follower.text === 'a long line\n')
  truncateSync(file)
  await follower.until(() => follower.kinds.includes('truncated'))
  appendFileSync(file, 'b\n')
  await follower.until(() => follower.text.endsWith('b\n'))
  unlinkSync(file)
  writeFileSync(file, 'c\n')
  await follower.until(() => follower.text.endsWith('c\n'))
  expect(follower.text).toBe('a long line\nb\nc\n')
  expect(follower.kinds).toEqual(['truncated', 'rotated'])
  await follower.end()
})

test('a later follower goes on where an earlier one was, also in a rotated file', async () => {
  writeFileSync(file, 'one\n')
  const first = await new Follower().open()
  await first.until(() => first.text === 'one\n')
  await first.end()
  appendFileSync(file, 'two\n')
  renameSync(file, `${file}.1`)
  writeFileSync(file, 'three\n')
  const second = await new Follower().open({ from: first.position })
  await second.until(() => second.text.endsWith('three\n'))
  expect(second.text).toBe('two\nthree\n')
  await second.end()
  const third = await new Follower().open({ from: 'nonsense', bytes: 3 })
  await third.until(() => third.text === 'ee\n')
  await third.end()
})
