/** Gives every event its serial and time and hands it to whoever listens. A listener that throws harms nobody else. */
import type { EventBody, MasterEvent } from '../core/events.ts'
import type { Clock } from '../core/ports.ts'

export type EventListener = (event: MasterEvent) => void

export class Bus {
  private serial = 0
  private readonly listeners = new Set<EventListener>()
  private readonly clock: Clock
  private readonly onError: (error: unknown) => void

  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.clock = clock
    this.onError = onError
  }

  publish(body: EventBody): void {
    this.serial += 1
    const event: MasterEvent = { ...body, serial: this.serial, at: this.clock.wall() }
    for (const listener of this.listeners) {
      try {
        listener(event)
      } catch (error) {
        this.onError(error)
      }
    }
  }

  /** Calls `listener` for each event from now on; the returned function ends that. */
  subscribe(listener: EventListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}
