/**
 * What becomes of the rows of a table when its columns change: they are kept if nothing of them is lost, else the change
 * is refused with a sentence, and the table stays as it is. Columns may come, change their order, grow, or become float;
 * one may go, shrink or change its type where no row holds anything in it that would be lost.
 */
import { Table } from './table.ts'
import type { Row } from './table.ts'
import { sameColumns, typeWords, zeroOf } from './table-spec.ts'
import type { Column, TableSpec, Value } from './table-spec.ts'

/** The table as `spec` wants it, with all rows; or why that cannot be. The given one is not changed. */
export function changed(table: Table, spec: TableSpec, now: number): Table | string {
  const rows = table.count(now)
  if (rows > spec.rowsMax) return `${spec.name} has ${String(rows)} rows, more than rows_max ${String(spec.rowsMax)}`
  const result = new Table(spec)
  const sources = spec.columns.map(({ name }) => table.spec.columns.findIndex((old) => old.name === name))
  const going = table.spec.columns.flatMap((column, at) => (spec.columns.some(({ name }) => name === column.name) ? [] : [{ column, at }]))
  const same = sameColumns(table.spec, spec)
  for (const row of table.rows()) {
    if (row.expires <= now) continue
    const lost = same ? undefined : going.find(({ column, at }) => row.values[at] !== zeroOf(column.type))
    if (lost !== undefined) return `the row '${row.key}' has something in the column ${lost.column.name}, which is no more`
    const values = same ? row.values : spec.columns.map((column, at) => valueIn(row, column, sources[at] ?? -1, table))
    const wrong = values.findIndex((value) => value === undefined)
    if (wrong !== -1) return `the row '${row.key}' has something in the column ${spec.columns[wrong]?.name ?? ''} that ${wordsOf(spec.columns[wrong])} cannot hold`
    result.restore(row.key, values as Value[], row.expires)
  }
  return result
}

/** What the row has in this column of the new table; `undefined`: something that the column cannot hold. */
function valueIn(row: Row, column: Column, source: number, { spec }: Table): Value | undefined {
  const old = spec.columns[source]
  const value = row.values[source]
  if (old === undefined || value === undefined || value === zeroOf(old.type)) return zeroOf(column.type)
  switch (column.type.kind) {
    case 'int': return old.type.kind === 'int' || (old.type.kind === 'float' && Number.isSafeInteger(value)) ? value : undefined
    case 'float': return old.type.kind === 'float' || old.type.kind === 'int' ? value : undefined
    case 'bool': return old.type.kind === 'bool' ? value : undefined
    case 'string': return typeof value === 'string' && Buffer.byteLength(value) <= column.type.max ? value : undefined
  }
}

function wordsOf(column: Column | undefined): string {
  return column === undefined ? 'it' : typeWords(column.type)
}
