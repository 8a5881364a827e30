/** The stock supervisorctl, run against the real supervisord and against nsup: every command, its lines and its exit code. */
import { appendFileSync, renameSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture } from '../e2e/harness.ts'
import type { Ran } from '../e2e/harness.ts'
import { head, startPair } from './pair.ts'
import type { Pair, Side } from './pair.ts'

const config = `${head}
[program:runs]
command=cat
priority=10
stdout_logfile={dir}/runs.out
[program:idle]
command=cat
autostart=false
priority=20
[program:exited]
; It lives long enough that a loaded supervisord sees it run before it sees it end.
command=sh -c 'printf "one\\ntwo\\n"; sleep 1'
startsecs=0
autorestart=false
stdout_logfile={dir}/exited.out
stderr_logfile=NONE
[program:fatal]
command=no-such-command
startretries=0
[program:backoff]
command=no-such-command
startretries=1000
[program:starting]
command=cat
startsecs=3600
[program:stubborn]
command=${fixture('ignores-term.sh')}
stopwaitsecs=3600
[program:quick]
command=false
autostart=false
startretries=0
[program:pool]
command=cat
process_name=%(program_name)s_%(process_num)02d
numprocs=2
[program:forked]
command=cat
[group:crew]
programs=forked
priority=5
`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  await pair.both(async (side) => {
    await side.until({
      runs: ['RUNNING'], exited: ['EXITED'], fatal: ['FATAL'], backoff: ['BACKOFF'], starting: ['STARTING'], stubborn: ['RUNNING'],
      'pool:pool_01': ['RUNNING'], 'pool:pool_00': ['RUNNING'], 'crew:forked': ['RUNNING'],
    })
    await side.call('supervisor.stopProcess', 'stubborn', false)
  })
}, 120_000)

async function stubbornPid(side: Side): Promise<number> {
  return ((await side.call('supervisor.getProcessInfo', 'stubborn')).value as { pid: number }).pid
}

async function killStubborn(side: Side): Promise<void> {
  process.kill(await stubbornPid(side), 'SIGKILL')
}

/** Lines of commands that act on several come as processes get ready; `loose` compares them as a set. */
async function same(words: readonly string[], { input = '', loose = false } = {}): Promise<Ran> {
  const { real, ours } = await pair.both((side) => side.ctl(words, input))
  const shown = (ran: Ran): object => ({ ...ran, stdout: loose ? ran.stdout.split('\n').sort() : ran.stdout })
  expect(shown(ours), `supervisorctl ${words.join(' ')}`).toEqual(shown(real))
  return ours
}

const line = (words: string): string[] => words.split(' ').filter((word) => word !== '')

describe('commands that change nothing', () => {
  it.each([
    'status', 'status all', 'status runs', 'status idle', 'status exited', 'status fatal', 'status backoff', 'status starting', 'status stubborn',
    'status pool:*', 'status pool:', 'status pool', 'status crew:forked', 'status no-such', 'status no-such:*', 'status runs no-such', 'status crew:no',
    'pid', 'pid idle', 'pid no-such', 'pid fatal', 'pid exited', 'avail', 'reread', 'update', 'update no-such', 'version x', 'reread x', 'avail x', 'shutdown x', 'reload x',
    'help', 'help start', 'help no-such', 'nonsense', 'nonsense more', 'tail', 'tail exited', 'tail -4 exited', 'tail exited stderr', 'tail exited nope',
    'tail -x exited', 'tail no-such', 'tail idle', 'tail exited stdout more', 'tail -f', 'maintail -x', 'maintail a b', 'add', 'remove', 'add runs', 'add no-such',
    'remove no-such', 'remove runs', 'clear', 'clear no-such', 'clear idle', 'start', 'stop', 'restart', 'signal', 'signal TERM', 'signal NOPE runs', 'signal USR1 idle',
    'signal CONT runs', 'signal CONT pool:*', 'signal CONT starting', 'signal CONT no-such', 'signal CONT stubborn', 'signal NOPE idle', 'fg', 'fg idle', 'fg no-such', 'fg a b', 'open', 'open nonsense', 'quit', 'exit',
  ])('%s', async (words) => {
    await same(line(words))
  })
})

describe('start, stop and restart', () => {
  it.each([
    'start runs', 'start fatal', 'start no-such', 'start no-such:*', 'start quick', 'start starting', 'start stubborn', 'start pool', 'start runs no-such', 'start backoff',
    'stop idle', 'stop no-such', 'stop fatal', 'stop stubborn', 'stop no-such:*', 'restart no-such', 'restart fatal', 'start idle', 'status idle', 'restart idle', 'stop idle', 'start exited', 'stop crew:forked', 'start crew:*', 'restart crew:forked', 'remove crew', 'stop crew:*', 'remove crew', 'status crew:*', 'add crew', 'status crew:forked',
  ])('%s', async (words) => {
    await same(line(words))
  })
  it.each(['stop pool:*', 'stop pool:*', 'start pool:*', 'restart pool:*', 'start pool:pool_00 pool:pool_01', 'stop starting runs', 'start runs idle', 'signal CONT all', 'clear all'])('%s, in whatever order', async (words) => {
    await same(line(words), { loose: true })
  })
})

describe('the interactive mode', () => {
  it.each([
    ['nothing at all', ''], ['status and quit', 'status\nquit\n'], ['an unknown word', 'nonsense\nexit\n'], ['help', 'help\nhelp stop\n?\n'], ['empty lines', '\n\nversion x\n'],
    ['a stop and a start', 'stop idle\nstart idle\nstop idle\nstatus idle\n'], ['a shutdown that is not meant', 'shutdown\nn\nreload\nn\n'], ['several words', 'tail exited ; status runs\n'],
  ])('%s', async (_, input) => {
    await same([], { input })
  })
})

describe('what goes on until it is ended', () => {
  it('tail -f shows the end of a log and what comes', async () => {
    const { real, ours } = await pair.both((side) => side.follow(['tail', '-f', 'exited'], { seen: 'two', then: () => appendFileSync(side.place.path('exited.out'), 'three\n') }, { seen: 'three' }))
    expect(ours).toEqual(real)
  })
  it('tail -f goes on with the new file after a rotation', async () => {
    const rotate = (side: Side): void => {
      renameSync(side.place.path('exited.out'), side.place.path('exited.out.1'))
      side.place.write('exited.out', 'new\n')
    }
    const { real, ours } = await pair.both((side) => side.follow(['tail', '-f', 'exited'], { seen: 'two', then: () => rotate(side) }, { seen: 'new' }))
    expect(ours).toEqual(real)
  })
  it('tail -f says that a log was truncated, where the stream of supervisord breaks off', async () => {
    const { stdout } = await pair.ours.follow(['tail', '-f', 'exited'], { seen: 'new', then: () => pair.ours.place.write('exited.out', 'x\n') }, { seen: 'truncated <==\nx\n' })
    expect(stdout).toBe('==> Press Ctrl-C to exit <==\nnew\n==> File truncated <==\nx\n')
  })
  it.each(['tail -f no-such', 'tail -f no-such:*', 'tail -f exited stderr'])('%s ends at once', async (words) => {
    await same(line(words))
  })
  it('fg sends what is typed and shows what comes of it', async () => {
    await pair.both((side) => side.call('supervisor.startProcess', 'runs'))
    const { real, ours } = await pair.both((side) => side.follow(['fg', 'runs'], { seen: 'Ctrl-C', then: (stdin) => void stdin.write('hello\n') }, { seen: 'hello' }))
    expect(ours).toEqual(real)
  })
  it('maintail -f shows what the master does', async () => {
    const { real, ours } = await pair.both((side) => side.follow(['maintail', '-f'], { seen: 'RUNNING state', then: () => void side.call('supervisor.startProcess', 'quick') }, { seen: 'gave up: quick' }))
    expect(ours.stdout).toContain('gave up: quick entered FATAL state')
    expect(real.stdout).toContain('gave up: quick entered FATAL state')
  })
})

describe('a config that changes', () => {
  it('is reread and updated group by group', async () => {
    await pair.both((side) => {
      const text = side.place.read(side.place.config)
      side.place.write(side.place.config, `${text.replace('startretries=1000', 'startretries=999').replace(/\[program:quick\][^[]*/, '')}[program:fresh]\ncommand=cat\n`)
      return Promise.resolve()
    })
    await same(['reread'])
    await same(['avail'])
    await same(['add', 'fresh'])
    await pair.both((side) => side.until({ fresh: ['RUNNING'] }))
    await same(['status', 'fresh'])
    await same(['remove', 'fresh'])
    await same(['update', 'quick'])
    await same(['update'])
    await pair.both((side) => side.until({ fresh: ['RUNNING'] }))
    await same(['status', 'fresh', 'quick'])
  })
})

describe('differences that are meant', () => {
  it('what was stopped before its start ever succeeded is Not started, not stopped in 1970', async () => {
    await same(['stop', 'backoff'])
    const { real, ours } = await pair.both((side) => side.ctl(['status', 'backoff']))
    expect(real.stdout).toMatch(/^backoff +STOPPED +DATE\n$/)
    expect(ours.stdout).toMatch(/^backoff +STOPPED +Not started\n$/)
  })
})

describe('the end', () => {
  it('is the same for all who come later', async () => {
    await pair.both((side) => killStubborn(side).then(() => side.until({ stubborn: ['STOPPED'] })))
    await same(['reload'])
    await pair.both((side) => side.until({ stubborn: ['RUNNING'], runs: ['RUNNING'] }))
    const pids = await pair.both(stubbornPid)
    await same(['shutdown'])
    process.kill(pids.real, 'SIGKILL')
    process.kill(pids.ours, 'SIGKILL')
    await pair.both((side) => side.ended)
    for (const words of ['status', 'start runs', 'pid', 'version', 'shutdown', 'update', 'reread', 'avail', 'tail runs', 'reload']) await same(line(words))
    expect(await pair.both((side) => side.ended)).toEqual({ real: 0, ours: 0 })
  })
})
