import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import type { ExitStatus } from '../../../src/core/model.ts'
import type { SpawnOrder } from '../../../src/core/ports.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { caughtIn } from '../../../src/os/proc.ts'
import { systemProcesses } from '../../../src/os/processes.ts'
import { fixture, specOf, Workshop } from './worlds.ts'

const workshop = new Workshop()
afterAll(() => workshop.close())
const processes = systemProcesses()
const root = process.getuid?.() === 0

interface Shown {
  readonly pid: number
  readonly argv0: string
  readonly args: string[]
  readonly cwd: string
  readonly umask: number
  readonly uid: number
  readonly gid: number
  readonly groups: number[]
  readonly env: Record<string, string>
}

/** Spawns what can be spawned. */
function run(order: SpawnOrder): { readonly pid: number; readonly exit: Promise<ExitStatus> } {
  let pid = 0
  const exit = new Promise<ExitStatus>((resolve, reject) => {
    const answer = processes.spawn(order, resolve)
    if (answer.ok) pid = answer.pid
    else reject(new Error(answer.reason))
  })
  return { pid, exit }
}

/** Runs a fixture that prints what it was started with. */
async function show(change: Partial<ProcessSpec>, environment?: Record<string, string>): Promise<Shown & { readonly spawned: number }> {
  const order = workshop.order(specOf([fixture('prints-env.mjs'), 'a b', ''], change), environment)
  const child = run(order)
  const shown = JSON.parse(await order.lines.next()) as Shown
  expect(await child.exit).toEqual({ kind: 'code', code: 0 })
  return { ...shown, spawned: child.pid }
}

function refusal(change: Partial<ProcessSpec>): unknown {
  return processes.spawn(workshop.order(specOf(['sh', '-c', 'exit 0'], change)), () => expect.unreachable())
}

describe('spawn', () => {
  it('gives exactly the environment and the words that it was given', async () => {
    const environment = { PATH: process.env['PATH'] ?? '', 'with.dots': '1', PWD: '/somewhere', EMPTY: '' }
    const shown = await show({}, environment)
    expect(shown.env).toEqual(environment)
    expect(shown.args).toEqual(['a b', ''])
    expect(shown.pid).toBe(shown.spawned)
  })

  it('keeps the first word as it was written where the PATH found the file', async () => {
    const order = workshop.order(specOf(['node', '-e', 'console.log(process.argv0)']))
    const child = run(order)
    expect(await order.lines.next()).toBe('node')
    await child.exit
  })

  it('changes directory and umask for the child only', async () => {
    const before = process.umask()
    const shown = await show({ directory: workshop.folder, umask: 0o027 })
    expect(shown).toMatchObject({ cwd: realpathSync(workshop.folder), umask: 0o027 })
    expect(process.umask()).toBe(before)
    expect((await show({})).umask).toBe(before)
  })

  it('makes the child leader of its own session', async () => {
    const order = workshop.order(specOf(['sh', '-c', 'cut -d" " -f1,5,6 /proc/$$/stat']))
    const { pid, exit } = run(order)
    expect(await order.lines.next()).toBe([pid, pid, pid].join(' '))
    await exit
  })

  it('changes the user with all groups and leaves the environment alone, or says that only root can', async () => {
    const environment = { PATH: process.env['PATH'] ?? '', HOME: '/keep', USER: 'keep' }
    if (!root) {
      const reason = "couldn't setuid to daemon: only a master that runs as root can change users"
      expect(refusal({ user: 'daemon' })).toEqual({ ok: false, fault: 'SPAWN_ERROR', reason })
      return
    }
    const id = (flag: string): number[] => execFileSync('id', [flag, 'daemon'], { encoding: 'utf8' }).trim().split(' ').map(Number)
    const order = workshop.order(specOf(['sh', '-c', 'echo $0 $$ $HOME $USER; id -u; id -g; id -G', 'mine'], { user: 'daemon', umask: 0o077 }), environment)
    const child = run(order)
    expect(await order.lines.next()).toBe(`mine ${child.pid} /keep keep`)
    const ids = [await order.lines.next(), await order.lines.next(), await order.lines.next()]
    expect(ids).toEqual([id('-u').join(' '), id('-g').join(' '), id('-G').join(' ')])
    expect(await child.exit).toEqual({ kind: 'code', code: 0 })
  })

  it('does nothing for a user who is the own one', async () => {
    expect((await show({ user: String(process.getuid?.()) })).uid).toBe(process.getuid?.())
  })

  it('says what is wrong with user and directory', () => {
    expect(refusal({ user: 'no-such-user' })).toEqual({ ok: false, fault: 'SPAWN_ERROR', reason: "couldn't setuid to no-such-user: no such user" })
    expect(refusal({ directory: '/no/such' })).toEqual({ ok: false, fault: 'SPAWN_ERROR', reason: "couldn't chdir to /no/such: ENOENT" })
  })

  it('says that the interpreter of a script is missing', () => {
    const script = join(workshop.folder, 'script')
    writeFileSync(script, '#!/no/such/interpreter -x\n')
    chmodSync(script, 0o755)
    const reason = `couldn't exec ${script}: ENOENT`
    expect(refusal({ argv: [script] })).toEqual({ ok: false, fault: 'SPAWN_ERROR', reason })
  })

  it('says that a relative command is not there once the directory has changed', () => {
    mkdirSync(join(workshop.folder, 'empty'))
    expect(refusal({ argv: ['node_modules/.bin/esbuild'], directory: join(workshop.folder, 'empty') })).toEqual(
      { ok: false, fault: 'SPAWN_ERROR', reason: "couldn't exec node_modules/.bin/esbuild: ENOENT" },
    )
  })

  it('says that an environment is too big', () => {
    const order = workshop.order(specOf(['sh', '-c', 'exit 0']), { PATH: '/bin', BIG: 'x'.repeat(4_000_000) })
    const answer = processes.spawn(order, () => expect.unreachable())
    expect(answer).toEqual({ ok: false, fault: 'SPAWN_ERROR', reason: "couldn't exec /bin/sh: E2BIG" })
  })

  it('tells a full process table from too many open files', () => {
    const bundle = join(workshop.folder, 'limits.mjs')
    buildSync({ stdin: { contents: shortOf, resolveDir: import.meta.dirname }, outfile: bundle, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' })
    chmodSync(workshop.folder, 0o755)
    const run = (kind: string): string => execFileSync(process.execPath, [bundle, kind], { encoding: 'utf8', cwd: '/' }).trim()
    expect(run('files')).toBe("too many open files to spawn 'shop:checkin'")
    expect(run('processes')).toBe("Too many processes in process table to spawn 'shop:checkin'")
  })
})

/** Runs out of one thing, then spawns; a user of its own, since nobody limits root's processes. */
const shortOf = `
import { execFileSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { caughtIn } from '../../../src/os/proc.ts'
import { systemProcesses } from '../../../src/os/processes.ts'
const limit = (word) => execFileSync('prlimit', ['--pid', String(process.pid), word])
if (process.argv[2] === 'files') {
  limit('--nofile=64:64')
  try { for (;;) openSync('/dev/null') } catch (error) { if (error.code !== 'EMFILE') throw error }
} else {
  if (process.getuid() === 0) { process.setgroups([]); process.setgid(54321); process.setuid(54321) }
  limit('--nproc=1:1')
}
const spec = { group: 'shop', name: 'checkin', argv: ['/bin/sh', '-c', 'exit 0'], commandProblem: null, user: null, directory: null, umask: null }
const answer = systemProcesses().spawn({ spec, environment: {}, stdin: 0, stdout: 1, stderr: 2 }, () => console.log('it ran'))
console.log(answer.reason ?? 'it runs')
`

describe('further descriptors', () => {
  it('have the numbers that were asked for, whatever lies between, and the umask and the user change nothing', async () => {
    const order = workshop.order(specOf(['sh', '-c', 'echo to seven >&7; echo "four: $(echo x 2>&1 >&4)"'], { umask: 0o27, user: root ? 'nobody' : null }))
    const { exit } = run({ ...order, descriptors: new Map([[7, order.stdout]]) })
    expect(await order.lines.next()).toBe('to seven')
    expect(await order.lines.next()).toMatch(/^four: .*4/)
    expect(await exit).toEqual({ kind: 'code', code: 0 })
  })
})

describe('the handlers of a process', () => {
  it('are hidden by PHP, which catches signals that its program may not handle', () => {
    const php = 'Name:\tphp8.2\nSigIgn:\t0000000000001000\nSigCgt:\t0000000004004a07\n'
    expect([10, 27, 18].map((signal) => caughtIn(php, signal))).toEqual(['perhaps', 'perhaps', false])
    expect(caughtIn(php.replace('php8.2', 'go'), 10)).toBe(true)
    expect(caughtIn(php.replace('4004a07', '0000200'), 10)).toBe(true)
    expect(caughtIn('Name:\tphp\n', 10)).toBeNull()
  })

  it('are known before a signal is sent', async () => {
    const order = workshop.order(specOf(['sh', '-c', 'trap "echo caught" USR1; echo there; while :; do sleep 600 & wait $!; kill $!; done']))
    const answer = await new Promise<{ readonly pid: number; readonly startTime: string }>((resolve, reject) => {
      const spawned = processes.spawn(order, () => undefined)
      if (spawned.ok) resolve(spawned)
      else reject(new Error(spawned.reason))
    })
    await order.lines.next()
    expect(processes.handles(answer, 'SIGUSR1')).toBe(true)
    expect(processes.handles(answer, 'SIGUSR2')).toBe(false)
    expect(processes.kill(answer, 'SIGKILL', 'group')).toBe('sent')
  })
})
