/** Every command of the stock supervisorctl, asked of a process in every state, beside the real supervisord: its lines and its exit code. */
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture } from '../e2e/harness.ts'
import { head, startPair } from './pair.ts'
import type { Pair, Side } from './pair.ts'

/** How to get a process into each state; UNKNOWN cannot be had without a broken kernel. */
const recipes = {
  STOPPED: 'command=cat\nautostart=false',
  STARTING: 'command=cat\nstartsecs=3600',
  RUNNING: 'command=cat\nstartsecs=0',
  BACKOFF: 'command=no-such-command\nstartretries=1000',
  STOPPING: `command=${fixture('ignores-term.sh')}\nstartsecs=0\nstopwaitsecs=3600`,
  // The second time it stays: supervisord tells a start that has ended at once in one of two ways.
  EXITED: `command=sh -c 'echo said; echo wrong >&2; [ -e "$0" ] && exec cat; : > "$0"' {dir}/%(program_name)s.once\nstartsecs=0\nautorestart=false`,
  FATAL: 'command=no-such-command\nstartretries=0',
} as const
type StateName = keyof typeof recipes
const states = Object.keys(recipes) as StateName[]

/** What may change a process is tried on one of its own; the rest on `look`. */
const acts = ['start', 'stop', 'restart', 'remove', 'start-again', 'group'] as const
const members = [...acts, 'look']

const programs = states.flatMap((state) => members.map((act) => `[program:${state}_${act}]\n${recipes[state]}\nstdout_logfile={dir}/${state}_${act}.out\nstderr_logfile={dir}/${state}_${act}.err\n`))
const config = `${head}${programs.join('')}`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  await pair.both(async (side) => {
    await side.until(Object.assign({}, ...states.map((state) => every(state, state === 'STOPPING' ? 'RUNNING' : state))) as Record<string, string[]>)
    for (const act of members) await side.call('supervisor.stopProcess', `STOPPING_${act}`, false)
    await side.until(every('STOPPING', 'STOPPING'))
  })
}, 120_000)

function every(recipe: StateName, state: StateName): Record<string, readonly string[]> {
  return Object.fromEntries(members.map((act) => [`${recipe}_${act}`, [state]]))
}

async function same(words: string, input = ''): Promise<void> {
  const ask = (side: Side): ReturnType<Side['ctl']> => side.ctl(words.split(' ').filter((word) => word !== ''), input)
  const { real, ours } = await pair.both(ask)
  expect(ours, `supervisorctl ${words}`).toEqual(real)
}

describe('the shell', () => {
  it.each(states)('says the same of a process that is %s, and ends with 0', async (state) => {
    const name = `${state}_look`
    await same('', `status ${name}\npid ${name}\nsignal NOSUCH ${name}\nsignal CONT ${name}\ntail -4 ${name}\nadd ${name}\nnonsense ${name}\nquit\n`)
  })
  it.each(['add', 'avail', 'clear', 'exit', 'fg', 'help', 'maintail', 'open', 'pid', 'quit', 'reload', 'remove', 'reread', 'restart', 'shutdown', 'signal', 'start', 'status', 'stop', 'tail', 'update', 'version'])('has the same help for %s', async (command) => {
    await same(`help ${command}`)
    await same('', `help ${command}\n`)
  })
})

describe.each(states)('a process that is %s', (state) => {
  it.each([
    'status X', 'status X:*', 'pid X', 'tail X', 'tail -3 X', 'tail X stderr', 'tail X stdout', 'tail -0 X', 'clear X', 'tail X', 'add X', 'avail X', 'signal CONT X', 'signal 0 X', 'signal NOSUCH X', 'signal 18 X:*', 'signal CONT X no-such',
    'status X no-such', 'pid X no-such', 'clear X no-such', 'fg X:*',
  ].map((words) => [words] as const))('is told of by: %s', async (words) => {
    await same(words.replaceAll('X', `${state}_look`))
  })
  it('answers fg when it does not run', async () => {
    // With a process that runs fg stays: supervisorctl.test.ts has that.
    if (state !== 'RUNNING') await same(`fg ${state}_look`)
    expect((await pair.ours.ctl(['status', `${state}_look`])).stdout).toContain(state)
  })
  it('is not removed while it runs', async () => {
    await same(`remove ${state}_remove`)
    await same(`add ${state}_remove`)
  })
  it('is started', async () => {
    await same(`start ${state}_start`)
    await same(`start ${state}_start-again no-such`)
    await same(`start ${state}_group:*`)
  })
  it('is stopped', async () => {
    if (state !== 'STOPPING') await same(`stop ${state}_group:*`)
    await same(`stop ${state}_stop`)
    await same(`stop ${state}_stop no-such`)
  })
  it('is restarted', async () => {
    if (state !== 'STARTING') return same(`restart ${state}_restart`)
    // It would wait for an hour until it is RUNNING again.
    const { real, ours } = await pair.both((side) => side.follow(['restart', `${state}_restart`], { seen: 'stopped\n' }))
    expect(ours).toEqual(real)
  })
})

describe('the server', () => {
  it.each(['version', 'pid all', 'status', 'avail', 'reread', 'update all', 'update no-such STOPPED_look', 'open http://127.0.0.1:1', 'open ftp://x', 'open unix:///no/such.sock', 'maintail -1', 'maintail x', 'tail -f', 'maintail -f x', 'tail -f a b c'])('%s', async (words) => {
    if (words !== 'version' && words !== 'pid all' && words !== 'status') return same(words)
    const { real, ours } = await pair.both((side) => side.ctl(words.split(' ')))
    expect([ours.exitCode, ours.stderr]).toEqual([real.exitCode, real.stderr])
    expect(ours.stdout.split('\n').length).toBe(real.stdout.split('\n').length)
  })
})
