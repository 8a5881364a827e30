/**
 * A worker that takes jobs and drains well: asks for the next job, carries it out, and ends on TERM, INT or QUIT when
 * what it has in hand is done. What goes wrong in a job or while taking one is said, and the worker lives on.
 */
import { answerHealth, LoopDelay, processBasics } from './account.ts'
import type { Health } from './account.ts'
import { JobsInHand } from './in-hand.ts'
import { aCount, aFunction, aShare, aTime, checkOptions } from './options.ts'
import { report } from './report.ts'
import { errorFields, say } from './say.ts'
import type { Fields } from './say.ts'
import { shutdown } from './shutdown.ts'
import type { Shutdown } from './shutdown.ts'
import { retryDelay, sleepUntil, Turns } from './waiting.ts'

/** What every function of the worker is given. */
export interface WorkerContext {
  /** Aborted when the worker is asked to stop. A job in hand may go on until it is done: give this to what may be cut short only. */
  readonly signal: AbortSignal
  /** Waits so many milliseconds; wakes at once when the worker is asked to stop. Resolves with true if the time has passed. */
  sleep(ms: number): Promise<boolean>
  /** Writes a line of JSON to stdout. */
  log(message: string, fields?: Fields): void
}

export interface WorkerOptions<Job> {
  /** Takes one job from wherever jobs come from; null or undefined: there is none now. Never called twice at a time. */
  readonly next: (context: WorkerContext) => Job | null | undefined | Promise<Job | null | undefined>
  /** Carries out one job. */
  readonly process: (job: Job, context: WorkerContext) => unknown
  /** What a job is called in the log and in `nsup status`. Default: the job if it is a text or number, else its id, else its number. */
  readonly jobId?: (job: Job) => string | number
  /** How many jobs at a time at most. Default: 1. */
  readonly concurrency?: number
  /** Milliseconds until the next look when there was no job. Default: 1000. */
  readonly idleSleep?: number
  /** After so many jobs the worker ends, as planned, and is started again. Default: never. */
  readonly maxJobs?: number
  /** 0 to 1: so much of `maxJobs` more or less, so that not all workers end together. Default: 0.1. */
  readonly maxJobsJitter?: number
  /** Milliseconds for the jobs in hand, from the signal on; then the exit code is 1. Keep it below `stopwaitsecs`. Default: 30000. */
  readonly shutdownTimeout?: number
  /** Adds to the account that is given on SIGUSR1. */
  readonly health?: Health
  /** Before the first job; the worker is ready when it is done. An error in it ends the worker. */
  readonly onStart?: (context: WorkerContext) => unknown
  /** After the last job. */
  readonly onStop?: (context: WorkerContext) => unknown
}

const rows = {
  next: aFunction, process: aFunction, jobId: aFunction, concurrency: aCount, idleSleep: aTime, maxJobs: aCount, maxJobsJitter: aShare,
  shutdownTimeout: aTime, health: aFunction, onStart: aFunction, onStop: aFunction,
} as const

/** setTimeout knows no more; nothing else may keep a worker alive that waits for a promise. */
const forever = 2_147_483_647

/**
 * Runs until the worker is asked to stop, and then ends the process: exit code 0 when all is done, 1 when not. Never resolves.
 * Throws a TypeError for options that make no sense.
 * @example runWorker({ next: () => queue.take(), process: (job, { sleep }) => handle(job) })
 */
export function runWorker<Job>(options: WorkerOptions<Job>): Promise<never> {
  checkOptions('runWorker', options, rows, ['next', 'process'])
  const worker = new Worker(options, shutdown)
  shutdown.join(worker)
  answerHealth(() => worker.account(), options.health)
  void worker.run()
  return new Promise(() => { setInterval(() => undefined, forever) })
}

class Worker<Job> {
  readonly timeout: number
  readonly #options: WorkerOptions<Job>
  readonly #shutdown: Shutdown
  readonly #context: WorkerContext
  readonly #hand: JobsInHand
  readonly #delay = new LoopDelay()
  readonly #jobsLeft: () => number
  #started = false
  #taken = 0
  #asksForJob = false
  #over: () => void = () => undefined
  readonly #ended = new Promise<void>((resolve) => (this.#over = resolve))

  constructor(options: WorkerOptions<Job>, end: Shutdown) {
    this.#options = options
    this.#shutdown = end
    this.timeout = options.shutdownTimeout ?? 30_000
    this.#context = { signal: end.signal, sleep: (ms) => sleepUntil(ms, end.signal), log: say }
    this.#hand = new JobsInHand((busy) => { this.#delay.watch(busy) })
    const { maxJobs, maxJobsJitter = 0.1 } = options
    const limit = maxJobs === undefined ? Infinity : Math.max(1, Math.round(maxJobs * (1 + maxJobsJitter * (2 * Math.random() - 1))))
    this.#jobsLeft = () => limit - this.#taken
  }

  isProcessing(): boolean {
    return this.#hand.size > 0
  }

  processed(): number {
    return this.#hand.processed
  }

  left(): Fields {
    return { jobs_left: this.#hand.list(), ...(this.#asksForJob && { waits_for: 'next() to return' }) }
  }

  /** The loop sees the signal by itself. */
  async drain(): Promise<void> {
    await this.#ended
    if (this.#started) await this.#options.onStop?.(this.#context)
  }

  account(): Fields {
    const { processed, failed, lastActivity } = this.#hand
    const [first] = this.#hand.list()
    const delay = this.#delay.take()
    return {
      processed_count: processed,
      failed_count: failed,
      is_processing: this.isProcessing(),
      current_job: first?.job ?? null,
      current_job_since: first?.since ?? null,
      jobs_in_hand: this.#hand.size,
      last_activity: lastActivity,
      ...processBasics(),
      event_loop_delay_ms: delay.mean,
      event_loop_delay_max_ms: delay.max,
    }
  }

  async run(): Promise<void> {
    report.heartbeat()
    try {
      await this.#options.onStart?.(this.#context)
    } catch (error) {
      return this.#shutdown.fail('Worker could not start', errorFields(error))
    }
    this.#started = true
    say('Worker started', { pid: process.pid })
    report.ready()
    await this.#takeJobs()
    await this.#hand.empty()
    this.#over()
  }

  async #takeJobs(): Promise<void> {
    const { concurrency = 1, idleSleep = 1000 } = this.#options
    const { signal } = this.#shutdown
    const turns = new Turns()
    let failures = 0
    while (!signal.aborted) {
      if (this.#jobsLeft() <= 0) return this.#recycle()
      if (this.#hand.size >= concurrency) await this.#hand.oneLess()
      if (signal.aborted) return
      await turns.giveOthersTheirs()
      try {
        const job = await this.#ask()
        failures = 0
        // It has been taken, so it is done, also if somebody has asked to stop meanwhile.
        if (job !== null && job !== undefined) this.#begin(job)
        else await sleepUntil(idleSleep, signal)
      } catch (error) {
        if (signal.aborted && (error as Partial<Error> | null)?.name === 'AbortError') return
        failures += 1
        const wait = retryDelay(failures)
        say('Worker cannot take a job', { ...errorFields(error), pid: process.pid, retry_in_ms: wait })
        await sleepUntil(wait, signal)
      }
    }
  }

  async #ask(): Promise<Job | null | undefined> {
    this.#asksForJob = true
    try {
      return await this.#options.next(this.#context)
    } finally {
      this.#asksForJob = false
    }
  }

  #begin(job: Job): void {
    this.#taken += 1
    void this.#hand.run(this.#nameOf(job) ?? `#${String(this.#taken)}`, () => this.#options.process(job, this.#context))
  }

  /** What a job is called; `undefined`: it has no name. That is no reason to lose it. */
  #nameOf(job: Job): string | undefined {
    const { jobId } = this.#options
    try {
      const named: unknown = jobId === undefined ? job : jobId(job)
      const id: unknown = typeof named === 'object' && named !== null && 'id' in named ? named.id : named
      return typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint' ? String(id) : undefined
    } catch (error) {
      say('Worker cannot name a job', { ...errorFields(error), pid: process.pid })
      return undefined
    }
  }

  #recycle(): void {
    const reason = `after ${String(this.#taken)} jobs`
    this.#shutdown.recycle(reason)
  }
}

