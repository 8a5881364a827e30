/**
 * The lists and mappings that YAML has for options whose value is a text of several parts: each is written as the text
 * that means the same, which is then read as any text is. So an option has one grammar, and both formats say the same.
 */
import { didYouMean } from '../lib/suggest.ts'
import { quoteWord } from './option-words.ts'
import type { Mark, RawTree } from './raw.ts'
import { quoteCommandWord } from './words.ts'

/** How a tree becomes text. Throws {@link Malformed}. */
export interface Sugar {
  /** What YAML takes beside a text, for people. */
  readonly forms: string
  readonly text: (tree: RawTree) => string
}

/** A tree that is not of the form that it should have. */
export class Malformed extends Error {
  readonly at: Mark
  readonly hint: string | undefined
  /** What else in the same option is not. */
  readonly also: readonly Malformed[]

  constructor(at: Mark, message: string, hint?: string, also: readonly Malformed[] = []) {
    super(message)
    this.at = at
    this.hint = hint
    this.also = also
  }
}

const healthParts = ['interval', 'timeout', 'retries', 'start_period', 'max_age']
const httpParts = ['status', 'headers', 'body']

/** `[TERM 30s, KILL]` and its like. */
export const listSugar: Sugar = { forms: 'a list', text: joined }

/** A command as a list of words. */
export const commandSugar: Sugar = { forms: 'a list of words', text: commandText }

/** `{command: .., timeout: .., user: ..}`, or a list of words. */
export const hookSugar: Sugar = {
  forms: 'a list of words, or a mapping of command, timeout and user',
  text: (tree) => {
    if (tree.kind !== 'map') return commandText(tree)
    const entries = mapping(tree, ['command', 'timeout', 'user'])
    return [...parts(entries, ['timeout', 'user']), commandText(needed(entries, tree, 'command'))].join(' ')
  },
}

/** `{key: value}` as `key=value` words. */
export function pairsSugar(keys: readonly string[]): Sugar {
  return { forms: 'a mapping', text: (tree) => parts(mapping(tree, keys), keys).join(' ') }
}

export const readySugar: Sugar = {
  forms: 'a mapping',
  text: (tree) => probeText(tree, ['report', 'notify', 'notification_fd', 'log', 'http', 'tcp', 'unix', 'exec'], []),
}

export const healthSugar: Sugar = {
  forms: 'a mapping',
  text: (tree) => probeText(tree, ['report', 'http', 'tcp', 'unix', 'exec'], healthParts),
}

/** `{db: ready, cache: {condition: started, required: false}}`, `[db, {migrate: completed}]`. */
export const dependenciesSugar: Sugar = {
  forms: 'a list or a mapping',
  text: (tree) => (tree.kind === 'list' ? tree.items : [tree]).map((one) => (one.kind === 'map' ? one.entries.map(({ key, value }) => dependencyText(key, value)).join(', ') : scalar(one))).join(', '),
}

export const alertsSugar: Sugar = {
  forms: 'a list of mappings of on, webhook, exec and template',
  text: (tree) => (tree.kind === 'list' ? tree.items : [tree]).map((one) => {
    if (one.kind === 'scalar') return one.text
    const entries = mapping(one, ['on', 'webhook', 'exec', 'template'])
    const exec = entries.get('exec')
    const [on] = [entries.get('on')].map((value) => (value === undefined ? [] : [`on=${joined(value).replace(/\s+/g, '')}`]))
    return [...on ?? [], ...parts(entries, ['webhook', 'template']), ...(exec === undefined ? [] : [quoteWord(`exec=${commandText(exec)}`)])].join(' ')
  }).join('\n'),
}

function dependencyText(name: string, value: RawTree): string {
  if (value.kind === 'scalar') return value.text === '' ? name : `${name}=${value.text}`
  const entries = mapping(value, ['condition', 'required'])
  const required = entries.get('required')
  const word = required === undefined ? 'true' : scalar(required).toLowerCase()
  if (word !== 'true' && word !== 'false') throw new Malformed(required?.at ?? value.at, 'required is true or false')
  const condition = entries.get('condition')
  return `${name}${condition === undefined ? '' : `=${scalar(condition)}`}${word === 'true' ? '' : '?'}`
}

function probeText(tree: RawTree, ways: readonly string[], more: readonly string[]): string {
  const entries = mapping(tree, [...ways, ...httpParts, ...more])
  const [way, other] = ways.filter((one) => entries.has(one))
  if (way === undefined) throw new Malformed(tree.at, 'names no way to ask', `give it one of ${ways.join(', ')}`)
  if (other !== undefined) throw new Malformed(tree.at, `names two ways to ask, ${way} and ${other}`, 'keep one of them')
  const strange = httpParts.find((part) => entries.has(part) && way !== 'http')
  if (strange !== undefined) throw new Malformed(entries.get(strange)?.at ?? tree.at, `${strange} is only for http`)
  return [...parts(entries, more), wayText(way, needed(entries, tree, way)), ...httpWords(entries)].join(' ')
}

function wayText(way: string, value: RawTree): string {
  if (way === 'exec') return `exec ${commandText(value)}`
  const text = scalar(value)
  switch (way) {
    case 'report': case 'notify':
      if (text.toLowerCase() === 'true') return way
      throw new Malformed(value.at, `${way} takes true`, `write ${way}: true`)
    case 'notification_fd': case 'log': return `${way} ${text}`
    case 'http': return quoteWord(text)
    default: return quoteWord(text.startsWith(`${way}://`) ? text : `${way}://${text}`)
  }
}

function httpWords(entries: ReadonlyMap<string, RawTree>): string[] {
  const [status, headers, body] = httpParts.map((part) => entries.get(part))
  const names = headers === undefined ? [] : [...mapping(headers, null)]
  return [
    ...(status === undefined ? [] : [`status=${joined(status).replace(/\s+/g, '')}`]),
    ...names.map(([name, value]) => quoteWord(`header=${name}: ${scalar(value)}`)),
    ...(body === undefined ? [] : [quoteWord(`body=${scalar(body)}`)]),
  ]
}

/** The `key=value` words of those of the keys that are there. Blanks are only kept where quotes can keep them. */
function parts(entries: ReadonlyMap<string, RawTree>, keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    const value = entries.get(key)
    if (value === undefined) return []
    const text = value.kind === 'map' ? softAndHard(value) : joined(value)
    return [quoteWord(`${key}=${key === 'template' ? text : text.replace(/\s+/g, '')}`)]
  })
}

function softAndHard(value: RawTree): string {
  const entries = mapping(value, ['soft', 'hard'])
  return `${scalar(needed(entries, value, 'soft'))}:${scalar(needed(entries, value, 'hard'))}`
}

function commandText(tree: RawTree): string {
  if (tree.kind !== 'list') return scalar(tree)
  // A last word that looks like a part of the option has to stay one of the command.
  return tree.items.map(scalar).map((word) => (healthParts.some((part) => word.startsWith(`${part}=`)) ? `'${word.replaceAll("'", "'\\''")}'` : quoteCommandWord(word))).join(' ')
}

function joined(tree: RawTree): string {
  return tree.kind === 'list' ? tree.items.map(scalar).join(', ') : scalar(tree)
}

function scalar(tree: RawTree): string {
  if (tree.kind === 'scalar') return tree.text
  throw new Malformed(tree.at, `holds a ${tree.kind === 'list' ? 'list' : 'mapping'} where a plain value must be`)
}

function needed(entries: ReadonlyMap<string, RawTree>, tree: RawTree, key: string): RawTree {
  const value = entries.get(key)
  if (value === undefined) throw new Malformed(tree.at, `needs ${key}`)
  return value
}

/** The entries of what must be a mapping; `null`: of any keys. */
function mapping(tree: RawTree, known: readonly string[] | null): ReadonlyMap<string, RawTree> {
  if (tree.kind !== 'map') throw new Malformed(tree.at, `holds a ${tree.kind === 'list' ? 'list' : 'plain value'} where a mapping must be`)
  for (const { key, at } of tree.entries) {
    if (known !== null && !known.includes(key)) throw new Malformed(at, `has no part '${key}'`, didYouMean(key, known) ?? `known here are ${known.join(', ')}`)
  }
  return new Map(tree.entries.map(({ key, value }) => [key, value]))
}
