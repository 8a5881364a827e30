import { expect, test } from 'vitest'
import { LastBytes } from '../../../src/lib/last-bytes.ts'

test('keeps the last lines of many small chunks', () => {
  const last = new LastBytes()
  for (let line = 0; line < 5_000; line++) last.push(Buffer.from(`line ${String(line)}\n`))
  expect(last.lines(3)).toEqual(['line 4997', 'line 4998', 'line 4999'])
  expect(last.lines(20)).toHaveLength(20)
})

test('keeps the end of a chunk that is larger than what is kept, and leaves its cut line out', () => {
  const last = new LastBytes()
  last.push(Buffer.from(`${'x'.repeat(100_000)}\nend`))
  expect(last.lines(20)).toEqual(['end'])
})

test('shows all lines of a short stream, without escape sequences and carriage returns', () => {
  const last = new LastBytes()
  last.push(Buffer.from('\u001b[31mone\u001b[0m\r\ntw'))
  last.push(Buffer.from('o'))
  expect(last.lines(20)).toEqual(['one', 'two'])
})

test('has no lines before the first byte and after clear', () => {
  const last = new LastBytes()
  expect(last.lines(20)).toEqual([])
  last.push(Buffer.from('one\n'))
  last.clear()
  expect(last.lines(20)).toEqual([])
})

test('takes chunks of every size up to its limit without losing the newest bytes', () => {
  for (let size = 1; size < 9_000; size += 611) {
    const last = new LastBytes()
    for (let turn = 0; turn < 40; turn++) last.push(Buffer.from(`${String(turn).padStart(size, '.')}\n`))
    expect(last.lines(1)[0]?.endsWith('39')).toBe(true)
  }
})
