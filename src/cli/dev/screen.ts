/**
 * What `nsup dev` shows: one line of one process after another, each with the name of whose it is. A name keeps its
 * colour. What a program sends to move the cursor or clear the screen would garble the lines of others.
 */
import { paint } from '../output.ts'
import type { Colour, Output } from '../output.ts'

const palette: readonly Colour[] = ['cyan', 'green', 'magenta', 'yellow', 'blue']

export type Stream = 'stdout' | 'stderr' | 'state'

const marks: Readonly<Record<Stream, string>> = { stdout: '|', stderr: '!', state: '*' }

/** Who speaks when it is nobody's process. */
export const ownName = 'nsup'

/** The shortest names that tell processes apart: the group is shown where two have the same name. */
export function labelsOf(processes: readonly { readonly namespec: string; readonly name: string }[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>([[ownName, 1]])
  for (const { name } of processes) counts.set(name, (counts.get(name) ?? 0) + 1)
  return new Map(processes.map(({ namespec, name }) => [namespec, counts.get(name) === 1 ? name : namespec]))
}

export class Screen {
  private readonly output: Output
  private readonly style: 'json' | 'lines'
  private labels: ReadonlyMap<string, string> = new Map()
  private colours: ReadonlyMap<string, Colour> = new Map()
  private width = 0

  constructor(output: Output, labels: ReadonlyMap<string, string>, style: 'json' | 'lines') {
    this.output = output
    this.style = style
    this.name(labels)
  }

  /** These are the processes from now on; who is no more may have last words. */
  name(labels: ReadonlyMap<string, string>): void {
    this.labels = new Map([...this.labels, ...labels])
    this.colours = coloursOf([...this.labels.values()], this.colours)
    this.width = Math.max(ownName.length, ...[...labels.values()].map((label) => label.length))
  }

  /** A line of a process, by its namespec, or of {@link ownName}. `bad`: it is about a failure. */
  line(process: string, stream: Stream, text: string, bad = false): void {
    if (this.style === 'json') {
      this.output.line(JSON.stringify({ process, stream, text }))
      return
    }
    const { output } = this
    const label = this.labels.get(process) ?? process
    const colour = this.colours.get(label)
    const name = colour === undefined ? label.padEnd(this.width) : paint(output, colour, label.padEnd(this.width))
    const mark = stream === 'stderr' ? paint(output, 'red', marks[stream]) : marks[stream]
    const shown = stream === 'state' ? paint(output, bad ? 'red' : 'dim', text) : harmless(text, output.colour)
    output.line(`${name} ${mark} ${shown}`)
  }
}

/** By the name, so that it is the same tomorrow; another one where that is taken already. */
function coloursOf(labels: readonly string[], given: ReadonlyMap<string, Colour>): ReadonlyMap<string, Colour> {
  const colours = new Map(given)
  for (const label of [...labels].sort()) {
    if (colours.has(label)) continue
    const wished = [...label].reduce((hash, character) => (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003, 7)
    const free = palette.map((_, at) => palette[(wished + at) % palette.length]).find((colour) => ![...colours.values()].includes(colour ?? 'cyan'))
    colours.set(label, free ?? palette[wished % palette.length] ?? 'cyan')
  }
  return colours
}

const escape = '\u001b'
/** All escape sequences but those that set colours. */
const cursor = new RegExp(`${escape}(?:\\[[0-9;?]*[A-Za-ln-z]|\\][^${escape}\u0007]*(?:\u0007|${escape}\\\\)|[^[\\]])`, 'g')

/** Colours may stay and end with the line; of a line that was overwritten the last text counts. */
function harmless(text: string, colour: boolean): string {
  const last = text.replace(/\r+$/, '').split('\r').findLast((part) => part !== '') ?? ''
  const plain = last.replace(cursor, '')
  return colour && plain.includes(`${escape}[`) ? `${plain}${escape}[0m` : plain
}
