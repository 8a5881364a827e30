/** Which words of `start` may mean a program that is in no config. Small, since every `start` asks; what they order is in quick.ts. */
import { statSync } from 'node:fs'
import type { OptionName } from './options.ts'

/** Any of these makes the word that is started a program, whatever it looks like. */
export const quickOptions: readonly OptionName[] = ['name', 'numprocs', 'instances', 'cwd', 'env', 'user', 'interpreter', 'set']

/** True if a word can be no name of a process, or is a file here: if no process is called so, it is a program. */
export function looksLikeProgram(word: string): boolean {
  return /\s/.test(word) || isFile(word)
}

export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true
  } catch {
    return false // a folder on the way may not be entered, or the name is too long for one
  }
}
