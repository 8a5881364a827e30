/**
 * Watches adopted processes, and those that a launcher has made (MAINPID), which are nobody's children here: by their start time, twice a second while there are
 * any, and at once when somebody has a hint.
 */
import type { Pid } from '../core/model.ts'
import type { Clock, Processes } from '../core/ports.ts'
import { isSame } from '../core/proc.ts'
import type { Proc } from '../core/proc.ts'

/** Milliseconds between two looks. */
const period = 500

export class AdoptedWatch {
  private readonly watched = new Map<Proc, Pid>()
  private cancelAlarm: (() => void) | null = null
  private readonly clock: Clock
  private readonly processes: Processes
  private readonly onGone: (proc: Proc, id: Pid) => void

  constructor(clock: Clock, processes: Processes, onGone: (proc: Proc, id: Pid) => void) {
    this.clock = clock
    this.processes = processes
    this.onGone = onGone
  }

  add(proc: Proc, id: Pid): void {
    this.watched.set(proc, id)
    if (this.cancelAlarm === null) this.arm()
  }

  /** Looks now: called by the timer, and whenever something hints at an end. */
  look(): void {
    for (const [proc, id] of this.watched) {
      if (!isSame(id, proc.id)) this.watched.delete(proc)
      else if (!this.processes.isAlive(id)) {
        this.watched.delete(proc)
        this.onGone(proc, id)
      }
    }
    this.close()
    if (this.watched.size > 0) this.arm()
  }

  close(): void {
    this.cancelAlarm?.()
    this.cancelAlarm = null
  }

  private arm(): void {
    this.cancelAlarm = this.clock.after(period, () => {
      this.look()
    })
  }
}
