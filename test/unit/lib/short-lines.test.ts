import { expect, it } from 'vitest'
import { ShortLines } from '../../../src/lib/short-lines.ts'

function cut(max: number, ...chunks: readonly string[]): string[] {
  const got: string[] = []
  const lines = new ShortLines(max, (line) => got.push(line), () => got.push('(too long)'))
  for (const chunk of chunks) lines.push(Buffer.from(chunk))
  lines.flush()
  return got
}

it('cuts lines wherever the chunks end', () => {
  expect(cut(10, 'on', 'e\ntwo\nthr', 'ee\n', '\n', 'half')).toEqual(['one', 'two', 'three', 'half'])
})

it('tells once of a line that is too long, and goes on after it', () => {
  expect(cut(3, 'abc\nabcd\nab', 'cd', 'efgh', 'i\nabc\n')).toEqual(['abc', '(too long)', '(too long)', 'abc'])
})

it('holds no more than a line of a stream without line ends', () => {
  const chunk = 'x'.repeat(65_536)
  expect(cut(4096, ...Array.from({ length: 100 }, () => chunk), '\nend\n')).toEqual(['(too long)', 'end'])
})

it('joins a character that was cut in two', () => {
  const bytes = Buffer.from('é\n')
  const got: string[] = []
  const lines = new ShortLines(10, (line) => got.push(line), () => undefined)
  lines.push(bytes.subarray(0, 1))
  lines.push(bytes.subarray(1))
  expect(got).toEqual(['é'])
})

it('forgets what it holds', () => {
  const got: string[] = []
  const lines = new ShortLines(10, (line) => got.push(line), () => undefined)
  lines.push(Buffer.from('old'))
  lines.reset()
  lines.push(Buffer.from('new\n'))
  expect(got).toEqual(['new'])
})
