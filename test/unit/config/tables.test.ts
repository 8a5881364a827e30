import { describe, expect, it } from 'vitest'
import { processOf, tempFolder } from './harness.ts'

const folder = tempFolder()
const yaml = (table: unknown): string => JSON.stringify({ tables: { t: table } })
const refused = (table: unknown): string => folder.bad('bad.yaml', yaml(table)).join('\n')

describe('The tables of a config', () => {
  it('mean the same in both formats', () => {
    const columns = [{ name: 'value', type: { kind: 'int' } }, { name: 'note', type: { kind: 'string', max: 256 } }, { name: 'rate', type: { kind: 'float' } }, { name: 'on', type: { kind: 'bool' } }]
    const wanted = [{ name: 'counters', columns, rowsMax: 50, persist: true }, { name: 'locks', columns: columns.slice(0, 1), rowsMax: 1024, persist: false }]
    const text = 'tables:\n  locks: {columns: "value:int"}\n  counters: {columns: {value: int, note: string(256), rate: float, on: bool}, rows_max: 50, persist: true}\n'
    expect(folder.good('t.yaml', text).config.tables).toEqual(wanted)
    const ini = '[supervisord]\n[table:counters]\ncolumns=value:int, note:string(256), rate : float,on:bool\nrows_max=50\npersist=true\n[table:locks]\ncolumns=value:int\n'
    expect(folder.good('t.conf', ini).config.tables).toEqual(wanted)
  })

  it('are named by the programs that use them', () => {
    const { config } = folder.good('p.yaml', 'tables: {a: {columns: {value: int}}, b: {columns: {value: int}}}\nprograms: {x: {command: cat, tables: [a, b]}, y: {command: cat, tables: b}, z: {command: cat}}\n')
    expect(['x:x', 'y:y', 'z:z'].map((name) => processOf(config, name).care?.tables)).toEqual([['a', 'b'], ['b'], undefined])
    expect(folder.bad('q.yaml', 'tables:\n  counters: {columns: {value: int}}\nprograms:\n  x:\n    command: cat\n    tables: [counters, conters]\n')).toEqual([
      "q.yaml:6:24: error: programs.x.tables names the unknown table 'conters'; did you mean counters?",
    ])
  })

  it('are refused with what to write instead', () => {
    expect(refused({})).toContain('tables.t.columns is required')
    expect(refused({ columns: { value: 'integer' } })).toContain("has a type 'integer' (write int)")
    expect(refused({ columns: { note: 'strin(4)' } })).toContain("has a type 'strin(4)' (did you mean string?)")
    expect(refused({ columns: { note: 'string' } })).toContain('write how many bytes at most, as in string(256)')
    expect(refused({ columns: { value: 'int(4)' } })).toContain('int takes no size')
    expect(refused({ columns: { '1st': 'int' } })).toContain("has a column named '1st'")
    expect(refused({ columns: 'value:int, value:float' })).toContain("has the column 'value' twice")
    expect(refused({ columns: 'value' })).toContain("has the column 'value' without a type (write value:int)")
    expect(refused({ columns: { note: 'string(200000)' } })).toContain('has texts of 200000 bytes in one row, more than 131072')
    expect(refused({ columns: ['value'] })).toContain('must be a mapping of names to types')
    expect(refused({ columns: {} })).toContain('has no column')
    expect(refused({ columns: { value: 'int' }, rows_max: 0 })).toContain('tables.t.rows_max')
    expect(folder.bad('n.yaml', 'tables: {"a b": {columns: {value: int}}}\n').join()).toContain('the name of a table is letters, digits, _, - and .')
  })

  it('are refused for every wrong column at once, each at its place', () => {
    const lines = (file: string, text: string): string[] => folder.bad(file, text).map((one) => one.replace(/^(\S+: error: )\S+( in section '\S+')?:? /, '$1'))
    expect(lines('all.yaml', 'tables:\n  t:\n    columns:\n      good: int\n      a-b: int\n      note: string\n      list: [int]\n      n: integer\n    rows_max: 0\n  u: {columns: {x: int(4), y: flaot}}\n')).toEqual([
      "all.yaml:5:7: error: has a column named 'a-b': a name is a letter, then letters, digits and _, 64 at most",
      "all.yaml:6:7: error: has a type 'string': write how many bytes at most, as in string(256)",
      "all.yaml:7:13: error: has a column 'list' whose type is no plain word; write int, float, bool or string(BYTES)",
      "all.yaml:8:7: error: has a type 'integer' (write int)",
      expect.stringMatching(/^all\.yaml:9:15: error: '0'/),
      "all.yaml:10:17: error: has a type 'int(4)': int takes no size",
      "all.yaml:10:28: error: has a type 'flaot' (did you mean float?)",
    ])
    expect(lines('all.conf', '[supervisord]\n[table:t]\ncolumns = good:int, a-b:int,\n  note:string, n:integer , good:int\n')).toEqual([
      "all.conf:3:21: error: has a column named 'a-b': a name is a letter, then letters, digits and _, 64 at most",
      "all.conf:4:3: error: has a type 'string': write how many bytes at most, as in string(256)",
      "all.conf:4:16: error: has a type 'integer' (write int)",
      "all.conf:4:28: error: has the column 'good' twice",
    ])
    expect(lines('one.yaml', 'tables: {t: {columns: "x:int(4), y:flaot"}}\n')).toEqual([
      "one.yaml:1:23: error: has a type 'int(4)': int takes no size", "one.yaml:1:23: error: has a type 'flaot' (did you mean float?)",
    ])
  })

  it('are told to be too large when they are', () => {
    const { problems } = folder.good('l.yaml', yaml({ columns: { note: 'string(4096)' }, rows_max: 1_000_000 }))
    expect(problems.join('\n')).toMatch(/warning: tables\.t\.rows_max: full, this table can take 4\.\d GB of the master's memory/)
  })
})
