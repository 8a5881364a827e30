/**
 * Reads the options of one section by their rows: finds the text, expands it, checks it, falls back to the default and
 * says what is wrong. Never shows a secret, nor what came out of the environment.
 */
import { dirname } from 'node:path'
import { didYouMean } from '../lib/suggest.ts'
import { settle } from './context.ts'
import { availableNames, expand } from './expand.ts'
import { errorAt, problemAt } from './raw.ts'
import { Malformed } from './sugar.ts'
import type { Context } from './context.ts'
import type { Expansion, Names } from './expand.ts'
import type { LogTarget } from './kinds.ts'
import type { Format, Mark, RawOption, RawScalar, RawSection, RawTree, RawValue } from './raw.ts'
import type { Row, Rows, Values } from './rows.ts'

/** How the options of a section are found. */
export interface Source {
  readonly section: RawSection
  /** Options for what the section does not say itself (`defaults:` of YAML). */
  readonly defaults?: RawSection | undefined
}

/** An option's name as people know it: `startsecs in section 'program:x'` or `programs.x.startsecs`. */
export function optionTitle(section: RawSection, key: string): string {
  return section.format === 'ini' ? `${key} in section '${section.title}'` : section.kind === 'include' ? 'include' : `${section.title}.${key}`
}

/** The option as the section or its defaults have it. */
export function findOption(source: Source, key: string): { option: RawOption; section: RawSection } | undefined {
  for (const section of [source.section, source.defaults]) {
    const option = section?.options.get(key)
    if (section !== undefined && option !== undefined) return { option, section }
  }
  return undefined
}

/** The values of all `rows`. */
export function readRows<R extends Rows>(rows: R, source: Source, names: Names, context: Context): Values<R> {
  const values = Object.entries(rows).map(([key, row]) => [key, readValue(key, row, source, names, context)] as const)
  return Object.fromEntries(values) as Values<R>
}

/** The value of one option; its default when it is not there or is wrong. */
export function readValue<T>(key: string, row: Row<T>, source: Source, names: Names, context: Context): T {
  const format = source.section.format
  const found = findOption(source, key)
  if (found === undefined) {
    if (row.required === true) {
      context.findings.add(errorAt(source.section.at, `${optionTitle(source.section, key)} is required`, `add ${key}`))
    }
    return defaultOf(row, format, names)
  }
  const { option, section } = found
  const written = option.value.kind === 'tree' ? treeText(option.value, row, found, names, context) : scalarText(option, row, section, names, context)
  if (written === undefined) return defaultOf(row, format, names)
  const result = typeOf(row, format).safeParse(written.text)
  if (!result.success) {
    const shown = written.literal && (row.secret !== true || row.discreet === true)
    const problems: readonly Wrong[] = shown ? result.error.issues : [{ message: `what it expands to is not ${row.type.meta()?.accepts ?? 'valid'}` }]
    for (const problem of problems) context.findings.add(errorAt(problemPlace(problem, option.value) ?? written.at, `${optionTitle(section, key)}: ${problem.message}`))
    return defaultOf(row, format, names)
  }
  return settleValue(result.data, key, row, written.at, section, context)
}

/** What a type says of a text; `params` may tell where in it, see kinds.ts. */
interface Wrong {
  readonly message: string
  readonly params?: unknown
}

/** A value with everything expanded. */
interface Written {
  readonly text: string
  readonly at: Mark
  /** Nothing was expanded: it can be shown as it is. */
  readonly literal: boolean
}

function scalarText(option: RawOption, row: Row, section: RawSection, names: Names, context: Context): Written | undefined {
  const scalar = asScalar(option, row, section, context)
  const text = scalar && expandScalar(withPercents(scalar, row), optionTitle(section, option.key), row.secret === true, section.format, names, context)
  return scalar === undefined || text === undefined ? undefined : { text, at: scalar.at, literal: text === scalar.text }
}

function withPercents(scalar: RawScalar, row: Row): RawScalar {
  return row.percent === true ? { ...scalar, text: scalar.text.replace(/(\d\s?)%(?![%(])/g, '$1%%') } : scalar
}

/** Lists and mappings within each other, as the text that means the same. */
function treeText(value: Extract<RawValue, { kind: 'tree' }>, row: Row, { option, section }: { option: RawOption; section: RawSection }, names: Names, context: Context): Written | undefined {
  if (row.sugar === undefined) {
    refuseShape(option, row, section, context)
    return undefined
  }
  const title = optionTitle(section, option.key)
  let [literal, good] = [true, true]
  const expanded = (tree: RawTree): RawTree => {
    if (tree.kind === 'list') return { ...tree, items: tree.items.map(expanded) }
    if (tree.kind === 'map') return { ...tree, entries: tree.entries.map((entry) => ({ ...entry, value: expanded(entry.value) })) }
    const text = expandScalar(withPercents(tree, row), title, row.secret === true, section.format, names, context)
    good &&= text !== undefined
    literal &&= text === tree.text
    return { ...tree, text: text ?? '' }
  }
  const tree = expanded(value.tree)
  if (!good) return undefined
  try {
    return { text: row.sugar.text(tree), at: value.at, literal }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    for (const { at, message, hint } of [error, ...error.also]) context.findings.add(errorAt(at, `${title} ${message}`, hint))
    return undefined
  }
}

/** The text of a value with everything expanded; `undefined` when it cannot be, which is then found. */
export function expandScalar(
  scalar: RawScalar, title: string, secret: boolean, format: Format, names: Names, context: Context,
): string | undefined {
  const local = scalar.text.includes('%(here)') ? { ...names, plain: { ...names.plain, here: hereOf(scalar.at, names) } } : names
  const result = expand(scalar.text, local, format)
  if (result.ok) return result.text
  const at = placeOf(scalar, result.offset)
  context.findings.add(errorAt(at, ...expansionProblem(result, scalar.text, title, secret, local)))
  return undefined
}

/** Reports options that the section cannot have: an error in YAML, a warning in INI. */
export function checkKeys(section: RawSection, rows: Rows, context: Context): void {
  const known = Object.keys(rows)
  for (const option of section.options.values()) {
    if (Object.hasOwn(rows, option.key)) continue
    const hint = didYouMean(option.key, known)
    const message = section.format === 'yaml' ? `unknown key '${option.key}' in ${section.title}` : `unknown option '${option.key}' in section '${section.title}' is ignored`
    context.findings.add(problemAt(section.format === 'yaml' ? 'error' : 'warning', option.at, message, hint))
  }
}

function hereOf(at: Mark, names: Names): string {
  return at.file.startsWith('/') ? dirname(at.file) : String(names.plain['here'] ?? '')
}

/** The place of a `%` or `$` of the value. In INI text is as written; YAML's reader has noted where they are. */
function placeOf(scalar: RawScalar, offset: number): Mark {
  const noted = scalar.signs?.length === signsIn(scalar.text) ? scalar.signs[signsIn(scalar.text.slice(0, offset))] : undefined
  return noted ?? placeByLines(scalar, offset) ?? scalar.at
}

/** Where in the file a part of a value stands, if the value stands there as it is. */
function placeByLines({ text, lines }: RawScalar, offset: number): Mark | undefined {
  const before = text.slice(0, offset).split('\n')
  const line = lines?.[before.length - 1]
  return line && { ...line, column: line.column + (before.at(-1)?.length ?? 0) }
}

/** For what a kind has found in one part of a text; `undefined`: the whole value is meant. */
function problemPlace(problem: Wrong, value: RawValue): Mark | undefined {
  const { offset } = (problem.params ?? {}) as { readonly offset?: unknown }
  return typeof offset === 'number' && value.kind === 'scalar' ? placeByLines(value, offset) : undefined
}

function signsIn(text: string): number {
  return text.match(/[%$]/g)?.length ?? 0
}

function expansionProblem(
  result: Extract<Expansion, { ok: false }>, text: string, title: string, secret: boolean, names: Names,
): [message: string, hint: string] {
  const shown = secret ? 'the value' : `'${text.length > 80 ? `${text.slice(0, 77)}...` : text}'`
  if (result.reason === 'unknown') {
    const known = availableNames(names)
    const variable = /^ENV_(.*)$/s.exec(result.what)?.[1]
    const own = known.filter((name) => !name.startsWith('ENV_'))
    const variables = known.filter((name) => name.startsWith('ENV_')).map((name) => name.slice(4))
    const hint = variable === undefined
      ? didYouMean(result.what, own) ?? `available names: ${own.join(', ')} and ENV_NAME for each variable of the environment`
      : didYouMean(variable, variables) ?? `the variable ${variable} is not set in the environment of the master`
    return [`${title}: ${shown} contains names ('${result.what}') which cannot be expanded`, hint]
  }
  const hint = result.what.startsWith('$') ? 'write ${NAME} or ${NAME:-default}, and $${ for a literal ${' : 'write %% for a literal percent sign, and %(name)s for a name'
  return [`${title}: ${shown} is badly formatted${secret ? '' : ` at '${result.what}'`}`, hint]
}

function typeOf<T>(row: Row<T>, format: Format): Row<T>['type'] {
  return format === 'ini' ? row.iniType ?? row.type : row.type
}

const parsedDefaults = new WeakMap<object, Map<string, unknown>>()

function defaultOf<T>(row: Row<T>, format: Format, names: Names): T {
  const text = row[format]
  if (text === null) return null as T // only rows made by optional() have no default, and their T holds null
  const parse = (value: string): T => typeOf(row, format).parse(value)
  if (text.includes('%')) {
    const expanded = expand(text, names, format)
    return parse(expanded.ok ? expanded.text : text)
  }
  const known = parsedDefaults.get(row) ?? new Map<string, unknown>()
  parsedDefaults.set(row, known)
  if (!known.has(format)) known.set(format, parse(text))
  return known.get(format) as T
}

/** The scalar of an option; lists, where the row has them, as comma separated text. */
function asScalar(option: RawOption, row: Row, section: RawSection, context: Context): RawScalar | undefined {
  const { value } = option
  if (value.kind === 'scalar') return value
  if (value.kind === 'list' && row.shape === 'list') {
    const signs = value.items.flatMap((item) => item.signs ?? [])
    return { kind: 'scalar', text: value.items.map((item) => item.text).join(','), at: value.at, signs }
  }
  refuseShape(option, row, section, context)
  return undefined
}

function refuseShape({ key, value }: RawOption, row: Row, section: RawSection, context: Context): void {
  const kind = value.kind === 'tree' ? value.tree.kind : value.kind
  const wanted = row.type.meta()?.accepts ?? 'a plain value'
  context.findings.add(errorAt(value.at, `${optionTitle(section, key)} must be ${wanted}, not a ${kind === 'list' ? 'list' : 'mapping'}`))
}

function settleValue<T>(value: T, key: string, row: Row<T>, at: Mark, section: RawSection, context: Context): T {
  if (row.place === undefined || value === null) return value
  const target = value as string | LogTarget
  const path = typeof target === 'string' ? target : target.to === 'file' ? target.path : undefined
  if (path === undefined) return value
  const settled = settle(path, row.place, context)
  if (settled.ok) return (typeof target === 'string' ? settled.value : { to: 'file', path: settled.value }) as T
  // A program's user is looked up again when it starts: a name that is missing now stops that program, not all.
  const late = row.place === 'user' && section.kind !== 'supervisord'
  context.findings.add(problemAt(late ? 'warning' : 'error', at, `${optionTitle(section, key)}: ${settled.reason}`, settled.hint))
  return value
}
