/**
 * Tells people what they should know at once: decides from the events what is an alert, to whom it goes, and that
 * nobody gets more than one a minute about one process and kind. Sending is alerts-delivery.ts's affair.
 */
import type { AlertEvent, AlertSpec } from '../config/config.ts'
import type { MasterEvent } from '../core/events.ts'
import type { ExitRecord, State } from '../core/model.ts'
import type { Outside } from '../core/outside.ts'
import type { Clock } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import { exitWords } from '../core/transitions.ts'
import { Delivery } from './alerts-delivery.ts'
import type { AlertFacts } from './alerts-text.ts'
import type { Bus } from './bus.ts'
import type { EnvironmentBase } from './environment.ts'
import type { MasterLog } from './master-log.ts'

/** One alert in so many milliseconds about one process and kind. */
const apart = 60_000

export interface AlertPorts {
  readonly clock: Clock
  readonly outside: Pick<Outside, 'run' | 'post' | 'host'>
  readonly log: MasterLog
  readonly environment: EnvironmentBase
  readonly runDir: string
  readonly alerts: readonly AlertSpec[]
  readonly bus: Bus
  readonly find: (group: string, name: string) => Proc | undefined
}

interface Seen {
  /** On the monotonic clock. */
  sentAt: number
  /** Not sent since. */
  held: number
}

interface Happening {
  /** The most telling first: of each alert the first one that it asks for is sent. */
  readonly kinds: readonly AlertEvent[]
  readonly group: string
  readonly name: string
  readonly state: State | ''
  readonly pid: number
  readonly reason: string
  readonly exit: ExitRecord | null
}

const heard: ReadonlySet<MasterEvent['type']> = new Set<MasterEvent['type']>(['process.state', 'process.health', 'log.dropping'])

export class Alerts {
  private readonly ports: AlertPorts
  private readonly deliveries: readonly Delivery[]
  private readonly seen = new Map<string, Seen>()
  private readonly unsubscribe: () => void

  constructor(ports: AlertPorts) {
    this.ports = ports
    this.deliveries = ports.alerts.map((spec, at) => new Delivery(spec, at, ports))
    const none = (): void => undefined
    this.unsubscribe = ports.alerts.length === 0 ? none : ports.bus.subscribe((event) => { this.hear(event) }, (type) => heard.has(type))
  }

  get idle(): boolean {
    return this.deliveries.every((delivery) => delivery.idle)
  }

  /** Resolves when nothing is left to be sent; nothing is tried more than once from now on. */
  async ended(): Promise<void> {
    for (const delivery of this.deliveries) delivery.conclude()
    await Promise.all(this.deliveries.map((delivery) => delivery.ended()))
  }

  hurry(): void {
    for (const delivery of this.deliveries) delivery.hurry()
  }

  close(): void {
    this.unsubscribe()
    this.hurry()
  }

  /** An incarnation has ended. */
  exited(proc: Proc): void {
    const exit = proc.exits.at(-1)
    if (this.deliveries.length === 0 || exit?.oom !== true) return
    const { group, name, state } = proc
    this.tell({ kinds: ['oom'], group, name, state, pid: exit.pid, reason: exitWords(exit), exit })
  }

  private hear(event: MasterEvent): void {
    if (event.type === 'process.state') {
      if (event.to !== 'FATAL' || event.cause === 'shutdown') return
      const { group, name, to: state, reason } = event
      const proc = this.ports.find(group, name)
      const exit = proc?.exits.findLast((one) => one.incarnation === proc.incarnation) ?? null
      return this.tell({ kinds: event.cause === 'crash_loop' ? ['crash_loop', 'fatal'] : ['fatal'], group, name, state, pid: 0, reason, exit })
    }
    if (event.type === 'process.health' && !event.healthy) {
      const { group, name, pid, reason } = event
      this.tell({ kinds: ['unhealthy'], group, name, state: 'RUNNING', pid, reason, exit: null })
    }
    if (event.type === 'log.dropping') {
      const { group, name, channel, reason } = event
      this.tell({ kinds: ['disk_full'], group, name, state: '', pid: 0, reason: `its ${channel} log cannot be written: ${reason}`, exit: null })
    }
  }

  private tell(happening: Happening): void {
    const due = new Map<AlertEvent, AlertFacts | null>()
    for (const delivery of this.deliveries) {
      const kind = happening.kinds.find((one) => delivery.wants(one))
      if (kind === undefined) continue
      const facts = due.has(kind) ? due.get(kind) : this.facts(kind, happening)
      due.set(kind, facts ?? null)
      if (facts != null) delivery.send(facts, this.ports.find(happening.group, happening.name)?.spec.environment ?? {})
    }
  }

  /** `null`: the last one was not long enough ago. */
  private facts(kind: AlertEvent, { group, name, state, pid, reason, exit }: Happening): AlertFacts | null {
    const { clock, outside, find } = this.ports
    const now = clock.monotonic()
    const who = namespec(group, name)
    const key = `${kind} ${who}`
    const seen = this.seen.get(key)
    if (seen !== undefined && now - seen.sentAt < apart) {
      seen.held += 1
      return null
    }
    if (seen === undefined) this.forgetOld(now)
    this.seen.set(key, { sentAt: now, held: 0 })
    const proc = find(group, name)
    const status = exit?.status
    return {
      kind, process: who, group, name, state, pid, reason,
      program: proc?.spec.program ?? '',
      incarnation: exit?.incarnation ?? proc?.incarnation ?? 0,
      exit_code: status?.kind === 'code' ? String(status.code) : '',
      exit_signal: status?.kind === 'signal' ? status.signal : '',
      host: outside.host(),
      time: new Date(clock.wall()).toISOString(),
      suppressed: seen?.held ?? 0,
    }
  }

  /** Names come and go; what is old and holds nothing back is not worth keeping. */
  private forgetOld(now: number): void {
    if (this.seen.size < 1000) return
    for (const [key, { sentAt, held }] of this.seen) if (now - sentAt >= apart && held === 0) this.seen.delete(key)
  }
}
