/** Goes on with a pool as an earlier master left it: its buffer, and those of its listeners that still run. */
import type { Envelope } from '../core/envelope.ts'
import { Listener } from '../core/listener.ts'
import type { ListenerRecord } from '../core/listener.ts'
import type { Pool } from '../core/pool.ts'
import type { Proc } from '../core/proc.ts'
import type { RememberedPool } from './listener-records.ts'

/** Of a listener nothing is known: it may be about to say READY, or wait for an event already. */
const unknown: ListenerRecord = { state: 'ACKNOWLEDGED', busyWith: null, pending: '', result: null, strays: 0, unsure: true }

/** Fills the pool. Returns the listeners whose state is not known for sure. */
export function restorePool(pool: Pool, remembered: RememberedPool | null, members: Iterable<Proc>): Proc[] {
  const unsure: Proc[] = []
  const held = new Set<number>()
  for (const proc of members) {
    if (proc.id === null || proc.spec.listener === undefined) continue
    const entry = remembered?.listeners.find(({ name, incarnation }) => name === proc.name && incarnation === proc.incarnation)
    const event = entry === undefined ? null : busyWith(entry, remembered)
    if (event !== null) held.add(event.poolSerial)
    const sure = entry !== undefined && remembered?.orderly === true && !entry.unsure
    pool.listeners.set(proc.name, Listener.restored(entry ?? unknown, event, sure))
    if (!sure) unsure.push(proc)
  }
  if (remembered === null) return unsure
  // Who was busy and is gone has not accepted its event.
  const lost = remembered.listeners.flatMap((entry) => busyWith(entry, remembered) ?? []).filter(({ poolSerial }) => !held.has(poolSerial))
  lost.sort((a, b) => a.poolSerial - b.poolSerial)
  pool.nextSerial = remembered.nextSerial
  pool.buffer.push(...lost, ...remembered.buffer.flatMap((serial) => remembered.events.get(serial) ?? []))
  return unsure
}

function busyWith(entry: ListenerRecord, remembered: RememberedPool | null): Envelope | null {
  return entry.busyWith === null ? null : (remembered?.events.get(entry.busyWith) ?? null)
}
