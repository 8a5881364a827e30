/** Prints several logs side by side: whole lines, each with the name of where it comes from. */
import type { Colour, Output } from './output.ts'
import { paint } from './output.ts'

const palette: readonly Colour[] = ['cyan', 'green', 'magenta', 'yellow', 'blue']

export interface LabelledLog {
  /** Takes text as it comes; prints what is complete. */
  text(text: string): void
  /** Prints the last line, even when no newline has ended it. */
  end(): void
}

/** A printer for the log at place `index` of several, whose labels are padded to `width`. */
export function labelledLog(output: Output, label: string, index: number, width: number): LabelledLog {
  const prefix = `${paint(output, palette[index % palette.length] ?? 'cyan', label.padEnd(width))} | `
  let rest = ''
  return {
    text(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      if (lines.length > 0) output.write(lines.map((line) => `${prefix}${line}\n`).join(''))
    },
    end() {
      if (rest !== '') output.line(prefix + rest)
      rest = ''
    },
  }
}
