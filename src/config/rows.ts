/**
 * What a row of the schema is: one option, declared once. Validation, defaults, JSON Schema and the reference page are
 * all made from rows. The rows themselves are in the files beside.
 */
import type { ProcessSpec } from '../core/spec.ts'
import type { Format } from './raw.ts'
import type { Kind } from './kinds.ts'
import type { Sugar } from './sugar.ts'
import type { CareSpec } from '../core/care.ts'

/** What a value names on this machine, and how it is looked up. */
export type Place = 'file' | 'path' | 'directory' | 'user' | 'owner' | 'logfile'

/** A value that is not text alone: the forms that YAML also has for it. */
export type Shape = 'list' | 'words' | 'map'

type Leaf<K extends keyof ProcessSpec> = ProcessSpec[K] extends readonly unknown[] ? K
  : K extends 'stdout' | 'stderr' ? `${K}.${keyof ProcessSpec[K] & string}`
  : K extends 'care' ? `care.${keyof CareSpec}` : K

/** A field of {@link ProcessSpec}, for example `stdout.maxBytes` or `care.health`. */
export type SpecField = { [K in keyof ProcessSpec]-?: Leaf<K> }[keyof ProcessSpec]

/**
 * One option. Defaults are written as the text that would be in a file; `null`: none. A required one has no default:
 * its text only stands in for what is missing until the reading ends, failed.
 */
export interface Row<T = unknown> {
  readonly type: Kind<T>
  /** Where INI reads it otherwise. */
  readonly iniType?: Kind<T>
  readonly ini: string | null
  readonly yaml: string | null
  /** How a default is described that is not a plain text. */
  readonly defaultNote?: { readonly ini: string; readonly yaml: string }
  readonly doc: string
  /** A change needs a restart of the process (or of the master, for its own options). */
  readonly restart: boolean
  readonly required?: true
  /** Never shown, not even when it is wrong. */
  readonly secret?: true
  /** Only parts of it are secret, and its type shows none of them when it refuses a text. */
  readonly discreet?: true
  readonly shape?: Shape
  /** The lists and mappings that YAML has for it, and that become its text. */
  readonly sugar?: Sugar
  readonly place?: Place
  /** What it becomes. */
  readonly spec?: readonly SpecField[]
  /** A percent sign after a digit is one, as in 10%; elsewhere it begins a name to be expanded. */
  readonly percent?: true
  /** supervisord does not have it. */
  readonly extra?: true
}

export type Rows = Readonly<Record<string, Row>>

/** The values of a set of rows. */
export type Values<R extends Rows> = { readonly [K in keyof R]: R[K] extends Row<infer T> ? T : never }

type Rest = Omit<Row, 'type' | 'iniType' | 'ini' | 'yaml' | 'restart'> & { readonly restart?: boolean }

/** A row with the same default in both formats. */
export function option<T>(type: Kind<T>, value: string, rest: Rest): Row<T> {
  return { restart: true, ...rest, type, ini: value, yaml: value }
}

/** A row whose defaults differ by format. */
export function differing<T>(type: Kind<T>, defaults: { readonly ini: string; readonly yaml: string }, rest: Rest): Row<T> {
  return { restart: true, ...rest, type, ...defaults }
}

/** A row without a default: `null` when it is not written. */
export function optional<T>(type: Kind<T>, rest: Rest): Row<T | null> {
  return { restart: true, ...rest, type, ini: null, yaml: null }
}

/** The rows without those of some names. */
export function without<R extends Rows, K extends keyof R & string>(rows: R, ...keys: readonly K[]): Omit<R, K> {
  const rest = Object.entries(rows).filter(([key]) => !(keys as readonly string[]).includes(key))
  return Object.fromEntries(rest) as unknown as Omit<R, K>
}

/** The default of a row as people read it. */
export function describeDefault(row: Row, format: Format): string {
  if (row.required === true) return 'required'
  if (row.defaultNote !== undefined) return row.defaultNote[format]
  return row[format] ?? 'none'
}
