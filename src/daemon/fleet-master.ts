/**
 * The master as the API sees it: checks a request in supervisord's order, turns it into inputs for the loop and,
 * where asked, waits for what comes of it.
 */
import type { ActOptions, ConfigDiff, HealthAnswer, Master, MasterInfo, MasterState, Outcome, Replaced, Updated, WaitCondition } from '../api/master.ts'
import type { ProgramList } from '../api/program-list.ts'
import type { Messages } from '../core/sending.ts'
import type { SharedTables } from '../core/shared-tables.ts'
import { Fault } from '../lib/fault.ts'
import type { SignalName } from '../lib/signals.ts'
import { viewOf } from '../core/describe.ts'
import type { MasterEvent } from '../core/events.ts'
import { holdNow } from '../core/gate.ts'
import { named } from '../core/roster.ts'
import type { Actor, ProcessView } from '../core/model.ts'
import { compare } from '../core/order.ts'
import type { Proc } from '../core/proc.ts'
import type { GroupSpec } from '../core/spec.ts'
import { AskHealth } from './ask-health.ts'
import type { AskOptions } from './ask-health.ts'
import { ByHandList } from './by-hand.ts'
import { familyQuestion } from './family.ts'
import type { FleetMasterPorts } from './fleet-master-ports.ts'
import { GroupChanges } from './group-changes.ts'
import { each, Requests } from './requests.ts'
import { outcomeOf } from './verdicts.ts'

export class FleetMaster implements Master {
  private readonly ports: FleetMasterPorts
  private readonly changes: GroupChanges
  private readonly requests: Requests
  private readonly asking: AskHealth
  readonly programs: ProgramList
  private ending: MasterState = 'RUNNING'

  constructor(ports: FleetMasterPorts, configured: readonly GroupSpec[]) {
    this.ports = ports
    this.requests = new Requests(ports)
    this.asking = new AskHealth(ports)
    this.changes = new GroupChanges(ports, configured)
    this.programs = new ByHandList(ports.programList, this.changes, () => {
      this.refuseWhileEnding()
    })
  }

  get tables(): SharedTables {
    return this.ports.tables
  }

  get messages(): Messages {
    return this.ports.post
  }

  info(): MasterInfo {
    return { ...this.ports.identity, state: this.ending, logBytesDropped: this.ports.streams.bytesDropped() }
  }

  processes(): readonly ProcessView[] {
    this.ports.catchUp()
    const now = { mono: this.ports.clock.monotonic(), wall: this.ports.clock.wall() }
    const { fleet, streams } = this.ports
    return named(fleet).map(({ proc, groupPriority }) => {
      const shown = proc.hold === null ? proc : { ...proc, hold: holdNow(fleet, proc, now) }
      const voice = streams.get(proc)?.voice
      const view = viewOf(shown, groupPriority, now, voice?.report)
      if (proc.spec.listener !== undefined && this.ports.isDeaf(proc)) return { ...view, deaf: true }
      return voice?.inbox === undefined ? view : { ...view, inbox: voice.inbox.counts }
    })
  }

  set configured(groups: readonly GroupSpec[]) {
    this.changes.configured = groups
  }

  configuredGroups(): readonly GroupSpec[] {
    return this.changes.configured
  }

  activeGroups(): readonly string[] {
    return [...this.ports.fleet.groups.keys()].sort(compare)
  }

  async start(targets: readonly ProcessView[], options: ActOptions): Promise<Outcome[]> {
    this.refuseWhileEnding()
    return each(this.found(targets), (proc) => this.requests.start(proc, options))
  }

  async stop(targets: readonly ProcessView[], options: ActOptions): Promise<Outcome[]> {
    this.refuseWhileEnding()
    return each(this.found(targets), (proc) => this.requests.stop(proc, options))
  }

  async trigger(targets: readonly ProcessView[], options: ActOptions): Promise<Outcome[]> {
    this.refuseWhileEnding()
    return each(this.found(targets), (proc) => this.requests.trigger(proc, options))
  }

  async replace(targets: readonly ProcessView[], options: ActOptions): Promise<Replaced[]> {
    this.refuseWhileEnding()
    return Promise.all(this.found(targets).map((proc) => this.requests.replace(proc, options)))
  }

  async wait(targets: readonly ProcessView[], condition: WaitCondition, signal?: AbortSignal): Promise<Outcome[]> {
    return each(this.found(targets), (proc) => this.requests.wait(proc, condition, signal))
  }

  async health(targets: readonly ProcessView[], options: AskOptions): Promise<HealthAnswer[]> {
    return this.asking.ask(this.found(targets), options)
  }

  signal(targets: readonly ProcessView[], signal: SignalName, by: Actor): Outcome[] {
    this.refuseWhileEnding()
    const names = targets.map((target) => target.namespec).join(', ')
    this.ports.log.info(`sending ${signal} to ${names}, asked by ${by}`)
    return this.found(targets).map((proc) => this.requests.signal(proc, signal, by))
  }

  kill(targets: readonly ProcessView[], by: Actor): Outcome[] {
    return this.signal(targets, 'SIGKILL', by)
  }

  async sendStdin(target: ProcessView, text: string): Promise<void> {
    const [proc] = this.found([target])
    if (proc === undefined || proc.id === null || proc.state === 'STOPPING') throw new Fault('NOT_RUNNING', target.namespec)
    const streams = this.ports.streams.get(proc)
    if (streams === undefined) throw new Fault('NO_FILE', target.namespec)
    await streams.sendStdin(text)
  }

  clearLogs(targets: readonly ProcessView[]): Outcome[] {
    return this.found(targets).map((proc) => {
      try {
        this.ports.streams.get(proc)?.clear()
        return outcomeOf(proc, 'OK')
      } catch (error) {
        return outcomeOf(proc, 'FAILED', (error as Error).message)
      }
    })
  }

  clearMainLog(): void {
    this.ports.mainLog.clear()
  }

  reopenLogs(by: Actor): void {
    this.ports.log.info(`supervisord logreopen, asked by ${by}`)
    this.ports.mainLog.reopen()
    for (const streams of this.ports.streams.all()) streams.reopen()
  }

  reread(): ConfigDiff {
    this.refuseWhileEnding()
    return this.changes.reread()
  }

  addGroup(name: string, by: Actor): void {
    this.refuseWhileEnding()
    this.changes.add(name, by)
  }

  removeGroup(name: string): void {
    this.refuseWhileEnding()
    this.changes.remove(name)
  }

  async update(groups: readonly string[], by: Actor): Promise<Updated> {
    this.refuseWhileEnding()
    return this.changes.update(groups, by)
  }

  shutdown(by: Actor, options: { readonly keepWorkers: boolean }): void {
    // A restart on its way becomes the end: whoever asks for that would otherwise find everything running again.
    if (this.ending === 'SHUTDOWN' || options.keepWorkers) this.refuseWhileEnding()
    this.end(options.keepWorkers ? 'keep-workers' : 'shutdown', by)
  }

  restart(by: Actor): void {
    this.refuseWhileEnding()
    const [kept] = this.changes.readPlan().kept // a config that does not hold must not take down what runs
    if (kept !== undefined) throw new Fault('CANT_REREAD', `${kept.group} would not be started again: ${kept.reason}`)
    this.end('restart', by)
  }

  remoteComm(kind: string, data: string): void {
    this.ports.bus.publish({ type: 'remote.communication', kind, data })
  }

  subscribe(listener: (event: MasterEvent) => void, wants = (type: MasterEvent['type']): boolean => !type.startsWith('tick.')): () => void {
    return this.ports.bus.subscribe(listener, wants)
  }

  recentEvents(): readonly MasterEvent[] {
    return this.ports.bus.recent()
  }

  usage(pids: readonly number[]): ReturnType<Master['usage']> {
    return this.ports.measure(pids)
  }

  family(targets: readonly ProcessView[]): ReturnType<Master['family']> {
    return this.ports.family(familyQuestion(this.ports.fleet, this.found(targets), this.ports.environment.runDir))
  }

  portHolder(port: number): ReturnType<Master['portHolder']> {
    return this.ports.portHolder(port)
  }

  ledgerLines(): AsyncIterable<string> {
    return this.ports.ledger.read()
  }

  /** Ends the master, as a signal or a request asked for. */
  end(how: 'shutdown' | 'restart' | 'keep-workers', by: Actor): void {
    if (this.ending === 'SHUTDOWN') return
    this.ending = how === 'restart' ? 'RESTARTING' : 'SHUTDOWN'
    this.ports.end(how, by)
  }

  private refuseWhileEnding(): void {
    if (this.ending !== 'RUNNING') throw new Fault('SHUTDOWN_STATE')
  }

  /** The processes of views; who has left the fleet meanwhile is left out. */
  private found(targets: readonly ProcessView[]): Proc[] {
    return targets.flatMap(({ group, name }) => this.ports.fleet.groups.get(group)?.procs.get(name) ?? [])
  }
}
