/**
 * Reads an XML-RPC request. As lenient as supervisord about what is said, strict about XML: what is not well-formed,
 * has a document type, or refers to an entity that XML itself does not know is refused, so nothing can be expanded.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { RpcValue } from '../api/rpc-declare.ts'

export interface RpcRequest {
  readonly method: string
  readonly params: readonly RpcValue[]
}

/** Why a text is no XML-RPC request; a sentence. */
export class RequestError extends Error {}

/** Elements inside elements; a value of ten arrays within arrays needs thirty. */
const depthMax = 100

/** Tags in one request; each costs a few hundred bytes until the request is read. */
const tagsMax = 100_000

/** Characters of what the parser has to say: it likes to quote the request. */
const sayMax = 200

const textNode = '#text'
const cdataNode = '#cdata'
const parser = new XMLParser({
  preserveOrder: true,
  trimValues: false,
  parseTagValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  maxNestedTags: depthMax,
  textNodeName: textNode,
  cdataPropName: cdataNode,
  jPath: false,
})

/** An element, or a piece of text. */
type Node = { readonly tag: string; readonly children: readonly Node[] } | string

/** Throws {@link RequestError}. */
export function readRequest(xml: string): RpcRequest {
  refuseTooMany(xml)
  refuseWhatExpands(xml)
  const root = elements(nodesOf(parsed(xml)))[0]
  const name = root === undefined ? undefined : child(root, 'methodName')
  if (root === undefined || name === undefined) throw new RequestError('it names no method')
  const method = textOf(name)
  if (method === '') throw new RequestError('it names no method')
  const params = child(root, 'params')
  return { method, params: params === undefined ? [] : elements(params.children).map(param => firstValue(param)) }
}

type Element = Exclude<Node, string>

function parsed(xml: string): unknown {
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(xml)) throw new RequestError('it has characters that XML forbids')
  try {
    const checked = XMLValidator.validate(xml)
    if (checked !== true) throw new RequestError(`${checked.err.msg} (line ${checked.err.line})`)
    return parser.parse(xml)
  } catch (error) {
    throw new RequestError((error as Error).message.slice(0, sayMax))
  }
}

function refuseTooMany(xml: string): void {
  let tags = 0
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', at + 1)) tags += 1
  if (tags > tagsMax) throw new RequestError(`it has more than ${tagsMax} tags`)
}

/** Only comments and CDATA may begin with `<!`. */
function refuseWhatExpands(xml: string): void {
  for (let at = xml.indexOf('<!'); at >= 0; at = xml.indexOf('<!', at)) {
    const closing = xml.startsWith('<!--', at) ? '-->' : xml.startsWith('<![CDATA[', at) ? ']]>' : undefined
    if (closing === undefined) throw new RequestError('document types and entities are refused')
    const end = xml.indexOf(closing, at + 4)
    if (end < 0) throw new RequestError('a comment or a CDATA section does not end')
    at = end + closing.length
  }
}

/** From the parser's objects, which have one key each beside their attributes, to nodes. */
function nodesOf(list: unknown): Node[] {
  if (!Array.isArray(list)) throw new RequestError('it has no element')
  return list.flatMap((item: Record<string, unknown>): Node[] => {
    const [tag] = Object.keys(item)
    if (tag === undefined) return []
    const inside = item[tag]
    if (tag === textNode) return [decoded(String(inside))]
    if (tag === cdataNode) return [(inside as { readonly [textNode]?: string }[]).map(piece => piece[textNode] ?? '').join('')]
    return [{ tag, children: nodesOf(inside) }]
  })
}

function elements(nodes: readonly Node[]): Element[] {
  return nodes.filter(node => typeof node !== 'string')
}

function child(parent: Element, tag: string): Element | undefined {
  return elements(parent.children).find(one => one.tag === tag)
}

function textOf(element: Element): string {
  return element.children.filter(node => typeof node === 'string').join('')
}

/** The value inside a `param`, `value` or `member`-like element: its first element, else its text. */
function firstValue(element: Element): RpcValue {
  const [first] = elements(element.children)
  if (first !== undefined) return valueOf(first)
  if (element.tag !== 'value') throw new RequestError(`<${element.tag}> is empty`)
  return textOf(element)
}

function valueOf(element: Element): RpcValue {
  const reader = readers[element.tag]
  if (reader === undefined) throw new RequestError(`<${element.tag}> is no type`)
  return reader(element)
}

const readers: Readonly<Record<string, (element: Element) => RpcValue>> = Object.assign(Object.create(null) as object, {
  value: firstValue,
  int: whole,
  i4: whole,
  i8: whole,
  boolean: (element: Element) => textOf(element) === '1',
  string: textOf,
  double(element: Element) {
    const written = textOf(element).trim()
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(written)) throw new RequestError('a double is no number')
    return Number(written)
  },
  base64(element: Element) {
    const written = textOf(element).replace(/\s+/g, '')
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(written) || written.length % 4 !== 0) throw new RequestError('a base64 is none')
    return utf8(Buffer.from(written, 'base64'))
  },
  'dateTime.iso8601'(element: Element) {
    const [, year, month, day, time] = /^(\d{4})(\d\d)(\d\d)T(\d\d:\d\d:\d\d)$/.exec(textOf(element)) ?? []
    const date = new Date(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${time ?? ''}`)
    if (Number.isNaN(date.getTime())) throw new RequestError('a dateTime.iso8601 is none')
    return date
  },
  array(element: Element) {
    const data = child(element, 'data')
    if (data === undefined) throw new RequestError('an array has no data')
    return elements(data.children).map(valueOf)
  },
  struct(element: Element) {
    const members = elements(element.children).map(member => {
      const [name, value] = elements(member.children)
      if (name === undefined || value === undefined) throw new RequestError('a member of a struct has no name or no value')
      return [textOf(name), valueOf(value)] as const
    })
    return Object.fromEntries(members)
  },
})

function whole(element: Element): number {
  const written = textOf(element).trim()
  if (!/^[+-]?\d+$/.test(written)) throw new RequestError('an integer is none')
  return Number(written)
}

/** The text of UTF-8 bytes. Throws {@link RequestError}. */
export function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new RequestError('it has bytes that are no UTF-8')
  }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Text with the five entities of XML and references to characters put in. */
function decoded(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;&]{0,12};)?/g, (_, reference: string | undefined) => {
    const name = reference?.slice(0, -1) ?? ''
    const found = name.startsWith('#') ? character(name.slice(1)) : Object.hasOwn(entities, name) ? entities[name] : undefined
    if (found === undefined) throw new RequestError(`&${name} means nothing`)
    return found
  })
}

function character(reference: string): string | undefined {
  const code = /^x[0-9a-f]+$/i.test(reference) ? parseInt(reference.slice(1), 16) : /^\d+$/.test(reference) ? Number(reference) : NaN
  const allowed = code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0xd800)
    || (code > 0xdfff && code < 0xfffe) || (code >= 0x10000 && code <= 0x10ffff)
  return allowed ? String.fromCodePoint(code) : undefined
}
