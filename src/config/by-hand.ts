/**
 * Programs that were added by hand (`nsup start app.js`) and stand in no file yet: their shape, and how they become a
 * section like any other, so that they are read by the same schema. Not here: where they are kept (daemon/by-hand-file.ts).
 */
import { join } from 'node:path'
import type { Format, Mark, RawOption, RawScalar, RawSection, RawValue } from './raw.ts'
import { quoteCommandWord } from './words.ts'

export interface ByHandProgram {
  readonly name: string
  /** The text of `command` as a config has it, or words that mean themselves. */
  readonly command: string | readonly string[]
  /** Absolute; means itself. */
  readonly directory: string | null
  /** Values mean themselves; secrets. */
  readonly environment: Readonly<Record<string, string>>
  /** Further options as the text that a config has for them. */
  readonly options: Readonly<Record<string, string>>
}

/** What the options of a program are in a file of this format: texts, lists and mappings as they are written there. */
export function writtenOptions(program: ByHandProgram, format: Format): Map<string, string | readonly string[] | Readonly<Record<string, string>>> {
  const { command, directory, environment, options } = program
  const plain = (text: string): string => literal(text, format)
  const written = new Map<string, string | readonly string[] | Readonly<Record<string, string>>>()
  const words = typeof command === 'string' ? command : command.map(plain)
  written.set('command', typeof words === 'string' || format === 'yaml' ? words : words.map(quoteCommandWord).join(' '))
  if (directory !== null && options['directory'] === undefined) written.set('directory', plain(directory))
  const numbered = options['numprocs'] !== undefined && Number(options['numprocs']) !== 1
  if (format === 'ini' && numbered && options['process_name'] === undefined) written.set('process_name', '%(program_name)s_%(process_num)02d')
  for (const [key, text] of Object.entries(options)) written.set(key, text)
  const pairs = Object.entries(environment)
  if (pairs.length > 0) written.set('environment', format === 'yaml' ? Object.fromEntries(pairs.map(([key, value]) => [key, plain(value)])) : pairs.map(([key, value]) => `${key}=${quoted(plain(value))}`).join(','))
  return written
}

/** A section for each program; `here`: the folder of the config, which `%(here)s` and relative paths mean. */
export function byHandSections(programs: readonly ByHandProgram[], format: Format, here: string): RawSection[] {
  return programs.map((program, index) => {
    const at = markOf(here, index)
    const options = new Map<string, RawOption>()
    for (const [key, value] of writtenOptions(program, format)) options.set(key, { key, at, value: rawValue(value, at) })
    return { kind: 'program', name: program.name, title: titleOf(program.name, format), format, at, options }
  })
}

/** Which of the programs a problem is about, by its place. */
export function programAt(programs: readonly ByHandProgram[], here: string, place: { readonly file: string; readonly line: number }): ByHandProgram | undefined {
  return place.file === markOf(here, 0).file ? programs[place.line - 1] : undefined
}

/** As a place it has a file's name, so that what is relative to a file is relative to the folder of the config. */
function markOf(here: string, index: number): Mark {
  return { file: join(here, '(added by hand)'), line: index + 1, column: 1 }
}

function titleOf(name: string, format: Format): string {
  return format === 'ini' ? `program:${name}` : `programs.${name}`
}

function rawValue(value: string | readonly string[] | Readonly<Record<string, string>>, at: Mark): RawValue {
  const scalar = (text: string): RawScalar => ({ kind: 'scalar', text, at })
  if (typeof value === 'string') return scalar(value)
  if (isList(value)) return { kind: 'list', at, items: value.map(scalar) }
  return { kind: 'map', at, entries: Object.entries(value).map(([key, text]) => ({ key, at, value: scalar(text) })) }
}

export function isList(value: readonly string[] | Readonly<Record<string, string>>): value is readonly string[] {
  return Array.isArray(value)
}

/** A text in which nothing is expanded. */
function literal(text: string, format: Format): string {
  const percents = text.replaceAll('%', '%%')
  return format === 'yaml' ? percents.replaceAll('${', () => '$${') : percents
}

/** For the grammar of INI's `environment`. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}
