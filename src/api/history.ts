/**
 * The ledger as it is read: what one line may say, and what follows from all of them for a period: how long each
 * process was up of the time that it was to be, and how often it failed. Pure. daemon/ledger.ts writes the lines.
 */
import * as z from 'zod'

/** One line of the ledger. Times are epoch milliseconds, durations milliseconds. */
export const ledgerEntry = z.object({
  at: z.number(),
  type: z.enum(['master', 'config', 'start', 'up', 'stop', 'exit', 'failed', 'gave up', 'signal', 'health', 'run', 'log', 'survivors', 'other'])
    .meta({ description: 'start: it is being started; up: it is RUNNING; failed: a start has failed; exit: an incarnation has ended; run: slots of a job were skipped, or wait' }),
  /** `group:name`; absent for what concerns the master. */
  process: z.string().optional(),
  pid: z.int().optional(),
  incarnation: z.int().optional(),
  /** Who caused it. */
  by: z.string().optional(),
  /** Why, or what. */
  reason: z.string().optional(),
  code: z.int().optional(),
  signal: z.string().optional(),
  uptime: z.number().optional(),
  /** Of an exit: nobody had asked for it and the code is none that is expected, or it was stopped because it was not well. */
  failure: z.boolean().optional(),
  /** Of an exit or a stop: it is not to come back by itself. */
  rests: z.boolean().optional(),
  healthy: z.boolean().optional(),
  oom: z.boolean().optional(),
})

export type LedgerEntry = z.infer<typeof ledgerEntry>

/** As daemon/ledger.ts notes it. */
const removedGroup = /^removed group (.+)$/

/** How a process fared in a period. */
export interface Account {
  readonly process: string
  readonly starts: number
  readonly failures: number
  /** Milliseconds in RUNNING. */
  readonly up: number
  /** Milliseconds in which it was to run and was not RUNNING. */
  readonly down: number
  /** 0 to 1; `null` when it was never to run. */
  readonly availability: number | null
  /** Mean time between failures: time up per failure, milliseconds; `null` without a failure. */
  readonly mtbf: number | null
}

interface Tally {
  starts: number
  failures: number
  up: number
  down: number
  /** What it has been doing, and since when. */
  doing: 'up' | 'down' | 'resting'
  since: number
}

/** Reckons over entries in their order. What came before the period only says how things stood at its beginning. */
export class Reckoning {
  readonly #from: number
  readonly #tallies = new Map<string, Tally>()

  /** `from`: the beginning of the period, epoch milliseconds. */
  constructor(from: number) {
    this.#from = from
  }

  add(entry: LedgerEntry): void {
    const { process, at } = entry
    if (process === undefined) {
      this.#forget(entry)
      return
    }
    const doing = doingAfter(entry)
    if (doing === undefined) return
    // Time before the period is not counted: nothing begins before it.
    const when = Math.max(at, this.#from)
    const tally = this.#tallies.get(process) ?? { starts: 0, failures: 0, up: 0, down: 0, doing: 'resting', since: when }
    this.#tallies.set(process, tally)
    settle(tally, when)
    tally.doing = doing
    if (at < this.#from) return
    if (entry.type === 'start') tally.starts += 1
    if (entry.type === 'failed' || entry.failure === true) tally.failures += 1
  }

  /** What was taken out of the config is not to run any more, whatever state it was in. */
  #forget({ at, type, reason = '' }: LedgerEntry): void {
    const group = type === 'config' ? removedGroup.exec(reason)?.[1] : undefined
    if (group === undefined) return
    for (const [process, tally] of this.#tallies) {
      if (process !== group && !process.startsWith(`${group}:`)) continue
      settle(tally, Math.max(at, this.#from))
      tally.doing = 'resting'
    }
  }

  /** How each process fared until `to`, by name. */
  accounts(to: number): Account[] {
    return [...this.#tallies].sort(([a], [b]) => (a < b ? -1 : 1)).map(([process, tally]) => {
      settle(tally, Math.max(to, this.#from))
      const { starts, failures, up, down } = tally
      const all = up + down
      return { process, starts, failures, up, down, availability: all === 0 ? null : up / all, mtbf: failures === 0 ? null : up / failures }
    })
  }
}

/** What a process does after an entry; `undefined`: that entry says nothing of it. */
function doingAfter(entry: LedgerEntry): Tally['doing'] | undefined {
  switch (entry.type) {
    case 'up':
      return 'up'
    case 'start':
    case 'failed':
    case 'gave up':
      return 'down'
    case 'exit':
      return entry.rests === true ? 'resting' : 'down'
    case 'stop':
      return entry.rests === true ? 'resting' : undefined
    case 'master':
    case 'config':
    case 'signal':
    case 'health':
    case 'run':
    case 'log':
    case 'survivors':
    case 'other':
      return undefined
  }
}

function settle(tally: Tally, at: number): void {
  const spent = Math.max(0, at - tally.since) // a clock that was set back counts for nothing
  if (tally.doing === 'up') tally.up += spent
  if (tally.doing === 'down') tally.down += spent
  tally.since = Math.max(tally.since, at)
}
