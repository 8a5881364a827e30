import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../../src/config/kinds.ts'
import { quoteWord, readPairs, splitWords } from '../../../src/config/option-words.ts'
import { careRows } from '../../../src/config/rows-care.ts'
import { parseEnvironment, shellWord, splitCommand } from '../../../src/config/words.ts'

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

  it.each([
    ['cd /srv && date', '&&'], ['date >> /tmp/log 2>&1', '>>'], ['date >/dev/null', '>'], ['date 2>&1', '2>&1'], ['cat a | wc', '|'], ['a || b', '||'], ['cd /srv; date', ';'],
    ['node a.js &', '&'], ['sort < a', '<'],
    ["sh -c 'cd /srv && date > x'", undefined], ['sh -c "a | b \\" > c"', undefined], ["find . -exec rm {} \\;", undefined], ["grep -e '|' file", undefined],
    ['curl http://a/?b=1&c=2', undefined], ['a --x=>y a->b', undefined], ['awk "{ print > 3; }"', undefined],
  ])('finds in %s what only a shell would understand', (command, word) => {
    expect(shellWord(command)).toBe(word)
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

describe('The words of an option of several parts', () => {
  it('come back as they were quoted, whatever is in them', () => {
    fc.assert(fc.property(fc.array(fc.string({ minLength: 1, unit: fc.constantFrom('a', ' ', '"', "'", '\\', '=', '\n', '\t', 'é', '%') })), (words) => {
      expect(splitWords(words.map(quoteWord).join(' '))).toEqual(words)
    }), { numRuns: 500 })
  })

  it('keep backslashes, so that patterns need no escapes, and take quotes anywhere', () => {
    expect(splitWords('body=\\d+\\s"a \\"b\\w"\'c d\\\'  x')).toEqual(['body=\\d+\\sa "b\\wc d\\', 'x'])
    expect(splitWords('a "b')).toBeInstanceOf(Refusal)
  })

  it('have keys that are known, each once', () => {
    expect(readPairs(['a=1', 'b=', 'b=x=y'], ['a', 'b'], ['b'])).toEqual(new Map([['a', ['1']], ['b', ['', 'x=y']]]))
    for (const words of [['c=1'], ['a'], ['a=1', 'a=2']]) expect(readPairs(words, ['a']), words.join()).toBeInstanceOf(Refusal)
  })
})

describe('The types of several parts', () => {
  it('take or refuse any text, and never throw', () => {
    const piece = fc.oneof(fc.constantFrom('http://h', 'tcp://h:1', 'exec', 'log', 'report', 'interval=1s', 'status=200', 'header="a: b"', 'body=(', 'TERM', '30s', ',', '=', '?', 'per', '5', '"', '±10%', 'nofile=1:2', '0-3'), fc.string({ maxLength: 4 }))
    fc.assert(fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
      for (const row of Object.values(careRows)) expect(row.type.safeParse(pieces.join(' ')).success).toBeTypeOf('boolean')
    }), { numRuns: 300 })
  })
})
