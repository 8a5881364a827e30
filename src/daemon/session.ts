/**
 * One run of the master from a config to a shutdown or a restart: puts the pieces together and resolves when it is
 * over. It receives ports and takes no room in hand itself; what it begins with is in takeover.ts.
 */
import type { Config } from '../config/config.ts'
import { lostDependency } from '../core/gate.ts'
import { activeGroups, newFleet, ranked } from '../core/roster.ts'
import type { Fleet } from '../core/roster.ts'
import { brokenInvariants } from '../core/invariants.ts'
import type { Actor } from '../core/model.ts'
import type { Proc, ProcInput } from '../core/proc.ts'
import type { SignalName } from '../lib/signals.ts'
import { Aftercare } from './aftercare.ts'
import { AdoptedWatch } from './adopted-watch.ts'
import { Bus } from './bus.ts'
import { Desk } from './desk.ts'
import { environmentBase, helperEnvironment } from './environment.ts'
import type { EnvironmentBase } from './environment.ts'
import { FleetMaster } from './fleet-master.ts'
import { forensicsOf } from './forensics.ts'
import { remembered } from './journal.ts'
import type { Journal } from './journal.ts'
import { Ledger } from './ledger.ts'
import { ListenerRecords } from './listener-records.ts'
import { Listeners } from './listeners.ts'
import { Lookouts } from './lookouts.ts'
import { Loop } from './loop.ts'
import { Lull } from './lull.ts'
import { exitInput, performer } from './perform.ts'
import { PostOffice } from './post-office.ts'
import { ProgramSockets } from './program-sockets.ts'
import { journalOf } from './session-journal.ts'
import { relaySignal } from './relay.ts'
import { ResourceKeeper } from './resource-keeper.ts'
import type { Ending, SessionPorts } from './session-ports.ts'
import { socketHolders } from './socket-holders.ts'
import type { StreamsOf } from './streams.ts'
import { Sweeper } from './sweep.ts'
import { tablesOf } from './session-tables.ts'
import type { Tables } from './tables.ts'
import { takeOver } from './takeover.ts'
import { Ticker } from './ticker.ts'
import { Waits } from './waits.ts'

export class Session {
  readonly master: FleetMaster
  /** Resolves when it is over; workers have ended, unless they were to be kept. */
  readonly over: Promise<Ending>
  private readonly fleet: Fleet = newFleet()
  private readonly ports: SessionPorts
  private readonly bus: Bus
  private readonly streams: StreamsOf
  private readonly desk = new Desk()
  private readonly post: PostOffice
  private readonly tables: Tables
  private readonly sockets: ProgramSockets
  private readonly sweeper: Sweeper
  private readonly aftercare: Aftercare
  private readonly keeper: ResourceKeeper
  private readonly journal: Journal
  private readonly ledger: Ledger
  private readonly lookouts: Lookouts
  private readonly loop: Loop
  private readonly watch: AdoptedWatch
  private readonly listeners: Listeners
  private readonly lull: Lull
  private readonly ticker: Ticker
  private readonly waits = new Waits((proc) => lostDependency(this.fleet, proc))
  private readonly config: Config
  private readonly environment: EnvironmentBase
  private ending: Ending = 'shutdown'
  private opened = false
  /** An end that was asked for before anything had been taken over. */
  private early: { readonly how: Ending; readonly by: Actor } | null = null
  private finish: (ending: Ending) => void = () => undefined

  constructor(config: Config, ports: SessionPorts) {
    const { clock, processes, log, env, runDir } = ports
    this.config = config
    this.environment = environmentBase(env, config.servers, runDir, ports.controlSocket)
    this.ports = ports
    this.bus = new Bus(clock, (error) => { log.error(`an event listener failed: ${String(error)}`) })
    this.ledger = new Ledger({ clock, bus: this.bus, file: ports.ledger, log })
    this.streams = ports.streams(this.bus, (proc, chunk) => { this.listeners.hear(proc, chunk) }, this.tell, this.desk)
    this.tables = tablesOf(ports, this.desk)
    this.post = new PostOffice({ ...ports, fleet: this.fleet, streams: this.streams, bus: this.bus, desk: this.desk })
    this.listeners = this.makeListeners()
    this.lull = new Lull(clock, this.listeners, () => { this.loop.enqueue({ type: 'quiet' }) })
    this.sockets = new ProgramSockets({ clock, log, sockets: ports.sockets, procs: () => ranked(this.fleet) })
    this.ticker = new Ticker(clock, this.bus)
    this.bus.onInterest = () => { this.ticker.look() }
    this.sweeper = new Sweeper(clock, processes, this.bus, log, runDir)
    this.keeper = new ResourceKeeper({ ...ports, sweeper: this.sweeper, enqueue: (input) => { this.loop.enqueue(input) } })
    this.aftercare = this.makeAftercare()
    this.journal = journalOf(this.fleet, ports)
    this.lookouts = new Lookouts({
      ...{ ...ports, tell: this.tell, environment: (proc) => helperEnvironment(this.environment, proc) },
      ...{ own: [runDir, ports.stateDir, ports.logDir, config.master.logfile], config: config.file, enqueue: (input) => { this.loop.enqueue(input) } },
    })
    this.loop = this.makeLoop()
    this.watch = new AdoptedWatch(clock, processes, (proc, id) => {
      this.loop.enqueue(exitInput(proc, id, { kind: 'unknown' }, { streams: this.streams, keeper: this.keeper }, false))
    })
    this.over = new Promise((resolve) => { this.finish = resolve })
    this.master = this.makeMaster()
  }

  /** Opens the servers, takes over what the last master left, and sets the config to work. Rejects when a server cannot be opened. */
  async open(): Promise<() => Promise<void>> {
    const { fleet, streams, keeper, journal, loop, watch, ports } = this
    const memory = remembered(ports.runDir, ports.records)
    await this.sockets.takeBack(socketHolders({ ...ports, memory, configured: this.config.groups, now: ports.clock.wall() }))
    this.tables.open(this.config.tables)
    const closeServers = await ports.listen(this.master)
    this.master.configured = takeOver(this.config, memory, { fleet, streams, keeper, journal, loop, watch, ports })
    this.bus.publish({ type: 'master.running', by: null })
    this.opened = true
    if (this.early !== null) this.end(this.early.how, this.early.by)
    return closeServers
  }

  /** Ends what `open` began; to be called when `over` has resolved. */
  close(how: Ending): void {
    this.sweeper.look()
    this.keeper.close()
    this.loop.close()
    this.aftercare.close()
    this.watch.close()
    this.lookouts.close()
    this.lull.close()
    this.ticker.close()
    this.sockets.close()
    this.listeners.close(how)
    this.save()
    this.ledger.close()
    // After a shutdown the kernel closes them all, and faster. In a hand-over not one chunk more may be read: the last
    // lines of the log are being written meanwhile, and what goes to syslog or stdout would be dropped.
    if (how !== 'shutdown') for (const { proc } of ranked(this.fleet)) this.streams.get(proc)?.close()
    if (how !== 'keep-workers') this.journal.conclude()
    this.tables.close(how !== 'shutdown')
  }

  /** SIGKILL to whatever is still being stopped. */
  hurry(): void {
    this.loop.enqueue({ type: 'hurry' })
    if (this.fleet.phase === 'drained') this.aftercare.hurry()
  }

  /** Sends a signal to every process that is RUNNING. */
  relay(signal: SignalName): void {
    relaySignal(this.fleet, signal, this.ports, this.ledger)
  }

  /** Writes what is to be remembered: also the last thing before a crash. */
  save(): void {
    this.journal.flush(this.fleet.phase !== 'running')
    this.ledger.flush()
  }

  /** Sentences about what should hold of the fleet and does not. */
  broken(): string[] {
    return brokenInvariants(this.fleet)
  }

  private makeListeners(): Listeners {
    const { clock, log, records, identity, runDir, bootId } = this.ports
    const { fleet, streams, bus } = this
    const { identifier } = identity
    return new Listeners({ fleet, clock, streams, bus, log, identifier, records: new ListenerRecords({ runDir, bootId }, records) })
  }

  private makeAftercare(): Aftercare {
    const { clock, processes, log, runDir, outside } = this.ports
    const { streams, bus, environment, config, fleet } = this
    return new Aftercare({
      ...{ clock, processes, streams, bus, log, environment, runDir, outside, alerts: config.master.alerts },
      find: (group, name) => fleet.groups.get(group)?.procs.get(name),
      enqueue: (proc, input) => {
        this.loop.enqueue({ type: 'proc', proc, input })
      },
    })
  }

  private makeLoop(): Loop {
    const { clock, processes, log } = this.ports
    const { streams, sockets, bus, keeper, aftercare, environment, ledger } = this
    const perform = performer({
      ...{ processes, streams, sockets, bus, log, ledger, environment, keeper, aftercare },
      ...{ forensics: forensicsOf(this.ports, streams), enqueue: (input) => { this.loop.enqueue(input) } },
      touched: (proc) => { this.journal.touch(proc); this.lookouts.touch(proc) },
      changed: (proc, state) => {
        this.waits.changed(proc, state)
        keeper.memory.changed(proc)
      },
      followed: (proc, before, id) => { this.watch.add(proc, id); this.sweeper.remember(proc, before) },
      forgotten: (proc) => {
        this.journal.forget(proc)
        this.lookouts.forget(proc)
        this.waits.forgotten(proc)
      },
      drained: () => { this.aftercare.whenEnded(this.fleet.hurried, () => { this.finish(this.ending) }) },
    })
    return new Loop(this.fleet, {
      clock,
      perform,
      settled: (more) => {
        this.sockets.settled()
        this.lookouts.settled(ranked(this.fleet))
        keeper.memory.settled(ranked(this.fleet))
        this.journal.flush(this.fleet.phase !== 'running')
        if (!more) this.waits.settled()
        if (this.fleet.lull === 'due') this.lull.begin()
      },
      crashed: this.ports.crashed,
    })
  }

  private makeMaster(): FleetMaster {
    const { clock, processes, identity, comparison, mainLog, measure, portHolder, family, programList, autoLogs, log } = this.ports
    const { fleet, streams, bus, waits, environment, ledger, post, tables } = this
    return new FleetMaster(
      {
        ...{ fleet, clock, processes, streams, bus, log, waits, identity, comparison, mainLog, portHolder, family, programList, environment, ledger, tables, post },
        measure: (pids) => this.keeper.memory.refine(measure(pids)),
        ...{ enqueue: (...inputs) => { this.loop.enqueue(...inputs) }, catchUp: () => { this.loop.catchUp() } },
        isDeaf: ({ group, name }) => this.listeners.pools.get(group)?.listeners.get(name)?.state === 'UNKNOWN',
        readGroups: () => autoLogs.name(this.tables.propose(this.ports.readConfig()).groups, [...this.master.configuredGroups(), ...activeGroups(fleet)]),
        end: (how, by) => { this.end(how, by) },
      },
      this.config.groups,
    )
  }

  /** What was heard or seen of a process. */
  private readonly tell = (proc: Proc, input: ProcInput): void => {
    if (input.type === 'ready' || input.type === 'busy' || input.type === 'recycling') this.journal.touch(proc) // it will not say so again to the next master
    this.loop.enqueue({ type: 'proc', proc, input })
  }

  private end(how: Ending, by: Actor): void {
    if (!this.opened) {
      this.early = { how, by }
      return
    }
    this.ending = how
    this.bus.publish({ type: 'master.stopping', by })
    if (how === 'keep-workers') this.finish(how)
    else this.loop.enqueue({ type: 'shutdown', by })
  }
}
