/** Matches a text against a pattern that has been taken apart; what the characters of a pattern mean is not known here. */

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
