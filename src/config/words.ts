/**
 * Splits text into words by POSIX shell quoting (`command`) and reads the `KEY=value,...` grammar of `environment`.
 * Nothing is expanded here, and no shell is asked.
 */

export type Words = { readonly ok: true; readonly words: readonly string[] } | { readonly ok: false; readonly reason: string }

/** The words of a command line; newlines separate as blanks do. */
export function splitCommand(text: string): Words {
  return scan(text, { wordChars: null })
}

/** The first word that only a shell would understand, where it stands unquoted: `&&`, `|`, `>`; `undefined` if there is none. */
export function shellWord(text: string): string | undefined {
  const bare = text.replace(/\\.|'[^']*'|"(?:\\.|[^"\\])*"/gs, 'x')
  return /;(?=\s|$)|(?<=^|\s)(?:&&|\|\|?|&|\d?(?:>>?|<)(?:&\d)?)(?=\s|[\w./&]|$)/.exec(bare)?.[0]
}

/** A word as {@link splitCommand} reads it back. */
export function quoteCommandWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

export type Pairs =
  | { readonly ok: true; readonly pairs: ReadonlyMap<string, string> }
  | { readonly ok: false; /** Holds no value. */ readonly reason: string }

/** `KEY=val,KEY2="val 2"` with quotes and, inside double quotes, backslash escapes. */
export function parseEnvironment(text: string): Pairs {
  const tokens = scan(text, { wordChars: /[\p{L}\p{N}_/.+\-():]/u })
  if (!tokens.ok) return tokens
  const pairs = new Map<string, string>()
  for (let at = 0; at < tokens.words.length; at += 4) {
    const [key, equals, value] = tokens.words.slice(at, at + 3)
    if (key === undefined || equals !== '=' || value === undefined) {
      return { ok: false, reason: `Unexpected end of key/value pairs${pairs.size === 0 ? '' : ` after ${[...pairs.keys()].at(-1)}`}` }
    }
    const wrong = nameProblem(key)
    if (wrong !== undefined) return { ok: false, reason: wrong }
    pairs.set(key, value)
  }
  return { ok: true, pairs }
}

/** Why this cannot be the name of an environment variable; `undefined` if it can. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'a variable has an empty name'
  return /[=\0]/.test(name) ? 'the name of a variable holds a = or a NUL' : undefined
}

interface Grammar {
  /** What a word is made of; any other character is a token of its own. `null`: all but blanks. */
  readonly wordChars: RegExp | null
}

function scan(text: string, grammar: Grammar): Words {
  const words: string[] = []
  const characters = [...text]
  let word: string | undefined
  const finish = (): void => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  let at = 0
  while (at < characters.length) {
    const character = characters[at++] ?? ''
    if (/[ \t\r\n]/.test(character)) {
      finish()
    } else if (character === '\\') {
      const escaped = characters[at++]
      if (escaped === undefined) return { ok: false, reason: 'No escaped character' }
      word = (word ?? '') + escaped
    } else if (character === '"' || character === "'") {
      const quoted = readQuoted(characters, at, character)
      if (quoted === undefined) return { ok: false, reason: 'No closing quotation' }
      word = (word ?? '') + quoted.text
      at = quoted.end
    } else if (grammar.wordChars !== null && character === '#') {
      finish()
      while (at < characters.length && characters[at] !== '\n') at++
    } else if (grammar.wordChars === null || grammar.wordChars.test(character)) {
      word = (word ?? '') + character
    } else {
      finish()
      words.push(character)
    }
  }
  finish()
  return { ok: true, words }
}

/** From after the opening quote to after the closing one; `undefined` when there is none. */
function readQuoted(characters: readonly string[], from: number, quote: string): { text: string; end: number } | undefined {
  let text = ''
  for (let at = from; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === quote) return { text, end: at + 1 }
    const next = characters[at + 1]
    if (quote === '"' && character === '\\' && (next === '"' || next === '\\')) {
      text += next
      at++
    } else {
      text += character
    }
  }
  return undefined
}
