/**
 * The config that Debian's package ships, with a conf.d, found without -c by supervisord, supervisorctl, nsupd and nsup: as
 * a copy below another root, and at its own place where that is root's to use and nobody's in use.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newPlace } from '../e2e/harness.ts'
import type { Place, Ran } from '../e2e/harness.ts'
import { untilFile } from '../e2e/waits.ts'

const shipped = '/etc/supervisor/supervisord.conf'

/** Where a machine has its config and what goes with it. */
interface Machine {
  /** Before `/etc` and `/var`; empty: the real ones. */
  readonly root: string
  /** Where commands are typed; here or at the standard place is the config. */
  readonly cwd: string
  readonly place: Place
}

function copied(): Machine {
  const place = newPlace('ini', '')
  for (const folder of ['etc/supervisor/conf.d', 'var/run', 'var/log/supervisor']) mkdirSync(place.path(folder), { recursive: true })
  const text = readFileSync(shipped, 'utf8').replaceAll('/etc/supervisor/', place.path('etc/supervisor/')).replaceAll('/var/', place.path('var/'))
  place.write('etc/supervisor/supervisord.conf', text)
  return { root: place.dir, cwd: place.path('etc/supervisor'), place }
}

/** Root on a machine whose supervisord neither runs nor has anything to run. */
function isFree(): boolean {
  const empty = (path: string): boolean => existsSync(path) && readdirSync(path).length === 0
  return process.getuid?.() === 0 && empty('/etc/supervisor/conf.d') && empty('/var/log/supervisor') && !['sock', 'pid'].some((end) => existsSync(`/var/run/supervisor${end === 'pid' ? 'd' : ''}.${end}`))
}

function installed(): Machine {
  const place = newPlace('ini', '')
  const clear = (folder: string): void => readdirSync(folder).forEach((name) => rmSync(join(folder, name)))
  onTestFinished(() => ['/etc/supervisor/conf.d', '/var/log/supervisor'].forEach(clear))
  return { root: '', cwd: place.path('tmp'), place }
}

const conf = (machine: Machine, name: string, text: string): void => writeFileSync(join(machine.root, '/etc/supervisor/conf.d', name), text)

/** Until somebody says shutdown. */
interface Running {
  ended(): Promise<number | null>
}

async function supervisord({ cwd, place }: Machine): Promise<Running> {
  const child = spawn('supervisord', ['-n'], { cwd, env: { ...process.env, ...place.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('supervisord started with pid')) resolve()
    })
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    void ended.then((code) => reject(new Error(`supervisord ended with ${code}: ${said}`)))
  })
  return { ended: () => ended }
}

async function nsupd({ cwd, place }: Machine): Promise<Running> {
  const { stderr, exitCode } = await place.run('nsupd', [], { cwd })
  if (exitCode !== 0) throw new Error(`nsupd: ${stderr}`)
  return { ended: async () => (await place.run('nsup', ['status'], { cwd })).exitCode ?? null }
}

async function supervisorctl({ cwd, place }: Machine, words: readonly string[], input = ''): Promise<Ran> {
  const { stdout, stderr, exitCode } = await execa('supervisorctl', words, { cwd, env: place.env, reject: false, stripFinalNewline: false, input })
  return { stdout, stderr, exitCode }
}

function masked({ stdout, stderr, exitCode }: Ran): object {
  const text = stdout.replace(/pid \d+, uptime \S+/g, 'pid P, uptime T').replace(/^\d+$/gm, 'P').replace(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, 'DATE')
  return { stdout: text, stderr, exitCode }
}

/** Resolves when the main log says that the master of today has these running: until then supervisord may show them in any state. */
async function untilRunning(machine: Machine, ...names: readonly string[]): Promise<void> {
  await untilFile(join(machine.root, '/var/log/supervisor/supervisord.log'), (text) => {
    const today = text.slice(text.lastIndexOf('supervisord started with pid'))
    return names.every((name) => today.includes(`success: ${name} entered RUNNING state`))
  })
}

/** What a person types before another file is written into conf.d and after; in one sitting each, since Python starts slowly. */
const morning = [
  'status', 'avail', 'reread', 'update', 'start echo', 'stop shop:web', 'status shop:*', 'start shop:*', 'restart echo', 'signal CONT echo', 'pid no-such', 'status no-such',
]
const noon = ['reread', 'update']
const evening = ['status late', 'stop late', 'remove late', 'status late', 'clear echo']

/** Starts a master, lives through the day, and ends it as supervisorctl says. */
async function lived(machine: Machine, start: (machine: Machine) => Promise<Running>): Promise<readonly object[]> {
  const { place, cwd } = machine
  const running = await start(machine)
  await untilRunning(machine, 'web', 'jobs')
  const first = await supervisorctl(machine, [], `${morning.join('\n')}\n`)
  conf(machine, 'late.conf', '[program:late]\ncommand=cat\nstartsecs=0\nstopwaitsecs=1\n')
  const second = await supervisorctl(machine, [], `${noon.join('\n')}\n`)
  await untilRunning(machine, 'late')
  const third = await supervisorctl(machine, [], `${evening.join('\n')}\n`)
  const words = ['status', 'echo', 'shop:web', 'shop:jobs', 'no-such:*']
  const own = start === nsupd ? await place.run('nsup', words, { cwd }) : await supervisorctl(machine, words)
  const end = await supervisorctl(machine, ['shutdown'])
  await running.ended()
  rmSync(join(machine.root, '/etc/supervisor/conf.d/late.conf'))
  return [first, second, third, own, end].map(masked)
}

const machines: readonly (readonly [string, () => Machine])[] = [['copied below another root', copied], ...(isFree() ? [['at its own place', installed] as const] : [])]

describe.each(machines)("Debian's config, %s", (_where, make) => {
  it('runs unchanged under nsup, and supervisorctl without -c finds the master', async () => {
    const machine = make()
    // supervisord loses a TERM that comes before the exec: it must not wait long for it.
    conf(machine, 'echo.conf', '[program:echo]\nstopwaitsecs=1\ncommand=sh -c "echo said; exec cat"\nstartsecs=0\nautostart=false\n')
    conf(machine, 'shop.conf', '[program:web]\ncommand=cat\nstartsecs=0\nstopwaitsecs=1\n[program:jobs]\ncommand=cat\nstartsecs=0\nstopwaitsecs=1\n[group:shop]\nprograms=web,jobs\n')
    conf(machine, 'ignored.conf.dpkg-old', 'no config at all')
    const config = join(machine.root, '/etc/supervisor/supervisord.conf')
    const check = await machine.place.run('nsup', ['check'], { cwd: machine.cwd })
    expect(check).toEqual({ stdout: `${config}: good: 2 groups, 3 processes\n`, stderr: '', exitCode: 0 })

    const real = await lived(machine, supervisord)
    const ours = await lived(machine, nsupd)
    expect(ours).toEqual(real)
    expect(ours[3]).toMatchObject({ stdout: expect.stringMatching(/^no-such: ERROR \(no such group\)\necho +RUNNING .*\nshop:web .*\nshop:jobs .*\n$/) as string, exitCode: 4 })
    expect(real[0]).toMatchObject({ stdout: expect.stringMatching(/^echo +STOPPED +Not started\nshop:jobs +RUNNING .*\nshop:web +RUNNING .*\nsupervisor> /) as string })

    const logs = readdirSync(join(machine.root, '/var/log/supervisor'))
    expect(logs).toContain('supervisord.log')
    expect(readFileSync(join(machine.root, '/var/log/supervisor/supervisord.log'), 'utf8')).toContain('conf.d/echo.conf" during parsing')
    expect(logs.filter((name) => /^web-stdout---supervisor-\w+\.log$/.test(name))).toHaveLength(1)
    for (const left of ['supervisor.sock', 'supervisord.pid']) expect(existsSync(join(machine.root, '/var/run', left)), left).toBe(false)
  })
})
