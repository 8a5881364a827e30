/** Quotes a word in a sentence as supervisord does, whose clients may look for it: with the quotes that need no escape. */

/** The word in quotes, for people. */
export function quoted(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  if (!escaped.includes("'")) return `'${escaped}'`
  return escaped.includes('"') ? `'${escaped.replaceAll("'", "\\'")}'` : `"${escaped}"`
}
