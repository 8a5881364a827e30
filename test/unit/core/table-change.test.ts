import { describe, expect, it } from 'vitest'
import { changed } from '../../../src/core/table-change.ts'
import { Table } from '../../../src/core/table.ts'
import type { Column, ColumnType, TableSpec, Values } from '../../../src/core/table-spec.ts'

const column = (name: string, type: ColumnType): Column => ({ name, type })
const spec = (columns: readonly Column[], rowsMax = 10): TableSpec => ({ name: 't', columns, rowsMax, persist: false })
const before = [column('value', { kind: 'int' }), column('note', { kind: 'string', max: 8 }), column('on', { kind: 'bool' })]

function filled(...rows: readonly Values[]): Table {
  const table = new Table(spec(before))
  rows.forEach((row, at) => { table.set(`r${String(at)}`, row, 0, at === 0 ? 1000 : undefined) })
  return table
}

function after(table: Table, to: TableSpec): unknown {
  const result = changed(table, to, 0)
  return typeof result === 'string' ? result : [...result.rows()].map((row) => [row.key, result.valuesOf(row), row.expires])
}

describe('A change of the columns of a table', () => {
  it('keeps all rows when nothing of them is lost', () => {
    const table = filled({ value: 7, note: 'abc' }, { value: -1 })
    const columns = [column('extra', { kind: 'string', max: 4 }), column('note', { kind: 'string', max: 3 }), column('value', { kind: 'float' })]
    expect(after(table, spec(columns, 2))).toEqual([['r0', { extra: '', note: 'abc', value: 7 }, 1000], ['r1', { extra: '', note: '', value: -1 }, Infinity]])
    expect(changed(table, spec(columns), 0)).not.toBe(table)
  })

  it('is refused with the first row that would lose something', () => {
    const table = filled({ value: 7, note: 'abc', on: true })
    expect(after(table, spec([column('value', { kind: 'int' }), column('on', { kind: 'bool' })]))).toBe("the row 'r0' has something in the column note, which is no more")
    expect(after(table, spec([before[0] as Column, column('note', { kind: 'string', max: 2 }), before[2] as Column]))).toBe("the row 'r0' has something in the column note that string(2) cannot hold")
    expect(after(table, spec([column('value', { kind: 'bool' }), ...before.slice(1)]))).toContain('in the column value that bool cannot hold')
    expect(after(table, spec([...before.slice(0, 2), column('on', { kind: 'int' })]))).toContain('in the column on that int cannot hold')
    expect(after(filled({}, {}, {}), spec(before, 2))).toBe('t has 3 rows, more than rows_max 2')
  })

  it('is free where no row holds anything, or none is left', () => {
    const other = spec([column('value', { kind: 'string', max: 2 })])
    expect(after(filled({ value: 0 }), other)).toEqual([['r0', { value: '' }, 1000]])
    const table = filled({ value: 7 })
    expect(changed(table, other, 1000)).toBeInstanceOf(Table)
  })

  it('makes whole floats to ints and no others', () => {
    const table = new Table(spec([column('rate', { kind: 'float' })]))
    table.set('a', { rate: 2 }, 0)
    const whole = spec([column('rate', { kind: 'int' })])
    expect(after(table, whole)).toEqual([['a', { rate: 2 }, Infinity]])
    table.set('a', { rate: 2.5 }, 0)
    expect(after(table, whole)).toContain('that int cannot hold')
  })
})
