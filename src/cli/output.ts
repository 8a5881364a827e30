/** Where a command writes: text, whether a person at a terminal reads it, and colours where they are welcome. */

export interface Output {
  readonly isTTY: boolean
  readonly columns: number
  readonly colour: boolean
  write(text: string): void
  /** Writes the text and a newline. */
  line(text: string): void
}

/** The part of a stream that an output needs. */
export interface Sink {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/**
 * An output over a stream, which is not touched before it is used: a process's streams cost a millisecond each.
 * NO_COLOR and TERM=dumb switch colours off, FORCE_COLOR switches them on.
 */
export function outputTo(sink: () => Sink, env: NodeJS.ProcessEnv): Output {
  return {
    get isTTY() {
      return sink().isTTY === true
    },
    get columns() {
      return sink().columns || 80
    },
    get colour() {
      return wantsColour(sink().isTTY === true, env)
    },
    write: (text) => void sink().write(text),
    line: (text) => void sink().write(`${text}\n`),
  }
}

/** The same output with nothing written to it. */
export function silent(output: Output): Output {
  return { ...output, columns: output.columns, write: () => undefined, line: () => undefined }
}

function wantsColour(isTTY: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true
  return isTTY && env['TERM'] !== 'dumb'
}

const codes = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36, bold: 1, dim: 2 } as const

export type Colour = keyof typeof codes

/** The text in a colour, or as it is where the output has none. */
export function paint(output: Output, colour: Colour, text: string): string {
  return output.colour ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text
}
