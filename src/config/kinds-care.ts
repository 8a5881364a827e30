/** The types of the options of restarting, stopping, recycling, of hooks and dependencies, as text. */
import type { Condition, Dependency, RecycleSpec, RestartSpec, StopStep } from '../core/care.ts'
import type { SignalName } from '../lib/signals.ts'
import { parseSignal } from '../lib/signals.ts'
import { didYouMean } from '../lib/suggest.ts'
import { parseBytes, parseDuration, parseInteger } from '../lib/units.ts'
import { duration, kind, quote, Refusal, signal } from './kinds.ts'
import type { JsonShape, Kind } from './kinds.ts'
import { readCommandLine } from './kinds-probe.ts'
import { readPairs, splitWords } from './option-words.ts'

const scalar: JsonShape = { type: ['string', 'number', 'boolean'] }
const list: JsonShape = { anyOf: [scalar, { type: 'array', items: scalar }] }

function parts(properties: JsonShape, ...others: JsonShape[]): JsonShape {
  return { anyOf: [{ type: 'string' }, ...others, { type: 'object', additionalProperties: false, properties }] }
}

/** A kind whose empty text means none: what one program says against the defaults of all. */
export function orNone<T>(inner: Kind<T>): Kind<T | null> {
  const { accepts = 'text', json = {} } = inner.meta() ?? {}
  const shapes = Array.isArray(json['anyOf']) ? (json['anyOf'] as readonly unknown[]) : [json]
  return kind(accepts, { anyOf: [...shapes, { const: '' }] }, (value) => {
    if (value.trim() === '') return null
    const read = inner.safeParse(value)
    return read.success ? read.data : new Refusal(read.error.issues[0]?.message ?? 'is not valid')
  })
}

/** A duration that is not negative. */
export const span: Kind<number> = kind('a duration such as 10, 0.5, 30s, 1500ms, 2m or 1h', duration.meta()?.json ?? {}, (value) => {
  const read = parseDuration(value)
  return read === undefined || read < 0 ? new Refusal(`${quote(value)} is not a duration such as 10, 0.5, 30s, 1500ms, 2m or 1h`) : read
})

/** A duration that is longer than 0. */
export const time: Kind<number> = kind('a duration such as 30s, 1500ms, 2m or 1h', duration.meta()?.json ?? {}, (value) => {
  const read = parseDuration(value)
  return read === undefined || read <= 0 ? new Refusal(`${quote(value)} is not a duration longer than 0, such as 30s, 1500ms, 2m or 1h`) : read
})

export type Action = RecycleSpec['memoryAction']

/** What to do with a process that is not as it should be. */
export const action: Kind<Action> = kind('restart, signal NAME or none', { type: 'string' }, (value) => {
  const [first = '', second, ...more] = value.trim().split(/\s+/)
  if ((first === 'restart' || first === 'none') && second === undefined) return { kind: first }
  if (first === 'signal' && second !== undefined && more.length === 0) {
    const read = signal.safeParse(second)
    return read.success ? { kind: first, signal: read.data } : new Refusal(read.error.issues[0]?.message ?? 'is not a signal')
  }
  const hint = didYouMean(first, ['restart', 'signal', 'none'])
  return new Refusal(`${quote(value)} is not restart, signal NAME or none${hint === undefined || first === 'signal' ? '' : ` (${hint})`}`)
})

export interface Hook {
  readonly command: string
  readonly argv: readonly string[]
  readonly timeout: number
  readonly user: string | null
}

/** A command with its own timeout and user in front. */
export const hook: Kind<Hook> = kind('a command line; timeout=30s and user=NAME may stand before it', {
  anyOf: [{ type: 'string' }, { type: 'array', items: scalar, minItems: 1 }, {
    type: 'object', additionalProperties: false, required: ['command'], properties: { command: list, timeout: scalar, user: { type: ['string', 'integer'] } },
  }],
}, (value) => {
  const [, before = '', text = ''] = /^\s*((?:(?:timeout|user)=\S*(?:\s+|$))*)([^]*)$/.exec(value) ?? []
  const pairs = readPairs(before.split(/\s+/).filter((word) => word !== ''), ['timeout', 'user'])
  if (pairs instanceof Refusal) return pairs
  const timeout = time.safeParse(pairs.get('timeout')?.[0] ?? '30s')
  if (!timeout.success) return new Refusal(`timeout: ${timeout.error.issues[0]?.message ?? ''}`)
  const user = pairs.get('user')?.[0] ?? null
  if (user === '') return new Refusal('user= names nobody')
  const command = readCommandLine(text)
  return command instanceof Refusal ? command : { ...command, timeout: timeout.data, user }
})

/** A command line. */
export const commandLine: Kind<{ readonly command: string; readonly argv: readonly string[] }> = kind('a command line', {
  anyOf: [{ type: 'string' }, { type: 'array', items: scalar, minItems: 1 }],
}, readCommandLine)

const conditions: readonly Condition[] = ['started', 'ready', 'healthy', 'completed']

/** Whom it depends on: `db=ready, migrate=completed, cache=started?`. */
export const dependencies: Kind<readonly Dependency[]> = kind('names with conditions, as in db=ready, migrate=completed, cache=started?', {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, {
    type: 'object', additionalProperties: { anyOf: [{ enum: [...conditions, ...conditions.map((one) => `${one}?`)] }, { type: 'null' }, {
      type: 'object', additionalProperties: false, properties: { condition: { enum: conditions }, required: { type: 'boolean' } },
    }] },
  }],
}, (value) => {
  const all: Dependency[] = []
  for (const piece of value.split(',').map((one) => one.trim()).filter((one) => one !== '')) {
    const [, on = '', , word = 'started', mark] = /^([^=?]*?)\s*(=\s*(\w*))?\s*(\?)?$/.exec(piece) ?? []
    const condition = conditions.find((one) => one === word)
    if (on === '' || /\s/.test(on)) return new Refusal(`${quote(piece)} is not NAME or NAME=CONDITION`)
    if (condition === undefined) return new Refusal(`${quote(word)} is no condition (${didYouMean(word, conditions) ?? `the conditions are ${conditions.join(', ')}`})`)
    if (all.some((one) => one.on === on)) return new Refusal(`${quote(on)} is named twice`)
    all.push({ on, condition, required: mark === undefined })
  }
  return all
})

type Backoff = NonNullable<RestartSpec['backoff']>

/** Delays that grow from failure to failure. */
export const backoff: Kind<Backoff> = kind('initial=1s factor=2 max=1m jitter=10%', parts({ initial: scalar, factor: { type: 'number' }, max: scalar, jitter: scalar }), (value) => {
  const words = splitWords(value)
  const pairs = words instanceof Refusal ? words : readPairs(words, ['initial', 'factor', 'max', 'jitter'])
  if (pairs instanceof Refusal) return pairs
  const [initial, max] = [parseDuration(pairs.get('initial')?.[0] ?? '1s'), parseDuration(pairs.get('max')?.[0] ?? '1m')]
  const factor = Number(pairs.get('factor')?.[0] || (pairs.has('factor') ? 'none' : '2'))
  const jitter = parsePart(pairs.get('jitter')?.[0] ?? '10%')
  if (initial === undefined || initial < 0) return new Refusal('has an initial that is not a duration such as 500ms')
  if (max === undefined || max < initial) return new Refusal('has a max that is not a duration of at least initial')
  if (!(factor >= 1 && factor <= 100)) return new Refusal('has a factor that is not a number from 1 to 100')
  return jitter === undefined ? new Refusal('has a jitter that is not from 0% to 100%') : { initial, factor, max, jitter }
})

/** `5 per 10m`. */
export const restartLimit: Kind<{ readonly count: number; readonly per: number }> = kind('a number per time, as in 5 per 10m', { type: 'string' }, (value) => {
  const [, digits, text] = /^\s*(\d+)\s*(?:per|in|\/)\s*(.+?)\s*$/.exec(value) ?? []
  const [count, per] = [parseInteger(digits ?? ''), parseDuration(text ?? '')]
  if (count === undefined || per === undefined || per <= 0) return new Refusal(`${quote(value)} is not a number per time, as in 5 per 10m`)
  return count > 100_000 ? new Refusal(`${quote(value)} is more than 100000`) : { count, per }
})

/** Exit codes and signals. */
export const endings: Kind<readonly (number | SignalName)[]> = kind('exit codes and signals, as in 78, SEGV', {
  anyOf: [scalar, { type: 'array', items: { type: ['integer', 'string'] } }],
}, (value) => {
  const all: (number | SignalName)[] = []
  for (const piece of value.split(',').map((one) => one.trim()).filter((one) => one !== '')) {
    const code = parseInteger(piece)
    const read = code === undefined ? parseSignal(piece) : code
    if (read === undefined || (code !== undefined && (code < 0 || code > 255))) return new Refusal(`${quote(piece)} is neither an exit code from 0 to 255 nor a signal`)
    all.push(read)
  }
  return all
})

/** `22:00-06:00`: minutes of the day. */
export const timeWindow: Kind<{ readonly from: number; readonly to: number }> = kind('two times of the day, as in 22:00-06:00', { type: 'string' }, (value) => {
  const [, ...digits] = /^\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$/.exec(value) ?? []
  const [fromHour = 99, fromMinute = 99, toHour = 99, toMinute = 99] = digits.map(Number)
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute]
  if (fromHour > 23 || toHour > 24 || fromMinute > 59 || toMinute > 59 || to > 1440) return new Refusal(`${quote(value)} is not two times of the day, as in 22:00-06:00`)
  return from === to % 1440 ? new Refusal(`${quote(value)} begins when it ends`) : { from, to }
})

/** A size above 0. */
export const memory: Kind<number> = kind('a size such as 500MB or 2GB', { type: ['string', 'integer'] }, (value) => {
  const read = parseBytes(value)
  return read === undefined || read === 0 ? new Refusal(`${quote(value)} is not a size above 0 such as 500MB or 2GB`) : read
})

/** `24h`, `24h ±10%`. */
export const lifetime: Kind<{ readonly after: number; readonly spread: number }> = kind('a duration, with a spread where wanted, as in 24h ±10%', { type: ['string', 'number'] }, (value) => {
  const [, text = '', percent] = /^\s*([^\s±+]+)\s*(?:(?:±|\+-|\+\/-)?\s*([\d.]+\s*%))?\s*$/.exec(value) ?? []
  const [after, spread] = [parseDuration(text), parsePart(percent ?? '0')]
  return after === undefined || after <= 0 || spread === undefined ? new Refusal(`${quote(value)} is not a duration such as 24h or 24h ±10%`) : { after, spread }
})

/** One rung as written: `wait` is `null` where nothing is said. */
export interface Rung {
  readonly signal: StopStep['signal']
  readonly wait: number | null
}

/** `TERM 30s, INT 10s, KILL`. */
export const ladder: Kind<readonly Rung[]> = kind('signals with the time that each gives, as in TERM 30s, INT 10s, KILL', {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
}, (value) => {
  const rungs: Rung[] = []
  for (const piece of value.split(',')) {
    const [name = '', text, ...more] = piece.trim().split(/\s+/)
    const read = signal.safeParse(name)
    const wait = text === undefined ? null : parseDuration(text)
    if (!read.success) return new Refusal(read.error.issues[0]?.message ?? `${quote(name)} is no signal`)
    if (wait === undefined || (wait !== null && wait < 0) || more.length > 0) return new Refusal(`${quote(piece.trim())} is not a signal and a duration, as in TERM 30s`)
    if (rungs.at(-1)?.signal === 'SIGKILL') return new Refusal('nothing can come after KILL')
    if (read.data === 'SIGKILL' && wait !== null) return new Refusal('KILL takes no time (it is repeated until the process is gone)')
    rungs.push({ signal: read.data, wait })
  }
  return rungs
})

/** A part of a whole, 0 to 1: `10%` or `0.1`. */
function parsePart(text: string): number | undefined {
  const [, digits, percent] = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text) ?? []
  const part = Number(digits) / (percent === '%' ? 100 : 1)
  return part >= 0 && part <= 1 ? part : undefined
}
