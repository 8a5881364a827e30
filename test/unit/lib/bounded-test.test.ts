import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { boundedTest } from '../../../src/lib/bounded-test.ts'

test('A pattern is looked for in short and in long texts', () => {
  const long = 'x'.repeat(5000)
  expect([boundedTest('rea+dy$', 'it is ready'), boundedTest('^ready', 'it is ready')]).toEqual([true, false])
  expect([boundedTest('rea+dy$', `${long} ready`), boundedTest('^ready', `${long} ready`)]).toEqual([true, false])
})

test('A pattern that backtracks for ever on a text is given up, and the next one is looked for as before', () => {
  const begin = performance.now()
  expect(boundedTest('(a+)+$', `${'a'.repeat(300)}b`)).toBe('too slow')
  expect(performance.now() - begin).toBeLessThan(10_000)
  expect(boundedTest('b$', `${'a'.repeat(300)}b`)).toBe(true)
})
