import { expect, test } from 'vitest'
import { suggest } from '../../../src/lib/suggest.ts'

test.each([
  ['nochkin', ['web', 'checkin', 'shop'], 'checkin'],
  ['chekcin', ['checkin', 'check'], 'checkin'],
  ['Autorestrat', ['autostart', 'autorestart'], 'autorestart'],
  ['shpo', ['stop', 'shop'], 'shop'],
  ['wbe', ['web'], 'web'],
])('for %s among %j it suggests %s', (word, candidates, expected) => {
  expect(suggest(word, candidates)).toBe(expected)
})

test.each([
  ['zebra', ['checkin', 'web']],
  ['word', []],
  ['0', ['q', 'api']],
])('for %s among %j it suggests nothing', (word, candidates) => {
  expect(suggest(word, candidates)).toBeUndefined()
})
