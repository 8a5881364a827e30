/**
 * The shared tables of this master: which there are, who may use them, and what becomes of them when the config changes
 * or a master ends. Rows that expire are swept by one timer for the nearest. What a table does is in core/table.ts.
 */
import { join } from 'node:path'
import type { Clock } from '../core/ports.ts'
import type { SharedTables, TableView } from '../core/shared-tables.ts'
import { changed } from '../core/table-change.ts'
import type { TableFiles } from '../core/table-files.ts'
import { TableProblem } from '../core/table-problem.ts'
import { operate } from '../core/table-request.ts'
import type { TableAnswer, TableRequest } from '../core/table-request.ts'
import { sameColumns } from '../core/table-spec.ts'
import type { TableSpec } from '../core/table-spec.ts'
import { Table } from '../core/table.ts'
import { Fault } from '../lib/fault.ts'
import { didYouMean } from '../lib/suggest.ts'
import { loadTable } from './table-loading.ts'
import type { Loaded } from './table-loading.ts'
import { TableStore, writeForNext } from './table-store.ts'

export interface TablesOptions {
  readonly clock: Clock
  readonly files: TableFiles
  readonly log: { info(sentence: string): void; warn(sentence: string): void }
  /** What outlives a reboot. */
  readonly stateDir: string
  /** What is handed from one master to the next. */
  readonly runDir: string
}

interface Held {
  table: Table
  store: TableStore | null
  /** Why it is not as the config wants it. */
  kept: string | null
  /** It has been used since the last time that all was settled. */
  touched: boolean
}

/** Rows that are swept in a row, and the longest time that the timer is set to, in milliseconds. */
const sweepMax = 1000
const timerMax = 86_400_000

export class Tables implements SharedTables {
  readonly #options: TablesOptions
  readonly #held = new Map<string, Held>()
  #touched: Held[] = []
  #proposed: readonly TableSpec[] = []
  #timer: { readonly due: number; readonly cancel: () => void } | null = null
  /** Epoch milliseconds at the zero of the clock that only goes forward. */
  readonly #base: number

  constructor(options: TablesOptions) {
    this.#options = options
    this.#base = options.clock.wall() - options.clock.monotonic()
  }

  /** Makes the tables of the config, with the rows that are kept. Throws errno errors when a file cannot be read. */
  open(specs: readonly TableSpec[]): void {
    for (const spec of specs) this.#open(spec)
    // Also of tables that are in the config no more: one that comes back begins empty.
    this.#options.files.remove(join(this.#options.runDir, 'tables'))
    this.#arm()
  }

  list(): readonly TableView[] {
    const now = this.#now()
    return [...this.#held.values()].map(({ table, store, kept }) => {
      const failing = store?.failing == null ? null : `it is only in memory, because it cannot be written: ${store.failing}`
      return { spec: table.spec, rows: table.count(now), problem: [kept, failing].filter((one) => one !== null).join('; ') || null }
    }).sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  }

  operate(name: string, words: TableRequest): TableAnswer | TableProblem {
    const held = this.#held.get(name)
    if (held === undefined) return this.#unknown(name)
    const answer = this.#do(held, words)
    this.settle()
    return answer
  }

  /** What a worker asks for that may use these tables. `settle` is to be called before it is answered. */
  operateFor(allowed: readonly string[], words: TableRequest): TableAnswer | TableProblem {
    const { name } = words
    if (typeof name !== 'string') return new TableProblem('BAD_REQUEST', 'name must be the name of a table')
    const held = this.#held.get(name)
    if (held === undefined) return this.#unknown(name)
    if (allowed.includes(name)) return this.#do(held, words)
    return new TableProblem('NOT_ALLOWED', `this program may not use the table ${name}: add it to the program's tables in the config`)
  }

  /** Writes what has changed and watches over the next row that expires. */
  settle(): void {
    if (this.#touched.length === 0) return
    let next = Infinity
    for (const held of this.#touched) {
      held.touched = false
      held.store?.flush()
      next = Math.min(next, held.table.nextExpiry)
    }
    this.#touched = []
    if (next < (this.#timer?.due ?? Infinity)) this.#arm()
  }

  /** Looks whether the tables of a config can take the place of those that are there. Throws Fault CANT_REREAD with all reasons. */
  propose<C extends { readonly tables: readonly TableSpec[] }>(config: C): C {
    const refused = config.tables.flatMap((spec) => {
      const held = this.#held.get(spec.name)
      const after = held === undefined || same(held.table.spec, spec) ? null : changed(held.table, spec, this.#now())
      return typeof after === 'string' ? [`the table ${spec.name} cannot be changed: ${after} (remove such rows, or all: nsup table ${spec.name} clear)`] : []
    })
    if (refused.length > 0) throw new Fault('CANT_REREAD', refused.join('\n'))
    this.#proposed = config.tables
    return config
  }

  /** Makes the tables those that were proposed last. */
  accept(): void {
    const specs = this.#proposed
    const names = new Set(specs.map(({ name }) => name))
    for (const [name, held] of this.#held) if (!names.has(name)) this.#leave(name, held)
    for (const spec of specs) {
      const held = this.#held.get(spec.name)
      if (held === undefined) this.#open(spec)
      else this.#change(held, spec)
    }
    this.#arm()
  }

  /** Ends. `handsOver`: another master goes on, and the rows that are not kept on the disk are for it, too. */
  close(handsOver: boolean): void {
    const { runDir, files, log } = this.#options
    this.#timer?.cancel()
    this.#timer = null
    for (const [name, { table, store }] of this.#held) {
      store?.close()
      if (store !== null || !handsOver || table.count(this.#now()) === 0) continue
      const errno = writeForNext(table, join(runDir, 'tables', name), files)
      if (errno !== null) log.warn(`the rows of the table ${name} cannot be handed over: ${errno}`)
    }
  }

  #do(held: Held, words: TableRequest): TableAnswer | TableProblem {
    if (!held.touched) {
      held.touched = true
      this.#touched.push(held)
    }
    return operate(held.table, words, this.#now())
  }

  #open(spec: TableSpec): void {
    const { runDir, files, log } = this.#options
    const folder = spec.persist ? this.#folder(spec.name) : join(runDir, 'tables', spec.name)
    const loaded = loadTable(spec, folder, files, this.#now())
    if (loaded.damaged > 0) log.warn(`table ${spec.name}: ${counted(loaded.damaged, 'line')} of what was kept of it had been cut or damaged and ${loaded.damaged === 1 ? 'is' : 'are'} left out`)
    const table = loaded.table === null ? new Table(spec) : changed(loaded.table, spec, this.#now())
    const [fit, kept] = typeof table === 'string' ? [asItWas(loaded, spec), `it is as it was before the config changed: ${table}`] : [table, null]
    if (kept !== null) log.warn(`table ${spec.name}: ${kept}`)
    this.#held.set(spec.name, { table: fit, store: spec.persist ? this.#store(fit, loaded) : null, kept, touched: false })
  }

  #change(held: Held, spec: TableSpec): void {
    const { table, store } = held
    if (same(table.spec, spec) && table.spec.persist === spec.persist) return
    const after = changed(table, spec, this.#now())
    if (typeof after === 'string') {
      held.kept = `it is as it was before the config changed: ${after}` // a row has come since it was proposed
      return
    }
    held.table = after
    held.kept = null
    if (store !== null && spec.persist) return store.replace(after)
    if (store !== null) {
      store.close()
      this.#options.files.remove(this.#folder(spec.name))
    }
    held.store = null
    if (!spec.persist) return
    this.#options.files.remove(this.#folder(spec.name))
    held.store = this.#store(after, { lastJournal: 0, journals: 0, damaged: 0 })
    held.store.compact()
  }

  #leave(name: string, { table, store }: Held): void {
    const rows = counted(table.count(this.#now()), 'row')
    store?.close()
    this.#held.delete(name)
    this.#options.log.info(`the table ${name} is no longer in the config; what it held (${rows}) ${store === null ? 'is gone' : `stays in ${this.#folder(name)}`}`)
  }

  #store(table: Table, found: Omit<Loaded, 'table'>): TableStore {
    const { files, clock, log } = this.#options
    const { name } = table.spec
    return new TableStore(table, found, {
      ...{ folder: this.#folder(name), files, clock },
      onFailure: (errno) => {
        if (errno === null) log.info(`table ${name}: it is on the disk again`)
        else log.warn(`table ${name}: it cannot be written and is only in memory from now on, which is tried again: ${errno}`)
      },
    })
  }

  #folder(name: string): string {
    return join(this.#options.stateDir, 'tables', name)
  }

  #unknown(name: string): TableProblem {
    const known = [...this.#held.keys()]
    const hint = didYouMean(name.slice(0, 80), known) ?? (known.length === 0 ? 'the config has none' : `the tables are ${known.join(', ')}`)
    return new TableProblem('NO_TABLE', `there is no table '${name.slice(0, 80)}': ${hint}`)
  }

  #now(): number {
    return Math.floor(this.#base + this.#options.clock.monotonic())
  }

  /** Sets the timer for the row that expires next. */
  #arm(): void {
    this.#timer?.cancel()
    this.#timer = null
    const due = [...this.#held.values()].reduce((next, { table }) => Math.min(next, table.nextExpiry), Infinity)
    if (due === Infinity) return
    const delay = Math.min(timerMax, Math.max(1, due - this.#now()))
    const cancel = this.#options.clock.after(delay, () => {
      this.#timer = null
      for (const { table } of this.#held.values()) table.sweep(this.#now(), sweepMax)
      this.#arm()
    })
    this.#timer = { due, cancel }
  }
}

function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`
}

function same(a: TableSpec, b: TableSpec): boolean {
  return sameColumns(a, b) && a.rowsMax === b.rowsMax
}

/** What was kept, with the columns that it has, and room for at least its rows. */
function asItWas({ table }: Loaded, spec: TableSpec): Table {
  const before = table ?? new Table(spec)
  const rows = [...before.rows()].length
  const after = new Table({ ...spec, columns: before.spec.columns, rowsMax: Math.max(rows, spec.rowsMax) })
  for (const row of before.rows()) after.restore(row.key, row.values, row.expires)
  return after
}
