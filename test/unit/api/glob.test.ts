import fc from 'fast-check'
import { expect, test } from 'vitest'
import { globMatches } from '../../../src/api/glob.ts'

const letters = fc.array(fc.constantFrom('a', 'b', ':'), { maxLength: 8 }).map(list => list.join(''))
const patterns = fc.array(fc.constantFrom('a', 'b', ':', '*', '?'), { maxLength: 6 }).map(list => list.join(''))

test('a pattern matches what the regular expression of the same meaning matches', () => {
  fc.assert(fc.property(patterns, letters, (pattern, text) => {
    const expected = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(text)
    expect(globMatches(pattern, text)).toBe(expected)
  }), { numRuns: 2000 })
})

test('a hostile pattern is answered in no time', () => {
  expect(globMatches('*a'.repeat(2000), 'a'.repeat(1999))).toBe(false)
})
