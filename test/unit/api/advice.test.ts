import { describe, expect, it, test } from 'vitest'
import { adviceFor, adviceNames } from '../../../src/api/advice.ts'
import type { Facts } from '../../../src/api/advice.ts'
import { meaningOf } from '../../../src/api/exit-meaning.ts'
import { addressInUse, missingModule, portsOf } from '../../../src/api/last-words.ts'
import { whyOf } from '../../../src/api/why.ts'
import type { ExitRecord, ExitStatus } from '../../../src/core/model.ts'
import type { SignalName } from '../../../src/lib/signals.ts'
import { FakeMaster, fakeView } from '../../fixtures/fake-master.ts'
import type { FakeView } from '../../fixtures/fake-master.ts'

const now = 1_700_000_000_000

const code = (value: number): ExitStatus => ({ kind: 'code', code: value })
const by = (signal: SignalName): ExitStatus => ({ kind: 'signal', signal, core: null })

function exit(status: ExitStatus, more: Partial<ExitRecord> = {}): ExitRecord {
  return { incarnation: 1, pid: 12, status, startedAt: now - 2000, endedAt: now - 1000, uptime: 1000, wanted: false, by: null, expected: false, lastLines: [], ...more }
}

const failing = (status: ExitStatus, lines: readonly string[] = [], more: Partial<ExitRecord> = {}): FakeView =>
  ({ state: 'BACKOFF', spawnError: 'Exited too quickly (process log may have details)', pid: 0, exits: [exit(status, { lastLines: lines, ...more })] })
const unspawned = (spawnError: string): FakeView => ({ state: 'FATAL', pid: 0, spawnError, reason: `${spawnError}; gave up after 4 tries` })
const held = (hold: string, more: FakeView = {}): FakeView => ({ state: 'STOPPED', pid: 0, hold, ...more })

const job = { interval: 60_000, schedule: null, timezone: null, overlap: 'skip', catchUp: 'none', spread: 0, seed: '', runTimeout: 5000, retries: 0 } as const
const task = { nextRun: now + 5000, cause: null, waiting: 0, skipped: 0, resting: false }

interface Case {
  readonly about: string
  readonly view: FakeView
  readonly what: RegExp
  readonly todo: RegExp
  readonly facts?: Partial<Facts>
}

const cases: readonly Case[] = [
  { about: 'dependency-missing', view: held('waiting for db, which is not there'), what: /depends_on names db/, todo: /add db to the config/ },
  { about: 'dependency', view: held('waiting for db (BACKOFF: exit status 1)'), what: /it is waiting for db \(BACKOFF: exit status 1\)/, todo: /nsup why db/ },
  { about: 'address', view: held('waiting for tcp://10.0.0.1:5432 (ECONNREFUSED)', { state: 'STARTING' }), what: /ECONNREFUSED/, todo: /start what listens on tcp:\/\/10\.0\.0\.1:5432/ },
  { about: 'restart-window', view: held('waiting for its restart_window', { state: 'EXITED' }), what: /restart_window/, todo: /nsup start web starts it now/ },
  { about: 'restart-burst', view: held('waiting its turn: at most 5 automatic restarts a second (restart_burst)', { state: 'EXITED' }), what: /take turns/, todo: /its turn comes/ },
  { about: 'stops-later', view: { hold: 'stops after api, which depends on it' }, what: /api depends on it/, todo: /nsup why api/ },
  { about: 'busy', view: { hold: 'restart; waits until job 12345 is done', job: '12345' }, what: /finishes its job \(12345\)/, todo: /busy_wait/ },
  { about: 'siblings', view: { hold: 'waiting until web_1 is up again' }, what: /while web_1 is down/, todo: /nsup why web_1/ },
  { about: 'unhealthy', view: { health: 'unhealthy', ailment: 'HTTP 500' }, what: /HTTP 500/, todo: /on_unhealthy/ },
  { about: 'not-ready', view: { state: 'BACKOFF', pid: 0, spawnError: 'not ready within 30 s (ready_timeout)' }, what: /not ready within 30 s/, todo: /ready_timeout/ },
  {
    about: 'getting-ready', view: { state: 'STARTING', reason: 'waits until it is ready (tcp)', spec: { care: { ready: { by: { kind: 'tcp', host: 'localhost', port: 1 }, timeout: 1 } } } },
    what: /not shown yet that it is ready \(tcp\)/, todo: /ready_timeout/,
  },
  { about: 'watchdog', view: { state: 'STOPPING', reason: 'silent for 30 s (watchdog)' }, what: /silent for 30 s/, todo: /watchdog/ },
  { about: 'crash-loop', view: { state: 'FATAL', pid: 0, reason: 'exit status 1; crash loop: more than 5 restarts within 600 s (restart_limit)' }, what: /more than 5 restarts/, todo: /nsup start web/ },
  { about: 'gave-up', view: { state: 'FATAL', pid: 0, reason: 'something; gave up after 4 tries' }, what: /gave up after 4 tries/, todo: /startretries \(3\)/ },
  { about: 'tried-later', view: { state: 'FATAL', pid: 0, retryIn: 5000 }, what: /one more try/, todo: /nsup start web/ },
  { about: 'command-missing', view: unspawned("can't find command 'nothing'"), what: /can't find command 'nothing'/, todo: /PATH/ },
  { about: 'command-refused', view: unspawned("command at './run' is not executable"), what: /is not executable/, todo: /chmod \+x/ },
  { about: 'interpreter-missing', view: unspawned("couldn't exec /srv/run: ENOENT"), what: /couldn't exec/, todo: /first line/ },
  { about: 'directory', view: { ...unspawned("couldn't chdir to /nowhere: ENOENT"), spec: { directory: '/nowhere' } }, what: /couldn't chdir/, todo: /make the folder \/nowhere/ },
  { about: 'user', view: { ...unspawned("couldn't setuid to ghost: no such user"), spec: { user: 'ghost' } }, what: /no such user/, todo: /make the user ghost/ },
  { about: 'resources', view: unspawned("too many open files to spawn 'web'"), what: /too many open files/, todo: /minfds/ },
  { about: 'resources', view: unspawned("Too many processes in process table to spawn 'web'"), what: /Too many processes/, todo: /minprocs/ },
  { about: 'pre-start', view: unspawned('pre_start failed: exit status 1'), what: /pre_start failed/, todo: /by hand/ },
  { about: 'exit-127', view: failing(code(127)), what: /no such command/, todo: /PATH: run web/ },
  { about: 'exit-126', view: failing(code(126)), what: /not executable/, todo: /chmod \+x/ },
  { about: 'oom', view: failing(by('SIGKILL'), [], { oom: true }), what: /OOM killer/, todo: /max_memory/ },
  { about: 'escalated', view: { state: 'STOPPED', pid: 0, want: 'down', exits: [exit(by('SIGKILL'), { wanted: true, by: 'cli root' })] }, what: /nsup killed it: SIGTERM/, todo: /stopwaitsecs \(10 s\)/ },
  { about: 'killed', view: failing(by('SIGKILL')), what: /nsup has not sent/, todo: /dmesg/ },
  { about: 'killed', view: failing(code(137)), what: /SIGKILL/, todo: /kill -9/ },
  { about: 'crashed', view: failing(by('SIGSEGV')), what: /SIGSEGV/, todo: /core dump/ },
  { about: 'crashed', view: failing(code(139)), what: /SIGSEGV/, todo: /native modules/ },
  { about: 'aborted', view: failing(by('SIGABRT')), what: /SIGABRT/, todo: /nsup logs web/ },
  { about: 'terminated', view: failing(code(143)), what: /somebody else sent it SIGTERM/, todo: /second supervisor/ },
  { about: 'exit-unknown', view: failing({ kind: 'unknown' }), what: /not a child of this master/, todo: /outliving/ },
  {
    about: 'port-taken', view: failing(code(1), ['Error: listen EADDRINUSE: address already in use :::8080']), facts: { holder: { port: 8080, pid: 77, name: 'nginx' } },
    what: /port 8080 is taken by nginx \(pid 77\)/, todo: /kill 77/,
  },
  { about: 'port-taken', view: failing(code(1), ['OSError: [Errno 98] Address already in use']), what: /is taken/, todo: /next try/ },
  {
    about: 'port-taken', view: failing(code(1), ['bind: Address already in use']), facts: { holder: { port: 80, pid: 0, name: '' } },
    what: /may not look at/, todo: /stop that/,
  },
  { about: 'library', view: failing(code(127), ['./run: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file or directory']), what: /libpq\.so\.5/, todo: /LD_LIBRARY_PATH/ },
  { about: 'module', view: failing(code(1), ["Error: Cannot find module 'express'"]), what: /module is missing: express/, todo: /npm ci/ },
  {
    about: 'module', view: { ...failing(code(1), ["Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/srv/bin/app.js' imported from /srv/"]), spec: { command: 'node --import nsup/preload ./bin/app.js' } },
    what: /file that it runs is not there: \/srv\/bin\/app\.js/, todo: /directory.*not set.*%\(here\)s/,
  },
  {
    about: 'module', view: { ...failing(code(1), ["Error: Cannot find module '/srv/lib/p.js'"]), spec: { command: 'node app.js p.jsx' } },
    what: /module is missing: \/srv\/lib\/p\.js/, todo: /npm ci/,
  },
  { about: 'php-parse', view: failing(code(255), ['PHP Parse error:  syntax error, unexpected end of file in /srv/a.php on line 3']), what: /unexpected end of file/, todo: /php -l/ },
  { about: 'permission', view: { ...failing(code(1), ["Error: EACCES: permission denied, open '/var/log/a.log'"]), spec: { user: 'www' } }, what: /EACCES/, todo: /let www have access to \/var\/log\/a\.log/ },
  { about: 'disk-full', view: failing(code(1), ['OSError: [Errno 28] No space left on device']), what: /No space left/, todo: /df -h/ },
  { about: 'log-dropped', view: {}, facts: { dropping: true }, what: /dropped/, todo: /make room/ },
  { about: 'done-too-soon', view: failing(code(0)), what: /code 0/, todo: /startsecs 0 and autorestart false/ },
  { about: 'quick-exit', view: failing(code(3)), what: /with code 3 before it had been up for 1 s/, todo: /nsup tail web/ },
  { about: 'quick-exit', view: failing(code(3), ['oh']), what: /with code 3/, todo: /last lines are below/ },
  { about: 'log-folder', view: { ...unspawned("unknown error making dispatchers for 'web': ENOENT"), stdoutLogfile: '/var/log/gone/web.log' }, what: /ENOENT/, todo: /is there and may be written: \/var\/log\/gone.*nsup start web/ },
  { about: 'deaf-listener', view: { deaf: true }, what: /gets no events any more/, todo: /READY and RESULT.*nsup restart web/ },
  { about: 'failing-start', view: { state: 'BACKOFF', pid: 0, spawnError: 'something new' }, what: /could not be started: something new/, todo: /tried again by itself/ },
  {
    about: 'restarted-unwell', view: { state: 'STARTING', exits: [exit(code(0)), exit(by('SIGTERM'), { wanted: true, by: 'health check' }), exit(by('SIGTERM'), { wanted: true, by: 'health check' })] },
    what: /health check failed .*restarted, 2 times in a row/, todo: /nsup history web/,
  },
  { about: 'bad-exit', view: { state: 'EXITED', pid: 0, exits: [exit(code(3))] }, what: /none of exitcodes \(0\)/, todo: /no last lines .*nsup logs web/ },
  { about: 'not-started', view: { state: 'STOPPED', pid: 0, want: 'down', startedAt: 0, spec: { autostart: false } }, what: /autostart is off/, todo: /nsup start web/ },
  { about: 'stopped', view: { state: 'STOPPED', pid: 0, want: 'down', stopRequestedBy: 'cli root' }, what: /stopped by cli root/, todo: /nsup start web/ },
  { about: 'not-restarted', view: { state: 'EXITED', pid: 0, want: 'down', wantedBy: 'autorestart: unexpected', exits: [exit(code(0), { expected: true })] }, what: /with code 0 .*autorestart: unexpected/, todo: /another autorestart/ },
  { about: 'run-failed', view: { state: 'EXITED', pid: 0, task, exits: [exit(code(3), { run: { cause: 'schedule', slot: 5, result: 'failed' } })] }, what: /last run has failed: it ended with code 3/, todo: /nsup trigger web runs it now/ },
  { about: 'run-timeout', view: { state: 'EXITED', pid: 0, task, spec: { care: { job } }, exits: [exit(by('SIGTERM'), { wanted: true, by: 'run_timeout', run: { cause: 'interval', slot: null, result: 'timeout' } })] }, what: /longer than run_timeout \(5 s\)/, todo: /raise run_timeout/ },
  { about: 'run-failed', view: { state: 'EXITED', pid: 0, task, incarnation: 2, spawnError: "can't find command 'x'", spec: { care: { job: { ...job, retries: 2 } } } }, what: /failed: can't find command 'x'/, todo: /^nsup trigger web runs it now$/ },
  { about: 'inbox-unread', view: { inbox: { waiting: 3, waitingBytes: 600_000, delivered: 0, refused: 2 } }, what: /600000 bytes wait for it, and 2 more found its inbox full/, todo: /NSUP_INBOX_FD/ },
  { about: 'uncontrolled', view: { state: 'UNKNOWN', reason: 'could not send SIGTERM to pid 100: EPERM' }, what: /EPERM/, todo: /as root/ },
]

function said({ view, facts }: Pick<Case, 'view' | 'facts'>): ReturnType<typeof adviceFor> {
  return adviceFor({ view: fakeView('web', 'web', view), now, holder: null, dropping: false, ...facts })
}

describe('The advice', () => {
  it.each(cases)('about $about says what $what and to do $todo', ({ about, what, todo, ...rest }) => {
    const advice = said(rest).find((one) => one.about === about)
    expect(advice?.what).toMatch(what)
    expect(advice?.todo).toMatch(todo)
  })

  it('is tried row by row', () => {
    expect([...new Set(cases.map(({ about }) => about))].sort()).toEqual([...adviceNames].sort())
  })

  it('is none for what runs and is well, also when it has failed long ago', () => {
    expect(said({ view: { startedAt: now - 9_000_000, exits: [exit(code(127), { endedAt: now - 8_000_000 })] } })).toEqual([])
    expect(said({ view: { exits: [exit(by('SIGTERM'), { wanted: true, by: 'cli root' })] } })).toEqual([])
  })

  it('leaves the general out where something particular is known', () => {
    expect(said({ view: failing(code(1), ["Error: Cannot find module 'express'"]) }).map(({ about }) => about)).toEqual(['module'])
  })
})

test.each([
  [exit(code(127)), 'command not found'],
  [exit(by('SIGKILL'), { wanted: true }), 'killed by nsup: it had not ended after SIGTERM'],
  [exit(code(137)), 'a shell says that its command ended by SIGKILL: killed at once, by somebody or by the kernel'],
  [exit(by('SIGKILL'), { oom: true }), 'killed by the kernel: no memory was left'],
  [exit(by('SIGTERM'), { wanted: true }), 'ended by the SIGTERM that stops it'],
  [exit(code(3)), ''],
] as const)('an exit means what it means: %#', (record, meaning) => {
  expect(meaningOf(record, { stopsignal: 'SIGTERM' })).toBe(meaning)
})

test.each([
  ['Error: listen EADDRINUSE: address already in use :::3000', '3000'],
  ['Error: listen EADDRINUSE: address already in use 127.0.0.1:8080', '8080'],
  ['2026/11/22 03:48:05 listen tcp :9090: bind: address already in use', '9090'],
  ['nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)', '80'],
  ['Failed to listen on localhost:8000 (reason: Address already in use)', '8000'],
  ['OSError: [Errno 98] Address already in use', ''],
])('in `%s` the port is %s', (line, port) => {
  expect(addressInUse(['before', line, 'after'])?.name).toBe(port)
})

test('of a stack the line with the port counts, though a later one has the name of the error', () => {
  expect(addressInUse(['Error: listen EADDRINUSE: address already in use 127.0.0.1:42565', "    code: 'EADDRINUSE',", '    port: 42565'])?.name).toBe('42565')
})

test('where the stack has pushed that line out, the port is taken from what Node shows of the error', () => {
  expect(addressInUse(['    at listenInCluster (node:net:1965:12)', "  code: 'EADDRINUSE',", '  errno: -98,', "  syscall: 'listen',", "  address: '::',", '  port: 3000', '}'])?.name).toBe('3000')
})

test('ports of a command line and names of modules are found', () => {
  expect(portsOf(['python3', '-m', 'http.server', '8000'])).toEqual([8000])
  expect(portsOf(['x', '--port=9000', '-b', '0.0.0.0:80', 'a99999b', '99999'])).toEqual([9000, 80])
  expect(missingModule(["ModuleNotFoundError: No module named 'flask'"])?.name).toBe('flask')
  expect(missingModule(["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from /srv/a.mjs"])?.name).toBe('zod')
})

test('who holds the port is looked for by the command line where the worker names none, and a process of ours by its name', async () => {
  const master = new FakeMaster([
    fakeView('web', 'web', { ...failing(code(1), ['OSError: [Errno 98] Address already in use']), retryIn: 2000, spec: { argv: ['python3', '-m', 'http.server', '8000'] } }),
    fakeView('old', 'old', { pid: 77 }),
  ])
  master.holders = [{ port: 8000, pid: 77, name: 'python3' }]
  const view = master.views[0]
  expect(view).toBeDefined()
  if (view === undefined) return
  const why = await whyOf(master, view, now)
  expect(why.advice[0]?.what).toBe('port 8000 is taken by old, a process of this master (pid 77)')
  expect(why.advice[0]?.todo).toBe('stop it (nsup stop old), or give this program another port')
  expect(why.next_try).toBe(now + 2000)
})

test('output that is dropped is told until the disk has room again', async () => {
  const view = fakeView('web', 'web')
  const master = new FakeMaster([view])
  const drop = { group: 'web', name: 'web', channel: 'stdout', bytes: 1, reason: 'ENOSPC', at: now } as const
  master.recent = [{ ...drop, type: 'log.dropping', serial: 1 }]
  expect((await whyOf(master, view, now)).advice.map(({ about }) => about)).toEqual(['log-dropped'])
  master.recent.push({ ...drop, type: 'log.recovered', serial: 2 })
  expect((await whyOf(master, view, now)).advice).toEqual([])
})
