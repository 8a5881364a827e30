/**
 * The lull at a shutdown, before event listeners are stopped: they are to hear how the others ended. supervisord gives
 * it by chance, since it looks around once a second; here it lasts until they are quiet, and no longer than that second.
 */
import type { Clock } from '../core/ports.ts'
import type { Listeners } from './listeners.ts'

/** Milliseconds. */
const patience = 1000

export class Lull {
  private readonly clock: Clock
  private readonly listeners: Pick<Listeners, 'isQuiet' | 'onQuiet'>
  private readonly over: () => void
  private cancel: (() => void) | null = null

  constructor(clock: Clock, listeners: Pick<Listeners, 'isQuiet' | 'onQuiet'>, over: () => void) {
    this.clock = clock
    this.listeners = listeners
    this.over = over
  }

  /** Lets it begin, unless it has begun; calls back later, never at once. */
  begin(): void {
    if (this.cancel !== null) return
    this.cancel = this.clock.after(patience, () => {
      this.end()
    })
    this.listeners.onQuiet = () => {
      this.end()
    }
    queueMicrotask(() => {
      if (this.listeners.isQuiet()) this.end()
    })
  }

  close(): void {
    this.cancel?.()
    this.cancel = null
    this.listeners.onQuiet = null
  }

  private end(): void {
    if (this.cancel === null) return
    this.close()
    this.over()
  }
}
