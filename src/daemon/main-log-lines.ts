/** The forms of a log line beside JSON: supervisord's text line, and the one for a terminal. Pure, but for the time zone. */
import { dayWords, secondWords } from '../lib/clock-words.ts'

interface Parsed {
  readonly level: string
  readonly time: Date
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** supervisord's abbreviations, and a colour for the terminal (SGR). */
const marks: Readonly<Record<string, { readonly short: string; readonly colour: string }>> = {
  critical: { short: 'CRIT', colour: '1;31' },
  error: { short: 'ERRO', colour: '31' },
  warn: { short: 'WARN', colour: '33' },
  info: { short: 'INFO', colour: '32' },
  debug: { short: 'DEBG', colour: '36' },
  trace: { short: 'TRAC', colour: '90' },
  blather: { short: 'BLAT', colour: '90' },
}

/** `2026-11-22 03:48:01,123 INFO message`, local time; fields are left out, since scripts know the line. */
export function textLine(json: string): string {
  const quick = withoutFields(json)
  if (quick !== null) return quick
  const { level, time, message } = parse(json)
  return `${dayWords(time)} ${secondWords(time)},${milliseconds(time)} ${markOf(level).short} ${message}\n`
}

/** What a line of pino begins with; its message comes last, and within a string no quote stands without a backslash. */
const beginning = /^\{"level":"(\w+)","time":"([^".]+)\.(\d{3})Z"/
const messageKey = ',"msg":"'
let second = { utc: '', local: '' }

/** The same without reading the fields, and without looking up the time zone more than once a second: `null` when it is another kind of line. */
function withoutFields(json: string): string | null {
  const parts = beginning.exec(json)
  const at = json.lastIndexOf(messageKey)
  if (parts === null || at < 0) return null
  const [, level = '', utc = '', fraction = ''] = parts
  if (second.utc !== utc) {
    const time = new Date(`${utc}Z`)
    second = { utc, local: `${dayWords(time)} ${secondWords(time)}` }
  }
  const message = JSON.parse(json.slice(at + messageKey.length - 1, json.lastIndexOf('"') + 1)) as string
  return `${second.local},${fraction} ${markOf(level).short} ${message}\n`
}

/** Time, coloured level, message, `key=value` for the rest. */
export function prettyLine(json: string, colours: boolean): string {
  const { level, time, message, fields } = parse(json)
  const paint = (colour: string, text: string): string => (colours && text !== '' ? `\u001b[${colour}m${text}\u001b[0m` : text)
  const { short, colour } = markOf(level)
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== '' && value !== null && value !== undefined)
    .map(([key, value]) => `${key}=${pairValue(value)}`)
  const words = [paint('90', `${secondWords(time)}.${milliseconds(time)}`), paint(colour, short), message, paint('90', pairs.join(' '))]
  return `${words.filter((word) => word !== '').join(' ')}\n`
}

function parse(json: string): Parsed {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>
  return {
    level: typeof level === 'string' ? level : 'info',
    time: new Date(typeof time === 'string' ? time : Date.now()),
    message: typeof msg === 'string' ? msg : '',
    fields,
  }
}

function markOf(level: string): { readonly short: string; readonly colour: string } {
  return marks[level] ?? { short: level.slice(0, 4).toUpperCase(), colour: '0' }
}

function pairValue(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@%+,-]+$/.test(value) ? value : JSON.stringify(value)
  return JSON.stringify(value)
}

function milliseconds(time: Date): string {
  return String(time.getMilliseconds()).padStart(3, '0')
}
