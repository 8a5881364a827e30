import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from '../../../src/lib/line-splitter.ts'

test('hands out whole lines, wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 9 })), (chunks) => {
      const lines: string[] = []
      const splitter = new LineSplitter((line) => lines.push(Buffer.from(line).toString()))
      for (const chunk of chunks) splitter.push(Buffer.from(chunk))
      splitter.flush()
      const expected = chunks.join('').split('\n')
      if (expected.at(-1) === '') expected.pop()
      expect(lines).toEqual(expected)
    }),
  )
})

test('hands out a stream without line ends in pieces and loses nothing', () => {
  const pieces: number[] = []
  const splitter = new LineSplitter((line) => pieces.push(line.length))
  for (let sent = 0; sent < 10; sent++) splitter.push(new Uint8Array(10_000).fill(0x61))
  splitter.flush()
  expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(100_000)
  expect(Math.max(...pieces)).toBeLessThanOrEqual(16 * 1024)
})
