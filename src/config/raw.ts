/**
 * The shape that every reader produces: sections of options whose values are still text, each with its place in the
 * file. Everything after the readers (expansion, checks, building) sees only this.
 */
import type { Problem } from './config.ts'

/** A place in a file; line and column count from 1. */
export interface Mark {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface RawScalar {
  readonly kind: 'scalar'
  readonly text: string
  readonly at: Mark
  /** Where each line of a value begins that was written over several. */
  readonly lines?: readonly Mark[]
  /** Where each `%` and `$` stands in the file, as YAML has them; not those that are written as escapes. */
  readonly signs?: readonly Mark[]
}

export interface RawList {
  readonly kind: 'list'
  readonly items: readonly RawScalar[]
  readonly at: Mark
}

export interface RawMap {
  readonly kind: 'map'
  readonly entries: readonly { readonly key: string; readonly at: Mark; readonly value: RawScalar }[]
  readonly at: Mark
}

/** Lists and mappings within each other, of an option that has such a form. */
export type RawTree =
  | RawScalar
  | { readonly kind: 'list'; readonly items: readonly RawTree[]; readonly at: Mark }
  | { readonly kind: 'map'; readonly entries: readonly { readonly key: string; readonly at: Mark; readonly value: RawTree }[]; readonly at: Mark }

export type RawValue = RawScalar | RawList | RawMap | { readonly kind: 'tree'; readonly tree: Exclude<RawTree, RawScalar>; readonly at: Mark }

export interface RawOption {
  readonly key: string
  readonly at: Mark
  readonly value: RawValue
}

export type Format = 'ini' | 'yaml'

export interface RawSection {
  /** `program`, `group`, `supervisord`, ... without the name. */
  readonly kind: string
  /** What follows the colon; empty where there is none. */
  readonly name: string
  /** As people know it: `program:x` (INI) or `programs.x` (YAML). */
  readonly title: string
  readonly format: Format
  readonly at: Mark
  readonly options: Map<string, RawOption>
}

export interface RawFile {
  readonly sections: readonly RawSection[]
  readonly problems: readonly Problem[]
}

/** An error-severity problem at a place. */
export function errorAt(at: Mark, message: string, hint?: string): Problem {
  return problemAt('error', at, message, hint)
}

/** A warning at a place. */
export function warningAt(at: Mark, message: string, hint?: string): Problem {
  return problemAt('warning', at, message, hint)
}

/** A problem at a place. */
export function problemAt(severity: Problem['severity'], at: Mark, message: string, hint?: string): Problem {
  const place = { severity, file: at.file, line: at.line, column: at.column, message }
  return hint === undefined ? place : { ...place, hint }
}
