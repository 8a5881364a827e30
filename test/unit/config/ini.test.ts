import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readIni } from '../../../src/config/ini.ts'

/** `section.key` to value. */
function values(text: string): Record<string, string> {
  const pairs = readIni(text, 'f').sections.flatMap((section) => [...section.options.values()].map((option) => {
    return [`${section.title}.${option.key}`, option.value.kind === 'scalar' ? option.value.text : '?'] as const
  }))
  return Object.fromEntries(pairs)
}

describe('the INI reader', () => {
  it('reads both delimiters, trims values and folds option names to lower case', () => {
    expect(values('[a]\nKey = v \nother:w=x\nempty=\n')).toEqual({ 'a.key': 'v', 'a.other': 'w=x', 'a.empty': '' })
  })

  it('keeps section names as they are written', () => {
    expect(readIni('[Program:X]\n', 'f').sections.map(({ kind, name }) => [kind, name])).toEqual([['Program', 'X']])
  })

  it('cuts inline comments after a blank, also within quotes, and keeps a mark without a blank before it', () => {
    expect(values('[a]\nx=1 ; c\ny=sh -c "a ; b"\nz=a;b#c\nw=v\t# c\n')).toEqual({
      'a.x': '1', 'a.y': 'sh -c "a', 'a.z': 'a;b#c', 'a.w': 'v',
    })
  })

  it('looks for the two comment marks in turns, as Python does', () => {
    expect(values('[a]\nx=a;b ;c  #d\n')).toEqual({ 'a.x': 'a;b ;c' })
  })

  it('joins deeper lines to the value, skipping comment lines and keeping blank ones', () => {
    expect(values('[a]\nx=1,\n  2\n; no\n\n  # no\n\t3 ; c\ny=4\n\n')).toEqual({ 'a.x': '1,\n2\n\n3', 'a.y': '4' })
  })

  it('merges sections; the later option wins', () => {
    const { sections } = readIni('[a]\nx=1\ny=1\n[b]\nz=1\n[a]\nx=2\n', 'f')
    expect(sections.map(({ title }) => title)).toEqual(['a', 'b'])
    expect(values('[a]\nx=1\ny=1\n[b]\nz=1\n[a]\nx=2\n')).toEqual({ 'a.x': '2', 'a.y': '1', 'b.z': '1' })
  })

  it('gives what [DEFAULT] says to every section', () => {
    expect(values('[DEFAULT]\nx=1\n[a]\n[b]\nx=2\n')).toEqual({ 'a.x': '1', 'b.x': '2' })
  })

  it('takes all line ends and a byte order mark', () => {
    expect(values('\ufeff[a]\r\nx=1\ry=2\n')).toEqual({ 'a.x': '1', 'a.y': '2' })
  })

  it('reports each line that is nothing, with its place, and reads on', () => {
    const { problems, sections } = readIni('stray\n[a]\n  nothing\n=v\nx=1\n', 'f')
    expect(problems.map(({ line, column, severity }) => [line, column, severity])).toEqual([[1, 1, 'error'], [3, 3, 'error'], [4, 1, 'error']])
    expect([...(sections[0]?.options.keys() ?? [])]).toEqual(['x'])
  })

  it('knows the place of keys, values and continuation lines', () => {
    const option = readIni('[a]\n key =  v\n     w\n', 'f').sections[0]?.options.get('key')
    expect(option?.at).toMatchObject({ line: 2, column: 2 })
    expect(option?.value.at).toMatchObject({ line: 2, column: 9 })
    expect(option?.value).toMatchObject({ lines: [{ line: 2, column: 9 }, { line: 3, column: 6 }] })
  })

  it('reads back what was written', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
    const value = fc.stringMatching(/^[A-Za-z0-9%(),"'/=:.-]([A-Za-z0-9 %(),"'/=:.-]{0,20}[A-Za-z0-9])?$/)
    fc.assert(fc.property(fc.dictionary(word, fc.dictionary(word, value, { maxKeys: 5 }), { maxKeys: 5 }), (config) => {
      const text = Object.entries(config).map(([name, options]) => {
        return `[${name}]\n${Object.entries(options).map(([key, written]) => `${key} = ${written} ; c\n`).join('')}`
      }).join('\n')
      const wanted = Object.entries(config).flatMap(([name, options]) => Object.entries(options).map(([key, written]) => [`${name}.${key}`, written]))
      expect(values(text)).toEqual(Object.fromEntries(wanted))
    }))
  })

  it('never throws', () => {
    const line = fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.constantFrom('[a]', '[', '[]', '[a', ' x', 'k=v', '=', ':', ';', '#', ' ;', '\t'))
    fc.assert(fc.property(fc.array(line), (lines) => {
      expect(Array.isArray(readIni(lines.join('\n'), 'f').sections)).toBe(true)
    }))
  })
})
