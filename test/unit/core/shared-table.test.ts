import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { operate } from '../../../src/core/table-request.ts'
import type { TableRequest } from '../../../src/core/table-request.ts'
import { Table } from '../../../src/core/table.ts'
import { TableProblem } from '../../../src/core/table-problem.ts'
import { memoryMax } from '../../../src/core/table-spec.ts'
import type { TableSpec } from '../../../src/core/table-spec.ts'

const spec: TableSpec = {
  name: 'counters', rowsMax: 3, persist: false,
  columns: [
    { name: 'value', type: { kind: 'int' } }, { name: 'note', type: { kind: 'string', max: 8 } },
    { name: 'rate', type: { kind: 'float' } }, { name: 'on', type: { kind: 'bool' } },
  ],
}
const empty = { value: 0, note: '', rate: 0, on: false }

/** A table with a clock in its hand; what is not done is answered as its code. */
class Hand {
  readonly table: Table
  now = 1000

  constructor(over: Partial<TableSpec> = {}) {
    this.table = new Table({ ...spec, ...over })
  }

  do(op: string, words: TableRequest = {}): unknown {
    const answer = operate(this.table, { name: 'counters', op, ...words }, this.now)
    return answer instanceof TableProblem ? answer.code : answer
  }

  problem(op: string, words: TableRequest = {}): string {
    const answer = operate(this.table, { name: 'counters', op, ...words }, this.now)
    return answer instanceof TableProblem ? answer.message : `answered ${JSON.stringify(answer)}`
  }
}

describe('A shared table', () => {
  it('gives what was set, and zero, false or nothing for what was not', () => {
    const hand = new Hand()
    expect(hand.do('get', { key: 'a' })).toBe(null)
    expect(hand.do('set', { key: 'a', row: { note: 'x', on: true } })).toBe(true)
    expect(hand.do('set', { key: 'a', row: { rate: 0.5 } })).toBe(true)
    expect(hand.do('get', { key: 'a' })).toEqual({ value: 0, note: 'x', rate: 0.5, on: true })
    expect(hand.do('get', { key: 'a', column: 'note' })).toBe('x')
    expect([hand.do('exists', { key: 'a' }), hand.do('exists', { key: 'b' }), hand.do('count')]).toEqual([true, false, 1])
    expect([hand.do('del', { key: 'a' }), hand.do('del', { key: 'a' }), hand.do('count')]).toEqual([true, false, 0])
  })

  it('counts in the column that is named, or in the only one of numbers', () => {
    const hand = new Hand()
    expect(hand.do('incr', { key: 'a', column: 'value' })).toBe(1)
    expect(hand.do('incr', { key: 'a', column: 'value', by: 41 })).toBe(42)
    expect(hand.do('decr', { key: 'a', column: 'rate', by: 0.5 })).toBe(-0.5)
    expect(hand.problem('incr', { key: 'a' })).toContain("say which in column, such as 'value'")
    expect(new Hand({ columns: [{ name: 'hits', type: { kind: 'int' } }] }).do('incr', { key: 'a', by: 2 })).toBe(2)
    expect(new Hand({ columns: [{ name: 'on', type: { kind: 'bool' } }] }).do('incr', { key: 'a' })).toBe('NO_COLUMN')
  })

  it('compares and sets in one', () => {
    const hand = new Hand()
    expect(hand.do('cas', { key: 'lock', expect: null, row: { note: 'me' } })).toBe(true)
    expect(hand.do('cas', { key: 'lock', expect: null, row: { note: 'you' } })).toBe(false)
    expect(hand.do('cas', { key: 'lock', expect: { note: 'you' }, row: { value: 1 } })).toBe(false)
    expect(hand.do('cas', { key: 'lock', expect: { note: 'me', value: 0 }, row: { value: 1 } })).toBe(true)
    expect(hand.do('del', { key: 'lock', expect: { note: 'you' } })).toBe(false)
    expect(hand.do('del', { key: 'lock', expect: { note: 'me' } })).toBe(true)
    expect(hand.do('cas', { key: 'lock', expect: { note: 'me' }, row: {} })).toBe(false)
    expect(hand.do('cas', { key: 'lock', expect: { note: 'me' }, row: { value: 'x' } })).toBe('WRONG_TYPE')
  })

  it('lets rows expire to the millisecond, swept or not', () => {
    const hand = new Hand()
    hand.do('set', { key: 'a', row: {}, ttl_s: 1 })
    hand.do('incr', { key: 'b', column: 'value', ttl_s: 2 })
    expect(hand.table.nextExpiry).toBe(2000)
    hand.now = 1999
    expect([hand.do('exists', { key: 'a' }), hand.do('incr', { key: 'b', column: 'value', ttl_s: 9 })]).toEqual([true, 2])
    hand.now = 2000
    expect([hand.do('count'), hand.do('scan'), hand.do('get', { key: 'a' })]).toMatchObject([1, { rows: [{ key: 'b', ttl_s: 1 }] }, null])
    hand.now = 3000 // an incr of what is there has not moved its end
    expect([hand.do('incr', { key: 'b', column: 'value' }), hand.table.nextExpiry]).toEqual([1, Infinity])
    hand.do('set', { key: 'b', row: {}, ttl_s: 5 })
    hand.do('set', { key: 'b', row: { on: true } })
    expect(hand.table.nextExpiry).toBe(8000)
    hand.do('set', { key: 'b', row: {}, ttl_s: null })
    expect(hand.table.nextExpiry).toBe(Infinity)
  })

  it('is full with its last row, and not of what has expired', () => {
    const hand = new Hand()
    for (const key of ['a', 'b', 'c']) hand.do('set', { key, row: {}, ttl_s: 10 })
    expect([hand.do('set', { key: 'd', row: {} }), hand.do('incr', { key: 'd', column: 'value' }), hand.do('cas', { key: 'd', expect: null, row: {} })]).toEqual(['TABLE_FULL', 'TABLE_FULL', 'TABLE_FULL'])
    expect(hand.do('incr', { key: 'a', column: 'value' })).toBe(1)
    hand.now += 10_000
    expect([hand.do('set', { key: 'd', row: {} }), hand.do('count')]).toEqual([true, 1])
  })

  it('refuses what does not fit, and has then changed nothing', () => {
    const hand = new Hand()
    hand.do('set', { key: 'a', row: { value: Number.MAX_SAFE_INTEGER, note: 'ä123456' } })
    const before = hand.do('scan')
    for (const [op, words, code] of [
      ['incr', { key: 'a', column: 'value' }, 'OVERFLOW'],
      ['decr', { key: 'a', column: 'rate', by: 1e400 }, 'WRONG_TYPE'],
      ['incr', { key: 'a', column: 'value', by: 0.5 }, 'WRONG_TYPE'],
      ['incr', { key: 'a', column: 'note' }, 'WRONG_TYPE'],
      ['set', { key: 'a', row: { value: 1, note: 'ä1234567' } }, 'TOO_LONG'],
      ['set', { key: 'a', row: { value: 1, rate: 'x' } }, 'WRONG_TYPE'],
      ['set', { key: 'a', row: { value: 1.5 } }, 'WRONG_TYPE'],
      ['set', { key: 'a', row: { value: 2 ** 53 } }, 'WRONG_TYPE'],
      ['set', { key: 'a', row: { value: null } }, 'WRONG_TYPE'],
      ['set', { key: 'a', row: { valeu: 1 } }, 'NO_COLUMN'],
      ['set', { key: 'a', row: JSON.parse('{"__proto__":1}') as unknown }, 'NO_COLUMN'],
      ['set', { key: 'a' }, 'BAD_REQUEST'],
      ['set', { key: 'a', row: [1] }, 'BAD_REQUEST'],
      ['set', { key: 'a', row: {}, ttl_s: 0 }, 'BAD_REQUEST'],
      ['set', { key: 'a', row: {}, ttl: 5 }, 'BAD_REQUEST'],
      ['set', { key: '', row: {} }, 'BAD_KEY'],
      ['set', { key: 'ä'.repeat(129), row: {} }, 'BAD_KEY'],
      ['set', { row: {} }, 'BAD_KEY'],
      ['get', { key: 'a', column: 'constructor' }, 'NO_COLUMN'],
      ['cas', { key: 'a', row: {} }, 'BAD_REQUEST'],
      ['scan', { limit: 0 }, 'BAD_REQUEST'],
      ['scan', { cursor: -1 }, 'BAD_REQUEST'],
      ['inc', { key: 'a' }, 'BAD_REQUEST'],
      ['constructor', { key: 'a' }, 'BAD_REQUEST'],
    ] as const) expect([op, words, hand.do(op, words)]).toEqual([op, words, code])
    expect(hand.do('scan')).toEqual(before)
    expect(hand.problem('inc', { key: 'a' })).toContain('did you mean incr?')
    expect(hand.problem('set', { key: 'a', row: {}, ttl: 5 })).toBe("set takes no 'ttl'; did you mean ttl_s?")
    expect(hand.do('set', { key: 'ä'.repeat(128), row: {} })).toBe(true)
  })

  it('shows rows page by page, each that stays exactly once, whatever comes and goes meanwhile', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 7 }), fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 60 }), (limit, changes) => {
      const hand = new Hand({ rowsMax: 100 })
      for (let at = 0; at < 30; at += 1) hand.do('set', { key: `stays:${String(at)}`, row: {} })
      const seen: string[] = []
      const left = [...changes]
      for (let cursor: number | null = 0; cursor !== null;) {
        const page = hand.do('scan', { prefix: 'stays:', limit, cursor }) as { rows: { key: string }[]; cursor: number | null }
        seen.push(...page.rows.map(({ key }) => key))
        cursor = page.cursor
        for (const [key, there] of left.splice(0, 5)) hand.do(there ? 'set' : 'del', { key: `other:${String(key)}`, ...(there && { row: {} }) })
      }
      expect([...seen].sort()).toEqual(Array.from({ length: 30 }, (_, at) => `stays:${String(at)}`).sort())
    }))
  })

  it('ends a page before it takes long or grows large', () => {
    const hand = new Hand({ rowsMax: 100_000, columns: [{ name: 'note', type: { kind: 'string', max: 20_000 } }] })
    for (let at = 0; at < 10; at += 1) hand.do('set', { key: String(at), row: { note: 'x'.repeat(20_000) } })
    expect((hand.do('scan') as { rows: unknown[] }).rows).toHaveLength(2)
    for (let at = 0; at < 30_000; at += 1) hand.table.set(`k${String(at)}`, {}, hand.now)
    expect(hand.do('scan', { prefix: 'none' })).toEqual({ rows: [], cursor: 20_000 })
  })

  it('says what it takes at most', () => {
    expect(memoryMax({ ...spec, rowsMax: 1000 })).toBe(1000 * (200 + 256 + 4 * 8 + 8))
  })
})

type Model = Map<string, { row: Record<string, unknown>; expires: number }>

describe('A table beside a plain Map', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd')
  const ttl = fc.option(fc.constantFrom(1, 2, 5), { nil: undefined })
  const step = fc.oneof(
    fc.record({ op: fc.constant('set'), key, row: fc.record({ value: fc.integer(), note: fc.string({ maxLength: 2 }) }, { requiredKeys: [] }), ttl_s: ttl }),
    fc.record({ op: fc.constantFrom('incr', 'decr'), key, column: fc.constant('value'), by: fc.constantFrom(1, 7, Number.MAX_SAFE_INTEGER), ttl_s: ttl }),
    fc.record({ op: fc.constantFrom('get', 'del', 'exists'), key }),
    fc.record({ op: fc.constant('cas'), key, expect: fc.constantFrom(null, { value: 0 }, { value: 1 }), row: fc.constantFrom({ value: 1 }, { note: 'n' }), ttl_s: ttl }),
    fc.record({ op: fc.constant('count') }),
    fc.record({ op: fc.constant('clear') }),
    fc.record({ op: fc.constant('wait'), time: fc.constantFrom(500, 1000, 3000) }),
    fc.record({ op: fc.constant('sweep') }),
  )

  it('answers the same', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const hand = new Hand()
      const model: Model = new Map()
      for (const { op, ...rest } of steps) {
        const words = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
        if (op === 'wait') hand.now += Number(words['time'])
        else if (op === 'sweep') hand.table.sweep(hand.now, 2)
        else expect(hand.do(op, words)).toEqual(expected(model, op, words, hand.now))
        for (const [name, { expires }] of model) if (expires <= hand.now) model.delete(name)
      }
      const { rows } = hand.do('scan') as { rows: { key: string; row: unknown }[] }
      expect(new Map(rows.map(({ key: name, row }) => [name, row]))).toEqual(new Map([...model].map(([name, { row }]) => [name, row])))
    }), { numRuns: 500 })
  })

  /** What the operation answers, done to the model. */
  function expected(model: Model, op: string, words: TableRequest, now: number): unknown {
    const name = String(words['key'])
    const known = model.get(name)
    const seconds = words['ttl_s'] as number | undefined
    const put = (row: Record<string, unknown>, expires: number): boolean => {
      if (known === undefined && model.size === spec.rowsMax) return false
      model.set(name, { row: { ...empty, ...known?.row, ...row }, expires })
      return true
    }
    const until = (before: number): number => (seconds === undefined ? before : now + seconds * 1000)
    switch (op) {
      case 'get': return known?.row ?? null
      case 'exists': return known !== undefined
      case 'del': return model.delete(name)
      case 'count': return model.size
      case 'clear': model.clear(); return true
      case 'set': return put(words['row'] as Record<string, unknown>, until(known?.expires ?? Infinity)) || 'TABLE_FULL'
      case 'cas': {
        const wanted = words['expect'] as { value: number } | null
        if (wanted === null ? known !== undefined : known?.row['value'] !== wanted.value) return false
        return put(words['row'] as Record<string, unknown>, until(known?.expires ?? Infinity)) || 'TABLE_FULL'
      }
      default: {
        const sum = Number(known?.row['value'] ?? 0) + Number(words['by']) * (op === 'decr' ? -1 : 1)
        if (!Number.isSafeInteger(sum)) return 'OVERFLOW'
        return put({ value: sum }, known?.expires ?? until(Infinity)) ? sum : 'TABLE_FULL'
      }
    }
  }
})
