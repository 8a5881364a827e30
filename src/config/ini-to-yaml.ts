/**
 * Writes the sections of supervisord's INI as the YAML that means the same: what YAML would do otherwise is pinned,
 * comments go where their option goes, several files become one. What has no place in YAML is left out and named.
 */
import { dirname } from 'node:path'
import { Document, Pair, Scalar, YAMLMap } from 'yaml'
import { printable } from './ini-comments.ts'
import type { Comments } from './ini-comments.ts'
import type { RawOption, RawSection } from './raw.ts'
import type { Row, Rows } from './rows.ts'
import { sectionSchema } from './schema.ts'
import { valueNode } from './yaml-value.ts'
import { namedSections } from './yaml.ts'

export interface IniToYaml {
  /** The merged sections of the main file and of what it includes. */
  readonly sections: readonly RawSection[]
  /** The main file. */
  readonly file: string
  /** The folder that the YAML is written to. */
  readonly folder: string
  /** Of each file; a file without any is written without. */
  readonly comments: ReadonlyMap<string, Comments>
  /** The first line, for editors. */
  readonly schema?: string
}

/** Sections that are not carried over: plug-ins in Python, and what nsup does not know. */
export interface Written {
  readonly text: string
  readonly left: readonly RawSection[]
}

/** Not written: the built-in interface is always there, and included files are written in place. */
const silent: readonly string[] = ['rpcinterface', 'include']

/** What YAML does otherwise for a program that does not say: each of them is false in INI. */
const pins = { stopasgroup: 'false', killasgroup: 'false', kill_survivors: 'false' } as const

/** And for the master. */
const masterPins = { logfile: 'supervisord.log', pidfile: 'supervisord.pid', log_format: 'text', restart_burst: '0' } as const

const topOrder = ['supervisord', 'unix_http_server', 'inet_http_server', 'supervisorctl', 'program', 'fcgi-program']

/** What the `defaults:` of YAML count for. */
const takeDefaults: readonly string[] = ['program', 'fcgi-program']

/** The text, and what is not in it. */
export function iniToYaml(input: IniToYaml): Written {
  const writer = new Writer(input)
  return writer.write()
}

class Writer {
  readonly #input: IniToYaml
  readonly #root = new YAMLMap()
  readonly #left: RawSection[] = []

  constructor(input: IniToYaml) {
    this.#input = input
  }

  write(): Written {
    const { sections } = this.#input
    const rank = ({ kind }: RawSection): number => (topOrder.includes(kind) ? topOrder.indexOf(kind) : topOrder.length)
    for (const section of [...sections].sort((a, b) => rank(a) - rank(b))) this.#addSection(section)
    const document = new Document(this.#root)
    document.commentBefore = this.#head()
    return { text: document.toString({ lineWidth: 0 }), left: this.#left }
  }

  #head(): string {
    const { comments, file, schema } = this.#input
    const lines = [
      ...(schema === undefined ? [] : [` yaml-language-server: $schema=${schema}`]),
      ` Made by nsup migrate from ${file}.`,
      ...(comments.get(file)?.head ?? []),
    ]
    return commentText(lines) ?? ''
  }

  #addSection(section: RawSection): void {
    const schema = sectionSchema(section.kind)
    const named = Object.entries(namedSections).find(([, kind]) => kind === section.kind)?.[0]
    const fits = schema !== undefined && (schema.several === 'either' || (schema.several === 'named') === section.title.includes(':'))
    if (silent.includes(section.kind)) return
    if (!fits || (named !== undefined && section.name.trim() === '<<')) {
      this.#left.push(section)
      return
    }
    if (named === undefined) {
      this.#root.add(this.#pair(section, section.title, schema.rows, this.#root.items.length > 0))
      return
    }
    if (takeDefaults.includes(section.kind) && !this.#root.has('defaults')) this.#root.add(pinnedDefaults())
    if (!this.#root.has(named)) {
      const key = new Scalar(named)
      key.spaceBefore = true
      this.#root.add(new Pair(key, new YAMLMap()))
    }
    const into = this.#root.get(named)
    if (into instanceof YAMLMap) into.add(this.#pair(section, section.name.trim(), schema.rows, into.items.length > 0))
  }

  /** `key:` with the options of a section, and the comments of both. */
  #pair(section: RawSection, name: string, rows: Rows, apart: boolean): Pair {
    const comments = this.#input.comments.get(section.at.file)
    const key = new Scalar(name)
    key.spaceBefore = apart
    const above = [
      ...(section.at.file === this.#input.file ? [] : [` from ${section.at.file}`]),
      ...(comments?.before.get(section.at.line) ?? []),
    ]
    if (above.length > 0) key.commentBefore = commentText(above) ?? null
    const map = new YAMLMap()
    const unknown: string[] = []
    for (const option of section.options.values()) {
      const row = Object.hasOwn(rows, option.key) ? rows[option.key] : undefined
      if (row === undefined) unknown.push(` left out, since supervisord ignores it too: ${option.key}`)
      else map.add(this.#option(option, row))
    }
    for (const [pin, text] of Object.entries(pinsOf(section))) {
      const row = rows[pin]
      if (row !== undefined) map.add(new Pair(new Scalar(pin), valueNode(pin, text, row, { from: '', to: '' })))
    }
    const below = commentText([...unknown, ...(comments?.after.get(section.at.line) ?? [])])
    if (below !== undefined) map.comment = below
    return new Pair(key, map)
  }

  #option(option: RawOption, row: Row): Pair {
    const { at } = option
    const text = option.value.kind === 'scalar' ? option.value.text : ''
    const value = valueNode(option.key, text, row, { from: dirname(at.file), to: this.#input.folder })
    const comments = this.#input.comments.get(at.file)
    const key = new Scalar(option.key)
    const beside = comments?.beside.get(at.line)
    const fits = value instanceof Scalar && !text.includes('\n') // a list or a mapping would push it somewhere else
    if (beside !== undefined && fits) value.comment = beside === '' ? ' ' : beside
    const above = commentText([...(comments?.before.get(at.line) ?? []), ...(beside === undefined || fits ? [] : [beside])])
    if (above !== undefined) key.commentBefore = above
    return new Pair(key, value)
  }
}

/** What a section must say in YAML that it need not say in INI. */
function pinsOf({ kind, options }: RawSection): Record<string, string> {
  const missing = (all: Readonly<Record<string, string>>): Record<string, string> => {
    return Object.fromEntries(Object.entries(all).filter(([key]) => !options.has(key)))
  }
  if (kind === 'supervisord') return missing(masterPins)
  const asGroup = options.get('stopasgroup')?.value
  const stop = asGroup?.kind === 'scalar' ? asGroup.text : 'false'
  if (!takeDefaults.includes(kind)) return sectionSchema(kind)?.rows['stopasgroup'] === undefined ? {} : missing({ ...pins, killasgroup: stop })
  return asGroup === undefined ? {} : missing({ killasgroup: stop })
}

function pinnedDefaults(): Pair {
  const key = new Scalar('defaults')
  key.spaceBefore = true
  key.commentBefore = ' supervisord\'s ways, where YAML has others: delete what you do not want to keep.'
  const map = new YAMLMap()
  for (const name of Object.keys(pins)) map.add(new Pair(new Scalar(name), new Scalar(false)))
  return new Pair(key, map)
}

/** Lines as the writer wants them; `undefined` for none. An empty line in between stays one of the comment. */
function commentText(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : lines.map((line) => (line === '' ? ' ' : printable(line))).join('\n')
}
