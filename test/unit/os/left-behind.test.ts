import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { workersLeft } from '../../../src/os/left-behind.ts'
import { bootId, startTimeOf } from '../../../src/os/proc.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-left-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = join(folder, 'journal.jsonl')
const alive = { pid: process.pid, startTime: startTimeOf(process.pid), bootId: bootId() }
const worker = (name: string, status: object = alive): string => JSON.stringify({ group: 'g', name, status })

test.each<[string, readonly string[], number]>([
  ['counts whom it finds as they were written down', [worker('a'), worker('b'), '{"group":"g","name":"b","exit":{"incarnation":1}}'], 2],
  ['goes by the last word of each', [worker('a'), worker('a', { ...alive, pid: 0, startTime: '' })], 0],
  ['leaves out who has left', [worker('a'), worker('b'), '{"group":"g","name":"a","gone":true}'], 1],
  ['takes a pid for no identity', [worker('a', { ...alive, startTime: '1' }), worker('b', { ...alive, bootId: 'another' })], 0],
  ['can do with lines that are cut or spoilt', ['{"group":"g","na', 'null', '7', '{"status":null}', '{"status":"x"}', worker('a').slice(0, -3), worker('b')], 1],
])('%s', (_title, lines, count) => {
  writeFileSync(file, lines.join('\n'))
  expect(workersLeft(file)).toBe(count)
})

test('finds nobody where no master has left anything', () => {
  expect(workersLeft(join(folder, 'none'))).toBe(0)
})
