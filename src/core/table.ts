/**
 * The engine of one shared table: rows of typed columns by key, bounded, with an end of their own where one was set.
 * Whatever does not fit is a problem for the caller, and then nothing has changed. The master is the only writer, so each
 * operation is atomic. `now` is milliseconds by one clock; a row that has expired is never seen, swept or not.
 */
import { Expiries } from './expiries.ts'
import { keyProblem, shortened, TableProblem, valueProblem } from './table-problem.ts'
import { zeroOf } from './table-spec.ts'
import type { Column, TableSpec, Value, Values } from './table-spec.ts'

/** A row as it is held; only the engine changes it. */
export interface Row {
  readonly key: string
  /** In the order of the columns. */
  readonly values: Value[]
  /** Infinity: never. */
  expires: number
  place: number
  readonly slot: number
}

/** Is told of each change; not of rows that expire, since their end is known. */
export interface TableWatcher {
  put(row: Row): void
  removed(key: string): void
  cleared(): void
}

export interface Page {
  readonly rows: readonly Row[]
  /** Where the next page begins; `null`: this was the last. */
  readonly cursor: number | null
}

/** What one scan looks at, and what its rows may hold together, so that it takes no longer than a moment. */
const visitsMax = 20_000
const pageTextMax = 32 * 1024

export class Table {
  readonly spec: TableSpec
  readonly #columns: ReadonlyMap<string, number>
  readonly #rows = new Map<string, Row>()
  /** A row keeps its slot, so that a scan goes on where it was, whatever comes and goes. */
  readonly #slots: (Row | undefined)[] = []
  readonly #free: number[] = []
  readonly #expiries = new Expiries<Row>()
  watcher: TableWatcher | null = null

  constructor(spec: TableSpec) {
    this.spec = spec
    this.#columns = new Map(spec.columns.map(({ name }, at) => [name, at]))
  }

  /** When a row expires next; Infinity: none does. */
  get nextExpiry(): number {
    return this.#expiries.next
  }

  get(key: string, now: number): Row | undefined {
    const row = this.#rows.get(key)
    if (row === undefined || row.expires > now) return row
    this.#drop(row)
    return undefined
  }

  count(now: number): number {
    return this.#rows.size - this.#expiries.countDue(now)
  }

  /**
   * Sets these columns; a new row has zero, false or '' in the others. `ttl`: milliseconds until it expires, `null`: never,
   * left out: as it was.
   */
  set(key: string, values: Values, now: number, ttl?: number | null): TableProblem | null {
    const problem = this.check(values)
    if (problem !== null) return problem
    const row = this.get(key, now) ?? this.#make(key, now)
    if (row instanceof TableProblem) return row
    for (const name of Object.keys(values)) row.values[this.#columns.get(name) ?? -1] = plainZero(values[name] ?? 0)
    if (ttl !== undefined) this.#expiries.set(row, ttl === null ? Infinity : now + ttl)
    this.watcher?.put(row)
    return null
  }

  /** Adds to a number; the row is made if need be, and only then `ttl` counts, so that a counter ends with its window. */
  add(key: string, column: Column, by: number, now: number, ttl?: number | null): number | TableProblem {
    const at = this.#columns.get(column.name) ?? -1
    const known = this.get(key, now)
    const before = known?.values[at] ?? 0
    const sum = (typeof before === 'number' ? before : 0) + by
    if (column.type.kind === 'int' ? !Number.isSafeInteger(sum) : !Number.isFinite(sum)) {
      return new TableProblem('OVERFLOW', `${column.name} of '${key}' would leave the range of ${column.type.kind}: ${String(before)} and ${String(by)}`)
    }
    const row = known ?? this.#make(key, now)
    if (row instanceof TableProblem) return row
    row.values[at] = plainZero(sum)
    if (known === undefined && ttl != null) this.#expiries.set(row, now + ttl)
    this.watcher?.put(row)
    return plainZero(sum)
  }

  /** False: there is no such row. */
  remove(key: string, now: number): boolean {
    const row = this.get(key, now)
    if (row === undefined) return false
    this.#drop(row)
    this.watcher?.removed(key)
    return true
  }

  /** Removes all rows. */
  clear(): void {
    this.#rows.clear()
    this.#slots.length = 0
    this.#free.length = 0
    this.#expiries.clear()
    this.watcher?.cleared()
  }

  /**
   * Rows whose keys begin with `prefix`, in no order, from `cursor` on. Who goes on until the end sees each row that was
   * there all the time exactly once. A page may hold fewer rows than `limit`, or none, and not be the last.
   */
  scan(prefix: string, limit: number, cursor: number, now: number): Page {
    const rows: Row[] = []
    const end = Math.min(this.#slots.length, cursor + visitsMax)
    let text = 0
    let at = cursor
    for (; at < end && rows.length < limit && text < pageTextMax; at += 1) {
      const row = this.#slots[at]
      if (row === undefined || row.expires <= now || !row.key.startsWith(prefix)) continue
      rows.push(row)
      text += row.key.length
      for (const value of row.values) if (typeof value === 'string') text += Buffer.byteLength(value)
    }
    return { rows, cursor: at < this.#slots.length ? at : null }
  }

  /** True if the row has these values in these columns. */
  matches(row: Row, values: Values): boolean {
    return Object.keys(values).every((name) => row.values[this.#columns.get(name) ?? -1] === values[name])
  }

  /** Removes at most `most` rows that have expired; returns how many they were. */
  sweep(now: number, most: number): number {
    let count = 0
    for (let row = this.#expiries.due(now); row !== undefined && count < most; row = this.#expiries.due(now)) {
      this.#drop(row)
      count += 1
    }
    return count
  }

  /** All rows, those that have expired and are not swept yet included. */
  rows(): Iterable<Row> {
    return this.#rows.values()
  }

  /** Puts a row back as it was; its values are known to fit. In place of one of the same key. */
  restore(key: string, values: readonly Value[], expires: number): void {
    const known = this.#rows.get(key)
    if (known !== undefined) this.#drop(known)
    const row = this.#add(key, [...values])
    this.#expiries.set(row, expires)
  }

  /** Takes a row away without a word. */
  forget(key: string): void {
    const row = this.#rows.get(key)
    if (row !== undefined) this.#drop(row)
  }

  column(name: string): Column | TableProblem {
    const at = this.#columns.get(name)
    const column = at === undefined ? undefined : this.spec.columns[at]
    return column ?? new TableProblem('NO_COLUMN', `the table ${this.spec.name} has no column '${shortened(name)}'; it has ${this.spec.columns.map((one) => one.name).join(', ')}`)
  }

  valuesOf(row: Row): Values {
    const values: Record<string, Value> = {}
    this.spec.columns.forEach(({ name, type }, at) => { values[name] = row.values[at] ?? zeroOf(type) })
    return values
  }

  /** Why these cannot be values of their columns. */
  check(values: Readonly<Record<string, unknown>>): TableProblem | null {
    for (const name of Object.keys(values)) {
      const column = this.column(name)
      const problem = column instanceof TableProblem ? column : valueProblem(column, values[name])
      if (problem !== null) return problem
    }
    return null
  }

  #make(key: string, now: number): Row | TableProblem {
    const problem = keyProblem(key)
    if (problem !== null) return problem
    // Whoever is full of what has expired is not full.
    if (this.#rows.size >= this.spec.rowsMax && this.sweep(now, 100) === 0) {
      return new TableProblem('TABLE_FULL', `the table ${this.spec.name} is full: it has ${String(this.spec.rowsMax)} rows (rows_max)`)
    }
    return this.#add(key, this.spec.columns.map(({ type }) => zeroOf(type)))
  }

  #add(key: string, values: Value[]): Row {
    const slot = this.#free.pop() ?? this.#slots.length
    const row: Row = { key, values, expires: Infinity, place: -1, slot }
    this.#slots[slot] = row
    this.#rows.set(key, row)
    return row
  }

  #drop(row: Row): void {
    this.#rows.delete(row.key)
    this.#slots[row.slot] = undefined
    this.#free.push(row.slot)
    this.#expiries.remove(row)
  }
}

/** JSON has no -0, and what is read back must be what was held. */
function plainZero<T extends Value>(value: T): T | 0 {
  return value === 0 ? 0 : value
}
