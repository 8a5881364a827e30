/** Matches a text against a pattern that has been taken apart, and takes the patterns of a shell apart. */

/** Any run of characters, or one that passes the test. */
export type Token = 'star' | ((character: string) => boolean)

/**
 * True if the pattern matches the whole text. Remembers only the last star, so that no pattern, however hostile, takes
 * longer than pattern times text.
 */
export function matchesTokens(tokens: readonly Token[], text: string): boolean {
  const characters = [...text]
  let at = 0
  let token = 0
  let star = -1
  let retry = 0
  while (at < characters.length) {
    const test = tokens[token]
    if (test === 'star') {
      star = token++
      retry = at
    } else if (test?.(characters[at] ?? '') === true) {
      at++
      token++
    } else if (star >= 0) {
      token = star + 1
      at = ++retry
    } else {
      return false
    }
  }
  return tokens.slice(token).every((rest) => rest === 'star')
}

/** The pattern of one name, as shells have it: `*`, `?` and `[..]`. */
export function shellTokens(pattern: string): Token[] {
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
