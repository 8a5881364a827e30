/**
 * What the pools of event listeners leave on disk for the next master: one small file per pool with the state of each
 * listener and the order of what waits, and one file per event, written once. No behaviour: see listeners.ts.
 */
import { join } from 'node:path'
import * as z from 'zod'
import type { Envelope } from '../core/envelope.ts'
import type { ListenerRecord } from '../core/listener.ts'
import { eventTypeOf } from '../core/supervisor-events.ts'
import type { RecordStore } from './snapshot.ts'

const listenerSchema = z.object({
  name: z.string(),
  /** The spawn of the process that this is about. */
  incarnation: z.int(),
  state: z.enum(['ACKNOWLEDGED', 'READY', 'BUSY', 'UNKNOWN']),
  busyWith: z.int().nullable(),
  pending: z.string(),
  result: z.object({ left: z.int(), size: z.int(), head: z.string() }).nullable(),
  strays: z.int(),
  unsure: z.boolean(),
})

const poolSchema = z.object({
  version: z.literal(1),
  bootId: z.string(),
  /** The master ended in order: nothing is newer than this. */
  orderly: z.boolean(),
  /** The next serials. */
  serial: z.int(),
  nextSerial: z.int(),
  /** Serials in the pool of what waits. */
  buffer: z.array(z.int()),
  listeners: z.array(listenerSchema),
})

const envelopeSchema = z.object({ serial: z.int(), poolSerial: z.int(), type: z.string(), payload: z.string() })

export type ListenerEntry = ListenerRecord & { readonly name: string; readonly incarnation: number }

/** A pool as it is written. */
export interface PoolRecord {
  readonly orderly: boolean
  readonly serial: number
  readonly nextSerial: number
  readonly buffer: readonly number[]
  readonly listeners: readonly ListenerEntry[]
}

export interface RememberedPool extends PoolRecord {
  /** By serial in the pool. */
  readonly events: ReadonlyMap<number, Envelope>
}

export class ListenerRecords {
  private readonly root: string
  private readonly bootId: string
  private readonly store: RecordStore
  /** Serials of the events of each pool that are on disk. */
  private readonly written = new Map<string, Set<number>>()

  constructor(at: { readonly runDir: string; readonly bootId: string }, store: RecordStore) {
    this.root = join(at.runDir, 'e')
    this.bootId = at.bootId
    this.store = store
  }

  /** Writes a pool: new events first, then what names them; then removes events that nobody needs. An errno name, or `null`. */
  save(pool: string, record: PoolRecord, events: readonly Envelope[]): string | null {
    const folder = this.folder(pool)
    const written = this.written.get(pool) ?? new Set<number>()
    this.written.set(pool, written)
    for (const event of events) {
      if (written.has(event.poolSerial)) continue
      const errno = this.store.write(join(folder, eventFile(event.poolSerial)), JSON.stringify(event))
      if (errno !== null) return errno
      written.add(event.poolSerial)
    }
    const errno = this.store.write(join(folder, 'pool.json'), JSON.stringify({ version: 1, bootId: this.bootId, ...record }))
    if (errno !== null) return errno
    const needed = new Set(events.map((event) => event.poolSerial))
    for (const serial of written) {
      if (needed.has(serial)) continue
      this.store.removeFile(join(folder, eventFile(serial)))
      written.delete(serial)
    }
    return null
  }

  /** What the last master left of this pool, in the life of this kernel; `null` when there is nothing that can be used. */
  load(pool: string): RememberedPool | null {
    const folder = this.folder(pool)
    const record = poolSchema.safeParse(parse(this.store.read(join(folder, 'pool.json')))).data
    if (record?.bootId !== this.bootId) return null
    const events = new Map<number, Envelope>()
    const busy = record.listeners.flatMap(({ busyWith }) => busyWith ?? [])
    for (const serial of [...record.buffer, ...busy]) {
      const event = asEnvelope(parse(this.store.read(join(folder, eventFile(serial)))))
      if (event !== null) events.set(serial, event)
    }
    this.written.set(pool, new Set(this.store.list(folder).flatMap((name) => serialOf(name) ?? [])))
    return { ...record, events }
  }

  forget(pool: string): void {
    this.written.delete(pool)
    this.store.remove(this.folder(pool))
  }

  /** Removes all; `serial`, where given, is what the next session of this master goes on with. */
  clear(serial: number | null): void {
    for (const name of this.store.list(this.root)) this.store.remove(join(this.root, name))
    this.written.clear()
    if (serial !== null) this.store.write(join(this.root, 'next.json'), JSON.stringify({ version: 1, bootId: this.bootId, serial }))
  }

  /** Names of the pools that the last master left, and the serial that it went on from. */
  remembered(): { readonly pools: readonly string[]; readonly serial: number } {
    const next = z.object({ bootId: z.literal(this.bootId), serial: z.int() }).safeParse(parse(this.store.read(join(this.root, 'next.json'))))
    const pools = this.store.list(this.root).filter((name) => name !== 'next.json').flatMap((name) => decoded(name) ?? [])
    return { pools, serial: next.data?.serial ?? 0 }
  }

  private folder(pool: string): string {
    return join(this.root, encodeURIComponent(pool))
  }
}

function eventFile(serial: number): string {
  return `event-${String(serial)}.json`
}

function serialOf(name: string): number | null {
  const digits = /^event-(\d+)\.json$/.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

function decoded(name: string): string | null {
  try {
    return decodeURIComponent(name)
  } catch {
    return null // no name that nsup gave
  }
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function asEnvelope(value: unknown): Envelope | null {
  const read = envelopeSchema.safeParse(value).data
  const type = read === undefined ? undefined : eventTypeOf(read.type)
  return read === undefined || type === undefined ? null : { ...read, type }
}
