/**
 * An operation on a table as a worker or a client writes it: checks each word of it, and does it. Whatever is wrong is
 * told, nothing is guessed; a word that the operation does not take is an error, so that no wish is ignored in silence.
 */
import { suggest } from '../lib/suggest.ts'
import { keyProblem, TableProblem } from './table-problem.ts'
import type { Row, Table } from './table.ts'
import type { Column, Value, Values } from './table-spec.ts'

export type TableRequest = Readonly<Record<string, unknown>>

/** A row as it is answered by a scan. */
export interface WireRow {
  readonly key: string
  readonly row: Values
  /** Seconds until it expires; `null`: never. */
  readonly ttl_s: number | null
}

export interface WirePage {
  readonly rows: readonly WireRow[]
  readonly cursor: number | null
}

export type TableAnswer = Value | Values | WirePage | null

type Operation = (table: Table, key: string, words: TableRequest, now: number) => TableAnswer | TableProblem

/** Words that say which request it is and of which table. */
const envelope: readonly string[] = ['id', 'name', 'op']
const day = 86_400
/** A hundred years. */
const ttlMax = 36_525 * day
const limits = { default: 100, max: 1000 }

const operations: ReadonlyMap<string, { readonly words: readonly string[]; readonly run: Operation }> = new Map<string, { words: string[]; run: Operation }>([
  ['get', { words: ['key', 'column'], run: get }],
  ['set', { words: ['key', 'row', 'ttl_s'], run: set }],
  ['incr', { words: ['key', 'column', 'by', 'ttl_s'], run: (table, key, words, now) => add(table, key, words, 1, now) }],
  ['decr', { words: ['key', 'column', 'by', 'ttl_s'], run: (table, key, words, now) => add(table, key, words, -1, now) }],
  ['del', { words: ['key', 'expect'], run: remove }],
  ['exists', { words: ['key'], run: (table, key, _, now) => table.get(key, now) !== undefined }],
  ['cas', { words: ['key', 'expect', 'row', 'ttl_s'], run: compareAndSet }],
  ['count', { words: [], run: (table, _key, _words, now) => table.count(now) }],
  ['scan', { words: ['prefix', 'limit', 'cursor'], run: scan }],
  ['clear', { words: [], run: clear }],
])

const operationNames: readonly string[] = [...operations.keys()]

/** Does the operation. */
export function operate(table: Table, words: TableRequest, now: number): TableAnswer | TableProblem {
  const { op, key } = words
  const operation = typeof op === 'string' ? operations.get(op) : undefined
  if (operation === undefined) return bad(`op must be one of ${operationNames.join(', ')}${meant(op, operationNames)}`)
  for (const word in words) {
    if (!operation.words.includes(word) && !envelope.includes(word)) return bad(`${String(op)} takes no '${word.slice(0, 40)}'${meant(word, operation.words)}`)
  }
  if (operation.words[0] !== 'key') return operation.run(table, '', words, now)
  if (typeof key !== 'string') return new TableProblem('BAD_KEY', `${String(op)} needs a key, a text`)
  return keyProblem(key) ?? operation.run(table, key, words, now)
}

/** The row as it is answered. */
function wireRow(table: Table, row: Row, now: number): WireRow {
  return { key: row.key, row: table.valuesOf(row), ttl_s: row.expires === Infinity ? null : (row.expires - now) / 1000 }
}

function get(table: Table, key: string, words: TableRequest, now: number): TableAnswer | TableProblem {
  const row = table.get(key, now)
  if (words['column'] === undefined) return row === undefined ? null : table.valuesOf(row)
  const column = columnOf(table, words['column'])
  return column instanceof TableProblem || row === undefined ? (column instanceof TableProblem ? column : null) : table.valuesOf(row)[column.name] ?? null
}

function set(table: Table, key: string, words: TableRequest, now: number): TableAnswer | TableProblem {
  const row = rowOf(table, words['row'], 'row')
  if (row instanceof TableProblem) return row
  const ttl = ttlOf(words)
  if (ttl instanceof TableProblem) return ttl
  return table.set(key, row, now, ttl) ?? true
}

function add(table: Table, key: string, words: TableRequest, sign: 1 | -1, now: number): TableAnswer | TableProblem {
  const column = words['column'] === undefined ? onlyNumber(table) : columnOf(table, words['column'])
  if (column instanceof TableProblem) return column
  const { by = 1 } = words
  const whole = column.type.kind === 'int'
  if (!whole && column.type.kind !== 'float') return new TableProblem('WRONG_TYPE', `${column.name} is ${column.type.kind}, only int and float can be added to`)
  if (typeof by !== 'number' || !(whole ? Number.isSafeInteger(by) : Number.isFinite(by))) {
    return new TableProblem('WRONG_TYPE', `by must be ${whole ? 'a whole number, as its column is int' : 'a number'}`)
  }
  const ttl = ttlOf(words)
  return ttl instanceof TableProblem ? ttl : table.add(key, column, sign * by, now, ttl)
}

function remove(table: Table, key: string, words: TableRequest, now: number): TableAnswer | TableProblem {
  const expected = words['expect'] === undefined ? {} : rowOf(table, words['expect'], 'expect')
  if (expected instanceof TableProblem) return expected
  const row = table.get(key, now)
  return row !== undefined && table.matches(row, expected) && table.remove(key, now)
}

/** `expect: null`: there is no such row. */
function compareAndSet(table: Table, key: string, words: TableRequest, now: number): TableAnswer | TableProblem {
  if (words['expect'] === undefined) return bad('cas needs expect: some columns of the row as they must be, or null where no row may be')
  const expected = words['expect'] === null ? null : rowOf(table, words['expect'], 'expect')
  if (expected instanceof TableProblem) return expected
  const found = table.get(key, now)
  const holds = expected === null ? found === undefined : found !== undefined && table.matches(found, expected)
  if (holds) return set(table, key, words, now)
  // What is wrong with the request is wrong whatever the row is.
  const row = rowOf(table, words['row'], 'row')
  const ttl = ttlOf(words)
  return row instanceof TableProblem ? row : ttl instanceof TableProblem ? ttl : false
}

function scan(table: Table, _key: string, words: TableRequest, now: number): TableAnswer | TableProblem {
  const { prefix = '', limit = limits.default, cursor = 0 } = words
  if (typeof prefix !== 'string') return bad('prefix must be a text')
  if (!isWhole(limit, 1, limits.max)) return bad(`limit must be a whole number from 1 to ${String(limits.max)}`)
  if (!isWhole(cursor, 0, Number.MAX_SAFE_INTEGER)) return bad('cursor must be what the page before has answered')
  const page = table.scan(prefix, limit, cursor, now)
  return { rows: page.rows.map((row) => wireRow(table, row, now)), cursor: page.cursor }
}

function clear(table: Table): TableAnswer {
  table.clear()
  return true
}

function columnOf(table: Table, name: unknown): Column | TableProblem {
  return typeof name === 'string' ? table.column(name) : bad('column must be the name of a column')
}

/** The column that is meant where none is named. */
function onlyNumber({ spec }: Table): Column | TableProblem {
  const [column, another] = spec.columns.filter(({ type }) => type.kind === 'int' || type.kind === 'float')
  if (column === undefined) return new TableProblem('NO_COLUMN', `the table ${spec.name} has no column of numbers`)
  return another === undefined ? column : new TableProblem('NO_COLUMN', `the table ${spec.name} has several columns of numbers: say which in column, such as '${column.name}'`)
}

function rowOf(table: Table, given: unknown, word: string): Values | TableProblem {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return bad(`${word} must be values by their columns, such as {"${table.spec.columns[0]?.name ?? 'value'}": ...}`)
  return table.check(given as TableRequest) ?? (given as Values)
}

/** Milliseconds; `undefined`: nothing was said; `null`: it does not expire. */
function ttlOf({ ttl_s: ttl }: TableRequest): number | null | undefined | TableProblem {
  if (ttl === undefined || ttl === null) return ttl
  if (typeof ttl !== 'number' || !(ttl > 0 && ttl <= ttlMax)) return bad('ttl_s must be seconds, more than 0 and at most 100 years, or null for no end')
  return Math.max(1, Math.round(ttl * 1000))
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
}

function bad(message: string): TableProblem {
  return new TableProblem('BAD_REQUEST', message)
}

function meant(word: unknown, known: readonly string[]): string {
  const near = typeof word === 'string' ? suggest(word.slice(0, 40), known) : undefined
  return near === undefined ? '' : `; did you mean ${near}?`
}
