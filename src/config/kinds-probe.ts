/** The types of `ready`, `health` and `wait_for`: the ways to find out whether a process answers, as text. */
import type { HealthSpec, Probe, Readiness } from '../core/care.ts'
import { parseDuration, parseInteger } from '../lib/units.ts'
import { didYouMean } from '../lib/suggest.ts'
import { kind, quote, Refusal } from './kinds.ts'
import type { JsonShape, Kind } from './kinds.ts'
import { readPairs, splitWords } from './option-words.ts'
import { patternProblem } from './pattern.ts'
import { splitCommand } from './words.ts'

const probeForms = 'http://..., tcp://host:port, unix:///path, exec COMMAND'
const readyForms = `report, notify, notification_fd N, log PATTERN, ${probeForms}`
const healthForms = `report, ${probeForms}`

const httpParts = ['status', 'header', 'body'] as const
const healthParts = ['interval', 'timeout', 'retries', 'start_period', 'max_age'] as const

const scalars: JsonShape = { type: ['string', 'number', 'boolean'] }
const words: JsonShape = { anyOf: [scalars, { type: 'array', items: scalars }] }
const probeShape: JsonShape = {
  http: { type: 'string' }, tcp: { type: ['string', 'integer'] }, unix: { type: 'string' }, exec: words,
  status: words, headers: { type: 'object', additionalProperties: scalars }, body: { type: 'string' }, report: { type: 'boolean' },
}

function shape(more: JsonShape): JsonShape {
  return { anyOf: [{ type: 'string' }, { type: 'object', additionalProperties: false, properties: { ...probeShape, ...more } }] }
}

/** What `ready` says; an empty text is none. */
export const readiness: Kind<Readiness | null> = kind(readyForms, shape({
  notify: { type: 'boolean' }, notification_fd: { type: 'integer', minimum: 3 }, log: { type: 'string' },
}), (value) => {
  const [, first = '', rest = ''] = /^\s*(\S*)\s*([^]*?)\s*$/.exec(value) ?? []
  switch (first) {
    case '': return null
    case 'report': case 'notify': return rest === '' ? { kind: first } : new Refusal(`${first} takes nothing after it`)
    case 'notification_fd': {
      const fd = parseInteger(rest)
      return fd !== undefined && fd >= 3 && fd <= 255 ? { kind: first, fd } : new Refusal(`notification_fd needs a number from 3 to 255, as in notification_fd 3`)
    }
    case 'log': return patternProblem(rest) ?? { kind: first, pattern: rest }
    case 'exec': return readExec(rest)
    default: {
      const read = readAddress(value, readyForms)
      if (read instanceof Refusal) return read
      const parts = readPairs(read.rest, httpParts, ['header'])
      return parts instanceof Refusal ? parts : withParts(read.probe, parts)
    }
  }
})

export type HealthCheck = Omit<HealthSpec, 'onUnhealthy'>

/** What `health` says; an empty text is none. Its own parts may stand before the probe, and after all but a command. */
export const healthCheck: Kind<HealthCheck | null> = kind(`${healthForms}; with interval=10s timeout=2s retries=3 start_period=0s, max_age=30s for report`, shape({
  interval: scalars, timeout: scalars, retries: { type: 'integer' }, start_period: scalars, max_age: scalars,
}), (value) => {
  const head = /^\s*((?:(?:interval|timeout|retries|start_period|max_age)=\S*(?:\s+|$))*)([^]*?)\s*$/.exec(value)
  const [, before = '', text = ''] = head ?? []
  if (text === '' && before === '') return null
  const exec = /^exec(?:\s+([^]*))?$/.exec(text)
  if (exec !== null) {
    if (/\s(?:interval|timeout|retries|start_period|max_age)=\S*$/.test(text)) return new Refusal('is exec with parts after the command: write them before exec, as in interval=10s exec COMMAND')
    const parts = readPairs(before.trim().split(/\s+/).filter((word) => word !== ''), healthParts)
    const probe = readExec(exec[1] ?? '')
    if (parts instanceof Refusal) return parts
    return probe instanceof Refusal ? probe : assemble(probe, parts)
  }
  const read = /^report(?:\s|$)/.test(text) ? readReport(text) : readAddress(text, healthForms)
  if (read instanceof Refusal) return read
  const parts = readPairs([...before.split(/\s+/).filter((word) => word !== ''), ...read.rest], [...(read.probe === 'report' ? [] : httpParts), ...healthParts], ['header'])
  if (parts instanceof Refusal || read.probe === 'report') return parts instanceof Refusal ? parts : assemble('report', parts)
  const probe = withParts(read.probe, parts)
  return probe instanceof Refusal ? probe : assemble(probe, parts)
})

type Parts = ReadonlyMap<string, readonly string[]>

function assemble(by: Probe | 'report', parts: Parts): HealthCheck | Refusal {
  const time = (key: string, fallback: string, least: number): number | Refusal => {
    const text = parts.get(key)?.[0] ?? fallback
    const read = parseDuration(text)
    return read === undefined || read < least ? new Refusal(`has ${key}=${text}, which is not a duration${least > 0 ? ' longer than 0' : ''} such as ${fallback}`) : read
  }
  const tries = parts.get('retries')?.[0] ?? '3'
  const retries = parseInteger(tries)
  const [interval, timeout, startPeriod, maxAge] = [time('interval', '10s', 1), time('timeout', '2s', 1), time('start_period', '0s', 0), time('max_age', '30s', 1)]
  for (const read of [interval, timeout, startPeriod, maxAge]) if (read instanceof Refusal) return read
  if (retries === undefined || retries < 1 || retries > 1000) return new Refusal(`has retries=${tries}, which is not a number from 1 to 1000`)
  if (by !== 'report' && parts.has('max_age')) return new Refusal('has max_age, which only report has')
  if (by === 'report' && parts.has('timeout')) return new Refusal('has timeout, which report does not have (write max_age)')
  const numbers = { interval: Number(interval), timeout: Number(timeout), retries, startPeriod: Number(startPeriod) }
  return { by: by === 'report' ? { kind: 'report', maxAge: Number(maxAge) } : by, ...numbers }
}

function readReport(text: string): { probe: 'report'; rest: readonly string[] } | Refusal {
  const split = splitWords(text)
  return split instanceof Refusal ? split : { probe: 'report', rest: split.slice(1) }
}

/** The address that a text begins with, and the words after it. */
function readAddress(text: string, forms: string): { probe: Exclude<Probe, { kind: 'exec' }>; rest: readonly string[] } | Refusal {
  const split = splitWords(text)
  if (split instanceof Refusal) return split
  const [address = '', ...rest] = split
  const probe = probeOf(address, forms)
  return probe instanceof Refusal ? probe : { probe, rest }
}

function probeOf(address: string, forms: string): Exclude<Probe, { kind: 'exec' }> | Refusal {
  const [, scheme = '', place = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^]*)$/.exec(address) ?? []
  switch (scheme.toLowerCase()) {
    case 'http': case 'https': return httpProbe(address)
    case 'tcp': return tcpProbe(address, place)
    case 'unix': return /^\/.*[^/]$/s.test(place) ? { kind: 'unix', path: place } : new Refusal(`${quote(address)} is not unix:///absolute/path`)
    default: {
      const hint = didYouMean(scheme === '' ? address : scheme, ['report', 'notify', 'notification_fd', 'log', 'exec', 'http', 'https', 'tcp', 'unix'].filter((word) => forms.includes(word)))
      return new Refusal(`${quote(address)} is none of ${forms}${hint === undefined ? '' : ` (${hint})`}`)
    }
  }
}

function httpProbe(address: string): Exclude<Probe, { kind: 'exec' }> | Refusal {
  // The WHATWG's reading takes http:///path for a host named path.
  if (!/^https?:\/\/[^/?#\\]/i.test(address) || !URL.canParse(address)) {
    return new Refusal(/^https?:\/\/(?:$|[/?#:])/i.test(address) ? `${quote(address)} is a URL without a host (write http://127.0.0.1:8080/path)` : 'is not a URL that can be asked')
  }
  return { kind: 'http', url: address, status: [], headers: {}, body: null }
}

function tcpProbe(address: string, place: string): Exclude<Probe, { kind: 'exec' }> | Refusal {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/[\]]*)):(\d+)$/.exec(place) ?? []
  const [host, port] = [bracketed ?? plain, parseInteger(digits ?? '')]
  if (host === undefined || port === undefined || port < 1 || port > 65535) return new Refusal(`${quote(address)} is not tcp://host:port with a port from 1 to 65535`)
  return host === '' ? new Refusal(`${quote(address)} has no host (write tcp://127.0.0.1:${String(port)})`) : { kind: 'tcp', host, port }
}

function withParts<P extends Probe>(probe: P, parts: Parts): P | Refusal {
  const given = httpParts.find((part) => parts.has(part))
  if (probe.kind !== 'http') return given === undefined ? probe : new Refusal(`has ${given}, which only http:// has`)
  const status = (parts.get('status')?.[0] ?? '').split(',').filter((code) => code.trim() !== '').map((code) => parseInteger(code) ?? 0)
  if (status.some((code) => code < 100 || code > 599)) return new Refusal('has a status that is not from 100 to 599 (write status=200,204)')
  const headers: [string, string][] = []
  for (const line of parts.get('header') ?? []) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\u0000-\u0008\u000a-\u001f\u007f]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) return new Refusal('has a header that is not "Name: value"')
    headers.push([name, value])
  }
  const body = parts.get('body')?.[0] ?? null
  const problem = body === null ? undefined : patternProblem(body)
  return problem ?? { ...probe, status, headers: Object.fromEntries(headers), body }
}

function readExec(text: string): Extract<Probe, { kind: 'exec' }> | Refusal {
  const read = readCommandLine(text)
  return read instanceof Refusal ? new Refusal(`exec: ${read.reason}`) : { kind: 'exec', ...read }
}

/** A command as text and as words. */
export function readCommandLine(text: string): { command: string; argv: readonly string[] } | Refusal {
  const split = splitCommand(text)
  if (!split.ok) return new Refusal(`the command cannot be split into words: ${split.reason}`)
  return split.words.length === 0 || split.words[0] === '' ? new Refusal('there is no command') : { command: text.trim(), argv: split.words }
}

/** Addresses that must answer: `tcp://host:port` and `unix:///path`. */
export const addresses: Kind<readonly string[]> = kind('tcp://host:port or unix:///path, or a list of them', {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
}, (value) => {
  const all = value.split(',').map((piece) => piece.trim()).filter((piece) => piece !== '')
  for (const address of all) {
    const probe = probeOf(address, 'tcp://host:port, unix:///path')
    if (probe instanceof Refusal) return probe
    if (probe.kind === 'http') return new Refusal(`${quote(address)} is none of tcp://host:port, unix:///path`)
  }
  return all
})
