/** The types of the options of resources, as text: limits, scheduling, the CPUs and the control group of a process. */
import type { ResourceSpec } from '../core/care.ts'
import { didYouMean } from '../lib/suggest.ts'
import { parseBytes, parseDuration, parseInteger } from '../lib/units.ts'
import { kind, quote, Refusal } from './kinds.ts'
import type { JsonShape, Kind } from './kinds.ts'
import { readPairs, splitWords } from './option-words.ts'

const scalar: JsonShape = { type: ['string', 'number'] }

/** How the value of each limit is read: bytes, seconds, or a number. */
const limitUnits = {
  as: 'bytes', core: 'bytes', cpu: 'seconds', data: 'bytes', fsize: 'bytes', locks: 'number', memlock: 'bytes', msgqueue: 'bytes', nice: 'number',
  nofile: 'number', nproc: 'number', rss: 'bytes', rtprio: 'number', sigpending: 'number', stack: 'bytes',
} as const

type LimitName = keyof typeof limitUnits

const limitNames = Object.keys(limitUnits) as LimitName[]

function object(names: readonly string[]): JsonShape {
  return { anyOf: [{ type: 'string' }, { type: 'object', additionalProperties: false, properties: Object.fromEntries(names.map((name) => [name, scalar])) }] }
}

/** `nofile=65536 core=unlimited as=1GB`, `nofile=1024:65536` for soft and hard. */
export const limits: Kind<ResourceSpec['limits']> = kind('limits as in nofile=65536 core=unlimited as=1GB, or soft:hard', object(limitNames), (value) => {
  const words = splitWords(value)
  const pairs = words instanceof Refusal ? words : readPairs(words, limitNames)
  if (pairs instanceof Refusal) return pairs
  const all: Record<string, { soft: number | null; hard: number | null }> = {}
  for (const [name, [text = '']] of pairs) {
    const [softText = '', hardText = softText, ...more] = text.split(':')
    const [soft, hard] = [parseLimit(name as LimitName, softText), parseLimit(name as LimitName, hardText)]
    if (soft === undefined || hard === undefined || more.length > 0) return new Refusal(`has ${name}=${text}, which is not ${wanted(name as LimitName)}`)
    if (hard !== null && (soft === null || soft > hard)) return new Refusal(`has ${name}=${text}, whose soft limit is above the hard one`)
    all[name] = { soft, hard }
  }
  return all
})

function parseLimit(name: LimitName, text: string): number | null | undefined {
  if (/^(?:unlimited|infinity)$/i.test(text)) return null
  const unit = limitUnits[name]
  if (unit === 'bytes') return parseBytes(text)
  if (unit === 'seconds') {
    const time = parseDuration(text)
    return time === undefined || time < 0 ? undefined : Math.ceil(time / 1000)
  }
  const number = parseInteger(text)
  return number === undefined || number < 0 ? undefined : number
}

function wanted(name: LimitName): string {
  const one = { bytes: 'a size such as 1GB', seconds: 'a time such as 60s', number: 'a number' }[limitUnits[name]]
  return `${one} or unlimited (or soft:hard)`
}

/** `idle`, `best-effort 7`, `realtime 2`. */
export const ionice: Kind<NonNullable<ResourceSpec['ionice']>> = kind('idle, best-effort 0..7 or realtime 0..7', { type: 'string' }, (value) => {
  const [name = '', text, ...more] = value.trim().toLowerCase().split(/\s+/)
  const known = ['idle', 'best-effort', 'realtime'] as const
  const found = known.find((one) => one === name)
  if (found === undefined) return new Refusal(`${quote(value)} is not idle, best-effort 0..7 or realtime 0..7${hinted(didYouMean(name, known))}`)
  const level = text === undefined ? null : parseInteger(text)
  if (found === 'idle' && text !== undefined) return new Refusal('idle takes no level')
  if (level === undefined || (level !== null && (level < 0 || level > 7)) || more.length > 0) return new Refusal(`${quote(value)} has a level that is not from 0 to 7`)
  return { class: found, level }
})

/** `0-3,6`. */
export const cpus: Kind<string> = kind('numbers of CPUs, as in 0-3,6', {
  anyOf: [{ type: ['string', 'integer'] }, { type: 'array', items: { type: ['string', 'integer'] } }],
}, (value) => {
  const pieces = value.split(',').map((piece) => piece.replace(/\s+/g, ''))
  for (const piece of pieces) {
    const [, from, to = from] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(piece) ?? []
    if (from === undefined || Number(to) < Number(from)) return new Refusal(`${quote(value)} is not numbers of CPUs, as in 0-3,6`)
  }
  return pieces.join(',')
})

const cgroupParts = ['memory_max', 'cpu_max', 'pids_max'] as const

/** `memory_max=512MB cpu_max=50% pids_max=100`. */
export const cgroup: Kind<NonNullable<ResourceSpec['cgroup']>> = kind('memory_max=512MB cpu_max=50% pids_max=100', object(cgroupParts), (value) => {
  const words = splitWords(value)
  const pairs = words instanceof Refusal ? words : readPairs(words, cgroupParts)
  if (pairs instanceof Refusal) return pairs
  const [memory, cpu, pids] = cgroupParts.map((part) => pairs.get(part)?.[0])
  const memoryMax = memory === undefined ? null : parseBytes(memory)
  const cpuMax = cpu === undefined ? null : cpuQuota(cpu)
  const pidsMax = pids === undefined ? null : parseInteger(pids)
  if (memoryMax === undefined || memoryMax === 0) return new Refusal(`has memory_max=${memory ?? ''}, which is not a size above 0 such as 512MB`)
  if (cpuMax === undefined) return new Refusal(`has cpu_max=${cpu ?? ''}, which is not a share of one CPU such as 50% or 200%`)
  if (pidsMax === undefined || (pidsMax !== null && pidsMax < 1)) return new Refusal(`has pids_max=${pids ?? ''}, which is not a number above 0`)
  return { memoryMax, cpuMax, pidsMax }
})

/** Quota and period in microseconds, as cpu.max is written; the kernel takes no quota below a millisecond. */
function cpuQuota(text: string): string | undefined {
  const percent = Number(/^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1])
  return percent >= 1 && percent <= 1_000_000 ? `${String(Math.round(percent * 1000))} 100000` : undefined
}

function hinted(hint: string | undefined): string {
  return hint === undefined ? '' : ` (${hint})`
}
