import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Assembly, isMark, lineMax, linesOf, wholeMax } from '../../../src/lib/parts.ts'
import type { Put } from '../../../src/lib/parts.ts'

const putAll = (assembly: Assembly, lines: readonly string[]): Put | undefined =>
  lines.map((line) => assembly.put((JSON.parse(line) as { part: unknown }).part)).at(-1)

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 6000 })).map(([unit, times]) => unit.repeat(times)),
)

describe('a line', () => {
  it('goes in pieces that the kernel writes as a whole, and comes out as it was', () => {
    fc.assert(fc.property(anyText, (text) => {
      const json = JSON.stringify({ message: { n: 1, from: 'a', data: text } })
      const lines = linesOf(json, 'of', 1)
      for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(lineMax)
      if (lines.length === 1) expect(lines[0]).toBe(`${json}\n`)
      else expect(putAll(new Assembly('of'), lines)).toEqual({ whole: json, mark: 1 })
    }), { numRuns: 200 })
  })

  it('is cut nowhere within a character, so that every language can put it together', () => {
    for (const line of linesOf(JSON.stringify('😀'.repeat(3000)), 'id', 'x')) {
      const { text } = (JSON.parse(line) as { part: { text: string } }).part
      expect(text).toBe(Buffer.from(text).toString())
    }
  })
})

describe('lines in parts', () => {
  const part = (id: unknown, index: unknown, text: unknown, last: unknown = false): unknown => ({ id, index, last, text })

  it('may be mixed', () => {
    const assembly = new Assembly('id')
    const [a = [], b = []] = ['a', 'b'].map((id) => linesOf(JSON.stringify(id.repeat(10_000)), 'id', id))
    const wholes = a.flatMap((line, at) => [line, b[at] ?? '']).map((line) => putAll(assembly, [line])).filter((put) => put !== undefined && 'whole' in put)
    expect(wholes).toHaveLength(2)
  })

  it('begin anew with part 0, and are refused with a hole', () => {
    const assembly = new Assembly('id')
    assembly.put(part(1, 0, 'lost'))
    assembly.put(part(1, 0, '"a'))
    expect(assembly.put(part(1, 1, 'b"', true))).toEqual({ whole: '"ab"', mark: 1 })
    expect(assembly.put(part(2, 1, 'x'))).toEqual({ refused: 'part 1 came where part 0 was due', mark: 2 })
    assembly.put(part(3, 0, 'x'))
    assembly.clear()
    expect(assembly.put(part(3, 1, 'x'))).toMatchObject({ mark: 3, refused: expect.any(String) as unknown })
  })

  it('are refused when they are none', () => {
    for (const bad of [null, 7, {}, part(null, 0, 'x'), part('x'.repeat(65), 0, 'x'), part(Number.NaN, 0, 'x')]) expect(new Assembly('id').put(bad)).toMatchObject({ mark: null })
    for (const bad of [part(1, '0', 'x'), part(1, 0, 7), part(1, 0, 'x', 1)]) expect(new Assembly('id').put(bad)).toMatchObject({ mark: 1, refused: expect.stringContaining('index') as unknown })
    expect([isMark(1), isMark('a'), isMark({}), isMark(undefined)]).toEqual([true, true, false, false])
  })

  it('take no more than their bound, one line or many', () => {
    const assembly = new Assembly('id')
    const big = 'x'.repeat(wholeMax / 2)
    assembly.put(part('one', 0, big))
    expect(assembly.put(part('one', 1, `${big}x`))).toMatchObject({ mark: 'one', refused: expect.stringContaining(String(wholeMax)) as unknown })
    assembly.put(part('two', 0, big))
    assembly.put(part('three', 0, big))
    expect(assembly.put(part('four', 0, 'x'))).toMatchObject({ mark: 'two', refused: expect.stringContaining('too many') as unknown })
    expect(assembly.put(part('three', 1, '', true))).toEqual({ whole: big, mark: 'three' })
  })
})
