/** A clock that a test moves by hand. */
import type { Clock } from '../../../src/core/ports.ts'

interface Alarm {
  readonly at: number
  readonly callback: () => void
}

export class HandClock implements Clock {
  private now = 0
  private alarms: Alarm[] = []

  monotonic(): number {
    return this.now
  }

  wall(): number {
    return 1_700_000_000_000 + this.now
  }

  after(delay: number, callback: () => void): () => void {
    const alarm = { at: this.now + delay, callback }
    this.alarms.push(alarm)
    return () => {
      this.alarms = this.alarms.filter((other) => other !== alarm)
    }
  }

  /** Milliseconds until each armed alarm. */
  get armed(): number[] {
    return this.alarms.map((alarm) => alarm.at - this.now).sort((a, b) => a - b)
  }

  advance(milliseconds: number): void {
    this.now += milliseconds
    for (;;) {
      const due = this.alarms.filter((alarm) => alarm.at <= this.now).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) return
      this.alarms = this.alarms.filter((alarm) => alarm !== due)
      due.callback()
    }
  }
}
