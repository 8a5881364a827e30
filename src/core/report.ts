/**
 * What a worker says of itself, as it is written: lines of JSON on the report channel, assignments in the datagrams of
 * systemd's protocol. Reads one of them, and keeps the last words of an incarnation. Does nothing about them.
 */
import { quietly } from '../lib/quietly.ts'
import type { WorkerReport } from './model.ts'

/** One message; what is absent was not said. */
export interface Word {
  readonly ready?: true
  readonly status?: string
  readonly health?: Readonly<Record<string, unknown>>
  /** `null`: it is idle. `lasts`: milliseconds, `null`: until it says otherwise. */
  readonly busy?: { readonly job: string; readonly lasts: number | null } | null
  /** What it had in hand is done, also if it is busy with the next by now. */
  readonly done?: true
  readonly stopping?: boolean
  /** It will end by itself with exit code 0, and wants to be started again: why. */
  readonly recycling?: string
  /** Milliseconds. */
  readonly extend?: number
  /** The process that goes on, after the one that was spawned has forked. */
  readonly mainPid?: number
  /** What was asked for and cannot be had. */
  readonly refused?: string
}

/** Nothing has been said. */
export const silence: WorkerReport = { at: 0, status: '', health: null, healthAt: 0, stopping: false, rubbish: 0 }

/** A status is one line for people. */
const statusMax = 1000
/** A day: nobody means more, and Infinity is no time. */
const secondsMax = 86_400

/** A line of the report channel; `null` when it cannot be understood. */
export function readReport(line: string): Word | null {
  const said = readSaid(line)
  return said === null ? null : readWords(said)
}

/** What a line says, read as JSON; `null` when nothing in it is known, or cannot be understood. */
export function readWords(said: Readonly<Record<string, unknown>>): Word | null {
  const word: { -readonly [K in keyof Word]: Word[K] } = {}
  let known = 0
  for (const key of Object.keys(said)) {
    const read = readers.get(key)
    if (read === undefined) continue // a newer worker may say more than this master knows
    const part = read(said[key])
    if (part === null) return null
    known += 1
    Object.assign(word, part)
  }
  return known === 0 ? null : word
}

const idle: Word = { busy: null, done: true }

type Reader = (value: unknown) => Word | null

/** Maps, because the keys are what a worker has written. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['ready', (value) => (value === true ? { ready: true } : null)],
  ['status', (value) => (typeof value === 'string' ? { status: oneLine(value) } : null)],
  ['watchdog', (value) => (value === true ? {} : null)],
  ['health', (value) => (isObject(value) ? { health: value } : null)],
  ['busy', readBusy],
  ['idle', (value) => (value === true ? idle : null)],
  ['stopping', (value) => (value === true ? { stopping: true } : null)],
  ['recycling', readRecycling],
  ['extend_s', (value) => (isSeconds(value) ? { extend: value * 1000 } : null)],
])

function readRecycling(value: unknown): Word | null {
  if (value === true) return { recycling: '' }
  return typeof value === 'string' ? { recycling: oneLine(value) } : null
}

function readBusy(value: unknown): Word | null {
  if (typeof value === 'boolean') return value ? { busy: { job: '', lasts: null } } : idle
  if (!isObject(value)) return null
  const { job = '', until_s: until = null } = value
  if (typeof job !== 'string' && typeof job !== 'number') return null
  if (until !== null && !isSeconds(until)) return null
  return { busy: { job: oneLine(String(job)), lasts: until === null ? null : until * 1000 } }
}

/** A datagram of systemd's protocol: assignments, one a line. What it does not know means nothing, as with systemd. */
export function readNotify(text: string): Word {
  const word: { -readonly [K in keyof Word]: Word[K] } = {}
  for (const line of text.split('\n')) {
    const at = line.indexOf('=')
    const value = line.slice(at + 1)
    const read = assignments.get(line.slice(0, Math.max(0, at)))
    if (read !== undefined) Object.assign(word, read(value))
  }
  return word
}

const assignments: ReadonlyMap<string, (value: string) => Word> = new Map<string, (value: string) => Word>([
  ['READY', (value) => (value === '1' ? { ready: true } : {})],
  ['STATUS', (value) => ({ status: oneLine(value) })],
  ['STOPPING', (value) => (value === '1' ? { stopping: true } : {})],
  ['RELOADING', (value) => (value === '1' ? { status: 'reloading' } : {})],
  ['EXTEND_TIMEOUT_USEC', readExtension],
  ['MAINPID', (value) => (/^[1-9]\d{0,8}$/.test(value) ? { mainPid: Number(value) } : {})],
  ['FDSTORE', (value) => (value === '1' ? { refused: 'to keep descriptors for it (FDSTORE)' } : {})],
])

function readExtension(value: string): Word {
  const seconds = /^\d+$/.test(value) ? Number(value) / 1e6 : 0
  return isSeconds(seconds) ? { extend: seconds * 1000 } : {}
}

/** The last words with a new one. `at`: epoch milliseconds. */
export function heard(report: WorkerReport, word: Word, at: number): WorkerReport {
  return {
    ...report,
    at,
    ...(word.status === undefined ? {} : { status: word.status }),
    ...(word.health === undefined ? {} : { health: word.health, healthAt: at }),
    ...(word.stopping === undefined ? {} : { stopping: word.stopping }),
  }
}

/** The words of a line by name; `null`: it is no JSON object. Whoever writes nothing but rubbish must cost little: no stack is taken of what does not parse. */
export function readSaid(line: string): Readonly<Record<string, unknown>> | null {
  if (line[0] !== '{' && !/^\s*\{/.test(line)) return null
  try {
    const value: unknown = quietly((): unknown => JSON.parse(line))
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= secondsMax
}

function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, statusMax)
}
