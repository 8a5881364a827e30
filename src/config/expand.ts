/**
 * Expands `%(name)s` with printf conversions, and in YAML also `${VAR}`, `${VAR:-default}` and `$${`, in one pass:
 * what came out is not expanded again. Says what is wrong and where; whether the text is a secret is the caller's affair.
 */
import type { Format } from './raw.ts'

/** What a text may refer to. Later maps of `env` win; their keys are written `ENV_KEY`. */
export interface Names {
  readonly plain: Readonly<Record<string, string | number>>
  readonly env: readonly Readonly<Record<string, string | undefined>>[]
}

export type Expansion =
  | { readonly ok: true; readonly text: string }
  | {
      readonly ok: false
      /** Where in the text, counted from 0. */
      readonly offset: number
      readonly reason: 'unknown' | 'malformed'
      /** The name that is not known, or what is malformed; never a value. */
      readonly what: string
    }

const percent = /%%|%\(([^)]*)\)([-+ #0]*)(\d{0,4})(?:\.(\d{0,4}))?[hlL]?([diouxXeEfFgGcrsa])/y
const dollar = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/y

/** The text with everything expanded, or the first thing in it that cannot be. */
export function expand(text: string, names: Names, format: Format): Expansion {
  let out = ''
  let at = 0
  while (at < text.length) {
    const next = nextMark(text, at, format)
    out += text.slice(at, next)
    if (next === text.length) break
    const piece = text[next] === '%' ? expandPercent(text, next, names) : expandDollar(text, next, names)
    if (!('text' in piece)) return { ok: false, offset: next, ...piece }
    out += piece.text
    at = piece.end
  }
  return { ok: true, text: out }
}

/** The names that a text may use, for people; never a value. */
export function availableNames(names: Names): string[] {
  const env = names.env.flatMap((map) => Object.keys(map)).map((key) => `ENV_${key}`)
  return [...new Set([...Object.keys(names.plain), ...env])].sort()
}

type Piece = { readonly text: string; readonly end: number } | { readonly reason: 'unknown' | 'malformed'; readonly what: string }

function nextMark(text: string, from: number, format: Format): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '%') return at
    if (format === 'yaml' && text[at] === '$' && (text.startsWith('${', at) || text.startsWith('$${', at))) return at
  }
  return text.length
}

function expandPercent(text: string, at: number, names: Names): Piece {
  percent.lastIndex = at
  const match = percent.exec(text)
  if (match === null) return { reason: 'malformed', what: text.slice(at, at + 2) }
  if (match[0] === '%%') return { text: '%', end: at + 2 }
  const [whole, name = '', flags = '', width = '', precision, conversion = 's'] = match
  const value = lookup(names, name)
  if (value === undefined) return { reason: 'unknown', what: name }
  const formatted = printf(value, { flags, width: Number(width), precision: precision === undefined ? null : Number(precision), conversion })
  if (formatted === undefined) return { reason: 'malformed', what: whole }
  return { text: formatted, end: at + whole.length }
}

function expandDollar(text: string, at: number, names: Names): Piece {
  if (text.startsWith('$${', at)) return { text: '${', end: at + 3 }
  dollar.lastIndex = at
  const match = dollar.exec(text)
  if (match === null) return { reason: 'malformed', what: '${' }
  const [whole, name = '', fallback] = match
  const value = lookup(names, `ENV_${name}`)
  if (value !== undefined && !(value === '' && fallback !== undefined)) return { text: String(value), end: at + whole.length }
  if (fallback === undefined) return { reason: 'unknown', what: `ENV_${name}` }
  return { text: fallback, end: at + whole.length }
}

function lookup(names: Names, name: string): string | number | undefined {
  if (Object.hasOwn(names.plain, name)) return names.plain[name]
  if (!name.startsWith('ENV_')) return undefined
  const key = name.slice(4)
  return names.env.findLast((map) => Object.hasOwn(map, key) && map[key] !== undefined)?.[key]
}

interface Conversion {
  readonly flags: string
  readonly width: number
  readonly precision: number | null
  readonly conversion: string
}

/** One value by one conversion; `undefined` where the two do not fit or the result holds a NUL. */
function printf(value: string | number, how: Conversion): string | undefined {
  const body = 'sra'.includes(how.conversion) ? asText(value, how) : asNumber(value, how)
  if (body === undefined || body.includes('\0')) return undefined
  if (how.flags.includes('-')) return body.padEnd(how.width)
  if (!how.flags.includes('0') || 'srac'.includes(how.conversion)) return body.padStart(how.width)
  const sign = /^[-+ ]?(?:0[xo])?/i.exec(body)?.[0] ?? ''
  return sign + body.slice(sign.length).padStart(how.width - sign.length, '0')
}

function asText(value: string | number, how: Conversion): string {
  const text = typeof value === 'number' || how.conversion === 's' ? String(value) : `'${value}'`
  return how.precision === null ? text : [...text].slice(0, how.precision).join('')
}

function asNumber(value: string | number, how: Conversion): string | undefined {
  const { conversion, precision, flags } = how
  if (conversion === 'c') return asCharacter(value)
  if (typeof value === 'string') return undefined
  const plus = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''
  const sign = value < 0 ? '-' : plus
  const digits = unsigned(Math.abs(value), conversion, precision, flags.includes('#'))
  return digits === undefined ? undefined : sign + digits
}

function asCharacter(value: string | number): string | undefined {
  if (typeof value === 'string') return [...value].length === 1 ? value : undefined
  return Number.isInteger(value) && value > 0 && value <= 0x10ffff ? String.fromCodePoint(value) : undefined
}

function unsigned(value: number, conversion: string, precision: number | null, alternate: boolean): string | undefined {
  switch (conversion) {
    case 'd': case 'i': case 'u':
      return String(Math.trunc(value)).padStart(precision ?? 0, '0')
    case 'o':
      return (alternate ? '0o' : '') + value.toString(8).padStart(precision ?? 0, '0')
    case 'x': case 'X': {
      const hex = (alternate ? '0x' : '') + value.toString(16).padStart(precision ?? 0, '0')
      return conversion === 'X' ? hex.toUpperCase() : hex
    }
    default:
      return precision !== null && precision > 100 ? undefined : floating(value, conversion, precision ?? 6)
  }
}

function floating(value: number, conversion: string, precision: number): string {
  const upper = conversion === conversion.toUpperCase()
  const kind = conversion.toLowerCase()
  const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2')
  let text = ''
  if (kind === 'f') text = value.toFixed(precision)
  else if (kind === 'e') text = exponent(value.toExponential(precision))
  else text = exponent(String(Number(value.toPrecision(Math.max(1, precision)))))
  return upper ? text.toUpperCase() : text
}
