/** Finds files by shell patterns: `*`, `?` and `[..]` within one folder name each; dot files only when asked for. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { matchesTokens, shellTokens } from '../lib/wildcard.ts'

/** The paths that match an absolute pattern, sorted. */
export function globFiles(pattern: string): string[] {
  let found = ['/']
  for (const part of pattern.split('/').filter((piece) => piece !== '' && piece !== '.')) {
    found = found.flatMap((folder) => step(folder, part))
  }
  return found.filter((path) => path !== '/').sort()
}

/** True if the text has a character that makes it a pattern. */
function hasMagic(text: string): boolean {
  return /[*?[]/.test(text)
}

/** True if a file name matches a pattern without slashes. */
export function matches(name: string, pattern: string): boolean {
  return matchesTokens(shellTokens(pattern), name)
}

function step(folder: string, part: string): string[] {
  if (!hasMagic(part)) return existsSync(join(folder, part)) ? [join(folder, part)] : []
  return list(folder).filter((name) => (!name.startsWith('.') || part.startsWith('.')) && matches(name, part)).map((name) => join(folder, name))
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // what is no folder, or may not be read, holds no match
  }
}
