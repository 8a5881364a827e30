/** Finds the comments of an INI text and what each of them belongs to. Knows lines only; nothing of what options mean. */

export interface Comments {
  /** At the top of the file, apart from the first section. */
  readonly head: readonly string[]
  /** Above a line. */
  readonly before: ReadonlyMap<number, readonly string[]>
  /** Behind the value on a line. */
  readonly beside: ReadonlyMap<number, string>
  /** At the end of the section whose header is on the line. */
  readonly after: ReadonlyMap<number, readonly string[]>
}

/** Lines are counted from 1; `starts` are those with the headers and the names of options that somebody looks for. */
export function commentsOf(text: string, starts: { readonly headers: ReadonlySet<number>; readonly options: ReadonlySet<number> }): Comments {
  const before = new Map<number, string[]>()
  const beside = new Map<number, string>()
  const after = new Map<number, string[]>()
  let head: string[] = []
  let header: number | undefined
  let waiting: (string | null)[] = [] // null: an empty line between comments
  text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/).forEach((line, index) => {
    const number = index + 1
    const comment = /^\s*[;#](.*)$/s.exec(line)
    if (comment !== null) waiting.push(clean(comment[1] ?? ''))
    else if (line.trim() === '') waiting.push(null)
    else if (starts.headers.has(number)) {
      const gap = waiting.lastIndexOf(null)
      const apart = textOf(waiting.slice(0, Math.max(gap, 0)))
      if (header === undefined) head = apart
      else after.set(header, apart)
      before.set(number, textOf(waiting.slice(gap + 1)))
      header = number
      waiting = []
    } else if (starts.options.has(number)) {
      before.set(number, textOf(waiting))
      waiting = []
    }
    const inline = comment === null ? /\s[;#](.*)$/s.exec(line)?.[1] : undefined
    if (inline !== undefined) beside.set(number, clean(inline))
  })
  if (header !== undefined) after.set(header, textOf(waiting))
  return { head, before, beside, after }
}

function textOf(lines: readonly (string | null)[]): string[] {
  return lines.filter((line) => line !== null)
}

function clean(comment: string): string {
  return printable(comment).trimEnd()
}

/** The text without the characters that a comment in YAML must not hold. */
export function printable(text: string): string {
  return text.replace(/[^\t\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/g, '')
}
