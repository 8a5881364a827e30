/** Patterns with `*` (any run of characters) and `?` (one character), over names and event types. */

/** True if the word has a wildcard. */
export function isGlob(word: string): boolean {
  return word.includes('*') || word.includes('?')
}

/**
 * True if the pattern matches the whole text. Remembers only the last `*`, so that no pattern, however hostile,
 * takes longer than pattern times text.
 */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0
  let t = 0
  let star = -1
  let resume = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      resume = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else {
      return false
    }
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
