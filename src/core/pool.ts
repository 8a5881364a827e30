/**
 * The pool of one listener group (section 12.2 of supervisord's contract): events wait in order until a member is
 * ready, the oldest gives way when there are too many, and what was not accepted returns to the head with the same
 * serials. Which member may get something is asked of others; nothing is sent here.
 */
import type { Envelope } from './envelope.ts'
import { Listener } from './listener.ts'
import type { Heard } from './listener.ts'
import type { ListenerSpec } from './spec.ts'
import type { SupervisorEvent } from './supervisor-events.ts'
import { isSubscribed } from './supervisor-events.ts'

export interface Delivery {
  readonly to: string
  readonly event: Envelope
}

export class Pool {
  readonly name: string
  spec: ListenerSpec
  /** What waits, oldest first. */
  readonly buffer: Envelope[] = []
  /** By process name. */
  readonly listeners = new Map<string, Listener>()
  /** The next serial of the pool. */
  nextSerial = 0

  constructor(name: string, spec: ListenerSpec) {
    this.name = name
    this.spec = spec
  }

  wants(event: SupervisorEvent): boolean {
    return isSubscribed(this.spec.events, event.type)
  }

  /** Takes an event that it wants; gives back the one that had to give way. */
  accept(event: SupervisorEvent, serial: number): Envelope | null {
    const discarded = this.#makeRoom()
    this.buffer.push({ serial, poolSerial: this.nextSerial, type: event.type, payload: event.payload })
    this.nextSerial += 1
    return discarded
  }

  /** An event that was not accepted is the next one again; gives back the one that had to give way. */
  reclaim(event: Envelope): Envelope | null {
    const discarded = this.#makeRoom()
    this.buffer.unshift(event)
    return discarded
  }

  /** A member begins anew. */
  admit(process: string): Envelope | null {
    const discarded = this.dismiss(process)
    this.listeners.set(process, new Listener())
    return discarded
  }

  /** A member is gone; what it was busy with is the next event again. Gives back the one that had to give way. */
  dismiss(process: string): Envelope | null {
    const event = this.listeners.get(process)?.end() ?? null
    this.listeners.delete(process)
    return event === null ? null : this.reclaim(event)
  }

  /** What a member wrote; what it refused is the next event again. */
  hear(process: string, chunk: Uint8Array): { readonly heard: readonly Heard[]; readonly discarded: readonly Envelope[] } {
    const heard = this.listeners.get(process)?.hear(chunk) ?? []
    const discarded = heard.flatMap((one) => {
      if (one.type === 'ready' || one.type === 'accepted' || one.event === null) return []
      return this.reclaim(one.event) ?? []
    })
    return { heard, discarded }
  }

  /** Gives what waits to who is ready, the oldest first, to the first of `members` that may get it. */
  dispatch(members: readonly string[]): Delivery[] {
    const deliveries: Delivery[] = []
    for (const to of members) {
      const listener = this.listeners.get(to)
      if (listener?.state !== 'READY') continue
      const event = this.buffer.shift()
      if (event === undefined) break
      listener.send(event)
      deliveries.push({ to, event })
    }
    return deliveries
  }

  /** True when none of `members` is at work on an event, and none will ask for what waits. */
  isQuiet(members: readonly string[]): boolean {
    return members.every((name) => {
      const state = this.listeners.get(name)?.state ?? 'UNKNOWN'
      return state === 'UNKNOWN' || (state !== 'BUSY' && this.buffer.length === 0)
    })
  }

  #makeRoom(): Envelope | null {
    return this.buffer.length >= this.spec.bufferSize ? (this.buffer.shift() ?? null) : null
  }
}
