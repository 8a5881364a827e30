/**
 * Gives every event its serial and time and hands it to whoever listens. A listener that throws harms nobody else.
 * Keeps the last events for who asks later, but nothing that is large or comes by the clock.
 */
import type { EventBody, MasterEvent } from '../core/events.ts'
import type { Clock } from '../core/ports.ts'

export type EventListener = (event: MasterEvent) => void
export type Wants = (type: MasterEvent['type']) => boolean

const keptMax = 200

export class Bus {
  /** Called when somebody begins or ceases to listen. */
  onInterest: () => void = () => undefined
  private serial = 0
  private readonly listeners = new Map<EventListener, Wants>()
  private kept: MasterEvent[] = []
  private readonly clock: Clock
  private readonly onError: (error: unknown) => void

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.clock = clock
    this.onError = onError
  }

  publish(body: EventBody): void {
    this.serial += 1
    const event: MasterEvent = { ...body, serial: this.serial, at: this.clock.wall() }
    this.keep(event)
    for (const [listener, wants] of this.listeners) {
      try {
        if (wants(event.type)) listener(event)
      } catch (error) {
        this.onError(error)
      }
    }
  }

  /** Calls `listener` for each event from now on that it wants; the returned function ends that. */
  subscribe(listener: EventListener, wants: Wants = () => true): () => void {
    this.listeners.set(listener, wants)
    this.onInterest()
    return () => {
      if (this.listeners.delete(listener)) this.onInterest()
    }
  }

  /** True if somebody wants such events: to be asked before one is made that costs something. */
  isWanted(type: MasterEvent['type']): boolean {
    for (const wants of this.listeners.values()) if (wants(type)) return true
    return false
  }

  /** The last events, oldest first, at most 200. */
  recent(): readonly MasterEvent[] {
    return this.kept.slice(-keptMax)
  }

  private keep(event: MasterEvent): void {
    if (event.type === 'process.log' || event.type === 'process.communication' || event.type === 'remote.communication') return
    if (event.type.startsWith('tick.') || event.type.startsWith('message.')) return
    this.kept.push(event)
    if (this.kept.length >= 2 * keptMax) this.kept = this.kept.slice(-keptMax)
  }
}
