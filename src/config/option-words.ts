/**
 * Splits the text of an option that holds several parts: `http://x status=200 header="A: b"`. Quotes keep blanks
 * together; a backslash stays what it is, except before a double quote inside double quotes, so patterns need no escapes.
 */
import { didYouMean } from '../lib/suggest.ts'
import { Refusal } from './kinds.ts'

/** The pieces between separators that stand outside quotes, as written; `null` when a quote is not closed. */
export function splitOutsideQuotes(text: string, separator: string): string[] | null {
  const pieces: string[] = []
  let quote = ''
  let piece = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (quote === '"' && character === '\\' && text[at + 1] === '"') {
      piece += '\\"'
      at += 1
    } else if (quote === '' && separator.includes(character)) {
      pieces.push(piece)
      piece = ''
    } else {
      if (quote === '' && (character === '"' || character === "'")) quote = character
      else if (character === quote) quote = ''
      piece += character
    }
  }
  return quote === '' ? [...pieces, piece] : null
}

/** The words of a text, quotes undone. */
export function splitWords(text: string): string[] | Refusal {
  const pieces = splitOutsideQuotes(text, ' \t\r\n')
  return pieces === null ? new Refusal('has a quote that is not closed') : pieces.filter((piece) => piece !== '').map(unquote)
}

/** The word as {@link splitWords} reads it back. */
export function quoteWord(word: string): string {
  if (/^[^\s'"]+$/.test(word)) return word
  return `'${word.replaceAll("'", '\'"\'"\'')}'`
}

/** `key=value` words by their keys, of which only `known` may be there, and only `many` more than once. */
export function readPairs(words: readonly string[], known: readonly string[], many: readonly string[] = []): ReadonlyMap<string, readonly string[]> | Refusal {
  const pairs = new Map<string, string[]>()
  for (const word of words) {
    const sign = word.indexOf('=')
    const key = sign === -1 ? word : word.slice(0, sign)
    if (!known.includes(key)) return new Refusal(`has no part '${key.slice(0, 40)}' (${didYouMean(key, known) ?? `known here are ${known.join(', ')}`})`)
    if (sign === -1) return new Refusal(`has ${key} without a value (write ${key}=...)`)
    const before = pairs.get(key)
    if (before !== undefined && !many.includes(key)) return new Refusal(`has ${key} twice`)
    pairs.set(key, [...(before ?? []), word.slice(sign + 1)])
  }
  return pairs
}

function unquote(piece: string): string {
  return piece.replace(/'([^']*)'|"((?:[^"\\]|\\"|\\)*)"/g, (_, single: string | undefined, double: string | undefined) => single ?? (double ?? '').replaceAll('\\"', '"'))
}
