/** FastCGI programs under the real supervisord and under nsup: sockets, commands, methods, and what a client gets. */
import { existsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { beforeAll, describe, expect, it } from 'vitest'
import { newPlace } from '../e2e/harness.ts'
import { untilFile } from '../e2e/waits.ts'
import { head, masked, startPair } from './pair.ts'
import type { Answer, Pair, Side } from './pair.ts'

const script = fileURLToPath(new URL('../fixtures/fcgi.py', import.meta.url))
const root = process.getuid?.() === 0
/** Somebody to whom a socket may be given. */
const other = root ? 'nobody' : String(process.getuid?.())

const config = `${head}
[fcgi-program:t]
command=python3 '${script}' %(process_num)d
process_name=%(program_name)s_%(process_num)d
numprocs=2
socket=tcp://localhost:{port}
priority=5
[fcgi-program:u]
command=python3 '${script}' u
socket=unix://{dir}/%(program_name)s.sock
socket_owner=${other}
socket_mode=0640
stdout_logfile={dir}/u.log
[fcgi-program:full]
command=sleep 3600
socket=unix://{dir}/full.sock/
socket_backlog=3
[fcgi-program:own]
command=sleep 3600
socket=unix://{dir}/own.sock
user=${other}
[fcgi-program:idle]
command=sleep 3600
socket=unix://{dir}/idle.sock
autostart=false
[fcgi-program:fatal]
command=no-such-command
socket=unix://{dir}/fatal.sock
startretries=0
[fcgi-program:member]
command=sleep 3600
socket=unix://{dir}/member.sock
[group:crew]
programs=member
[program:plain]
command=cat
`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  await pair.both((side) => side.until({
    't:t_0': ['RUNNING'], 't:t_1': ['RUNNING'], u: ['RUNNING'], full: ['RUNNING'], own: ['RUNNING'], fatal: ['FATAL'], plain: ['RUNNING'], 'crew:member': ['RUNNING'],
  }))
}, 120_000)

async function same(method: string, ...args: readonly unknown[]): Promise<Answer> {
  const { real, ours } = await pair.both(async (side) => masked(side, await side.call(method, ...args)) as Answer)
  expect(ours, `${method}(${JSON.stringify(args)})`).toEqual(real)
  return ours
}

/** Where the processes of `t` are reached. */
const portOf = (side: Side): number => Number(/tcp:\/\/localhost:(\d+)/.exec(side.place.read(side.place.config))?.[1])

/** The answer, its pid masked, or why there was none. */
function ask(where: string | number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = typeof where === 'string' ? connect(where) : connect(where, '127.0.0.1')
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.once('end', () => resolve(answer.replace(/ \d+ /, ' P ')))
    socket.write(text)
  })
}

async function sameAnswer(where: (side: Side) => string | number): Promise<string> {
  const { real, ours } = await pair.both((side) => ask(where(side), 'x'))
  expect(ours).toBe(real)
  return ours
}

const socketU = (side: Side): string => side.place.path('u.sock')

/** How often the main log of a side has said something of a socket. */
const told = (side: Side, what: string): number => side.place.read('main.log').split(what).length - 1

/** Sockets are closed a moment after the last stop: the returned function waits until so many more have been. */
async function closings(): Promise<(more: number) => Promise<unknown>> {
  const before = await pair.both((side) => Promise.resolve(told(side, 'Closing socket ')))
  return (more) => pair.both((side) => {
    const count = (side === pair.ours ? before.ours : before.real) + more
    return untilFile(side.place.path('main.log'), (text) => text.split('Closing socket ').length - 1 >= count)
  })
}

describe('what is told of an fcgi-program', () => {
  it('is the same over XML-RPC', async () => {
    for (const name of ['t:t_0', 'u', 'full', 'own', 'idle', 'fatal']) await same('supervisor.getProcessInfo', name)
    const { value } = await same('supervisor.getAllConfigInfo')
    expect(value).toHaveLength(9)
    await same('supervisor.getAllProcessInfo')
  })
  it.each(['status', 'avail', 'status t:*', 'pid fatal', 'signal CONT t:*'])('is the same by supervisorctl %s', async (words) => {
    const { real, ours } = await pair.both((side) => side.ctl(words.split(' ')))
    const lines = ({ stdout, ...rest }: typeof ours): object => ({ ...rest, stdout: stdout.split('\n').sort() })
    expect(lines(ours)).toEqual(lines(real))
  })
  it('has no stdin to write to', async () => {
    expect((await same('supervisor.sendProcessStdin', 'u', 'x')).fault).toEqual([20, 'NO_FILE: u'])
    await same('supervisor.sendProcessStdin', 'idle', 'x')
  })
})

describe('its socket', () => {
  it.each([['u', 0o640], ['full', 0o700], ['own', 0o700]])('of %s has the same owner, group and mode', async (name, mode) => {
    const { real, ours } = await pair.both((side) => {
      const { uid, gid, mode: bits } = statSync(side.place.path(`${name}.sock`))
      return Promise.resolve({ uid, gid, bits })
    })
    expect(ours).toEqual(real)
    expect(ours.bits & 0o777).toBe(mode)
    if (root && name !== 'full') expect(ours.uid).not.toBe(0)
  })
  it('takes as many connections as its backlog says', async () => {
    const fill = `import socket, sys
held = []
while True:
    one = socket.socket(socket.AF_UNIX)
    one.setblocking(False)
    try:
        one.connect(sys.argv[1])
    except BlockingIOError:
        break
    held.append(one)
print(len(held))`
    const { real, ours } = await pair.both(async (side) => (await execa('python3', ['-c', fill, side.place.path('full.sock')])).stdout)
    expect(ours).toBe(real)
    expect(ours).toBe('4') // the kernel grants one more than asked for
  })
  it('is served by those that run, refuses when none does, and is there again at the next start', async () => {
    expect(await sameAnswer(socketU)).toBe('u P x')
    const { real: one, ours: other } = await pair.both((side) => ask(portOf(side), 'x'))
    expect([one, other]).toEqual([expect.stringMatching(/^[01] P x$/), expect.stringMatching(/^[01] P x$/)]) // whichever of the two was quicker
    await same('supervisor.stopProcess', 't:t_0')
    expect(await sameAnswer(portOf)).toBe('1 P x')
    const untilClosed = await closings()
    await same('supervisor.stopProcess', 't:t_1')
    await same('supervisor.stopProcess', 'u')
    await untilClosed(2)
    expect(await sameAnswer(portOf)).toBe('ECONNREFUSED')
    expect(await sameAnswer(socketU)).toBe('ECONNREFUSED')
    expect(await pair.both((side) => Promise.resolve(existsSync(socketU(side))))).toEqual({ real: true, ours: true })
    await same('supervisor.startProcess', 't:t_0')
    await same('supervisor.startProcess', 'u')
    expect(await sameAnswer(portOf)).toBe('0 P x')
    expect(await sameAnswer(socketU)).toBe('u P x')
    await same('supervisor.startProcess', 't:t_1')
    await same('supervisor.startProcess', 'u')
  })
  it('stays open while one of two is restarted, without a word in the log', async () => {
    const before = await pair.both((side) => Promise.resolve(told(side, 'ing socket tcp:')))
    const { real, ours } = await pair.both((side) => side.ctl(['restart', 't:t_0']))
    expect(ours).toEqual(real)
    expect(await pair.both((side) => Promise.resolve(told(side, 'ing socket tcp:')))).toEqual(before)
  })
  it('is served again after a crash', async () => {
    await pair.both(async (side) => {
      const lines = side.place.read('u.log').split('ready').length
      expect(await ask(socketU(side), 'quit')).toBe('u P quit')
      await untilFile(side.place.path('u.log'), (text) => text.split('ready').length > lines)
    })
    expect(await sameAnswer(socketU)).toBe('u P x')
  })
})

describe('a socket that cannot be', () => {
  const cases = [
    ['', /^Error: \[fcgi-program:f\] section requires a "socket" line/],
    ['socket=9000', /Bad socket format/], ['socket=unix://f.sock', /not an absolute path/], ['socket=unix://', /not an absolute path/],
    ['socket=tcp://localhost', /Bad socket format/], ['socket=tcp://localhost:a', /Bad socket format/], ['socket=udp://localhost:9', /Bad socket format/],
    ['socket=tcp://localhost:0', /below lower bound/], ['socket=tcp://localhost:65536', /above upper bound/],
    ['socket=tcp://localhost:9\nsocket_mode=0700', /only be used with a Unix domain socket/],
    ['socket=tcp://localhost:9\nsocket_owner=root', /only be used with a Unix domain socket/],
    ['socket=tcp://localhost:9\nsocket_backlog=0', /Invalid socket_backlog value 0/], ['socket=tcp://localhost:9\nsocket_backlog=65536', /Invalid socket_backlog value 65536/],
    ['socket=tcp://localhost:9\nsocket_backlog=x', /invalid literal/], ['socket=unix:///tmp/f\nsocket_mode=9999', /Invalid socket_mode value 9999/],
    ['socket=unix:///tmp/f\nsocket_owner=nobody-here', /Invalid socket_owner value nobody-here/],
  ] as const
  it.each(cases)('is refused by both with exit code 2: %j', async (options, words) => {
    const place = newPlace('ini', '[supervisord]\nlogfile=%(here)s/main.log\npidfile=%(here)s/main.pid\nuser=root\n')
    place.write(place.config, `${place.read(place.config).replace('user=root\n', '')}[fcgi-program:f]\ncommand=true\n${options}\n`)
    const [real, ours, check] = await Promise.all([
      execa('supervisord', ['-n', '-c', place.config], { cwd: place.dir, env: place.env, reject: false }),
      place.run('nsupd', ['-n', '-c', place.config]),
      place.nsup('check'),
    ])
    expect(real.stderr.split('\n')[0]).toMatch(words)
    expect([real.exitCode, ours.exitCode, check.exitCode]).toEqual([2, 2, 1])
    // nsup says where, what and what instead, in its own words: a difference that is meant.
    const line = options === '' ? 4 : options.includes('\n') ? 7 : 6
    for (const { stderr, stdout } of [ours, check]) expect(stderr + stdout).toMatch(new RegExp(`supervisord\\.conf:${String(line)}:\\d+: error: \\S+ in section 'fcgi-program:f'`))
  })
})

describe('differences that are meant', () => {
  it('a stop of the only process closes its socket, but a restart by nsup does not, which asks for one thing and not for two', async () => {
    const before = await pair.both((side) => Promise.resolve(told(side, 'Closing socket unix:')))
    const untilClosed = await closings()
    for (const words of [['stop', 'u'], ['start', 'u']]) {
      const { real, ours } = await pair.both((side) => side.ctl(words))
      expect(ours).toEqual(real)
      await untilClosed(1)
    }
    expect((await pair.ours.place.nsup('restart', 'u')).exitCode).toBe(0)
    expect(await pair.both((side) => Promise.resolve(told(side, 'Closing socket unix:')))).toEqual({ real: before.real + 1, ours: before.ours + 1 })
  })
  it('a socket that nobody needs yet is tried out by supervisord, which leaves its path, and not touched by nsup', async () => {
    const { real, ours } = await pair.both((side) => ask(side.place.path('idle.sock'), 'x'))
    expect([real, ours]).toEqual(['ECONNREFUSED', 'ENOENT'])
  })
  it('a member of a group has no socket under supervisord, and has it under nsup', async () => {
    expect(await pair.both((side) => Promise.resolve(existsSync(side.place.path('member.sock'))))).toEqual({ real: false, ours: true })
  })
  it('an address that cannot be had ends supervisord and is a spawn error under nsup', async () => {
    const text = '[supervisord]\nlogfile=%(here)s/main.log\npidfile=%(here)s/main.pid\n[fcgi-program:f]\ncommand=true\nsocket=unix:///no/such/f.sock\nstartretries=0\n[program:x]\ncommand=cat\nstartsecs=0\n'
    const place = newPlace('ini', text)
    const real = await execa('supervisord', ['-n', '-c', place.config], { cwd: place.dir, env: place.env, reject: false })
    expect(real.exitCode).toBe(1)
    const another = newPlace('ini', text)
    await another.master()
    expect((await another.nsup('status')).stdout).toMatch(/^f +FATAL +couldn't create the socket unix:\/\/\/no\/such\/f\.sock: no such folder\nx +RUNNING/)
  })
})

describe('the end', () => {
  it('closes every socket on both sides', async () => {
    await same('supervisor.shutdown')
    expect(await pair.both((side) => side.ended)).toEqual({ real: 0, ours: 0 })
    for (const where of [portOf, socketU]) expect(await sameAnswer(where)).toBe('ECONNREFUSED')
    const { real, ours } = await pair.both((side) => Promise.resolve(side.place.read('main.log').match(/Closing socket \S+/g)?.map((line) => side.masked(line)).filter((line) => !line.includes('member')).slice(-4).sort()))
    expect(ours).toEqual(real)
  })
})
