import { expect, it } from 'vitest'
import { openFilesRow, parseLimit } from '../../../src/lib/limits.ts'

it('reads a row of /proc/PID/limits', () => {
  const text = 'Limit   Soft Limit  Hard Limit  Units\nMax processes             96365                unlimited            processes \n'
  expect(parseLimit(text, 'Max processes')).toEqual({ soft: 96_365, hard: Infinity })
  expect(parseLimit(text, openFilesRow)).toBeUndefined()
})
