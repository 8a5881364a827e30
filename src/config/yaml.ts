/**
 * Reads YAML (and JSON, which is YAML) into the raw shape of the config: values stay text as written, with their
 * places; anchors, aliases and merge keys are resolved within bounds. Which options exist is not known here.
 */
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Alias, Document, Node } from 'yaml'
import { didYouMean } from '../lib/suggest.ts'
import { errorAt } from './raw.ts'
import { aliasTargets, lineTooDeep } from './yaml-bounds.ts'
import type { Problem } from './config.ts'
import type { Mark, RawFile, RawMap, RawOption, RawScalar, RawSection, RawTree, RawValue } from './raw.ts'

/** Keys of the top level that hold named entries, and the kind of section that each entry is. */
export const namedSections: Readonly<Record<string, string>> = {
  programs: 'program', groups: 'group', eventlisteners: 'eventlistener', fcgi_programs: 'fcgi-program', tables: 'table',
}

/** Keys of the top level that are one section each. */
const singleSections = ['supervisord', 'unix_http_server', 'inet_http_server', 'supervisorctl', 'defaults'] as const

/** Sections that may be there several times, as `unix_http_server:NAME`. */
const severalSections = /^(unix_http_server|inet_http_server):(.*)$/

/** The most nodes that are visited, aliases included: what a bomb of aliases runs into. */
const nodeLimit = 500_000

/** The sections of a YAML text, in order. `nested`: options whose lists and mappings may hold further ones. */
export function readYaml(text: string, file: string, nested: ReadonlySet<string> = new Set()): RawFile {
  const deep = lineTooDeep(text)
  if (deep !== undefined) {
    return { sections: [], problems: [errorAt({ file, line: deep, column: 1 }, 'this is nested too deeply to be a config')] }
  }
  const counter = new LineCounter()
  try {
    // The parser's own test for keys that are there twice compares each with each; #entries has a faster one.
    const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false, version: '1.2' })
    return new YamlReader(document, text, counter, file, nested).read()
  } catch (error) {
    const reason = error instanceof RangeError ? 'it is nested too deeply' : String(error instanceof Error ? error.message : error)
    return { sections: [], problems: [errorAt({ file, line: 1, column: 1 }, `this cannot be read as YAML: ${reason}`)] }
  }
}

interface Entry {
  readonly key: string
  readonly at: Mark
  readonly value: Node | null
}

class YamlReader {
  readonly #document: Document.Parsed
  readonly #text: string
  readonly #targets: ReadonlyMap<Alias, Node>
  readonly #counter: LineCounter
  readonly #file: string
  readonly #nested: ReadonlySet<string>
  readonly #problems: Problem[] = []
  readonly #sections: RawSection[] = []
  #visited = 0

  constructor(document: Document.Parsed, text: string, counter: LineCounter, file: string, nested: ReadonlySet<string>) {
    this.#document = document
    this.#text = text
    this.#targets = aliasTargets(document)
    this.#counter = counter
    this.#file = file
    this.#nested = nested
  }

  read(): RawFile {
    for (const error of this.#document.errors) this.#problems.push(errorAt(this.#markAt(error.pos[0]), sentence(error.message)))
    if (this.#problems.length > 0) return { sections: [], problems: this.#problems }
    const root = this.#resolve(this.#document.contents)
    if (root === null) return { sections: [], problems: [] }
    if (!isMap(root)) {
      this.#fail(this.#mark(root), 'the config must be a mapping', 'begin with programs: and give each program a name and a command')
    } else {
      for (const entry of this.#entries(root)) this.#readTop(entry)
    }
    return { sections: this.#sections, problems: this.#problems }
  }

  #readTop({ key, at, value }: Entry): void {
    const kind = Object.hasOwn(namedSections, key) ? namedSections[key] : undefined
    if (kind !== undefined) {
      for (const entry of this.#mapping(value, key, at)) {
        this.#addSection(kind, entry.key, `${key}.${entry.key}`, entry.at, entry.value)
      }
      return
    }
    const several = severalSections.exec(key)
    if (several !== null) this.#addSection(several[1] ?? '', several[2] ?? '', key, at, value)
    else if ((singleSections as readonly string[]).includes(key)) this.#addSection(key, '', key, at, value)
    else if (key === 'include') this.#addInclude(at, value)
    else if (!key.startsWith('x-')) this.#unknownTop(key, at)
  }

  #unknownTop(key: string, at: Mark): void {
    const known = [...Object.keys(namedSections), ...singleSections, 'include']
    const ofPm2 = key === 'apps' ? 'a list of PM2\'s is no config: nsup start FILE makes programs of it, then nsup save writes them into programs.yaml' : undefined
    this.#fail(at, `unknown key '${key}'`, ofPm2 ?? didYouMean(key, known) ?? `known here are ${known.join(', ')}`)
  }

  #addSection(kind: string, name: string, title: string, at: Mark, value: Node | null): void {
    const options = new Map<string, RawOption>()
    for (const entry of this.#mapping(value, title, at)) {
      const name = `${title}.${entry.key}`
      const raw = this.#nested.has(entry.key) ? this.#tree(entry.value, name) : this.#value(entry.value, name)
      if (raw !== undefined) options.set(entry.key, { key: entry.key, at: entry.at, value: raw })
    }
    this.#sections.push({ kind, name, title, format: 'yaml', at, options })
  }

  #addInclude(at: Mark, value: Node | null): void {
    const raw = this.#value(value, 'include')
    if (raw === undefined) return
    const options = new Map<string, RawOption>([['files', { key: 'files', at, value: raw }]])
    this.#sections.push({ kind: 'include', name: '', title: 'include', format: 'yaml', at, options })
  }

  /** The entries of a node that must be a mapping; null is an empty one. */
  #mapping(value: Node | null, title: string, at: Mark): Entry[] {
    const node = this.#resolve(value)
    if (node === null || (isScalar(node) && node.value === null)) return []
    if (isMap(node)) return this.#entries(node)
    this.#fail(node.range ? this.#mark(node) : at, `${title} must be a mapping of names to values`)
    return []
  }

  /** Key by key, what `<<` merges in first, so that the map's own keys win. */
  #entries(map: Node, depth = 0): Entry[] {
    if (!isMap(map)) return []
    const own = new Map<string, Entry>()
    const merged: Entry[] = []
    for (const pair of map.items) {
      const keyNode = this.#resolve(pair.key as Node | null)
      if (!isScalar(keyNode)) {
        this.#fail(keyNode === null ? this.#mark(map) : this.#mark(keyNode), 'a key must be a plain word')
        continue
      }
      const key = textOf(keyNode)
      const value = pair.value as Node | null
      if (key === '<<') merged.push(...this.#merged(value, this.#mark(keyNode), depth))
      else if (own.has(key)) this.#fail(this.#mark(keyNode), `the key '${key}' is there twice`)
      else own.set(key, { key, at: this.#mark(keyNode), value })
    }
    return merged.length === 0 ? [...own.values()] : [...new Map([...merged.map((entry) => [entry.key, entry] as const), ...own]).values()]
  }

  #merged(value: Node | null, at: Mark, depth: number): Entry[] {
    const node = this.#resolve(value)
    const sources = isSeq(node) ? node.items.map((item) => this.#resolve(item as Node | null)) : [node]
    if (depth > 20 || !sources.every((source) => isMap(source))) {
      this.#fail(at, depth > 20 ? 'merge keys are nested too deeply' : 'only a mapping can be merged by <<')
      return []
    }
    // Of several sources the earlier wins, so it comes last.
    return sources.reverse().flatMap((source) => this.#entries(source, depth + 1))
  }

  /** A value as text, list or map of text; `undefined` for null. */
  #value(value: Node | null, title: string): RawValue | undefined {
    const node = this.#resolve(value)
    if (node === null) return undefined
    if (isScalar(node)) return node.value === null ? undefined : this.#scalar(node)
    const at = this.#mark(node)
    if (isSeq(node)) {
      const items = node.items.map((item) => this.#leaf(item as Node | null, title, at))
      return { kind: 'list', at, items: items.filter((item) => item !== undefined) }
    }
    const entries: RawMap['entries'][number][] = []
    for (const entry of this.#entries(node)) {
      const leaf = this.#leaf(entry.value, `${title}.${entry.key}`, entry.at)
      if (leaf !== undefined) entries.push({ key: entry.key, at: entry.at, value: leaf })
    }
    return { kind: 'map', at, entries }
  }

  /** A value as text, or with whatever is in it. */
  #tree(value: Node | null, title: string): RawValue | undefined {
    const tree = this.#branch(value, title, 0)
    return tree === undefined || tree.kind === 'scalar' ? tree : { kind: 'tree', tree, at: tree.at }
  }

  #branch(value: Node | null, title: string, depth: number): RawTree | undefined {
    const node = this.#resolve(value)
    if (node === null) return undefined
    const at = this.#mark(node)
    if (isScalar(node)) return node.value === null ? (depth === 0 ? undefined : { kind: 'scalar', text: '', at }) : this.#scalar(node)
    if (depth > 4) {
      this.#fail(at, `${title} is nested too deeply`)
      return undefined
    }
    const below = (one: Node | null, name: string, place: Mark): RawTree => this.#branch(one, name, depth + 1) ?? { kind: 'scalar', text: '', at: place }
    if (isSeq(node)) return { kind: 'list', at, items: node.items.map((item) => below(item as Node | null, title, at)) }
    const entries = this.#entries(node).map(({ key, at: place, value: one }) => ({ key, at: place, value: below(one, `${title}.${key}`, place) }))
    return { kind: 'map', at, entries }
  }

  #leaf(value: Node | null, title: string, at: Mark): RawScalar | undefined {
    const node = this.#resolve(value)
    if (node === null || isScalar(node)) {
      return node === null || node.value === null ? { kind: 'scalar', text: '', at } : this.#scalar(node)
    }
    this.#fail(this.#mark(node), `${title} holds a ${isSeq(node) ? 'list' : 'mapping'} where a plain value must be`)
    return undefined
  }

  #scalar(node: Node): RawScalar {
    const text = textOf(node)
    const at = this.#mark(node)
    if (text.includes('\0')) this.#fail(at, 'a value holds a NUL character')
    return { kind: 'scalar', text: text.replaceAll('\0', ''), at, ...(/[%$]/.test(text) ? { signs: this.#signs(node) } : {}) }
  }

  /** What is found in a value is found at one of these: quotes, escapes and folded lines lie in between. */
  #signs(node: Node): Mark[] {
    const [begin = 0, end = 0] = node.range ?? []
    return [...this.#text.slice(begin, end).matchAll(/[%$]/g)].map(({ index }) => this.#markAt(begin + index))
  }

  /** Follows an alias to what it names, counting every visit. */
  #resolve(node: Node | null): Node | null {
    if (++this.#visited > nodeLimit) throw new Error('its aliases unfold to too much')
    return isAlias(node) ? (this.#targets.get(node) ?? null) : node
  }

  #fail(at: Mark, message: string, hint?: string): void {
    this.#problems.push(errorAt(at, message, hint))
  }

  #mark(node: Node): Mark {
    return this.#markAt(node.range?.[0] ?? 0)
  }

  #markAt(offset: number): Mark {
    const { line, col } = this.#counter.linePos(offset)
    return { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
}

/** A scalar as it was written, quotes and escapes undone: `022` stays `022`. */
function textOf(node: Node): string {
  return isScalar(node) ? (node.source ?? String(node.value)) : ''
}

function sentence(message: string): string {
  const line = (message.split('\n')[0] ?? '').replace(/[.:]$/, '')
  return `this is not YAML: ${line}`
}
