/**
 * Reads INI text as supervisord's parser does (Python's RawConfigParser, not strict): comments, continuation lines,
 * merged sections, option names in lower case. Knows nothing of what the sections mean; keeps the place of everything.
 */
import { errorAt, warningAt } from './raw.ts'
import type { Problem } from './config.ts'
import type { Mark, RawFile, RawOption, RawSection } from './raw.ts'

interface OpenOption {
  readonly key: string
  readonly at: Mark
  readonly lines: string[]
  readonly marks: Mark[]
}

interface OpenSection {
  readonly header: string
  readonly at: Mark
  readonly options: Map<string, OpenOption>
  /** Of which something was set again since the last header. */
  overridden: boolean
}

/** Name of the section whose options are the defaults of all others. */
const defaultsHeader = 'DEFAULT'

/** The sections of an INI text, in the order of their first appearance. */
export function readIni(text: string, file: string): RawFile {
  const sections = new Map<string, OpenSection>()
  const problems: Problem[] = []
  let section: OpenSection | undefined
  let option: OpenOption | undefined
  let indent = 0
  let headless = false
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  lines.forEach((line, index) => {
    const { value, commented } = withoutComment(line)
    const column = line.length - line.trimStart().length
    const at: Mark = { file, line: index + 1, column: column + 1 }
    if (value === '') {
      if (!commented && index < lines.length - 1) append(option, '', at)
      return
    }
    if (option !== undefined && column > indent) {
      append(option, value, at)
      return
    }
    indent = column
    const header = /^\[(.+)\]/.exec(value)?.[1]
    if (header !== undefined) {
      section = sections.get(header) ?? { header, at, options: new Map(), overridden: false }
      section.overridden = false
      sections.set(header, section)
      option = undefined
    } else if (section === undefined) {
      // Once, as Python: what has no header at all is no INI, and each of its lines would be one more.
      if (!headless) problems.push(errorAt(at, 'text before the first section header', /\.[cm]?js$/.test(file) ? 'a list of PM2\'s is no config: nsup start FILE makes programs of it, then nsup save writes them into programs.yaml' : 'begin with a header such as [supervisord], or end the name of the file in .yaml if it is YAML'))
      headless = true
    } else {
      const read = readOption(value, at)
      if (read === undefined) problems.push(errorAt(at, 'this line is neither a section header nor key=value'))
      else {
        const before = section.options.get(read.key)
        // Said once for each copy of a section: a second one that was pasted sets everything again.
        if (before !== undefined && !section.overridden) problems.push(warningAt(at, `${read.key} in section '${section.header}' is set again; the one of line ${String(before.at.line)} does not count`))
        if (before !== undefined) section.overridden = true
        section.options.set(read.key, (option = read))
      }
    }
  })
  return { sections: closeAll(sections), problems }
}

function append(option: OpenOption | undefined, text: string, at: Mark): void {
  option?.lines.push(text)
  option?.marks.push(at)
}

function readOption(value: string, at: Mark): OpenOption | undefined {
  const delimiter = value.search(/[=:]/)
  const key = value.slice(0, Math.max(delimiter, 0)).trim().toLowerCase()
  if (key === '') return undefined
  const rest = value.slice(delimiter + 1)
  const begin = delimiter + 1 + (rest.length - rest.trimStart().length)
  return { key, at, lines: [rest.trim()], marks: [{ ...at, column: at.column + begin }] }
}

/**
 * The line without its comment. A mark begins one at the start of the line or after a blank. The two marks are looked
 * for in turns, as Python does, so where both occur the first hit of a turn decides and not always the leftmost.
 */
function withoutComment(line: string): { value: string; commented: boolean } {
  if (/^\s*[;#]/.test(line)) return { value: '', commented: true }
  let searching = [{ mark: ';', from: -1 }, { mark: '#', from: -1 }]
  while (searching.length > 0) {
    searching = searching
      .map(({ mark, from }) => ({ mark, from: line.indexOf(mark, from + 1) }))
      .filter(({ from }) => from !== -1)
    const hits = searching.filter(({ from }) => /\s/.test(line[from - 1] ?? ' ')).map(({ from }) => from)
    if (hits.length > 0) return { value: line.slice(0, Math.min(...hits)).trim(), commented: true }
  }
  return { value: line.trim(), commented: false }
}

function closeAll(sections: ReadonlyMap<string, OpenSection>): RawSection[] {
  const inherited = sections.get(defaultsHeader)?.options ?? new Map<string, OpenOption>()
  const closed: RawSection[] = []
  for (const { header, at, options } of sections.values()) {
    if (header === defaultsHeader) continue
    const colon = header.indexOf(':')
    const all = new Map([...inherited, ...options])
    closed.push({
      kind: colon === -1 ? header : header.slice(0, colon),
      name: colon === -1 ? '' : header.slice(colon + 1),
      title: header,
      format: 'ini',
      at,
      options: new Map([...all].map(([key, option]) => [key, close(option)])),
    })
  }
  return closed
}

function close(option: OpenOption): RawOption {
  const text = option.lines.join('\n').trimEnd()
  const at = option.marks[0] ?? option.at
  return { key: option.key, at: option.at, value: { kind: 'scalar', text, at, lines: option.marks } }
}
