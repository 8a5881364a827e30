/**
 * The types that an option may have, as zod types that read text: each says what it accepts, what it makes of it and
 * what JSON an editor should expect. They look at nothing but the text; paths and users are looked up elsewhere.
 */
import * as z from 'zod'
import { parseSignal, signalNames } from '../lib/signals.ts'
import { didYouMean } from '../lib/suggest.ts'
import { parseBoolean, parseBytes, parseDuration, parseInteger, parseOctal } from '../lib/units.ts'
import type { Autorestart } from '../core/spec.ts'
import type { SignalName } from '../lib/signals.ts'
import type { LogLevel } from './config.ts'

/** JSON Schema of what may be written in YAML. */
export type JsonShape = Readonly<Record<string, unknown>>

export type Kind<T> = z.ZodType<T, string>

/** Where one stream of a program is to go. */
export type LogTarget =
  | { readonly to: 'auto' }
  | { readonly to: 'none' }
  | { readonly to: 'syslog' }
  | { readonly to: 'file'; readonly path: string }

export interface InetAddress {
  readonly host: string
  readonly port: number
}

declare module 'zod' {
  interface GlobalMeta {
    /** What an editor accepts in YAML. */
    json?: JsonShape
    /** What a person may write, in a few words. */
    accepts?: string
  }
}

/** Why a text is not of a kind. */
export class Refusal {
  readonly reason: string
  /** Where in the text it is; `undefined`: the whole text is meant. */
  readonly offset: number | undefined
  /** What else is wrong with it. */
  readonly also: readonly Refusal[]

  constructor(reason: string, offset?: number, also: readonly Refusal[] = []) {
    this.reason = reason
    this.offset = offset
    this.also = also
  }
}

/** Makes a kind: what it accepts, in words and as JSON Schema, and how text becomes a value. */
export function kind<T>(accepts: string, json: JsonShape, read: (text: string) => T | Refusal): Kind<T> {
  return z.string().transform((text, context): T => {
    const value = read(text)
    if (!(value instanceof Refusal)) return value
    for (const { reason, offset } of [value, ...value.also]) context.addIssue({ code: 'custom', message: reason, input: text, params: { offset } })
    return z.NEVER
  }).meta({ accepts, json })
}

/** Text that reads as the type or that an expansion will fill in. */
function written(pattern: string): JsonShape {
  return { type: 'string', pattern: `^\\s*(${pattern})\\s*$|\\$\\{|%\\(` }
}

/** The text in quotes, shortened where it is long. */
export function quote(text: string): string {
  return text.length > 60 ? `'${text.slice(0, 57)}...'` : `'${text}'`
}

function number(accepts: string, json: JsonShape, least: number, most: number, read: (text: string) => number | undefined): Kind<number> {
  return kind(accepts, json, (text) => {
    const value = read(text)
    if (value === undefined) return new Refusal(`${quote(text)} is not ${accepts}`)
    if (value < least) return new Refusal(`${quote(text)} is less than ${least}`)
    return value > most ? new Refusal(`${quote(text)} is more than ${most}`) : value
  })
}

const integerText = '[+-]?[0-9]+'
const limit = Number.MAX_SAFE_INTEGER

/** A whole number within bounds. */
export function integer(least = -limit, most = limit): Kind<number> {
  const bounds = { ...(least > -limit && { minimum: least }), ...(most < limit && { maximum: most }) }
  return number('a whole number', { anyOf: [{ type: 'integer', ...bounds }, written(integerText)] }, least, most, parseInteger)
}

/** Any text. */
export const text = kind('text', { type: ['string', 'number', 'boolean'] }, (value): string => value)

/** Text with the blanks around it removed; must not be empty. */
export const word = kind('text', { type: 'string' }, (value) => {
  return value.trim() === '' ? new Refusal('must not be empty') : value.trim()
})

export const boolean = kind('true or false', {
  anyOf: [{ type: 'boolean' }, { enum: [0, 1] }, written('[Yy]es|[Tt]rue|[Oo]n|1|[Nn]o|[Ff]alse|[Oo]ff|0')],
}, (value) => parseBoolean(value) ?? new Refusal(`${quote(value)} is not a valid boolean value (yes, true, on, 1, no, false, off, 0)`))

export const bytes = number('a size such as 1024, 500KB, 50MB or 2GB', {
  anyOf: [{ type: 'integer', minimum: 0 }, written('[0-9]+ *([Kk][Bb]|[Mm][Bb]|[Gg][Bb])?')],
}, 0, limit, parseBytes)

/** The longest duration: timers count milliseconds in 31 bits only where somebody forgot; here a hundred years do. */
const longest = 3_155_760_000_000

/** INI: whole seconds, as milliseconds. */
export const seconds = number('a whole number of seconds', { type: 'integer' }, -longest, longest, (value) => {
  const whole = parseInteger(value)
  return whole === undefined ? undefined : whole * 1000
})

/** YAML: seconds or a duration with a unit, as milliseconds. */
export const duration = number('a duration such as 10, 0.5, 30s, 1500ms, 2m or 1h', {
  anyOf: [{ type: 'number' }, written('[+-]?[0-9]*\\.?[0-9]+ *(ms|s|m|h|d)?')],
}, -longest, longest, parseDuration)

export const octal = number('an octal mode such as 022 or 0700', {
  anyOf: [{ type: 'integer' }, written('(0[oO])?[0-7]+')],
}, 0, 0o7777, parseOctal)

export const signal: Kind<SignalName> = kind('a signal name or number', { type: ['string', 'integer'] }, (value) => {
  const hint = didYouMean(value.trim().toUpperCase().replace(/^SIG/, ''), signalNames().map((name) => name.slice(3)))
  return parseSignal(value) ?? new Refusal(`${quote(value)} is not a valid signal name${hint === undefined ? '' : ` (${hint})`}`)
})

export const exitcodes: Kind<readonly number[]> = kind('a list of exit codes from 0 to 255', {
  anyOf: [
    { type: 'integer', minimum: 0, maximum: 255 },
    { type: 'array', items: { type: 'integer', minimum: 0, maximum: 255 } },
    written('[0-9]+(\\s*,\\s*[0-9]+)*|'),
  ],
}, (value) => {
  const codes = value.trim() === '' ? [] : value.split(',').map((piece) => parseInteger(piece) ?? -1)
  const fits = codes.every((code) => code >= 0 && code <= 255)
  return fits ? codes : new Refusal(`${quote(value)} is not a list of exit codes from 0 to 255`)
})

export const names: Kind<readonly string[]> = kind('a list of names', {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
}, (value) => value.split(',').map((piece) => piece.trim()).filter((piece) => piece !== ''))

export const autorestart: Kind<Autorestart> = kind('true, false or unexpected', {
  anyOf: [{ type: 'boolean' }, { enum: ['unexpected'] }, written('[Uu]nexpected|[Yy]es|[Tt]rue|[Oo]n|1|[Nn]o|[Ff]alse|[Oo]ff|0')],
}, (value) => {
  if (value.trim().toLowerCase() === 'unexpected') return 'unexpected'
  const always = parseBoolean(value)
  if (always === undefined) return new Refusal(`${quote(value)} is not true, false or unexpected`)
  return always ? 'always' : 'never'
})

const levels: readonly LogLevel[] = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'blather']

export const loglevel: Kind<LogLevel> = kind(levels.join(', '), { enum: levels }, (value) => {
  const wanted = value.trim().toLowerCase()
  return levels.find((level) => level === wanted) ?? new Refusal(`${quote(value)} is no log level (${levels.join(' ')})`)
})

export const logFormat: Kind<'json' | 'text'> = kind('json or text', { enum: ['json', 'text'] }, (value) => {
  const wanted = value.trim().toLowerCase()
  return wanted === 'json' || wanted === 'text' ? wanted : new Refusal(`${quote(value)} is neither json nor text`)
})

export const logTarget: Kind<LogTarget> = kind('a path, AUTO, NONE or syslog', { type: 'string' }, (value): LogTarget => {
  const trimmed = value.trim()
  switch (trimmed.toLowerCase()) {
    case 'auto': return { to: 'auto' }
    case 'none': case 'off': case '': return { to: 'none' }
    case 'syslog': return { to: 'syslog' }
    default: return { to: 'file', path: trimmed }
  }
})

/** A name of a program, group or process. */
export const name = kind('a name without blanks, colons and slashes', { type: 'string' }, (value) => {
  return nameRefusal(value) ?? value.trim()
})

function nameRefusal(value: string): Refusal | undefined {
  const trimmed = value.trim()
  if (trimmed === '') return new Refusal('a name must not be empty')
  // A name becomes part of a file name.
  if (trimmed === '.' || trimmed === '..') return new Refusal(`'${trimmed}' cannot be a name`)
  return /[\s:/]/.test(trimmed) ? new Refusal(`invalid name ${quote(trimmed)}: it must not contain a blank, a colon or a slash`) : undefined
}

export const inetAddress: Kind<InetAddress> = kind('PORT, HOST:PORT or *:PORT', {
  anyOf: [{ type: 'integer', minimum: 1, maximum: 65535 }, { type: 'string' }],
}, (value) => {
  const trimmed = value.trim()
  const colon = trimmed.lastIndexOf(':')
  const host = trimmed.slice(0, Math.max(colon, 0)).toLowerCase()
  const port = parseInteger(trimmed.slice(colon + 1))
  if (port === undefined || port < 1 || port > 65535) return new Refusal(`${quote(value)} does not end in a port from 1 to 65535`)
  if (host.includes(':')) return new Refusal(`${quote(value)} is not PORT, HOST:PORT or *:PORT (IPv4 only)`)
  return { host: host === '*' ? '' : host, port }
})

export const url = kind('a URL such as unix:///run/nsup.sock or http://localhost:9001', { type: 'string' }, (value) => {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(.+)$/s.exec(value.trim())
  const rest = (match?.[2] ?? '').replace(/^\/\//, '')
  return match === null || rest === '' ? new Refusal(`${quote(value)} is not a URL`) : value.trim()
})
