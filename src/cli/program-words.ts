/** Which words of `start` may mean a program that is in no config. Small, since every `start` asks; what they order is in quick.ts. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import type { OptionName } from './options.ts'

/** Any of these makes the word that is started a program, whatever it looks like. */
export const quickOptions: readonly OptionName[] = ['name', 'numprocs', 'instances', 'cwd', 'env', 'user', 'interpreter', 'set']

/** What runs a file of this kind. */
export const interpreters: Readonly<Record<string, string>> = { '.js': 'node', '.mjs': 'node', '.cjs': 'node', '.py': 'python3', '.php': 'php', '.sh': 'sh', '.rb': 'ruby', '.pl': 'perl' }
export const typescript: readonly string[] = ['.ts', '.mts', '.cts']

/** True if a word can be no name of a process, or is a file here that can be run: if no process is called so, it is a program. */
export function looksLikeProgram(word: string): boolean {
  if (/\s/.test(word)) return true
  const extension = extname(word).toLowerCase()
  return isFile(word) && (isExecutable(word) || typescript.includes(extension) || Object.hasOwn(interpreters, extension))
}

/** True for a list of PM2's, `ecosystem.config.js` and its like: that is no program. */
export function isEcosystem(word: string): boolean {
  return /(\.config\.[cm]?js|\.json|\.ya?ml)$/.test(word) && isFile(word) && /\bapps\b/.test(readFileSync(word, 'utf8'))
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return isFile(path)
  } catch {
    return false
  }
}

export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true
  } catch {
    return false // a folder on the way may not be entered, or the name is too long for one
  }
}
