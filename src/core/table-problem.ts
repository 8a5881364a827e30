/** Why an operation on a table was not done: a code for programs, a sentence for people; and what keys and values must be. */
import { keyMax, typeWords } from './table-spec.ts'
import type { Column } from './table-spec.ts'

export type TableCode = 'NO_TABLE' | 'NOT_ALLOWED' | 'BAD_REQUEST' | 'BAD_KEY' | 'NO_COLUMN' | 'WRONG_TYPE' | 'TOO_LONG' | 'OVERFLOW' | 'TABLE_FULL' | 'TABLE_UNREADABLE'

/** Why an operation was not done. */
export class TableProblem {
  readonly code: TableCode
  readonly message: string

  constructor(code: TableCode, message: string) {
    this.code = code
    this.message = message
  }
}

/** Why a text cannot be a key. */
export function keyProblem(key: string): TableProblem | null {
  if (key === '') return new TableProblem('BAD_KEY', 'a key must not be empty')
  // No character takes more than three bytes for each of its units.
  if (key.length * 3 <= keyMax || Buffer.byteLength(key) <= keyMax) return null
  return new TableProblem('BAD_KEY', `a key has at most ${String(keyMax)} bytes, this one has ${String(Buffer.byteLength(key))}`)
}

/** Why this cannot be the value of a column. */
export function valueProblem({ name, type }: Column, value: unknown): TableProblem | null {
  const wrong = (wanted: string): TableProblem => new TableProblem('WRONG_TYPE', `${name} takes ${wanted}, not ${shown(value)}`)
  switch (type.kind) {
    case 'int': return Number.isSafeInteger(value) ? null : wrong('a whole number of at most 9007199254740991')
    case 'float': return Number.isFinite(value) ? null : wrong('a number')
    case 'bool': return typeof value === 'boolean' ? null : wrong('true or false')
    case 'string': {
      if (typeof value !== 'string') return wrong(`a text (${typeWords(type)})`)
      if (value.length * 3 <= type.max || Buffer.byteLength(value) <= type.max) return null
      return new TableProblem('TOO_LONG', `${name} takes at most ${String(type.max)} bytes, this text has ${String(Buffer.byteLength(value))}`)
    }
  }
}

function shown(value: unknown): string {
  return shortened(JSON.stringify(value) ?? String(value))
}

/** A text as it stands in a sentence. */
export function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
