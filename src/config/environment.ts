/** Reads `environment` (text or map) and `env_file` into variables. Values are secrets: no problem ever shows one. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { errorCode } from '../lib/errno.ts'
import { absolute } from './context.ts'
import { expandScalar, optionTitle } from './read.ts'
import { errorAt } from './raw.ts'
import { nameProblem, parseEnvironment } from './words.ts'
import type { Context } from './context.ts'
import type { Names } from './expand.ts'
import type { RawOption, RawScalar, RawSection } from './raw.ts'

export type Variables = Readonly<Record<string, string>>

/** The most that a file of variables may hold. */
const envFileLimit = 1024 * 1024

/** The variables of the `environment` option of one section. */
export function readEnvironment(section: RawSection | undefined, names: Names, context: Context): Variables {
  const option = section?.options.get('environment')
  if (section === undefined || option === undefined) return {}
  const title = optionTitle(section, 'environment')
  const { value } = option
  if (value.kind === 'map') {
    const pairs: [string, string][] = []
    for (const entry of value.entries) {
      const wrong = nameProblem(entry.key)
      if (wrong !== undefined) context.findings.add(errorAt(entry.at, `${title}: ${wrong}`))
      const text = expandScalar(entry.value, `${title}.${entry.key}`, true, section.format, names, context)
      if (text !== undefined) pairs.push([entry.key, text])
    }
    return Object.fromEntries(pairs)
  }
  if (value.kind !== 'scalar') {
    context.findings.add(errorAt(value.at, `${title} must be a mapping of names to values, not a list`))
    return {}
  }
  const text = expandScalar(value, title, true, section.format, names, context)
  const read = parseEnvironment(text ?? '')
  if (read.ok) return Object.fromEntries(read.pairs)
  context.findings.add(errorAt(value.at, `${title}: ${read.reason}`, 'write KEY="value",OTHER="value"; quote what is not letters, digits or _ / . + - ( ) :'))
  return {}
}

/** The variables of the files that the `env_file` option of one section names; later files win. */
export function readEnvFiles(section: RawSection | undefined, names: Names, context: Context): Variables {
  const option = section?.options.get('env_file')
  if (section === undefined || option === undefined) return {}
  const all = new Map<string, string>()
  for (const scalar of fileNames(option)) {
    const path = expandScalar(scalar, optionTitle(section, 'env_file'), false, section.format, names, context)?.trim()
    if (path === undefined || path === '') continue
    const file = path.startsWith('~') ? absolute(path, context) : resolve(dirname(scalar.at.file), path)
    context.sources.add(file)
    const text = readText(file)
    if (typeof text !== 'string') {
      context.findings.add(errorAt(scalar.at, `${optionTitle(section, 'env_file')}: '${path}' cannot be read: ${text.reason}`))
      continue
    }
    for (const [key, value] of parseEnvFile(text, file, context)) all.set(key, value)
  }
  return Object.fromEntries(all)
}

function fileNames(option: RawOption): readonly RawScalar[] {
  if (option.value.kind === 'list') return option.value.items
  if (option.value.kind !== 'scalar') return [] // refused where the option is read by its row
  const { text, at } = option.value
  return text.split(/[,\n]/).map((piece) => ({ kind: 'scalar', text: piece.trim(), at }))
}

function readText(file: string): string | { reason: string } {
  try {
    const stat = statSync(file)
    if (!stat.isFile()) return { reason: 'it is not a regular file' }
    return stat.size > envFileLimit ? { reason: 'it is too long' } : readFileSync(file, 'utf8')
  } catch (error) {
    return { reason: errorCode(error) }
  }
}

/** `KEY=value` lines with `#` comments, quotes and an optional `export`. */
function parseEnvFile(text: string, file: string, context: Context): Map<string, string> {
  const variables = new Map<string, string>()
  text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/).forEach((line, index) => {
    if (/^\s*(#|$)/.test(line)) return
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)$/.exec(line)
    const value = match === null ? undefined : unquote(match[2] ?? '')
    if (match === null || value === undefined || value.includes('\0')) {
      const at = { file, line: index + 1, column: line.length - line.trimStart().length + 1 }
      context.findings.add(errorAt(at, match === null ? 'this line is not KEY=value' : `the value of ${match[1]} has no closing quote or holds what it cannot`))
      return
    }
    variables.set(match[1] ?? '', value)
  })
  return variables
}

/** The value without quotes or a comment; `undefined` when a quote is not closed. */
function unquote(raw: string): string | undefined {
  const single = /^'([^']*)'\s*(?:#.*)?$/.exec(raw)
  if (single !== null) return single[1]
  const double = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(raw)
  if (double !== null) return (double[1] ?? '').replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character)
  return /^['"]/.test(raw) ? undefined : raw.replace(/(^|\s+)#.*$/, '').trim()
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }
