import { expect, test } from 'vitest'
import { exitOf } from '../../../src/api/view.ts'
import { exitLine } from '../../../src/cli/exits.ts'
import type { ExitRecord } from '../../../src/core/model.ts'

const record: ExitRecord = {
  incarnation: 1, pid: 12, status: { kind: 'code', code: 0 }, startedAt: 1_700_000_000_000, endedAt: 1_700_000_005_000, uptime: 5000,
  wanted: false, by: null, expected: true, lastLines: [],
}

test.each<[Partial<ExitRecord>, string]>([
  [{}, 'expected'],
  [{ expected: false }, 'unexpected'],
  [{ wanted: true, by: 'cli ann' }, 'asked for by cli ann'],
  [{ recycled: 'after 1000 jobs' }, 'recycled itself after 1000 jobs'],
  [{ recycled: '' }, 'recycled itself'],
  [{ wanted: true, by: 'max_memory', recycled: 'uses 600 MB, max_memory is 512 MB' }, 'recycled by max_memory: uses 600 MB, max_memory is 512 MB'],
])('an exit of %j says of it: %s', (change, words) => {
  expect(exitLine(exitOf({ ...record, ...change }))).toMatch(new RegExp(`pid 12 {2}exit code 0 after 5s, ${words}$`))
})
