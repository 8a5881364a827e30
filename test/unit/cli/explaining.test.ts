import { expect, test } from 'vitest'
import type { ResultOf } from '../../../src/api/results.ts'
import { command, lost, status } from './harness.ts'

const at = new Date(2026, 10, 22, 3, 48, 5).getTime()

function why(more: Partial<ResultOf<'why'>> = {}): ResultOf<'why'> {
  return { process: status('web'), next_try: 0, advice: [], exits: [], ...more }
}

const found = (...names: string[]) => () => ({ processes: names.map((name) => status(name)), missing: [] })

test('why says what is wanted, what is, what it waits for, what it means and what to do', async () => {
  const process = status('web', { state: 'BACKOFF', pid: 0, since: at, wanted_by: 'cli root', reason: 'exit status 1; try 2 of 4 in 3 s', retry_in: 3000 })
  const exit = {
    incarnation: 1, pid: 12, kind: 'code' as const, code: 1, signal: null, core_dumped: null, started_at: at, ended_at: at, uptime: 400,
    wanted: false, by: null, expected: false, last_lines: ['Error: listen EADDRINUSE'], meaning: 'it means something',
  }
  const advice = [{ about: 'port-taken', what: 'port 80 is taken by nginx (pid 7)', todo: 'stop it' }]
  const { code, out } = await command(['why', 'web'], { status: found('web'), why: () => why({ process, advice, exits: [exit], next_try: at + 3000 }) })
  expect(code).toBe(3)
  expect(out).toMatch(/^web\n {2}wanted +up, by cli root\n {2}is +BACKOFF since 2026-11-22 03:48:05/)
  expect(out).toContain('  because   exit status 1; try 2 of 4 in 3 s\n')
  expect(out).toContain('  next try  2026-11-22 03:48:08 (in 3s)\n')
  expect(out).toContain('  port 80 is taken by nginx (pid 7)\n    → stop it\n')
  expect(out).toContain('pid 12  exit code 1 after 0s, unexpected: it means something\n      Error: listen EADDRINUSE\n')
})

test('why has a short answer for what is well, the hold of what is held, and JSON', async () => {
  expect(await command(['why', 'web'], { status: found('web'), why: () => why() })).toMatchObject({ code: 0, out: expect.stringContaining('  nothing is wrong\n') as string })
  const process = status('web', { state: 'STOPPED', pid: 0, hold: 'waiting for db (STOPPED)', reason: 'about to start' })
  const held = await command(['why', 'web'], { status: found('web'), why: () => why({ process }) })
  expect(held.out).toContain('  held      waiting for db (STOPPED)\n')
  expect(held.out).not.toContain('about to start')
  const json = await command(['why', 'web', '--json'], { status: found('web'), why: () => why() })
  expect(JSON.parse(json.out)).toMatchObject({ processes: [{ process: { namespec: 'web' }, advice: [] }] })
  expect(await command(['why', 'nope'], { status: () => ({ processes: [], missing: [lost('nope')] }) })).toMatchObject({ code: 1 })
})

test('history shows the entries and how each process fared', async () => {
  const history = (): ResultOf<'history'> => ({
    since: at, earlier: 3, missing: [],
    entries: [
      { at, type: 'start', process: 'web', by: 'cli root', reason: 'being started' },
      { at, type: 'exit', process: 'web', pid: 12, failure: true, reason: 'exit status 1, with job 7 in hand', uptime: 61_000 },
      { at, type: 'health', process: 'web', pid: 12, healthy: false, reason: 'HTTP 500' },
      { at, type: 'signal', process: 'web', pid: 12, signal: 'SIGUSR1', by: 'cli anna' },
      { at, type: 'master', reason: 'running', pid: 1 },
    ],
    accounts: [{ process: 'web', starts: 1, failures: 1, up: 61_000, down: 61_000, availability: 0.5, mtbf: 61_000 }],
  })
  const result = await command(['history', 'web', '--since', '2h', '-n', '5'], { history })
  expect(result.asked).toEqual([{ method: 'history', params: { targets: ['web'], since: 7_200_000, limit: 5 } }])
  expect(result).toMatchObject({ code: 0, out: [
    '3 earlier ones are not shown (-n)',
    '2026-11-22 03:48:05  web  start  being started  (cli root)',
    '2026-11-22 03:48:05  web  failure  pid 12  exit status 1 after 1m 1s, with job 7 in hand',
    '2026-11-22 03:48:05  web  unhealthy  pid 12  HTTP 500',
    '2026-11-22 03:48:05  web  signal  SIGUSR1  pid 12  (cli anna)',
    '2026-11-22 03:48:05  master  pid 1  running',
    '',
    'process  available  up     down   starts  failures  mtbf',
    'web      50.0%      1m 1s  1m 1s  1       1         1m 1s',
    '',
  ].join('\n') })
})

test('history refuses a time that is none, and says when nothing has happened', async () => {
  expect(await command(['history', '--since', 'yesterday'], {})).toMatchObject({ code: 2, err: "nsup: --since needs a time as 30m, 24h or 7d, not 'yesterday'\n" })
  const nothing = () => ({ since: at, earlier: 0, missing: [], entries: [], accounts: [] })
  expect(await command(['history'], { history: nothing })).toMatchObject({ code: 0, out: 'nothing has happened since 2026-11-22 03:48:05\n' })
})

type Worker = ResultOf<'health'>['workers'][number]

function worker(process: string, more: Partial<Worker> = {}): Worker {
  return {
    process, program: process, pid: 42, state: 'RUNNING', processed_count: 7, is_processing: true, last_activity: '2026-11-22T03:48:05Z', uptime: 61, status: 'works', job: '12345',
    health: {}, report_age: 400, answered: true, via: 'report', no_answer: null, ...more,
  }
}

const silent = { answered: false, via: null, processed_count: null, is_processing: null, last_activity: null, job: null, report_age: null } as const

test('health shows one table, and who has not answered sets the exit code', async () => {
  const workers = [worker('web'), worker('api', { ...silent, no_answer: 'it said nothing in time' }), worker('old', { ...silent, pid: 0, state: 'STOPPED', no_answer: 'it does not run' })]
  const health = () => ({ workers, missing: [] })
  const result = await command(['health', '--timeout', '5s'], { health })
  expect(result.asked).toEqual([{ method: 'health', params: { targets: ['all'], timeout: 5000 } }])
  expect(result).toMatchObject({ code: 3, out: [
    'name  pid  processed_count  is_processing  last activity         uptime  status                              report age',
    'web   42   7                yes (12345)    2026-11-22T03:48:05Z  1m 1s   works                               0s',
    'api   42   -                -              -                     1m 1s   no answer: it said nothing in time  -',
    '',
  ].join('\n') })
  expect(await command(['health'], { health: () => ({ workers: [worker('web'), worker('old', { ...silent, pid: 0 })], missing: [] }) })).toMatchObject({ code: 0 })
  expect(await command(['health', 'old'], { health: () => ({ workers: [worker('old', { ...silent, pid: 0 })], missing: [] }) })).toMatchObject({ code: 3 })
  expect(await command(['health', 'nope'], { health: () => ({ workers: [], missing: [lost('nope')] }) })).toMatchObject({ code: 1 })
  expect(JSON.parse((await command(['health', '--json'], { health })).out)).toMatchObject({ workers: [{ process: 'web', answered: true }, { process: 'api' }] })
})
