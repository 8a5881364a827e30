/** The jobs that a worker has in hand: which, since when, how they ended. Tells the master what is in hand. */
import { firstOf } from '../lib/listing.ts'
import { atWork } from './at-work.ts'
import { errorFields, say } from './say.ts'

export interface InHand {
  readonly job: string
  /** ISO time. */
  readonly since: string
}

/** In the log and to the master not more are named. */
const namedMax = 10

export class JobsInHand {
  readonly #jobs = new Map<symbol, { readonly job: string; readonly since: number }>()
  readonly #onBusy: (busy: boolean) => void
  #waiting: (() => void)[] = []
  #lastActivity = 0
  #saidIdle = true
  #pauses = false
  processed = 0
  failed = 0

  /** `onBusy`: called when the first job comes in hand, and when the last one has been done and no other has come at once. */
  constructor(onBusy: (busy: boolean) => void) {
    this.#onBusy = onBusy
  }

  get size(): number {
    return this.#jobs.size
  }

  /** ISO time of the last job's end; null: none yet. */
  get lastActivity(): string | null {
    return this.#lastActivity === 0 ? null : new Date(this.#lastActivity).toISOString()
  }

  /** Oldest first, at most ten. */
  list(): InHand[] {
    return [...this.#jobs.values()].slice(0, namedMax).map(({ job, since }) => ({ job, since: new Date(since).toISOString() }))
  }

  /** Carries out a job; what it throws is said and counted. */
  async run(job: string, work: () => unknown): Promise<void> {
    const key = Symbol(job)
    const follows = this.size === 0 && !this.#saidIdle
    this.#jobs.set(key, { job, since: Date.now() })
    if (this.#saidIdle) this.#onBusy(true)
    this.#saidIdle = false
    this.#tell(follows)
    try {
      await work()
      this.processed += 1
    } catch (error) {
      this.failed += 1
      say('Job failed', { job, pid: process.pid, ...errorFields(error) })
    } finally {
      this.#jobs.delete(key)
      this.#lastActivity = Date.now()
      this.#wake()
    }
  }

  /** Resolves when a job has ended. */
  oneLess(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Resolves when nothing is in hand. */
  async empty(): Promise<void> {
    while (this.size > 0) await this.oneLess()
    this.#tellIdle()
  }

  /** A job that follows at once is told in one word with the pause between the two: half as much for the master to read. */
  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
    if (this.size > 0) this.#tell()
    else if (!this.#pauses) setImmediate(() => { this.#tellIdle() })
    this.#pauses ||= this.size === 0
  }

  #tellIdle(): void {
    this.#pauses = false
    if (this.size > 0 || this.#saidIdle) return
    this.#saidIdle = true
    atWork.tell('jobs', null)
    this.#onBusy(false)
  }

  #tell(done = false): void {
    atWork.tell('jobs', firstOf([...this.#jobs.values()].map(({ job }) => job), namedMax), done)
  }
}
