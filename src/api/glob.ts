/** Patterns with `*` (any run of characters) and `?` (one character), over names and event types. */
import { matchesTokens } from '../lib/wildcard.ts'
import type { Token } from '../lib/wildcard.ts'

/** True if the word has a wildcard. */
export function isGlob(word: string): boolean {
  return word.includes('*') || word.includes('?')
}

/** True if the pattern matches the whole text. */
export function globMatches(pattern: string, text: string): boolean {
  return matchesTokens([...pattern].map(tokenOf), text)
}

function tokenOf(character: string): Token {
  if (character === '*') return 'star'
  return character === '?' ? () => true : (other) => other === character
}
