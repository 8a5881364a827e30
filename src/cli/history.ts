/** The shell's history on disk: one line a command, the newest last, for the user's eyes only. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

/** The most lines that are kept. */
const historyMax = 1000

export interface History {
  /** Newest first. */
  readonly lines: readonly string[]
  /** Keeps a line. What cannot be written is said once and then forgotten: no command fails for it. */
  add(line: string): void
}

/** Reads the history of a file; `undefined`: it is kept in memory only. `complain` gets a sentence. */
export function openHistory(file: string | undefined, complain: (sentence: string) => void): History {
  let told = false
  const guarded = <T>(action: () => T, otherwise: T): T => {
    try {
      return action()
    } catch (error) {
      if (!told) complain(`the history cannot be kept in ${file ?? ''}: ${(error as Error).message}`)
      told = true
      return otherwise
    }
  }
  const lines = file === undefined ? [] : guarded(() => readLines(file), [])
  return {
    lines: lines.slice(-historyMax).reverse(),
    add: (line) => {
      if (file !== undefined && !told) guarded(() => appendFileSync(file, `${line}\n`, { mode: 0o600 }), undefined)
    },
  }
}

/** The lines of the file, which is cut when it has grown to twice of what is kept. */
function readLines(file: string): string[] {
  let text = ''
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  if (lines.length > 2 * historyMax) writeFileSync(file, `${lines.slice(-historyMax).join('\n')}\n`, { mode: 0o600 })
  return lines
}
