/** What workers tell the master, and what it tells of them: report channel, systemd's protocol, s6, SIGUSR1. */
import { mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ResultOf } from '../../src/api/results.ts'
import { fixture, newPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { root } from './root.ts'
import { untilFile, untilProcess, untilSaid, untilState } from './waits.ts'

type Health = ResultOf<'health'>['workers'][number]

/** Asks, which is also a handshake: what was reported before has been read then. */
async function healthOf(place: Place, name: string): Promise<Health> {
  const [worker] = (await place.client().call('health', { targets: [name], timeout: 20_000 })).workers
  if (worker === undefined) throw new Error(`${name} is not among the answers`)
  return worker
}

/** Root's workers are somebody else, so that the exec chain is there too. */
const user = userInfo().uid === 0 ? 'nobody' : userInfo().username

const example = (name: string): string => join(root, 'examples', name)

describe.each([
  ['JavaScript', `'${process.execPath}' '${example('queue-worker.mjs')}'`],
  ['Python', `python3 '${example('queue_worker.py')}'`],
  ['sh', `sh '${example('queue-worker.sh')}'`],
])('the queue worker in %s', (_language, command) => {
  it('reports ready, busy, its health, idle and stopping', async () => {
    const place = newPlace('yaml', `
programs:
  worker:
    command: ${JSON.stringify(`${command} orders`)}
    environment: { SPOOL: '%(here)s/spool' }
    ready: report
    startsecs: 0
    stdout_logfile: '%(here)s/worker.log'
`)
    const folder = place.path('spool/orders/new')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'table 4'), `hold=${place.path('release')}\n`)
    const master = await place.master()
    const { pid } = await untilState(place, 'worker', 'RUNNING')
    await untilFile(place.path('worker.log'), 'Job taken')
    expect(await healthOf(place, 'worker')).toMatchObject({ pid, answered: true, via: 'report', processed_count: 0, is_processing: true, health: { pid } })
    expect(await place.one('worker')).toMatchObject({ ready: true, job: 'table 4', report: { rubbish: 0, health: { pid }, stopping: false } })
    writeFileSync(place.path('release'), '')
    await untilFile(place.path('worker.log'), 'Job done')
    // It says so a moment before it is idle.
    while ((await place.one('worker')).job !== null) await healthOf(place, 'worker')
    expect(await healthOf(place, 'worker')).toMatchObject({ processed_count: 1, is_processing: false })
    process.kill(master.pid, 'SIGTERM')
    await master.ended
    expect(place.read('worker.log')).toContain('gracefully')
  })
})

describe('a worker without a report channel', () => {
  it('answers in its output, as a block, or not at all; and is not killed by the question', async () => {
    const answers = (line: string): string => JSON.stringify(fixture('answers-usr1.sh', line))
    const account = '{"processed_count":3,"uptime":12}'
    const block = '<!--XSUPERVISOR:BEGIN-->{"status":"ok"}<!--XSUPERVISOR:END-->'
    const place = newPlace('yaml', `
defaults: { startsecs: 0, stdout_logfile: '%(here)s/%(program_name)s.log' }
programs:
  prints: { command: ${answers(`echo "${account.replaceAll('"', '\\"')}"`)} }
  complains: { command: ${answers(`echo app.INFO "${account.replaceAll('"', '\\"')}" >&2`)} }
  block: { command: ${answers(`echo "${block.replaceAll('"', '\\"')}"`)}, stdout_capture_maxbytes: 1MB }
  deaf: { command: sleep 600 }
  shy: { command: ${answers(':')} }
`)
    await place.master()
    for (const name of ['prints', 'complains', 'block', 'shy']) await untilFile(place.path(`${name}.log`), 'up')
    const deaf = await untilState(place, 'deaf', 'RUNNING')
    const { workers } = await place.client().call('health', { targets: ['prints', 'complains', 'block', 'deaf'], timeout: 20_000 })
    const of = (name: string): Health | undefined => workers.find(({ process: one }) => one === name)
    expect(of('prints')).toMatchObject({ answered: true, via: 'stdout', processed_count: 3, uptime: 12 })
    expect(of('complains')).toMatchObject({ answered: true, via: 'stderr', processed_count: 3 })
    expect(of('block')).toMatchObject({ answered: true, via: 'communication', health: { status: 'ok' } })
    expect(of('deaf')).toMatchObject({ answered: false, via: null, health: null })
    expect(await place.one('deaf')).toMatchObject({ pid: deaf.pid, state: 'RUNNING' })
    const shy = await place.client().call('health', { targets: ['shy'], timeout: 50 })
    expect(shy.workers).toMatchObject([{ answered: false, health: null }])
  })
})

describe('the report channel', () => {
  it('keeps what was said while no master lived', async () => {
    const place = newPlace('yaml', `
programs:
  late: { command: ${JSON.stringify(fixture('answers-usr1.sh', 'echo "{\\"ready\\":true}" >&$NSUP_REPORT_FD'))}, ready: report, ready_timeout: 10m, startsecs: 0, stdout_logfile: '%(here)s/late.log' }
`)
    const first = await place.master()
    await untilFile(place.path('late.log'), 'up')
    const { pid } = await untilState(place, 'late', 'STARTING')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    process.kill(pid, 'SIGUSR1')
    const second = await place.master()
    expect(await untilState(place, 'late', 'RUNNING')).toMatchObject({ pid, adopted: true, ready: true })
    await untilSaid(second, 'late entered RUNNING')
  })

  it('has told the next master of the job in hand', async () => {
    const place = newPlace('yaml', `
programs:
  works: { command: ${JSON.stringify(fixture('answers-usr1.sh', 'echo "{\\"busy\\":{\\"job\\":\\"table 4\\"},\\"health\\":{}}" >&$NSUP_REPORT_FD'))}, busy_wait: 10m, startsecs: 0, stdout_logfile: '%(here)s/works.log' }
`)
    const first = await place.master()
    await untilFile(place.path('works.log'), 'up')
    expect(await healthOf(place, 'works')).toMatchObject({ answered: true })
    expect(await place.one('works')).toMatchObject({ job: 'table 4' })
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    const second = await place.master()
    await untilSaid(second, 'adopted')
    expect(await place.one('works')).toMatchObject({ job: 'table 4', adopted: true })
  })

  it('lets a worker that floods it wait, and disturbs nobody else', async () => {
    const place = newPlace('yaml', `
defaults: { startsecs: 0 }
programs:
  floods: { command: "sh -c 'yes >&$NSUP_REPORT_FD'", report: true, watchdog: 10m }
  endless: { command: "sh -c 'tr \\"\\\\\\\\000\\" x < /dev/zero >&$NSUP_REPORT_FD'", report: true }
  other: { command: sleep 600, autostart: false }
`)
    const master = await place.master()
    await untilProcess(place, 'floods', 'RUNNING', ({ state }) => state === 'RUNNING')
    await untilSaid(master, 'floods: what it says')
    const before = residentOf(master.pid)
    for (let turn = 0; turn < 5; turn += 1) {
      await place.client().call('start', { targets: ['other'], wait: true })
      await place.client().call('stop', { targets: ['other'], wait: true })
    }
    const [floods, endless] = [await place.one('floods'), await place.one('endless')]
    expect(floods).toMatchObject({ state: 'RUNNING', restarts: 0 })
    expect(floods.report?.rubbish).toBeGreaterThan(1)
    expect(endless.report?.rubbish).toBe(1)
    expect(residentOf(master.pid) - before).toBeLessThan(32 * 1024)
  })

  it('is nothing that others have: neither a descriptor nor a name, also not of a master that is a worker itself', async () => {
    const place = newPlace('yaml', `
programs:
  plain: { command: "'${process.execPath}' -e 'console.log(JSON.stringify(process.env)); setInterval(() => {}, 1e9)'", startsecs: 0, stdout_logfile: '%(here)s/plain.log' }
  shell: { command: sleep 600, startsecs: 0 }
`)
    await place.master([], { NSUP_REPORT_FD: '3', WATCHDOG_USEC: '1000000' })
    const environment = await untilFile(place.path('plain.log'), 'NSUP_PROCESS')
    expect(environment).not.toMatch(/NSUP_REPORT_FD|WATCHDOG|NOTIFY_SOCKET/)
    const { pid } = await untilState(place, 'shell', 'RUNNING')
    const held = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    expect(held.filter((path) => path.startsWith(place.dir))).toHaveLength(3)
  })
})

describe('systemd\'s protocol', () => {
  // In one word: another user cannot read a script in the folder of the tests.
  const script = [
    '$| = 1', 'socket(my $s, AF_UNIX, SOCK_DGRAM, 0)', 'my $to = pack_sockaddr_un("\\0" . substr($ENV{NOTIFY_SOCKET}, 1))',
    'sub notify { send($s, $_[0], 0, $to) or die "send: $!" }', '$SIG{USR1} = sub { notify("STATUS=told again"); notify("FDSTORE=1"); print "told\\n" }',
    'notify("STATUS=serving\\nREADY=1")', 'notify("FDSTORE=1")', 'print "watchdog $ENV{WATCHDOG_USEC}\\n"', 'sleep 600 while 1',
  ].join('; ')
  it(`makes a worker of ${user} ready, shows its status, and refuses to keep descriptors`, async () => {
    const place = newPlace('yaml', `
programs:
  service: { command: ${JSON.stringify(`perl -MSocket -e '${script}'`)}, ready: notify, watchdog: 10m, startsecs: 0, user: ${user}, stdout_logfile: '%(here)s/service.log' }
`)
    const master = await place.master()
    const { pid } = await untilState(place, 'service', 'RUNNING')
    expect(await place.one('service')).toMatchObject({ pid, ready: true, report: { status: 'serving' } })
    await untilFile(place.path('service.log'), 'watchdog 600000000')
    await untilSaid(master, /FDSTORE/)
    process.kill(master.pid, 'SIGKILL')
    await master.ended
    const second = await place.master()
    await untilSaid(second, 'adopted')
    process.kill(pid, 'SIGUSR1')
    await untilFile(place.path('service.log'), 'told')
    await untilSaid(second, /FDSTORE/)
    expect(await place.one('service')).toMatchObject({ pid, report: { status: 'told again' } })
  })
})

it('a newline on the descriptor of notification_fd makes ready', async () => {
  const place = newPlace('yaml', `
programs:
  six: { command: "sh -c 'test -z \\"\${NSUP_REPORT_FD:-}\\" && echo >&7; exec sleep 600'", ready: notification_fd 7, startsecs: 0, user: ${user} }
`)
  await place.master()
  expect(await untilState(place, 'six', 'RUNNING')).toMatchObject({ ready: true })
})

/** KiB. */
function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
