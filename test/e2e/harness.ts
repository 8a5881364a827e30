/**
 * The built program in a folder of its own: writes a config, runs nsup and nsupd through bin/, and afterwards kills by
 * pid whatever bears the folder's mark (NSUP_HOME) in its environment. What to wait for is in waits.ts.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, onTestFinished } from 'vitest'
import { connect } from '../../src/api/client.ts'
import type { Client } from '../../src/api/client.ts'
import type { ResultOf } from '../../src/api/results.ts'
import { instanceOf } from '../../src/config/instance.ts'
import { root } from './root.ts'

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))

/** A command that runs a fixture, quoted for a config. */
export function fixture(name: string, ...args: readonly (string | number)[]): string {
  const words = [name.endsWith('.mjs') ? process.execPath : 'sh', join(fixtures, name), ...args.map(String)]
  return words.map((word) => `'${word}'`).join(' ')
}

export interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | undefined
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
}

/** A master in the foreground. */
export interface Master {
  readonly pid: number
  readonly child: ChildProcess
  /** What it has written to stdout and stderr. */
  readonly said: () => string
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>
}

export type Process = ResultOf<'status'>['processes'][number]

export class Place {
  readonly dir: string
  readonly config: string
  readonly env: Readonly<Record<string, string>>

  constructor(format: 'yaml' | 'ini', text: string) {
    this.dir = realpathSync(mkdtempSync(join(tmpdir(), 'nsup-e2e-')))
    this.config = join(this.dir, format === 'yaml' ? 'programs.yaml' : 'supervisord.conf')
    // A master removes all AUTO logs of its identifier, so each needs a folder for temporary files of its own.
    this.env = { NSUP_HOME: join(this.dir, 'home'), TMPDIR: join(this.dir, 'tmp'), NO_COLOR: '1', NSUP_NODE: process.execPath }
    mkdirSync(join(this.dir, 'tmp'))
    this.write(this.config, text)
  }

  path(name: string): string {
    return join(this.dir, name)
  }

  write(name: string, text: string | Uint8Array, mode?: number): string {
    const path = name.startsWith('/') ? name : this.path(name)
    writeFileSync(path, text)
    if (mode !== undefined) chmodSync(path, mode)
    return path
  }

  read(name: string): string {
    return readFileSync(name.startsWith('/') ? name : this.path(name), 'utf8')
  }

  get socket(): string {
    return instanceOf(this.config, this.env).socket
  }

  get runDir(): string {
    return instanceOf(this.config, this.env).runDir
  }

  client(): Client {
    return connect({ socketPath: this.socket })
  }

  /** Runs `nsup` with this folder's config. */
  nsup(...args: readonly string[]): Promise<Ran> {
    return this.run('nsup', ['-c', this.config, ...args])
  }

  /** Runs a program of bin/ as it is. */
  async run(program: 'nsup' | 'nsupd', args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const [command = '', ...words] = commandOf(program)
    const { stdout, stderr, exitCode } = await execa(command, [...words, ...args], {
      cwd: options.cwd ?? this.dir,
      env: { ...this.env, ...options.env },
      reject: false,
      stripFinalNewline: false,
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    })
    return { stdout, stderr, exitCode }
  }

  /** Runs `nsup` and leaves it running: `tail -f`, `fg`. Its environment marks it, so it ends with the place. */
  background(...args: readonly string[]): Master {
    return this.#spawn('nsup', ['-c', this.config, ...args], {})
  }

  /**
   * Starts `nsupd -n`; resolves when it serves, rejects with what it said when it ends before. `shell` is a line of sh
   * that sets something up and ends with `exec "$@"`.
   */
  async master(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}, shell?: string): Promise<Master> {
    const master = this.#spawn('nsupd', ['-n', '-c', this.config, ...flags], env, shell)
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (master.said().includes('supervisord started with pid')) resolve()
      }
      master.child.stdout?.on('data', look)
      void master.ended.then((how) => reject(new Error(`nsupd ended with ${how}: ${master.said()}`)))
    })
    return master
  }

  #spawn(program: 'nsup' | 'nsupd', args: readonly string[], env: Readonly<Record<string, string>>, shell = 'exec "$@"'): Master {
    const child = spawn('sh', ['-c', shell, 'sh', ...commandOf(program), ...args], {
      cwd: this.dir,
      env: { ...process.env, ...this.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
    const ended = new Promise<number | string>((resolve) => {
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing'))
    })
    return { pid: child.pid ?? 0, child, said: () => said, ended }
  }

  async processes(): Promise<Process[]> {
    return (await this.client().call('status', { exits: true })).processes
  }

  /** One process as the master sees it. */
  async one(namespec: string): Promise<Process> {
    const found = (await this.processes()).find((each) => each.namespec === namespec)
    if (found === undefined) throw new Error(`no process ${namespec}`)
    return found
  }

  /** Pids of everything that was started from this folder and still runs. */
  left(): number[] {
    const mark = `NSUP_HOME=${this.env['NSUP_HOME'] ?? ''}`
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && environOf(name).some((one) => one === mark || one.startsWith(`${mark}/dev/`))).map(Number)
  }

  /** Kills what is left and removes the folder. */
  close(): void {
    for (let pids = this.left(); pids.length > 0; pids = this.left()) pids.forEach(kill)
    rmSync(this.dir, { recursive: true, force: true })
  }
}

const open = new Set<Place>()

// Registered while the file is collected: vitest ignores hooks that a hook registers.
afterAll(() => {
  for (const place of open) place.close()
})

/** A place that goes when the test has finished, or when `when` says so; with the last test of the file at the latest. */
export function newPlace(format: 'yaml' | 'ini', text: string, when: (close: () => void) => void = onTestFinished): Place {
  const place = sharedPlace(format, text)
  when(() => place.close())
  return place
}

/** A place for several tests, made in `beforeAll`: it goes with the last test of the file. */
export function sharedPlace(format: 'yaml' | 'ini', text: string): Place {
  const place = new Place(format, text)
  open.add(place)
  return place
}

/** As people run them: nsupd chooses the options of Node by itself, and what V8 has kept compiled is good for these alone. */
function commandOf(program: 'nsup' | 'nsupd'): string[] {
  const path = join(root, 'bin', program)
  return program === 'nsupd' ? [path] : [process.execPath, path]
}

function environOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return [] // gone, or not ours
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
