/** `nsup table`: what it asks for, and how tables and rows look to a person and to a program. */
import { describe, expect, it } from 'vitest'
import { command } from './harness.ts'
import type { Answers, Result } from './harness.ts'

const counters = {
  name: 'counters', columns: [{ name: 'value', type: 'int' }, { name: 'note', type: 'string(8)' }, { name: 'on', type: 'bool' }],
  rows: 2, rows_max: 1024, persist: true, programs: ['web', 'api'], problem: null,
}
const rows = [
  { key: 'b', row: { value: 2, note: 'ok', on: true }, ttl_s: 90 },
  { key: 'a\u001b[31m', row: { value: -1, note: 'x\ny\u202e', on: false }, ttl_s: null },
  { key: 'c', row: { value: 3, note: '', on: false }, ttl_s: 0.2 },
]
const answers = (value: unknown, table: object = counters): Answers => ({
  tables: () => ({ tables: [table] }),
  rows: ({ cursor }) => (cursor === 0 ? { rows: rows.slice(0, 2), cursor: 2 } : { rows: rows.slice(2), cursor: null }),
  operate: () => ({ value }),
})
const asked = ({ asked: calls }: Result): unknown => calls.find(({ method }) => method === 'operate')?.params

describe('nsup table', () => {
  it('lists the tables, and what is wrong with one', async () => {
    expect(await command(['table'], answers(null))).toMatchObject({ code: 0, out: 'table     rows       columns                             kept     programs\ncounters  2 of 1024  value:int, note:string(8), on:bool  on disk  web, api\n' })
    const failing = await command(['table'], answers(null, { ...counters, rows: null, problem: 'it is not served' }))
    expect([failing.code, failing.out]).toEqual([3, expect.stringMatching(/\? of 1024 .*\ncounters: it is not served\n$/)])
    expect((await command(['table'], { tables: () => ({ tables: [] }) })).out).toBe('the config has no tables\n')
    expect(JSON.parse((await command(['table', '--json'], answers(null))).out)).toEqual({ tables: [counters] })
  })

  it('shows rows by key, and nothing of what they hold steers the terminal', async () => {
    const { out, code } = await command(['table', 'counters'], answers(null))
    expect([code, out.split('\n').map((line) => line.replace(/ +/g, ' '))]).toEqual([0, [
      'key value note on expires in', '"a\\u001b[31m" -1 "x\\ny?" false', 'b 2 ok true 1m 30s', 'c 3 false <1s', '',
    ]])
    expect((await command(['table', 'counters', '-n', '1'], answers(null))).out).toMatch(/\nb .*\nthere are more rows than these 1 \(-n\)\n$/)
    expect(JSON.parse((await command(['table', 'counters', '--json'], answers(null))).out)).toMatchObject({ table: counters, rows: [{ key: 'a\u001b[31m' }, { key: 'b' }, { key: 'c' }] })
    expect((await command(['table', 'counters', 'scan', 'x'], { ...answers(null), rows: () => ({ rows: [], cursor: null }) })).out).toBe('counters has no rows that begin with x\n')
  })

  it.each<[words: string[], params: object, value: unknown, out: string, code: number]>([
    [['get', 'b'], { op: 'get', key: 'b' }, rows[0]?.row, 'value: 2\nnote: ok\non: true\n', 0],
    [['get', 'b', 'note'], { op: 'get', key: 'b', column: 'note' }, 'ok', 'ok\n', 0],
    [['get', 'z'], { op: 'get', key: 'z' }, null, 'counters has no row z\n', 1],
    [['set', 'b', 'value=-3', 'note=a=b', 'on=yes', '--ttl', '1m'], { op: 'set', key: 'b', row: { value: -3, note: 'a=b', on: true }, ttl_s: 60 }, true, 'b: set\n', 0],
    [['incr', 'b'], { op: 'incr', key: 'b' }, 3, '3\n', 0],
    [['incr', 'b', '5'], { op: 'incr', key: 'b', by: 5 }, 8, '8\n', 0],
    [['decr', 'b', 'value', '2'], { op: 'decr', key: 'b', column: 'value', by: 2 }, 6, '6\n', 0],
    [['incr', 'b', 'value'], { op: 'incr', key: 'b', column: 'value' }, 7, '7\n', 0],
    [['del', 'b'], { op: 'del', key: 'b' }, true, 'b: removed\n', 0],
    [['del', 'z'], { op: 'del', key: 'z' }, false, 'counters has no row z\n', 1],
    [['exists', 'z'], { op: 'exists', key: 'z' }, false, 'false\n', 1],
    [['count'], { op: 'count' }, 2, '2\n', 0],
    [['clear'], { op: 'clear' }, true, 'counters: all rows removed\n', 0],
  ])('does %j', async (words, params, value, out, code) => {
    const result = await command(['table', 'counters', ...words], answers(value))
    expect([asked(result), result.out, result.code]).toEqual([{ table: 'counters', ...params }, out, code])
    expect(JSON.parse((await command(['table', 'counters', ...words, '--json'], answers(value))).out)).toEqual({ value })
  })

  it.each<[words: string[], sentence: string]>([
    [['conters'], "there is no table 'conters': did you mean counters?"],
    [['counters', 'inc', 'b'], "a table has no operation 'inc': did you mean incr?"],
    [['counters', 'get'], 'it is: nsup table NAME get KEY [COLUMN]'],
    [['counters', 'count', 'x'], 'it is: nsup table NAME count'],
    [['counters', 'set', 'b', 'value'], "'value' is not COLUMN=VALUE"],
    [['counters', 'set', 'b', 'vale=1'], "counters has no column 'vale': did you mean value?"],
    [['counters', 'set', 'b', 'value=x'], "value takes a whole number, not 'x'"],
    [['counters', 'set', 'b', 'on=2'], "on takes true or false, not '2'"],
    [['counters', 'incr', 'b', 'value', 'x'], "how much must be a number, not 'x'"],
    [['counters', 'get', 'b', '--ttl', '1m'], '--ttl is for set, incr and decr'],
    [['counters', 'incr', 'b', '--ttl', 'x'], "--ttl needs a time as 30s, 5m or 1h, not 'x'"],
    [['counters', '-n', '0'], "-n needs a number of rows, not '0'"],
  ])('refuses %j with a sentence', async (words, sentence) => {
    const result = await command(['table', ...words], answers(null))
    expect([result.code > 0, result.err.trim(), asked(result)]).toEqual([true, expect.stringContaining(sentence), undefined])
  })
})
