/**
 * Reads argv with yargs-parser: the command, its words, and the options, which may stand anywhere before `--`.
 * A number as an option (`tail -100 x`) stays among the words. Knows nothing of what commands do.
 */
import yargsParser from 'yargs-parser'
import { parseDuration } from '../lib/units.ts'
import { commonOptions, optionNames, optionRow, options } from './options.ts'
import type { OptionLists, OptionName, OptionValues } from './options.ts'
import type { Command } from './command.ts'

export interface Parsed {
  readonly kind: 'command'
  readonly command: Command
  readonly words: readonly string[]
  /** How many of the words stand behind `--`; `null`: there was none. */
  readonly behindDashes: number | null
  readonly options: OptionValues
  readonly lists: OptionLists
  /** `--timeout` in milliseconds. */
  readonly timeout: number | undefined
}

/** What cannot be run. `unknown-command` is answered in supervisorctl's words. */
export type Unparsed =
  | { readonly kind: 'none'; readonly options: OptionValues }
  | { readonly kind: 'unknown-command'; readonly line: string; readonly word: string }
  | { readonly kind: 'bad-option'; readonly sentence: string; readonly command: Command | undefined; readonly word?: string }

const names = optionNames()
const flags = names.filter((name) => optionRow(name).value === undefined)
const valued = names.filter((name) => optionRow(name).value !== undefined)
const aliases = Object.fromEntries(names.flatMap((name) => {
  const short = optionRow(name).short
  return short === undefined ? [] : [[name, [short]]]
}))

/** Reads the words of a command line, without the two that name node and the script. */
export function parse(typed: readonly string[], find: (name: string) => Command | undefined): Parsed | Unparsed {
  const argv = typed.includes('-i') || typed.some((word) => /^-i\d/.test(word)) ? withInstances(typed) : typed
  const { argv: read, error } = argv.some((word) => word.startsWith('-')) ? parseOptions(argv) : { argv: { _: argv }, error: null }
  const words = [...read._, ...(read['--'] ?? [])].map(String)
  const at = words.findIndex((word) => !/^-\d/.test(word))
  const name = words[at]
  const command = name === undefined ? undefined : find(name)
  if (name !== undefined) words.splice(at, 1)

  const given: Partial<Record<OptionName, string | true>> = {}
  const lists: Partial<Record<OptionName, readonly string[]>> = {}
  for (const [key, values] of Object.entries(read)) {
    const all: readonly unknown[] = Array.isArray(values) ? values : [values]
    const value = all.at(-1)
    if (key === '_' || key === '--' || value === false) continue
    const problem = optionProblem(key, value, command, typed)
    if (problem !== undefined) return { kind: 'bad-option', sentence: problem, command, word: key }
    given[key as OptionName] = value === true ? true : String(value)
    lists[key as OptionName] = all.map(String)
  }
  if (error !== null) return { kind: 'bad-option', sentence: firstSentence(error.message), command }
  const timeout = given.timeout === undefined ? undefined : (parseDuration(String(given.timeout)) ?? 0)
  if (timeout !== undefined && timeout <= 0) {
    const sentence = `--timeout needs a number of seconds above 0, or a time as 500ms or 2m, not '${String(given.timeout)}'`
    return { kind: 'bad-option', sentence, command }
  }
  const behind = read['--']?.length ?? null
  const behindDashes = behind === null ? null : Math.min(behind, words.length)
  if (command !== undefined) return { kind: 'command', command, words, behindDashes, options: given, lists, timeout }
  if (name === undefined) return { kind: 'none', options: given }
  return { kind: 'unknown-command', line: [name, ...words].join(' '), word: name }
}

/** PM2's `-i 4`, which is told from the flag by what follows: a number, or max. */
function withInstances(words: readonly string[]): string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length
  return words.flatMap((word, index) => {
    if (index >= end || !/^-i(\d+)?$/.test(word)) return [word]
    if (word !== '-i') return ['--instances', word.slice(2)]
    return /^(\d[\d.]*|max)$/.test(words[index + 1] ?? '') ? ['--instances'] : [word]
  })
}

/** Costs 5 ms the first time, so a command line without dashes, which has no options, does not come here. */
function parseOptions(argv: readonly string[]): ReturnType<typeof yargsParser.detailed> {
  return yargsParser.detailed([...argv], {
    alias: aliases,
    boolean: flags,
    string: valued,
    narg: Object.fromEntries(valued.map((name) => [name, 1])),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
      'strip-aliased': true,
    },
  })
}

function optionProblem(key: string, value: unknown, command: Command | undefined, typed: readonly string[]): string | undefined {
  const short = Object.hasOwn(options, key) ? optionRow(key as OptionName).short : undefined
  const shown = key.length === 1 ? `-${key}` : short !== undefined && typed.includes(`-${short}`) ? `-${short}` : `--${key}`
  if (!Object.hasOwn(options, key)) return `there is no option ${shown}`
  const name = key as OptionName
  if (command !== undefined && !commonOptions.includes(name) && !command.options?.includes(name)) {
    return `the command ${command.name} has no option ${shown}`
  }
  const { value: metavar } = optionRow(name)
  if (metavar !== undefined && (typeof value !== 'string' || (value === '' && name !== 'password'))) {
    return `the option ${shown} needs a value: ${shown} ${metavar}`
  }
  return undefined
}

function firstSentence(text: string): string {
  return (text.split('\n')[0] ?? text).replace(/\.$/, '')
}
