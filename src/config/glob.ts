/** Finds files by shell patterns: `*`, `?` and `[..]` within one folder name each; dot files only when asked for. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { matchesTokens } from '../lib/wildcard.ts'
import type { Token } from '../lib/wildcard.ts'

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
  return matchesTokens(tokenize(pattern), name)
}

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = []
  const characters = [...pattern]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '*') tokens.push('star')
    else if (character === '?') tokens.push(() => true)
    else if (character === '[') {
      // A ] right after the opening (or after !) belongs to the set.
      const negated = characters[at + 1] === '!'
      const begin = at + (negated ? 2 : 1)
      const end = characters.indexOf(']', begin + 1)
      if (end === -1) tokens.push((other) => other === '[')
      else {
        const inside = characters.slice(begin, end)
        tokens.push((other) => inSet(other, inside) !== negated)
        at = end
      }
    } else tokens.push((other) => other === character)
  }
  return tokens
}

function inSet(character: string, set: readonly string[]): boolean {
  for (let at = 0; at < set.length; at++) {
    const low = set[at] ?? ''
    const high = set[at + 2]
    if (set[at + 1] === '-' && high !== undefined) {
      if (character >= low && character <= high) return true
      at += 2
    } else if (character === low) return true
  }
  return false
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
