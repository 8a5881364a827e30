/**
 * Writes programs into the text of a programs.yaml and takes one out, where they stand: every other line stays as it
 * is. Only a file that is not written in lines (`{programs: {..}}`, JSON) is written anew, by the yaml package.
 */
import { Document, isCollection, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Pair, YAMLMap } from 'yaml'
import { isList, writtenOptions } from './by-hand.ts'
import type { ByHandProgram } from './by-hand.ts'

/** The text with these programs in it as well, last of its programs. */
export function addToYaml(text: string, programs: readonly ByHandProgram[]): string {
  if (programs.length === 0) return text
  const document = parseDocument(text)
  const root = document.contents
  if (root !== null && !isBlockMap(root)) return rewritten(document, programs)
  const pair = root === null ? undefined : pairOf(root, 'programs')
  if (pair === undefined) return addLines(text, text.length, `${text.trim() === '' ? '' : '\n'}programs:\n${entries(programs, 2)}`)
  if (isBlockMap(pair.value) && pair.value.items.length > 0) {
    const first = rangeOf(pair.value.items[0]?.key)
    return addLines(text, lineEnd(text, endOf(pair)), entries(programs, first[0] - lineStart(text, first[0])))
  }
  if (!isScalar(pair.value) || pair.value.value !== null || pair.value.source === '~' || pair.value.source === 'null') return rewritten(document, programs)
  return addLines(text, lineEnd(text, rangeOf(pair.key)[1]), entries(programs, 2))
}

/** The text without this program. Throws for what other parts of the file refer to. */
export function removeFromYaml(text: string, name: string): string {
  const place = entryPlace(text, name)
  if (place?.ownLines === true) return text.slice(0, place.start) + text.slice(place.end)
  const document = parseDocument(text)
  document.deleteIn(['programs', name])
  return String(document)
}

/** What is written of a program, in whole lines where it has its own; `null` where it is not in this file. */
export function entryInYaml(text: string, name: string): string | null {
  const place = entryPlace(text, name)
  return place === null ? null : text.slice(place.start, place.end)
}

function entryPlace(text: string, name: string): { readonly start: number; readonly end: number; readonly ownLines: boolean } | null {
  const root = parseDocument(text).contents
  const programs = isMap(root) ? pairOf(root, 'programs')?.value : undefined
  const pair = isMap(programs) ? pairOf(programs, name) : undefined
  if (pair === undefined) return null
  const [begin] = rangeOf(pair.key)
  const start = lineStart(text, begin)
  const ownLines = isBlockMap(root) && isBlockMap(programs) && text.slice(start, begin).trim() === ''
  return ownLines ? { start, end: lineEnd(text, endOf(pair)), ownLines } : { start: begin, end: endOf(pair), ownLines }
}

function rewritten(document: Document.Parsed, programs: readonly ByHandProgram[]): string {
  const held: unknown = document.getIn(['programs'], true)
  const isFlow = isMap(document.contents) && document.contents.flow === true
  if (!isFlow && isMap(held) && held.items.length === 0) held.flow = false
  for (const program of programs) document.setIn(['programs', program.name], document.createNode(plainOptions(program)))
  // What is JSON stays JSON.
  return document.toString({ lineWidth: 0, ...(isFlow && { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE' }) })
}

function entries(programs: readonly ByHandProgram[], indent: number): string {
  const document = new Document(Object.fromEntries(programs.map((program) => [program.name, plainOptions(program)])))
  for (const { name } of programs) {
    const command = document.getIn([name, 'command'], true)
    if (isSeq(command)) command.flow = true
  }
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false })
  return text.replace(/^(?=.)/gm, ' '.repeat(indent))
}

/** Numbers and booleans without quotes, which the reader does not need. */
function plainOptions(program: ByHandProgram): Record<string, unknown> {
  const plain = (text: string): unknown => (/^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : text === 'true' || text === 'false' ? text === 'true' : text)
  return Object.fromEntries([...writtenOptions(program, 'yaml')].map(([key, value]) => {
    if (typeof value === 'string') return [key, plain(value)]
    return [key, isList(value) ? [...value] : { ...value }]
  }))
}

/** `at` is the beginning of a line, or the end of a last line without one. */
function addLines(text: string, at: number, lines: string): string {
  const before = text.slice(0, at)
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  return `${before}${before === '' || before.endsWith('\n') ? '' : newline}${lines.replaceAll('\n', newline)}${text.slice(at)}`
}

function isBlockMap(node: unknown): node is YAMLMap {
  return isMap(node) && node.flow !== true
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && (key.source ?? String(key.value)) === name)
}

/** Where the last word of a pair ends: what collections have for their end takes in the comments behind them. */
function endOf(pair: Pair): number {
  const value = pair.value
  if (isCollection(value) && value.flow !== true && value.items.length > 0) {
    const last = value.items.at(-1)
    return isMap(value) ? endOf(last as Pair) : isCollection(last) && last.flow !== true ? endOf({ key: last, value: last } as unknown as Pair) : rangeOf(last)[1]
  }
  return value === null ? rangeOf(pair.key)[1] : Math.max(rangeOf(value)[1], rangeOf(pair.key)[1])
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = (node as { readonly range?: readonly [number, number, number] | null } | null | undefined)?.range
  if (range == null) throw new Error('a part of the file has no place')
  return [range[0], range[1]]
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** Behind the end of the line that `at` is in; a block of text ends with its own. */
function lineEnd(text: string, at: number): number {
  if (text[at - 1] === '\n') return at
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end + 1
}
