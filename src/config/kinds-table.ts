/** The type of a table's columns: `value:int, note:string(256)`, for which YAML also has a mapping. */
import { didYouMean } from '../lib/suggest.ts'
import { parseInteger } from '../lib/units.ts'
import { rowTextMax } from '../core/table-spec.ts'
import type { Column, ColumnType } from '../core/table-spec.ts'
import { kind, quote, Refusal } from './kinds.ts'
import type { JsonShape, Kind } from './kinds.ts'
import { Malformed } from './sugar.ts'
import type { Sugar } from './sugar.ts'

const types = ['int', 'float', 'bool', 'string']
/** What other tools call them. */
const otherWords = new Map([['integer', 'int'], ['number', 'int or float'], ['double', 'float'], ['real', 'float'], ['boolean', 'bool'], ['text', 'string(256)'], ['str', 'string(256)'], ['varchar', 'string(256)']])
const columnsMax = 64
const typeShape: JsonShape = { type: 'string', pattern: '^\\s*(int|float|bool|string\\s*\\(\\s*[1-9][0-9]*\\s*\\))\\s*$|\\$\\{|%\\(' }

/** Name and type of each column. */
export const columns: Kind<readonly Column[]> = kind('name:type, with the types int, float, bool and string(BYTES)', {
  anyOf: [{ type: 'string' }, { type: 'object', minProperties: 1, propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_]{0,63}$' }, additionalProperties: typeShape }],
}, (value) => {
  const { all, wrong: [first, ...others] } = readColumns(value)
  if (first !== undefined) return new Refusal(first.reason, first.offset, others)
  if (all.length === 0) return new Refusal('has no column: name one, as in value:int')
  if (all.length > columnsMax) return new Refusal(`has ${String(all.length)} columns, more than ${String(columnsMax)}`)
  const texts = all.reduce((sum, { type }) => sum + (type.kind === 'string' ? type.max : 0), 0)
  return texts <= rowTextMax ? all : new Refusal(`has texts of ${String(texts)} bytes in one row, more than ${String(rowTextMax)}: make the strings shorter`)
})

/** `{value: int, note: string(256)}`. */
export const columnsSugar: Sugar = {
  forms: 'a mapping of names to types',
  text: (tree) => {
    if (tree.kind !== 'map') throw new Malformed(tree.at, 'must be a mapping of names to types', 'write {value: int}')
    const wrong: Malformed[] = []
    const written = tree.entries.map(({ key, at, value }) => {
      if (value.kind !== 'scalar') {
        wrong.push(new Malformed(value.at, `has a column '${key}' whose type is no plain word`, 'write int, float, bool or string(BYTES)'))
        return ''
      }
      const read = readColumn(`${key}:${value.text}`)
      if (read instanceof Refusal) wrong.push(new Malformed(at, read.reason))
      return `${key}:${value.text.trim()}`
    })
    const [first, ...others] = wrong
    if (first !== undefined) throw new Malformed(first.at, first.message, first.hint, others)
    return written.join(', ')
  },
}

function readColumns(text: string): { readonly all: readonly Column[]; readonly wrong: readonly Refusal[] } {
  const all: Column[] = []
  const wrong: Refusal[] = []
  let offset = 0
  for (const part of text.split(',')) {
    const piece = part.trim()
    const at = offset + part.indexOf(piece)
    offset += part.length + 1
    if (piece === '') continue
    const read = readColumn(piece)
    if (read instanceof Refusal) wrong.push(new Refusal(read.reason, at))
    else if (all.some(({ name }) => name === read.name)) wrong.push(new Refusal(`has the column ${quote(read.name)} twice`, at))
    else all.push(read)
  }
  return { all, wrong }
}

function readColumn(piece: string): Column | Refusal {
  const colon = piece.indexOf(':')
  const name = (colon === -1 ? piece : piece.slice(0, colon)).trim()
  if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) return new Refusal(`has a column named ${quote(name)}: a name is a letter, then letters, digits and _, 64 at most`)
  if (colon === -1) return new Refusal(`has the column ${quote(name)} without a type (write ${name.slice(0, 20)}:int)`)
  const type = readType(piece.slice(colon + 1).trim())
  return type instanceof Refusal ? type : { name, type }
}

function readType(text: string): ColumnType | Refusal {
  const [, word = '', size] = /^([A-Za-z0-9_]*)\s*(?:\(\s*(\S*?)\s*\))?$/.exec(text) ?? []
  switch (word) {
    case 'int': case 'float': case 'bool':
      return size === undefined ? { kind: word } : new Refusal(`has a type ${quote(text)}: ${word} takes no size`)
    case 'string': {
      const max = size === undefined ? undefined : parseInteger(size)
      return max !== undefined && max > 0 ? { kind: 'string', max } : new Refusal(`has a type ${quote(text)}: write how many bytes at most, as in string(256)`)
    }
    default: {
      const other = otherWords.get(word.toLowerCase())
      const hint = other === undefined ? didYouMean(word, types) ?? 'known are int, float, bool and string(BYTES)' : `write ${other}`
      return new Refusal(`has a type ${quote(text)} (${hint})`)
    }
  }
}
