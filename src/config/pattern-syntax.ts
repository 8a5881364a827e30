/** Reads the source of a regular expression, which is known to compile, into a tree: for pattern.ts, which judges it. */

/** `empty`: anchors and what else matches no character. `test`: the source of what matches one. */
export type PatternNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'character'; readonly source: string }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly least: number; readonly most: number }
  /** Looks around; matches nothing itself. */
  | { readonly kind: 'look'; readonly part: PatternNode }
  | { readonly kind: 'reference' }

const escape = /\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|c[A-Za-z]|[0-9]+|[^])/y
const repetition = /(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y
const opening = /\((\?(?:[:=!]|<[=!]|<[^>]*>))?/y

/** The tree of a pattern without flags. */
export function readPattern(source: string): PatternNode {
  return new PatternReader(source).choice()
}

class PatternReader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  choice(): PatternNode {
    const parts = [this.#sequence()]
    while (this.#source[this.#at] === '|') {
      this.#at += 1
      parts.push(this.#sequence())
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'choice', parts }
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) parts.push(this.#repeated(this.#atom()))
    return { kind: 'sequence', parts }
  }

  #repeated(part: PatternNode): PatternNode {
    const match = this.#take(repetition)
    if (match === null) return part
    const [sign = '', low, comma, high] = match
    if (low === undefined) return { kind: 'repeat', part, least: sign.startsWith('+') ? 1 : 0, most: sign.startsWith('?') ? 1 : Infinity }
    const least = Number(low)
    return { kind: 'repeat', part, least, most: comma === '' ? least : high === '' ? Infinity : Number(high) }
  }

  #atom(): PatternNode {
    const character = this.#source[this.#at] ?? ''
    switch (character) {
      case '(': return this.#group()
      case '[': return { kind: 'character', source: this.#set() }
      case '\\': return this.#escaped()
      case '^': case '$':
        this.#at += 1
        return { kind: 'empty' }
      default:
        this.#at += 1
        return { kind: 'character', source: character === '.' ? '.' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` }
    }
  }

  #group(): PatternNode {
    const how = this.#take(opening)?.[1] ?? ''
    const part = this.choice()
    this.#at += 1
    return /^\?(?:[=!]|<[=!])/.test(how) ? { kind: 'look', part } : part
  }

  #set(): string {
    const from = this.#at
    this.#at += 1
    while (this.#at < this.#source.length && this.#source[this.#at] !== ']') this.#at += this.#source[this.#at] === '\\' ? 2 : 1
    this.#at += 1
    return this.#source.slice(from, this.#at)
  }

  #escaped(): PatternNode {
    const source = this.#take(escape)?.[0] ?? '\\\\'
    if (/^\\[bB]$/.test(source)) return { kind: 'empty' }
    return /^\\[1-9k]/.test(source) ? { kind: 'reference' } : { kind: 'character', source }
  }

  #take(what: RegExp): RegExpExecArray | null {
    what.lastIndex = this.#at
    const match = what.exec(this.#source)
    if (match !== null) this.#at = what.lastIndex
    return match
  }
}
