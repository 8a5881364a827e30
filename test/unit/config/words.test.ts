import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEnvironment, splitCommand } from '../../../src/config/words.ts'

function words(text: string): readonly string[] | string {
  const result = splitCommand(text)
  return result.ok ? result.words : result.reason
}

function pairs(text: string): Record<string, string> | string {
  const result = parseEnvironment(text)
  return result.ok ? Object.fromEntries(result.pairs) : result.reason
}

describe('splitting a command', () => {
  it('follows the quoting of a POSIX shell', () => {
    expect(words(`sh -c 'a "b" \\c'  d"e f"g\\ h`)).toEqual(['sh', '-c', 'a "b" \\c', 'de fg h'])
    expect(words('a "\\"q\\" \\$x \\\\"')).toEqual(['a', '"q" \\$x \\'])
    expect(words("a '' \"\"")).toEqual(['a', '', ''])
    expect(words('a\n  b\tc\r\n')).toEqual(['a', 'b', 'c'])
    expect(words('a;b #c $d')).toEqual(['a;b', '#c', '$d'])
    expect(words(' ')).toEqual([])
  })

  it('names what is not closed', () => {
    expect(words("sh -c 'a")).toBe('No closing quotation')
    expect(words('a "b\\"')).toBe('No closing quotation')
    expect(words('a \\')).toBe('No escaped character')
  })

  it('gives back words that were quoted', () => {
    fc.assert(fc.property(fc.array(fc.string()), (list) => {
      expect(words(list.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`).join(' '))).toEqual(list)
    }))
  })
})

describe('the environment grammar', () => {
  it('reads pairs with any one separator, quotes and escapes', () => {
    expect(pairs('A=1,B="two words",C=\'x,y\',')).toEqual({ A: '1', B: 'two words', C: 'x,y' })
    expect(pairs('A = 1 ,\n B=/a/b.c+d-(e):f')).toEqual({ A: '1', B: '/a/b.c+d-(e):f' })
    expect(pairs('A="",B=x')).toEqual({ A: '', B: 'x' })
    expect(pairs('A="a\\"b\\\\c\\d"')).toEqual({ A: 'a"b\\c\\d' })
    expect(pairs('A=x"y z"')).toEqual({ A: 'xy z' })
    expect(pairs('')).toEqual({})
    expect(pairs('A=größe')).toEqual({ A: 'größe' })
    expect(pairs('__proto__=x')).toEqual(Object.fromEntries([['__proto__', 'x']]))
  })

  it('refuses what is not in threes without showing a value', () => {
    expect(pairs('A')).toBe('Unexpected end of key/value pairs')
    expect(pairs('A=secret,B=b@c')).toBe('Unexpected end of key/value pairs after B')
    expect(pairs('A="secret')).toBe('No closing quotation')
    expect(pairs('"A=B"=c')).toBe('the name of a variable holds a = or a NUL')
  })

  it('gives back values that were quoted, and never throws', () => {
    fc.assert(fc.property(fc.dictionary(fc.stringMatching(/^[A-Z_]{1,5}$/), fc.string()), (variables) => {
      const text = Object.entries(variables).map(([key, value]) => `${key}="${value.replace(/[\\"]/g, '\\$&')}"`).join(',')
      expect(pairs(text)).toEqual(variables)
    }))
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      expect(['string', 'object']).toContain(typeof pairs(text))
    }))
  })
})
