/**
 * What a shared table may hold: its columns and their types, its bounds, and what it can take of memory. Plain data, and
 * the words in which people read it.
 */

/** `max`: bytes of UTF-8. */
export type ColumnType = { readonly kind: 'int' } | { readonly kind: 'float' } | { readonly kind: 'bool' } | { readonly kind: 'string'; readonly max: number }

export interface Column {
  readonly name: string
  readonly type: ColumnType
}

export interface TableSpec {
  readonly name: string
  readonly columns: readonly Column[]
  readonly rowsMax: number
  /** Kept on disk, so that it outlives the master and the machine. */
  readonly persist: boolean
}

export type Value = number | boolean | string

/** Values by the names of their columns. */
export type Values = Readonly<Record<string, Value>>

/** Bytes of a key. */
export const keyMax = 256
/** Bytes that the texts of one row may have together: escaped, a row still fits into one line of the channels. */
export const rowTextMax = 128 * 1024
/** What a row costs beside its key and its texts, measured: the row, its place in the index, eight bytes a column. */
const rowCost = 200

/** `int`, `string(256)`. */
export function typeWords(type: ColumnType): string {
  return type.kind === 'string' ? `string(${String(type.max)})` : type.kind
}

/** What a row holds where nothing was set. */
export function zeroOf(type: ColumnType): Value {
  return type.kind === 'string' ? '' : type.kind === 'bool' ? false : 0
}

/** The bytes that a full table takes when all keys and texts are as long as they may be. */
export function memoryMax({ columns, rowsMax }: TableSpec): number {
  const texts = columns.reduce((sum, { type }) => sum + 8 + (type.kind === 'string' ? type.max : 0), 0)
  return rowsMax * (rowCost + keyMax + texts)
}

/** True if both say the same of what is held. */
export function sameColumns(a: TableSpec, b: TableSpec): boolean {
  const words = ({ columns }: TableSpec): string => columns.map(({ name, type }) => `${name}:${typeWords(type)}`).join()
  return words(a) === words(b)
}
