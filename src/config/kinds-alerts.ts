/** The type of the master's `notify`: who is told of what, as lines of `on=... webhook=...` or `on=... exec=...`. */
import { didYouMean } from '../lib/suggest.ts'
import { alertNames, fillIn } from './alert-template.ts'
import type { AlertEvent, AlertSpec } from './config.ts'
import { kind, quote, Refusal } from './kinds.ts'
import type { JsonShape, Kind } from './kinds.ts'
import { readCommandLine } from './kinds-probe.ts'
import { readPairs, splitOutsideQuotes, splitWords } from './option-words.ts'

const alertEvents: readonly AlertEvent[] = ['fatal', 'crash_loop', 'unhealthy', 'oom', 'disk_full']

const words: JsonShape = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }
const one: JsonShape = {
  type: 'object', additionalProperties: false, required: ['on'], properties: {
    on: { anyOf: [{ type: 'string' }, { type: 'array', items: { enum: alertEvents }, minItems: 1 }] },
    webhook: { type: 'string' }, exec: words, template: { type: 'string' },
  },
}

/** One alert a line. */
export const alerts: Kind<readonly AlertSpec[]> = kind('lines of on=fatal,crash_loop webhook=URL or exec="COMMAND", with template="..."', {
  anyOf: [{ type: 'string' }, one, { type: 'array', items: { anyOf: [{ type: 'string' }, one] } }],
}, (value) => {
  const lines = splitOutsideQuotes(value, '\n')
  if (lines === null) return new Refusal('has a quote that is not closed')
  const all: AlertSpec[] = []
  for (const line of lines.filter((text) => text.trim() !== '')) {
    const read = readAlert(line)
    if (read instanceof Refusal) return read
    all.push(read)
  }
  return all
})

function readAlert(line: string): AlertSpec | Refusal {
  const split = splitWords(line)
  if (!(split instanceof Refusal) && split.some((word) => !word.includes('='))) return new Refusal('has a word that is none of on=, webhook=, exec= and template=: quote what holds blanks')
  const pairs = split instanceof Refusal ? split : readPairs(split, ['on', 'webhook', 'exec', 'template'])
  if (pairs instanceof Refusal) return pairs
  const [on, webhook, exec, template] = ['on', 'webhook', 'exec', 'template'].map((part) => pairs.get(part)?.[0])
  const names = (on ?? '').split(',').map((name) => name.trim()).filter((name) => name !== '')
  const events: AlertEvent[] = []
  for (const name of names) {
    const event = alertEvents.find((known) => known === name)
    if (event === undefined) return new Refusal(`${quote(name)} is nothing that can be told (${didYouMean(name, alertEvents) ?? `known are ${alertEvents.join(', ')}`})`)
    if (!events.includes(event)) events.push(event)
  }
  const { unknown } = fillIn(template ?? '', () => '')
  if (unknown !== null) return new Refusal(`has a template with ${quote(unknown)}, which is no fact of an alert (${didYouMean(unknown, alertNames) ?? `known are ${alertNames.join(', ')}`})`)
  if (events.length === 0) return new Refusal(`has an alert without on=: say of what, as in on=${alertEvents.join(',')}`)
  if ((webhook === undefined) === (exec === undefined)) return new Refusal('has an alert that needs either webhook=URL or exec="COMMAND"')
  if (webhook !== undefined) {
    // The URL may hold a secret: it is not shown.
    if (!/^https?:\/\/[^/?#\\]/i.test(webhook) || !URL.canParse(webhook)) return new Refusal('has a webhook that is not http:// or https:// with a host')
    return { on: events, to: { kind: 'webhook', url: webhook }, template: template ?? null }
  }
  const command = readCommandLine(exec ?? '')
  return command instanceof Refusal ? new Refusal(`exec: ${command.reason}`) : { on: events, to: { kind: 'exec', ...command }, template: template ?? null }
}
