import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConnectionError } from '../../../src/api/client.ts'
import { instanceOf, journalIn } from '../../../src/config/instance.ts'
import { bootId, startTimeOf } from '../../../src/os/proc.ts'
import { bare, command, lost, project, status } from './harness.ts'

const stripped = (text: string): string => text.replace(/\x1b\[\d+m/g, '')

test("piped, status prints supervisorctl's lines: the name to 33, the state to 10", async () => {
  const processes = [status('web'), status('shop:checkin_00', { state: 'BACKOFF', description: 'Exited too quickly (process log may have details)' })]
  const { out, code } = await command(['status'], { status: () => ({ processes, missing: [] }) })
  expect(out).toBe(
    'web                              RUNNING   pid 42, uptime 0:00:09\n'
    + 'shop:checkin_00                  BACKOFF   Exited too quickly (process log may have details)\n',
  )
  expect(code).toBe(0)
})

test('a name longer than 30 widens the column to its length plus 3', async () => {
  const long = 'a'.repeat(40)
  const { out } = await command(['status'], { status: () => ({ processes: [status(long), status('b')], missing: [] }) })
  expect(out.split('\n')[0]).toBe(`${long}   RUNNING   pid 42, uptime 0:00:09`)
  expect(out.split('\n')[1]).toBe(`${'b'.padEnd(43)}RUNNING   pid 42, uptime 0:00:09`)
})

test.each([
  ['STOPPED', 3], ['EXITED', 3], ['FATAL', 3], ['UNKNOWN', 3], ['STARTING', 0], ['BACKOFF', 0], ['STOPPING', 0], ['RUNNING', 0],
] as const)('with a process that is %s status exits %i', async (state, code) => {
  expect(await command(['status'], { status: () => ({ processes: [status('web', { state })], missing: [] }) })).toMatchObject({ code })
})

test('an unknown name exits 4, but 3 wins; groups and processes are told apart', async () => {
  const missing = [lost('nochkin', 'process', 'checkin'), lost('zoo:*', 'group')]
  const first = await command(['status', 'nochkin', 'zoo:*'], { status: () => ({ processes: [], missing }) })
  expect(first).toMatchObject({
    code: 4, out: 'nochkin: ERROR (no such process)\nzoo: ERROR (no such group)\n', err: 'did you mean checkin?\n',
  })
  const both = await command(['status', 'nochkin', 'web'], {
    status: () => ({ processes: [status('web', { state: 'FATAL' })], missing: [lost('nochkin')] }),
  })
  expect(both.code).toBe(3)
})

test('--json carries the exits, --quiet only the exit code', async () => {
  const json = await command(['status', '--json'], { status: () => ({ processes: [status('web')], missing: [] }) })
  expect(JSON.parse(json.out)).toMatchObject({ processes: [{ namespec: 'web' }], missing: [] })
  expect(json.asked[0]).toEqual({ method: 'status', params: { targets: ['all'], usage: true, exits: true } })
  const quiet = await command(['-q', 'status'], { status: () => ({ processes: [status('web', { state: 'FATAL' })], missing: [] }) })
  expect(quiet).toMatchObject({ out: '', code: 3 })
})

const crowd = [
  status('shop:checkin_00', { cpu: 1.25, memory: 50 * 1024 * 1024 }),
  status('shop:reports', { state: 'FATAL', pid: 0, reason: "can't find command '/usr/local/bin/make-the-reports-of-the-day'" }),
]

test.each([40, 60, 80, 120, 200])('at %i columns no line of the table is wider than the terminal', async (columns) => {
  const { out } = await command(['status'], { status: () => ({ processes: crowd, missing: [] }) }, { isTTY: true, columns, colour: true })
  const lines = stripped(out).trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
  expect(lines[1]).toMatch(/^shop:checkin_00 +RUNNING/)
})

test('on a wide terminal every column and the whole reason is there; the state has its colour', async () => {
  const { out } = await command(['status'], { status: () => ({ processes: crowd, missing: [] }) }, { isTTY: true, columns: 200, colour: true })
  expect(stripped(out).split('\n')[0]).toMatch(/^name +state +pid +uptime +restarts +cpu +memory +reason$/)
  expect(stripped(out)).toMatch(/checkin_00 +RUNNING +42 +9s +0 +1\.3% +50\.0 MB\n/)
  expect(out).toContain("can't find command '/usr/local/bin/make-the-reports-of-the-day'")
  expect(out).toContain('\x1b[32mRUNNING\x1b[0m')
  expect(out).toContain('\x1b[31mFATAL\x1b[0m')
})

test('a terminal without colours gets a table without escapes, TERM=dumb and --plain get plain lines', async () => {
  const answers = { status: () => ({ processes: crowd, missing: [] }) }
  expect((await command(['status'], answers, { isTTY: true, columns: 100 })).out).not.toContain('\x1b')
  const dumb = await command(['status'], answers, { isTTY: true, env: { TERM: 'dumb' } })
  const plain = await command(['status', '--plain'], answers, { isTTY: true, colour: true })
  expect(dumb.out).toBe(plain.out)
  expect(plain.out).toMatch(/^shop:checkin_00 {18}RUNNING {3}pid 42/)
})

test.each([
  ['ENOENT', 'status', 4], ['ECONNREFUSED', 'status', 4], ['ENOENT', 'stop', 7], ['ECONNREFUSED', 'stop', 4],
  ['ENOENT', 'reread', 1], ['ECONNREFUSED', 'avail', 1],
])("with -s and %s, %s exits %#: supervisorctl's sentence on stdout", async (code, verb, exit) => {
  const what = code === 'ENOENT' ? 'no such file' : 'refused connection'
  const fail = (): never => { throw new ConnectionError('unix:///nowhere/nsup.sock', code, what) }
  const words = verb === 'stop' ? ['stop', 'web'] : [verb]
  const result = await command(words, { status: fail, stop: fail, reread: fail, avail: fail })
  expect(result).toMatchObject({ code: exit, out: `unix:///nowhere/nsup.sock ${what}\n`, err: '' })
})

test('without a master, a command of an instance says so in one sentence and how to start one', async () => {
  const { config, env, remove } = project()
  const fail = (): never => { throw new ConnectionError('unix:///x', 'ENOENT', 'no such file') }
  const result = await bare(['status', '-c', config], { status: fail }, { env })
  expect(result).toMatchObject({ code: 4, out: '', err: `nsup: no master runs for ${config} (start one with: nsup start all)\n` })
  remove()
})

test('where the config that was named is not there, it says that, and promises no start', async () => {
  const { config, env, remove } = project()
  const fail = (): never => { throw new ConnectionError('unix:///x', 'ENOENT', 'no such file') }
  const result = await bare(['status', '-c', `${config}x`], { status: fail }, { env })
  expect(result).toMatchObject({ code: 4, out: '', err: `nsup: no master runs for ${config}x: there is no such file\n` })
  remove()
})

test.each([[1, '1 worker of the last one runs on, and the next one adopts it'], [2, '2 workers of the last one run on, and the next one adopts them']])('where %i workers outlive their master, it says so too', async (count, words) => {
  const { config, env, remove } = project()
  const { runDir } = instanceOf(config, env)
  mkdirSync(runDir, { recursive: true })
  // Two processes that are there, whoever they are: this one and its parent.
  const workers = [process.pid, process.ppid].slice(0, count).map((pid, at) => ({ group: 'g', name: `w${String(at)}`, status: { pid, startTime: startTimeOf(pid), bootId: bootId() } }))
  writeFileSync(journalIn(runDir), workers.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const fail = (): never => { throw new ConnectionError('unix:///x', 'ECONNREFUSED', 'refused connection') }
  const result = await bare(['status', '-c', config], { status: fail }, { env })
  expect(result).toMatchObject({ code: 4, out: '', err: `nsup: no master runs for ${config}; ${words} (start one with: nsup start all)\n` })
  remove()
})

test('on a terminal health has a column when any process has some, and workers say what they do', async () => {
  const report = { at: 1, status: 'job 12345, 3 of 7', health: null, health_at: 0, stopping: false, rubbish: 0 }
  const processes = [
    status('web', { health: 'unhealthy', ailment: 'HTTP 500', reason: 'unhealthy: HTTP 500', report }),
    status('api', { health: 'healthy', report }),
    status('db', { state: 'STOPPED', pid: 0, hold: 'waiting for disk (STARTING)', reason: 'waiting for disk (STARTING)' }),
  ]
  const { out } = await command(['status'], { status: () => ({ processes, missing: [] }) }, { isTTY: true, columns: 160 })
  const [head, web, api, db] = out.split('\n')
  expect(head).toMatch(/ health +reason$/)
  expect(web).toMatch(/ unhealthy +unhealthy: HTTP 500$/)
  expect(api).toMatch(/ healthy +job 12345, 3 of 7$/)
  expect(db).toMatch(/ waiting for disk \(STARTING\)$/)
  const plain = await command(['status'], { status: () => ({ processes: [status('web')], missing: [] }) }, { isTTY: true, columns: 160 })
  expect(plain.out).not.toContain('health')
})

test('describe shows readiness, health, the job in hand, failures in a row and what the worker has said', async () => {
  const { code, out } = await command(['describe', 'web'], {
    status: () => ({ processes: [status('web')], missing: [] }),
    describe: () => ({
      ...status('web', {
        ready: true, health: 'unhealthy', ailment: 'HTTP 500', job: '12345', crashes: 1, hold: 'restart; waits until job 12345 is done', reason: 'restart; waits until job 12345 is done',
        report: { at: 1_700_000_000_000, status: 'works', health: { processed_count: 7 }, health_at: 1, stopping: false, rubbish: 3 },
      }),
      inbox: null, exits: [],
      config: {
        command: 'run', command_problem: null, process_num: 0, priority: 999, autostart: true, autorestart: 'always', exitcodes: [0], startsecs: 1, startretries: 3, stopsignal: 'SIGTERM', stopwaitsecs: 10,
        stopasgroup: false, killasgroup: false, user: null, redirect_stderr: false, directory: null, umask: null, serverurl: null, socket: null, job: null, environment_keys: [], stdout: { maxbytes: 0 }, stderr: {},
      },
    }),
  })
  expect(code).toBe(0)
  for (const row of [
    'wanted       up, by autostart', 'reason       restart; waits until job 12345 is done', 'ready        yes', 'health       unhealthy: HTTP 500', 'job          12345',
    'worker says  works; 3 lines not understood', 'its health   {"processed_count":7}', 'restarts     0, 1 failure in a row',
  ]) expect(out).toContain(`  ${row}\n`)
})
