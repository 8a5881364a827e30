/**
 * One simulated life of a whole master: a seed decides what the workers do, what the operator asks for, when the
 * config changes, when masters die and when clocks jump. The daemon's own session runs on a kernel in memory; after
 * each thing that happens the invariants are checked, those of the fleet and those of the world.
 */
import type { Config } from '../../src/config/config.ts'
import type { ProcessView } from '../../src/core/model.ts'
import type { Clock } from '../../src/core/ports.ts'
import { Fault } from '../../src/lib/fault.ts'
import type { GroupSpec } from '../../src/core/spec.ts'
import { MasterLog } from '../../src/daemon/master-log.ts'
import { Session } from '../../src/daemon/session.ts'
import type { Instance } from '../../src/config/instance.ts'
import type { ByHandFile } from '../../src/daemon/by-hand-file.ts'
import type { Ending, SessionPorts } from '../../src/daemon/session-ports.ts'
import type { RecordStore } from '../../src/daemon/snapshot.ts'
import type { ProcStreams } from '../../src/daemon/streams.ts'
import type { Behaviour } from './fake-processes.ts'
import { plainKernel } from './fake-kernel.ts'
import { FakeWorld } from './fake-processes.ts'
import { withCare } from './random-care.ts'
import { randomBehaviour, randomGroups } from './random-world.ts'
import type { Random } from './random-world.ts'
import { namespec } from '../../src/core/spec.ts'
import type { TableFiles } from '../../src/core/table-files.ts'

/** No config of these worlds has a table. */
const noTableFiles: TableFiles = { list: () => [], lines: () => [], create: () => 'EROFS', rename: () => 'EROFS', remove: () => null }

/** Thrown inside a master where the seed lets it die, between any two of its acts. */
class Death extends Error {}

/** What the operator does; some of it more often. */
const acts = [
  ...(['advance', 'advance', 'advance', 'advance', 'advance', 'start', 'stop', 'kill', 'config', 'jump', 'die', 'die-soon'] as const),
  ...(['hand-over', 'end-worker', 'end-worker', 'add', 'remove', 'relay', 'restart-or-shutdown', 'hurry'] as const),
] as const

interface Incarnation {
  readonly session: Session
  /** Requests that wait for something. */
  readonly waiting: Set<string>
  readonly die: () => void
}

async function* noLines(): AsyncIterable<string> {
  yield* await Promise.resolve([])
}

/** No process of these worlds has a hook or waits for an address. */
const nothingOutside = (): never => {
  throw new Error('nothing in these worlds asks for this')
}

const noSocket = { ok: false, reason: 'no program of these worlds has a socket' } as const

export class Life {
  readonly world: FakeWorld
  readonly history: string[] = []
  private readonly random: Random
  private readonly files = new Map<string, string>()
  private groups: readonly GroupSpec[]
  private master: Incarnation | null = null
  /** Writes that the master will live to do. */
  private actsLeft = Infinity
  /** Workers of whose group the kernel refused a signal: they may outlive everything. */
  private readonly refused = new Set<number>()
  /** Spawned just before a master died, so that no record tells of them; and gone from the config since. Nobody can tell them from daemons that were left on purpose. */
  private readonly nobodys = new Set<number>()
  private unwritten: readonly number[] = []
  private ended: Ending | null = null
  /** What a request threw that no request may throw. */
  private wrong: Error | null = null

  constructor(random: Random) {
    this.random = random
    this.groups = withCare(random, randomGroups(random))
    const behaviours = new Map<string, Behaviour>()
    this.world = new FakeWorld({
      behaviour: (spec, attempt) => {
        if (random.chance(0.05)) return { ok: false, reason: 'too many open files to spawn', fault: 'SPAWN_ERROR' }
        const key = `${spec.group}:${spec.name}:${String(attempt)}`
        const behaviour = behaviours.get(key) ?? randomBehaviour(random)
        behaviours.set(key, behaviour)
        return behaviour
      },
      refuse: (pid) => {
        if (!random.chance(0.01)) return null
        const life = this.world.living().find((one) => one.pid === pid)
        this.refused.add(life?.session ?? pid)
        return 'EPERM'
      },
      pidSpace: 400,
    })
  }

  /** Lives `turns` turns and then stops everything; throws at the first broken invariant. */
  async live(turns: number): Promise<void> {
    await this.boot()
    for (let turn = 0; turn < turns; turn += 1) {
      await this.happen()
      if (this.master === null) await this.boot()
    }
    this.actsLeft = Infinity
    while (this.master === null) await this.boot()
    await this.shutDown()
  }

  private async happen(): Promise<void> {
    const { random } = this
    const what = random.pick(acts)
    this.history.push(`${this.world.clock.monotonic().toFixed(0)} ms: ${what}`)
    switch (what) {
      case 'advance':
        return this.attempt(() => {
          this.world.advance(random.pick([1, 40, 900, 1001, 2500, 11_000]))
        })
      case 'start':
        return this.act(({ master }) => this.await('start', master.start(this.some(master), { by: 'sim', wait: random.chance(0.5) })))
      case 'stop':
        return this.act(({ master }) => this.await('stop', master.stop(this.some(master), { by: 'sim', wait: random.chance(0.5) })))
      case 'kill':
        return this.act(({ master }) => void master.kill(this.some(master), 'sim'))
      case 'config':
        this.groups = withCare(random, randomGroups(random))
        return this.act(({ master }) => this.await('update', master.update([], 'sim')))
      case 'add':
        return this.act(({ master }) => master.addGroup(random.pick(['a', 'b', 'c']), 'sim'))
      case 'remove':
        return this.act(({ master }) => master.removeGroup(random.pick(['a', 'b', 'c'])))
      case 'relay':
        return this.act((session) => asSignal(() => session.relay('SIGUSR1')))
      case 'restart-or-shutdown':
        return this.act(({ master }) => (random.chance(0.5) ? master.restart('sim') : master.shutdown('sim', { keepWorkers: false })))
      case 'hurry':
        return this.act((session) => asSignal(() => session.hurry()))
      case 'jump':
        this.world.jumpWall(random.pick([-3_600_000, -5000, 5000, 86_400_000]))
        return
      case 'die':
        return this.killMaster()
      case 'die-soon':
        this.actsLeft = random.below(6)
        return
      case 'hand-over':
        return this.handOver()
      case 'end-worker': {
        const victims = this.world.living().filter((life) => life.session === life.pid)
        const victim = victims[random.below(Math.max(1, victims.length))]
        return this.attempt(() => {
          if (victim !== undefined) this.world.end(victim.pid, { kind: 'code', code: random.below(3) })
        })
      }
    }
  }

  private async handOver(): Promise<void> {
    await this.act((session) => {
      session.master.shutdown('sim', { keepWorkers: true })
    })
    await this.settle()
  }

  private async shutDown(): Promise<void> {
    this.history.push('shutdown')
    this.ended = null
    const waiting = this.master?.waiting
    await this.act(({ master }) => master.end('shutdown', 'sim'))
    for (let i = 0; i < 200 && this.ended === null; i += 1) {
      await this.attempt(() => {
        this.world.advance(1000)
      })
      await this.settle()
    }
    this.expect(this.ended === 'shutdown', `a shutdown ends, and says so: ${JSON.stringify(this.master?.session.master.processes().map((v) => [v.namespec, v.state, v.pid, v.want]) ?? this.ended)}`)
    this.expect(waiting?.size === 0, `every request that waits has its answer: ${[...(waiting ?? [])].join(', ')}`)
    const left = this.world.living().filter((life) => life.session === life.pid && !this.refused.has(life.pid) && !this.nobodys.has(life.pid))
    this.expect(left.length === 0, `a shutdown leaves no worker: ${left.map((life) => `${life.environment["NSUP_PROCESS"] ?? ""} ${String(life.pid)}`).join(', ')}`)
  }

  private async act(what: (session: Session) => void): Promise<void> {
    await this.attempt(() => {
      if (this.master !== null) what(this.master.session)
    })
  }

  /** Notes a request until it has its answer; a refusal is one, too. */
  private await(what: string, answer: Promise<unknown>): void {
    const waiting = this.master?.waiting
    const request = `${what} of ${this.world.clock.monotonic().toFixed(0)} ms`
    waiting?.add(request)
    answer.then(() => undefined, (error: unknown) => {
      if (!(error instanceof Fault || error instanceof Death)) this.wrong = error instanceof Error ? error : new Error(JSON.stringify(error))
    }).finally(() => waiting?.delete(request))
  }

  /** Does something that the master may die of, and checks all that must hold. */
  private async attempt(what: () => void): Promise<void> {
    try {
      what()
    } catch (error) {
      if (error instanceof Death) this.killMaster()
      else if (!(error instanceof Fault)) throw error
    }
    await this.settle()
    if (this.wrong !== null) throw this.wrong
    this.check()
  }

  /** Lets promises have their turn. */
  private async settle(): Promise<void> {
    for (let i = 0; i < 8; i += 1) await Promise.resolve()
  }

  private killMaster(): void {
    this.history.push('the master dies')
    const written = [...this.files.values()].flatMap((text) => text.split('\n')).filter(isWhole).join('\n')
    this.unwritten = this.world.living().map(({ pid }) => pid).filter((pid) => !written.includes(`"pid":${String(pid)},`))
    this.master?.die()
    this.master = null
    this.actsLeft = Infinity
  }

  private some(master: Session['master']): ProcessView[] {
    return master.processes().filter(() => this.random.chance(0.4))
  }

  private check(): void {
    const workers = this.world.living().filter((life) => life.session === life.pid && !this.nobodys.has(life.pid))
    const names = workers.map((life) => life.environment['NSUP_PROCESS'] ?? '')
    this.expect(new Set(names).size === names.length, `no process runs twice: ${names.sort().join(' ')}`)
    if (this.master === null) return
    const { session } = this.master
    const views = session.master.processes()
    this.expect(session.broken().length === 0, session.broken().join('; '))
    const pids = new Set(views.map((view) => view.pid))
    const strays = workers.filter((life) => !pids.has(life.pid) && !this.refused.has(life.pid))
    this.expect(strays.length === 0, `every worker is known to the master: ${strays.map((life) => `${life.name} ${String(life.pid)}`).join(', ')}`)
  }

  private expect(holds: boolean, what: string): void {
    if (!holds) throw new Error(`${what}\n${this.history.slice(-40).join('\n')}`)
  }

  private async boot(): Promise<void> {
    const { processes, die } = this.world.connect()
    let alive = true
    const worldClock = this.world.clock
    const clock: Clock = {
      ...worldClock,
      after: (delay, callback) =>
        worldClock.after(delay, () => {
          if (alive) callback()
        }),
    }
    const ports: SessionPorts = {
      ...{ clock, processes, records: this.records(), bootId: 'boot', runDir: '/run', stateDir: '/state', tableFiles: noTableFiles, controlSocket: '/run/nsup.sock', env: {} },
      identity: { pid: 1, version: '0', identifier: 'sim', startedAt: 0, configFile: '/c', configFormat: 'yaml', instance: 'sim', logfile: null },
      log: new MasterLog((_level, message) => this.history.push(`  ${message}`)),
      mainLog: { clear: () => undefined, reopen: () => undefined },
      streams: () => fakeStreams(this.random),
      probes: { run: () => () => undefined },
      watchFiles: () => () => undefined,
      ...{ look: () => new Promise(() => undefined), logDir: '/log' },
      kernel: plainKernel,
      sockets: { listen: () => noSocket, takeFrom: () => Promise.resolve(noSocket) },
      comparison: { differs: (a, b) => JSON.stringify(a) !== JSON.stringify(b), needsRestart: (a, b) => a.command !== b.command },
      family: () => Promise.resolve([]),
      programList: { source: { instance: {} as Instance, byHand: {} as ByHandFile, doubt: () => null, load: () => { throw new Error('nobody adds programs here') }, settle: () => undefined }, files: { read: () => null, replace: () => null, isPublic: () => false } },
      readConfig: () => this.config(),
      autoLogs: { name: (groups) => groups, cleanUp: () => undefined },
      crashed: (error) => {
        if (!(error instanceof Death)) throw error
        this.killMaster()
      },
      measure: () => Promise.resolve(new Map()),
      portHolder: () => Promise.resolve(null),
      outside: { host: () => 'sim', run: nothingOutside, reach: nothingOutside, post: nothingOutside },
      ledger: { append: () => null, lines: () => noLines() },
      listen: (master) => {
        if (this.random.chance(0.03)) master.shutdown('sim, early', { keepWorkers: this.random.chance(0.5) })
        return Promise.resolve(() => Promise.resolve())
      },
    }
    const session = new Session(this.config(), ports)
    const master: Incarnation = {
      session,
      waiting: new Set(),
      die: () => {
        alive = false
        die()
      },
    }
    this.master = master
    this.history.push('a master starts')
    void session.over.then((how) => {
      if (this.master !== master) return
      try {
        session.close(how)
        this.ended = how
      } catch (error) {
        if (!(error instanceof Death)) throw error
      }
      this.killMaster()
    })
    try {
      await session.open()
    } catch (error) {
      if (!(error instanceof Death)) throw error
      this.killMaster()
    }
    await this.settle()
    this.forgetUnwritten()
    this.check()
  }

  private forgetUnwritten(): void {
    const configured = new Set(this.groups.flatMap(({ processes }) => processes.map(({ group, name }) => namespec(group, name))))
    for (const { pid, environment } of this.world.living()) {
      if (this.unwritten.includes(pid) && !configured.has(environment['NSUP_PROCESS'] ?? '')) this.nobodys.add(pid)
    }
  }

  private config(): Config {
    return { file: '/c', format: 'yaml', files: ['/c'], groups: this.groups, tables: [], master: { alerts: [], restartBurst: null, shutdownTimeout: 'auto', forceQuit: true, forceDelay: 10_000 }, servers: [], client: null } as unknown as Config
  }

  private records(): RecordStore {
    return {
      write: (path, pieces) => {
        if (this.actsLeft <= 0) throw new Death()
        this.actsLeft -= 1
        if (this.random.chance(0.002)) return 'ENOSPC'
        this.files.set(path, typeof pieces === 'string' ? pieces : [...pieces].join(''))
        return null
      },
      append: (path, text) => {
        if (this.actsLeft <= 0) throw new Death()
        this.actsLeft -= 1
        const before = this.files.get(path) ?? ''
        // A full disk, and a master that dies in the middle of a write, leave a line cut off.
        const cut = this.random.chance(0.004)
        this.files.set(path, before + (cut ? text.slice(0, this.random.below(text.length)) : text))
        if (cut && Number.isFinite(this.actsLeft)) throw new Death()
        return cut ? 'ENOSPC' : null
      },
      read: (path) => this.files.get(path),
      list: (folder) => [
        ...new Set([...this.files.keys()].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1).split('/')[0] ?? '')),
      ],
      removeFile: (path) => {
        if (this.actsLeft <= 0) throw new Death()
        this.actsLeft -= 1
        this.files.delete(path)
      },
      remove: (folder) => {
        for (const path of this.files.keys()) if (path.startsWith(`${folder}/`)) this.files.delete(path)
      },
    }
  }
}

/** A line that a death has cut off is none. */
function isWhole(line: string): boolean {
  try {
    return JSON.parse(line) !== null
  } catch {
    return false
  }
}

/** Nobody is there to whom a signal's handler could be refused: what it throws would end the master. */
function asSignal(handle: () => void): void {
  try {
    handle()
  } catch (error) {
    throw error instanceof Fault ? new Error(`a signal was refused: ${error.message}`) : error
  }
}

function fakeStreams(random: Random): ReturnType<SessionPorts['streams']> {
  const streams: ProcStreams = {
    ...{ stdin: 0, stdout: 1, stderr: 2 },
    note: () => true,
    prepareSpawn: () => (random.chance(0.02) ? 'unknown error making dispatchers: ENOENT' : null),
    drain: () => undefined,
    listen: () => () => undefined,
    lastLines: () => [],
    sendStdin: () => Promise.resolve(),
    reopen: () => undefined,
    clear: () => undefined,
    close: () => undefined,
  }
  return { open: () => (random.chance(0.02) ? 'no FIFO' : streams), get: () => streams, forget: () => undefined, all: () => [], prepare: () => undefined, bytesDropped: () => 0 }
}

