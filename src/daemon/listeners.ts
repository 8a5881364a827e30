/**
 * Event listeners at work: feeds the pools from the bus, writes events to listeners' stdin, hears their stdout, and
 * keeps the records that the next master goes on with. What is to be sent is on disk before it is sent, so that no
 * event can be lost; what is in doubt after a SIGKILL is sent again. The protocol is in core/listener.ts.
 */
import { envelopeText } from '../core/envelope.ts'
import type { Envelope } from '../core/envelope.ts'
import type { MasterEvent, StateEvent } from '../core/events.ts'
import type { Fleet } from '../core/roster.ts'
import type { Heard } from '../core/listener.ts'
import { isStopped } from '../core/model.ts'
import { compare } from '../core/order.ts'
import { Pool } from '../core/pool.ts'
import type { Delivery } from '../core/pool.ts'
import type { Clock } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import type { ListenerSpec } from '../core/spec.ts'
import { mightWant, supervisorEventOf } from '../core/supervisor-events.ts'
import type { Bus } from './bus.ts'
import type { ListenerRecords } from './listener-records.ts'
import { restorePool } from './listener-restore.ts'
import { ListenerSaves } from './listener-saves.ts'
import type { MasterLog } from './master-log.ts'
import type { Ending } from './session-ports.ts'
import type { StreamsOf } from './streams.ts'

export interface ListenersPorts {
  readonly fleet: Fleet
  readonly clock: Clock
  readonly streams: StreamsOf
  readonly bus: Bus
  readonly log: MasterLog
  readonly records: ListenerRecords
  /** `server:` of the header. */
  readonly identifier: string
}

/** How long a listener that was taken over may be silent before its event is sent once more, milliseconds. */
const patience = 10_000

export class Listeners {
  private readonly ports: ListenersPorts
  readonly pools = new Map<string, Pool>()
  private readonly saves: ListenerSaves
  private readonly alarms = new Set<() => void>()
  /** The next serial of all pools together. */
  private serial = 0
  /** Events of the time before the master was RUNNING. */
  private early: MasterEvent[] | null = []
  /** Called as soon as they are quiet, each time. */
  onQuiet: (() => void) | null = null
  private pumping = false

  constructor(ports: ListenersPorts) {
    this.ports = ports
    this.saves = new ListenerSaves(ports.records, ports.fleet, ports.log)
    ports.bus.subscribe(
      (event) => {
        this.take(event)
      },
      (type) => mightWant(this.pools.values(), type),
    )
  }

  /** A listener has written something to its stdout; the bytes are only lent. */
  hear(proc: Proc, chunk: Uint8Array): void {
    const pool = this.pools.get(proc.group)
    const state = pool?.listeners.get(proc.name)?.state
    if (pool === undefined || state === undefined || state === 'UNKNOWN') return
    const { heard, discarded } = pool.hear(proc.name, chunk)
    for (const one of heard) this.tell(proc.name, one)
    this.overflowed(pool, discarded)
    this.changed(pool)
  }

  /** Sends what can be sent, and writes the records; done by itself soon after anything has changed. */
  pump(): void {
    this.pumping = false
    const deliveries = [...this.pools.values()].map((pool) => {
      const due = pool.buffer.length === 0 ? [] : pool.dispatch(this.able(pool))
      if (due.length > 0) this.saves.mark(pool)
      return { pool, due }
    })
    this.saves.flush(this.serial)
    for (const { pool, due } of deliveries) for (const delivery of due) this.send(pool, delivery)
    if (this.onQuiet !== null && this.isQuiet()) this.onQuiet()
  }

  /** True when nobody is at work on an event, and nobody will ask for what waits. */
  isQuiet(): boolean {
    return [...this.pools.values()].every((pool) => pool.isQuiet(this.able(pool)))
  }

  /** Ends it. Who keeps the workers keeps the records; a restart keeps the count of events only. */
  close(how: Ending): void {
    for (const cancel of this.alarms) cancel()
    if (how === 'keep-workers') {
      for (const pool of this.pools.values()) this.saves.mark(pool)
      this.saves.flush(this.serial, true)
    } else {
      this.ports.records.clear(how === 'restart' ? this.serial : null)
    }
    this.pools.clear()
  }

  private take(event: MasterEvent): void {
    if (this.early === null) return this.handle(event)
    this.early.push(event)
    if (event.type === 'master.running') this.begin(this.early)
  }

  /** As with supervisord, groups are there first, then the server is RUNNING, and only then programs start. */
  private begin(early: readonly MasterEvent[]): void {
    this.early = null
    const { records, fleet } = this.ports
    const added = new Set(early.flatMap((event) => (event.type === 'group.added' ? event.group : [])))
    const remembered = records.remembered()
    this.serial = remembered.serial
    const before = [...fleet.groups.values()].filter(({ name }) => !added.has(name))
    before.sort((a, b) => a.priority - b.priority || compare(a.name, b.name))
    for (const { name } of before) this.restore(name)
    for (const name of remembered.pools) if (!this.pools.has(name)) records.forget(name)
    const turn = (event: MasterEvent): number => (event.type.startsWith('group.') ? 0 : event.type === 'master.running' ? 1 : 2)
    for (const event of [...early].sort((a, b) => turn(a) - turn(b))) this.handle(event)
  }

  private handle(event: MasterEvent): void {
    if (event.type === 'group.added' || event.type === 'group.removed') this.follow(event.group)
    if (event.type === 'process.state' && event.to === 'STARTING') this.arrive(event)
    const about = this.pools.size === 0 ? null : supervisorEventOf(event)
    if (about !== null) {
      const takers = [...this.pools.values()].filter((pool) => pool.wants(about))
      for (const pool of takers) {
        this.overflowed(pool, [pool.accept(about, this.serial)])
        this.changed(pool)
      }
      if (takers.length > 0) this.serial += 1
    }
    if (event.type === 'process.state') this.depart(event)
    if (event.type === 'master.stopping') this.pump() // a moment later they may be asked to stop themselves
  }

  /** Makes, changes or removes the pool of a group, so that it is as the members say. */
  private follow(group: string): Pool | null {
    const spec = this.specOf(group)
    const pool = this.pools.get(group)
    if (spec === null) {
      if (pool === undefined) return null
      this.pools.delete(group)
      this.saves.forget(pool)
    } else if (pool === undefined) this.pools.set(group, new Pool(group, spec))
    else if (pool.spec !== spec) pool.spec = spec
    else return pool
    this.ports.bus.onInterest()
    return this.pools.get(group) ?? null
  }

  private specOf(group: string): ListenerSpec | null {
    for (const { spec } of this.ports.fleet.groups.get(group)?.procs.values() ?? []) if (spec.listener !== undefined) return spec.listener
    return null
  }

  private arrive({ group, name }: StateEvent): void {
    const pool = this.follow(group)
    if (pool === null || this.ports.fleet.groups.get(group)?.procs.get(name)?.spec.listener === undefined) return
    this.overflowed(pool, [pool.admit(name)])
    this.changed(pool)
  }

  private depart({ group, name, to }: StateEvent): void {
    const pool = this.pools.get(group)
    if (pool === undefined) return
    const ended = to === 'BACKOFF' || (isStopped(to) && to !== 'UNKNOWN')
    if (ended && pool.listeners.has(name)) this.overflowed(pool, [pool.dismiss(name)])
    this.changed(pool)
  }

  /** Goes on with the pool of a group that an earlier master had. */
  private restore(group: string): void {
    const pool = this.follow(group)
    if (pool === null) return
    const remembered = this.ports.records.load(group)
    if (remembered !== null) this.serial = Math.max(this.serial, remembered.serial)
    const members = this.ports.fleet.groups.get(group)?.procs.values() ?? []
    for (const proc of restorePool(pool, remembered, members)) this.watch(pool, proc)
    this.changed(pool)
  }

  /** What it last said may have died with the earlier master: when it stays silent, its event is sent once more. */
  private watch(pool: Pool, proc: Proc): void {
    const listener = pool.listeners.get(proc.name)
    const cancel = this.ports.clock.after(patience, () => {
      this.alarms.delete(cancel)
      if (listener === undefined || pool.listeners.get(proc.name) !== listener) return
      const event = listener.doubt()
      this.changed(pool)
      if (event !== null) this.send(pool, { to: proc.name, event })
    })
    this.alarms.add(cancel)
  }

  private able(pool: Pool): string[] {
    const procs = this.ports.fleet.groups.get(pool.name)?.procs.values() ?? []
    return [...procs].filter((proc) => proc.state === 'RUNNING' && this.ports.streams.get(proc) !== undefined).map(({ name }) => name)
  }

  private send(pool: Pool, { to, event }: Delivery): void {
    const proc = this.ports.fleet.groups.get(pool.name)?.procs.get(to)
    const listener = pool.listeners.get(to)
    const streams = proc === undefined ? undefined : this.ports.streams.get(proc)
    if (streams === undefined || listener === undefined) return
    streams.sendStdin(envelopeText(event, this.ports.identifier, pool.name)).catch((error: unknown) => {
      if (listener.event !== event) return
      this.tell(to, { type: 'violated', event: listener.end(), why: `its event could not be sent: ${(error as Error).message}` })
      this.overflowed(pool, [pool.reclaim(event)])
      this.changed(pool)
    })
  }

  private changed(pool: Pool): void {
    this.saves.mark(pool)
    if (this.pumping) return
    this.pumping = true
    queueMicrotask(() => {
      if (this.pumping) this.pump()
    })
  }

  private overflowed(pool: Pool, discarded: readonly (Envelope | null)[]): void {
    for (const event of discarded) if (event !== null) this.ports.log.error(`pool ${pool.name} event buffer overflowed, discarding event ${String(event.serial)}`)
  }

  /** In supervisord's words, where it has some. */
  private tell(name: string, heard: Heard): void {
    const { log } = this.ports
    switch (heard.type) {
      case 'ready':
        return log.debug(`${name}: is ready for an event`)
      case 'accepted':
      case 'unanswered':
        return log.debug(`${name}: event ${String(heard.event.serial)} was ${heard.type}`)
      case 'rejected':
        return log.warn(`${name}: event was rejected`)
      case 'violated':
        if (heard.event === null) log.debug(`${name}: ${heard.why}`)
        else log.warn(`${name}: ${heard.why}`)
        log.warn(`${name}: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol`)
    }
  }
}
