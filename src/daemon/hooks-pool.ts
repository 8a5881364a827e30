/**
 * Lets at most so many jobs run at once, and never two of one key; the others wait in order, up to a bound. What a job
 * is, and how it ends, is the affair of who adds it.
 */

export interface Job {
  /** Two jobs of one key run one after the other. */
  readonly key: string
  /** Begins; calls `done` once, never before it has returned. */
  readonly run: (done: () => void) => void
}

export class HookPool {
  /** Called when the last job has ended. */
  onIdle: () => void = () => undefined
  private readonly max: number
  private readonly waitingMax: number
  private readonly running = new Set<string>()
  private waiting: Job[] = []

  constructor(max: number, waitingMax: number) {
    this.max = max
    this.waitingMax = waitingMax
  }

  get idle(): boolean {
    return this.running.size === 0 && this.waiting.length === 0
  }

  /** False: too many wait already, it is dropped. */
  add(job: Job): boolean {
    if (this.waiting.length >= this.waitingMax) return false
    this.waiting.push(job)
    this.look()
    return true
  }

  /** Forgets who waits; returns how many. */
  clear(): number {
    const { length } = this.waiting
    this.waiting = []
    return length
  }

  private look(): void {
    while (this.running.size < this.max) {
      const at = this.waiting.findIndex(({ key }) => !this.running.has(key))
      const [job] = at < 0 ? [] : this.waiting.splice(at, 1)
      if (job === undefined) break
      this.running.add(job.key)
      job.run(() => {
        this.running.delete(job.key)
        this.look()
        if (this.idle) this.onIdle()
      })
    }
  }
}
