/**
 * Watches adopted processes, which are nobody's children here: by their start time, twice a second while there are
 * any, and at once when somebody has a hint.
 */
import type { Pid } from '../core/model.ts'
import type { Processes } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'

export class AdoptedWatch {
  private readonly watched = new Map<Proc, Pid>()
  private timer: NodeJS.Timeout | null = null
  private readonly processes: Processes
  private readonly onGone: (proc: Proc) => void

  constructor(processes: Processes, onGone: (proc: Proc) => void) {
    this.processes = processes
    this.onGone = onGone
  }

  add(proc: Proc, id: Pid): void {
    this.watched.set(proc, id)
    this.timer ??= setInterval(() => {
      this.look()
    }, 500)
  }

  /** Looks now: called by the timer, and whenever something hints at an end. */
  look(): void {
    for (const [proc, id] of this.watched) {
      if (proc.id?.pid !== id.pid) this.watched.delete(proc)
      else if (!this.processes.isAlive(id)) {
        this.watched.delete(proc)
        this.onGone(proc)
      }
    }
    if (this.watched.size === 0) this.close()
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
  }
}
