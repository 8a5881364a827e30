/** Takes rows that have expired out of memory, by one timer for the nearest; that they are gone is not its affair. */
import type { Clock } from '../core/ports.ts'
import type { Table } from '../core/table.ts'

/** Rows of a table that are swept in a row, and the longest time that the timer is set to, in milliseconds. */
const sweepMax = 1000
const timerMax = 86_400_000

export class TableSweeper {
  readonly #clock: Clock
  readonly #now: () => number
  readonly #tables: () => readonly Table[]
  #timer: { readonly due: number; readonly cancel: () => void } | null = null

  constructor(clock: Clock, now: () => number, tables: () => readonly Table[]) {
    this.#clock = clock
    this.#now = now
    this.#tables = tables
  }

  /** A row expires then. */
  expect(due: number): void {
    if (due < (this.#timer?.due ?? Infinity)) this.arm()
  }

  /** Sets the timer for the row that expires next. */
  arm(): void {
    this.stop()
    const due = this.#tables().reduce((next, table) => Math.min(next, table.nextExpiry), Infinity)
    if (due === Infinity) return
    const delay = Math.min(timerMax, Math.max(1, due - this.#now()))
    const cancel = this.#clock.after(delay, () => {
      this.#timer = null
      for (const table of this.#tables()) table.sweep(this.#now(), sweepMax)
      this.arm()
    })
    this.#timer = { due, cancel }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }
}
