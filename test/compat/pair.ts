/**
 * The real supervisord and nsupd, each in a folder of its own, on the same config: what is asked of one is asked of
 * the other. `{dir}` in the config is the folder, `{port}` a free port. What differs by nature (folders, pids, times) is masked.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll } from 'vitest'
import { newPlace } from '../e2e/harness.ts'
import type { Place, Ran } from '../e2e/harness.ts'

const driver = fileURLToPath(new URL('drive.py', import.meta.url))
const ctlRunner = fileURLToPath(new URL('ctl.py', import.meta.url))

/** The head of every config here. */
export const head = `[unix_http_server]
file={dir}/rpc.sock
[supervisord]
logfile={dir}/main.log
pidfile={dir}/main.pid
childlogdir={dir}
user={user}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{dir}/rpc.sock
`

export interface Answer {
  readonly value?: unknown
  readonly fault?: readonly [number, string]
  /** The HTTP status, where it was no answer of XML-RPC. */
  readonly http?: number
  readonly status?: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly authenticate?: string | null
  readonly late?: unknown
  readonly error?: string
}

/** A program that is asked a line of JSON and answers a line of JSON, in order. */
export class Asked<T> {
  readonly #child: ChildProcess
  readonly #waiting: { readonly done: (answer: T) => void; readonly failed: (error: Error) => void }[] = []

  constructor(command: string, args: readonly string[], place: Place) {
    this.#child = spawn(command, args, { cwd: place.dir, env: { ...process.env, ...place.env }, stdio: ['pipe', 'pipe', 'inherit'] })
    if (this.#child.stdout === null) throw new Error(`${command} has no stdout`)
    createInterface(this.#child.stdout).on('line', (line) => this.#waiting.shift()?.done(JSON.parse(line) as T))
    this.#child.once('exit', () => this.#waiting.forEach(({ failed }) => failed(new Error(`${args.join(' ')} ended`))))
  }

  ask(request: object): Promise<T> {
    return new Promise((done, failed) => {
      this.#waiting.push({ done, failed })
      this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
    })
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Runs supervisorctl and supervisord themselves; Debian's own Python has their modules. */
export function stockPrograms(place: Place): Asked<Ran> {
  return new Asked('/usr/bin/python3', [ctlRunner], place)
}

/** One of the two. */
export class Side {
  readonly place: Place
  readonly #daemon: ChildProcess
  readonly #driver: Asked<Answer>
  #ctl: Asked<Ran> | undefined
  readonly ended: Promise<number | string>

  constructor(place: Place, daemon: ChildProcess, ended: Promise<number | string>) {
    this.place = place
    this.#daemon = daemon
    this.ended = ended
    this.#driver = new Asked('python3', [driver, place.path('rpc.sock')], place)
  }

  get pid(): number {
    return this.#daemon.pid ?? 0
  }

  /** Sends one request to the driver. */
  send(request: object): Promise<Answer> {
    return this.#driver.ask(request)
  }

  call(method: string, ...args: readonly unknown[]): Promise<Answer> {
    return this.send({ call: method, args })
  }

  /** Resolves when all these processes are in one of these states. */
  async until(wanted: Readonly<Record<string, readonly string[]>>): Promise<void> {
    const { late, error } = await this.send({ until: wanted })
    if (late !== undefined || error !== undefined) throw new Error(`not reached: ${JSON.stringify(late ?? error)}`)
  }

  /** Runs the stock supervisorctl against it. */
  async ctl(args: readonly string[], input = ''): Promise<Ran> {
    this.#ctl ??= stockPrograms(this.place)
    return this.#ended(this.#ctl.ask({ args: ['-c', this.place.config, ...args], input }))
  }

  /** Runs the stock supervisorctl with `-f` or `fg`; when `seen` has been printed calls `then`, and so on; then ends it, by TERM: it answers INT in one of two ways. */
  async follow(args: readonly string[], ...steps: readonly { readonly seen: string; readonly then?: (stdin: Writable) => void }[]): Promise<Ran> {
    const child = execa('supervisorctl', ['-c', this.place.config, ...args], { ...this.#around, env: { ...this.place.env, PYTHONUNBUFFERED: '1' } })
    const left = [...steps]
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      for (let step = left[0]; step !== undefined && said.includes(step.seen); step = left[0]) {
        left.shift()
        step.then?.(child.stdin)
        if (left.length === 0) child.kill('SIGTERM')
      }
    })
    return this.#ended(child)
  }

  get #around(): { cwd: string; env: Readonly<Record<string, string>>; reject: false; stripFinalNewline: false } {
    return { cwd: this.place.dir, env: this.place.env, reject: false, stripFinalNewline: false }
  }

  async #ended(running: PromiseLike<Pick<Ran, 'stdout' | 'stderr'> & { readonly exitCode?: number | undefined }>): Promise<Ran> {
    const { stdout, stderr, exitCode } = await running
    return { stdout: this.masked(stdout), stderr: this.masked(stderr), exitCode }
  }

  /** Text without what differs by nature. */
  masked(text: string): string {
    return text
      .replaceAll(this.place.dir, '{dir}')
      .replace(/localhost:\d+/g, 'localhost:{port}')
      .replace(/^((?:supervisor> )*)\d+$/gm, '$1P')
      .replace(/pid \d+, uptime \d+:\d\d:\d\d/g, 'pid P, uptime T')
      .replace(/\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d\d \d\d:\d\d [AP]M/g, 'DATE')
  }

  end(): void {
    this.#driver.end()
    this.#ctl?.end()
  }
}

export interface Pair {
  readonly real: Side
  readonly ours: Side
  /** Asks both, and gives both answers masked. */
  both<T>(ask: (side: Side) => Promise<T>): Promise<{ readonly real: T; readonly ours: T }>
}

/** Starts both; they end with the test file. `prepare` puts into a folder what is needed from the start. */
export async function startPair(config: string, prepare: (place: Place) => void = () => undefined): Promise<Pair> {
  const [real, ours] = await Promise.all([startReal(await placeFor(config, prepare)), startOurs(await placeFor(config, prepare))])
  return {
    real,
    ours,
    async both(ask) {
      const [one, other] = await Promise.all([ask(real), ask(ours)])
      return { real: one, ours: other }
    },
  }
}

async function placeFor(config: string, prepare: (place: Place) => void): Promise<Place> {
  const place = newPlace('ini', '', afterAll)
  const port = await freePort()
  const user = process.getuid?.() === 0 ? 'root' : String(process.getuid?.())
  place.write(place.config, config.replaceAll('{dir}', place.dir).replaceAll('{user}', user).replaceAll('{port}', port))
  prepare(place)
  return place
}

function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(String(port)))
    })
  })
}

async function startOurs(place: Place): Promise<Side> {
  const { child, ended } = await place.master()
  return kept(new Side(place, child, ended))
}

async function startReal(place: Place): Promise<Side> {
  const child = spawn('supervisord', ['-n', '-c', place.config], { cwd: place.dir, env: { ...process.env, ...place.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing'))
    child.once('error', () => resolve('it is not installed: apt-get install supervisor'))
  })
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      said += chunk.toString()
      if (said.includes('supervisord started with pid')) resolve()
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    void ended.then((how) => reject(new Error(`supervisord: ${how} ${said}`)))
  })
  return kept(new Side(place, child, ended))
}

function kept(side: Side): Side {
  afterAll(() => side.end())
  return side
}

/** An answer without what differs by nature: folders, pids, times, the words of a person. */
export function masked(side: Side, answer: unknown): unknown {
  if (typeof answer === 'string') return side.masked(answer)
  if (Array.isArray(answer)) return answer.map((one) => masked(side, one))
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, maskedMember(side, name, value)]))
}

function maskedMember(side: Side, name: string, value: unknown): unknown {
  if (/^(pid|start|stop|now)$/.test(name) && typeof value === 'number') return value === 0 ? 0 : 'N'
  if (/^(stdout_|stderr_)?logfile$/.test(name) && typeof value === 'string' && value.includes('---')) return 'AUTO'
  return masked(side, value)
}
