/**
 * The shared tables of this master: which there are, who may use them, and what becomes of them when the config changes
 * or a master ends. What cannot be read is not served, and all else goes on. What a table does is in core/table.ts.
 */
import { join } from 'node:path'
import type { Clock } from '../core/ports.ts'
import type { SharedTables, TableView } from '../core/shared-tables.ts'
import { changed } from '../core/table-change.ts'
import { Unreadable } from '../core/table-files.ts'
import type { TableFiles } from '../core/table-files.ts'
import { TableProblem } from '../core/table-problem.ts'
import { operate } from '../core/table-request.ts'
import type { TableAnswer, TableRequest } from '../core/table-request.ts'
import { sameColumns } from '../core/table-spec.ts'
import type { TableSpec } from '../core/table-spec.ts'
import type { Table } from '../core/table.ts'
import { Fault } from '../lib/fault.ts'
import { didYouMean } from '../lib/suggest.ts'
import { moveIn, openTable, removeOthers } from './table-opening.ts'
import type { Opened, TableFolders } from './table-opening.ts'
import { TableStore, writeWhole } from './table-store.ts'
import { TableSweeper } from './table-sweeper.ts'

export interface TablesOptions {
  readonly clock: Clock
  readonly files: TableFiles
  readonly log: Record<'info' | 'warn' | 'error', (sentence: string) => void>
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

export class Tables implements SharedTables {
  readonly #options: TablesOptions
  readonly #held = new Map<string, Held>()
  /** Tables that cannot be read: nothing is done with them until they can be. */
  readonly #unread = new Map<string, { readonly spec: TableSpec; readonly problem: string }>()
  #touched: Held[] = []
  #proposed: readonly TableSpec[] = []
  readonly #sweeper: TableSweeper
  /** Epoch milliseconds at the zero of the clock that only goes forward. */
  readonly #base: number

  constructor(options: TablesOptions) {
    this.#options = options
    this.#base = options.clock.wall() - options.clock.monotonic()
    this.#sweeper = new TableSweeper(options.clock, () => this.#now(), () => [...this.#held.values()].map(({ table }) => table))
  }

  /** Makes the tables of the config, with the rows that are kept. */
  open(specs: readonly TableSpec[]): void {
    for (const spec of specs) this.#open(spec)
    removeOthers(join(this.#options.runDir, 'tables'), specs, this.#options.files)
    this.#sweeper.arm()
  }

  list(): readonly TableView[] {
    const now = this.#now()
    const unread = [...this.#unread.values()].map(({ spec, problem }): TableView => ({ spec, rows: null, problem: `it ${problem}` }))
    const held = [...this.#held.values()].map(({ table, store, kept }): TableView => {
      const failing = store?.failing == null ? null : `it is only in memory, because it cannot be written: ${store.failing}`
      return { spec: table.spec, rows: table.count(now), problem: [kept, failing].filter((one) => one !== null).join('; ') || null }
    })
    return [...held, ...unread].sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  }

  operate(name: string, words: TableRequest): TableAnswer | TableProblem {
    const held = this.#held.get(name)
    if (held === undefined) return this.#missing(name)
    const answer = this.#do(held, words)
    this.settle()
    return answer
  }

  /** What a worker asks for that may use these tables. `settle` is to be called before it is answered. */
  operateFor(allowed: readonly string[], words: TableRequest): TableAnswer | TableProblem {
    const { name } = words
    if (typeof name !== 'string') return new TableProblem('BAD_REQUEST', 'name must be the name of a table')
    const held = this.#held.get(name)
    if (held === undefined && !this.#unread.has(name)) return this.#missing(name)
    if (allowed.includes(name)) return held === undefined ? this.#missing(name) : this.#do(held, words)
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
    this.#sweeper.expect(next)
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
    for (const name of this.#unread.keys()) if (!names.has(name)) this.#unread.delete(name)
    for (const spec of specs) {
      const held = this.#held.get(spec.name)
      if (held === undefined) this.#open(spec)
      else this.#change(held, spec)
    }
    this.#sweeper.arm()
  }

  /** Ends. `handsOver`: another master goes on, and the rows that are not kept on the disk are for it, too. */
  close(handsOver: boolean): void {
    const { files, log } = this.#options
    this.#sweeper.stop()
    for (const [name, { table, store }] of this.#held) {
      store?.close()
      if (store !== null || !handsOver || table.count(this.#now()) === 0) continue
      const errno = writeWhole(table, this.#folders(name).handed, 1, files)
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
    const { files, log } = this.#options
    const { name } = spec
    const folders = this.#folders(name)
    const opened = openTable(spec, folders, files, this.#now())
    if (opened instanceof Unreadable) return this.#refuse(spec, opened)
    const { table, found, kept, damaged } = opened
    if (this.#unread.delete(name)) log.info(`table ${name}: it can be read again`)
    if (damaged > 0) log.warn(`table ${name}: ${counted(damaged, 'line')} of what was kept of it had been cut or damaged and ${damaged === 1 ? 'is' : 'are'} left out`)
    if (kept !== null) log.warn(`table ${name}: ${kept}`)
    const errno = moveIn(opened, folders, files)
    const store = spec.persist ? this.#store(table, found) : null
    this.#held.set(name, { table, store, kept, touched: false })
    if (errno !== null && store !== null && opened.moved) store.compact() // which is tried again and again
    else if (errno !== null) log.warn(`table ${name}: what is left of it in another place cannot be removed: ${errno}`)
  }

  /** Until it can be read: an empty table in its place would be written over what is kept. */
  #refuse(spec: TableSpec, { message }: Unreadable): void {
    const { name } = spec
    const problem = `is not served, because ${message}; make it readable, or move it away to go on without what is in it, then: nsup update`
    if (this.#unread.get(name)?.problem !== problem) this.#options.log.error(`table ${name}: it ${problem}`)
    this.#unread.set(name, { spec, problem })
  }

  #change(held: Held, spec: TableSpec): void {
    const { table, store } = held
    if (same(table.spec, spec) && (store !== null) === spec.persist && held.kept === null) return
    const after = changed(table, spec, this.#now())
    if (typeof after === 'string') {
      held.kept = `it is as it was before the config changed: ${after}` // a row has come since it was proposed
      return
    }
    held.table = after
    held.kept = null
    if (store !== null && spec.persist) return store.replace(after)
    store?.close()
    held.store = null
    const { state } = this.#folders(spec.name)
    const errno = this.#options.files.remove(state)
    if (errno !== null) this.#options.log.warn(`table ${spec.name}: ${held.kept = `${state} cannot be removed: ${errno}`}`)
    if (errno !== null || !spec.persist) return
    held.store = this.#store(after, { lastJournal: 0, journals: 0, damaged: 0 })
    held.store.compact()
  }

  #leave(name: string, { table, store }: Held): void {
    const rows = counted(table.count(this.#now()), 'row')
    store?.close()
    this.#held.delete(name)
    this.#options.log.info(`the table ${name} is no longer in the config; what it held (${rows}) ${store === null ? 'is gone' : `stays in ${this.#folders(name).state}`}`)
  }

  #store(table: Table, found: Opened['found']): TableStore {
    const { files, clock, log } = this.#options
    const { name } = table.spec
    return new TableStore(table, found, {
      ...{ folder: this.#folders(name).state, files, clock },
      onFailure: (errno) => {
        if (errno === null) log.info(`table ${name}: it is on the disk again`)
        else log.warn(`table ${name}: it cannot be written and is only in memory from now on, which is tried again: ${errno}`)
      },
    })
  }

  #folders(name: string): TableFolders {
    return { state: join(this.#options.stateDir, 'tables', name), handed: join(this.#options.runDir, 'tables', name) }
  }

  #missing(name: string): TableProblem {
    const unread = this.#unread.get(name)
    if (unread !== undefined) return new TableProblem('TABLE_UNREADABLE', `the table ${name} ${unread.problem}`)
    const known = [...this.#held.keys(), ...this.#unread.keys()]
    const hint = didYouMean(name.slice(0, 80), known) ?? (known.length === 0 ? 'the config has none' : `the tables are ${known.join(', ')}`)
    return new TableProblem('NO_TABLE', `there is no table '${name.slice(0, 80)}': ${hint}`)
  }

  #now(): number {
    return Math.floor(this.#base + this.#options.clock.monotonic())
  }
}

function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`
}

function same(a: TableSpec, b: TableSpec): boolean {
  return sameColumns(a, b) && a.rowsMax === b.rowsMax
}
