/**
 * What the kernel tells about processes: identity, liveness, the members of dead leaders' groups and sessions.
 * Reads /proc with one reused buffer; where there is no /proc (macOS) `ps` answers, see ps.ts. Signals nobody.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync, readlinkSync } from 'node:fs'
import type { Pid } from '../core/model.ts'
import { psEnvironments, psList } from './ps.ts'
import { parseStat } from './stat-line.ts'
import type { ProcessStat } from './stat-line.ts'
import { exhaust } from '../lib/exhaust.ts'

const hasProc = existsSync('/proc/self/stat')

/** A stat line has 52 fields and a name of at most 64 bytes: 4 KiB hold it with room to spare. */
const buffer = Buffer.allocUnsafe(4096)
const space = 0x20
const closingParenthesis = 0x29
const letterZ = 0x5a
const letterX = 0x58

/** What the kernel says of `pid`, zombies included; `undefined` when there is no such process. */
export function statOf(pid: number): ProcessStat | undefined {
  if (!hasProc) return psList(pid)[0]
  const length = readStat(pid)
  return length === 0 ? undefined : parseStat(buffer.toString('latin1', 0, length))
}

/** Start time of a process that is there and no zombie. */
export function startTimeOf(pid: number): string | undefined {
  const stat = statOf(pid)
  return stat === undefined || isDead(stat.state) ? undefined : stat.startTime
}

/** Identity of a process that is there and no zombie, with the words of its environment: see environmentOf. */
export function whoIs(pid: number): { readonly id: Pid; readonly environment: readonly string[] } | undefined {
  const startTime = startTimeOf(pid)
  return startTime === undefined ? undefined : { id: { pid, startTime }, environment: environmentOf(pid) }
}

/** Ticks a second in which the kernel tells start times: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** True if the process has a handler for the signal of this number; `null` without /proc, or where it is gone; see {@link caughtIn}. */
export function catchesSignal(pid: number, signal: number): boolean | 'perhaps' | null {
  try {
    return caughtIn(readFileSync(`/proc/${pid}/status`, 'latin1'), signal)
  } catch {
    return null
  }
}

/** HUP, INT, QUIT, USR1, USR2, TERM and PROF: PHP itself catches these, and does by default what they do, if its program has no handler. */
const caughtByPhp = 0x4004a07n

/** What the text of /proc/PID/status says of a handler. */
export function caughtIn(status: string, signal: number): boolean | 'perhaps' | null {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  if (mask === undefined) return null
  const [caught, bit] = [BigInt(`0x${mask}`), 1n << BigInt(signal - 1)]
  if ((caught & bit) === 0n) return false
  return /^Name:\s*php/m.test(status) && (caughtByPhp & bit) !== 0n && (caught & caughtByPhp) === caughtByPhp ? 'perhaps' : true
}

/** Milliseconds since a start time as field 22 of /proc/PID/stat has it; `null` without /proc. */
export function ageOf(startTime: string): number | null {
  if (!hasProc) return null
  const upSeconds = Number(readFileSync('/proc/uptime', 'latin1').split(' ', 1)[0])
  const age = (upSeconds - Number(startTime) / ticksPerSecond) * 1000
  return Number.isFinite(age) ? Math.max(0, age) : null
}

/** Every process that is no zombie and passes `wanted`, which sees numbers only and is called for each. */
export function findProcesses(wanted: Wanted): ProcessStat[] {
  return exhaust(searchProcesses(wanted))
}

type Wanted = (pid: number, group: number, session: number) => boolean

/** So many processes are looked at in one step: a fraction of a millisecond. */
const stepSize = 48

/** The same in steps, between which others may have their turn. */
export function* searchProcesses(wanted: Wanted): Generator<undefined, ProcessStat[]> {
  if (!hasProc) return psList().filter((stat) => !isDead(stat.state) && wanted(stat.pid, stat.group, stat.session))
  const found: ProcessStat[] = []
  let looked = 0
  for (const entry of readdirSync('/proc')) {
    const first = entry.charCodeAt(0)
    if (first < 0x30 || first > 0x39) continue
    looked += 1
    if (looked % stepSize === 0) yield
    const pid = Number(entry)
    const length = readStat(pid)
    if (length === 0 || !matchesStat(pid, length, wanted)) continue
    const stat = parseStat(buffer.toString('latin1', 0, length))
    if (stat !== undefined) found.push(stat)
  }
  return found
}

/** Looks at state, group and session in the buffer itself: most processes are of no interest, so no string is made. */
function matchesStat(pid: number, length: number, wanted: Wanted): boolean {
  let at = buffer.subarray(0, length).lastIndexOf(closingParenthesis) + 2
  const state = buffer[at]
  if (state === letterZ || state === letterX) return false
  at = nextField(nextField(at)) // past the state and the parent
  const group = numberAt(at)
  return wanted(pid, group, numberAt(nextField(at)))
}

function nextField(at: number): number {
  return buffer.indexOf(space, at) + 1
}

function numberAt(start: number): number {
  let number = 0
  for (let at = start; ; at++) {
    const digit = (buffer[at] ?? space) - 0x30
    if (digit < 0 || digit > 9) return number
    number = number * 10 + digit
  }
}

/** Bytes of /proc/PID/stat now in the buffer; 0 when the process is gone. */
function readStat(pid: number): number {
  let fd: number
  try {
    fd = openSync(`/proc/${pid}/stat`, 'r')
  } catch {
    return 0 // nobody has this pid
  }
  try {
    return readSync(fd, buffer, 0, buffer.length, 0)
  } catch {
    return 0 // it went between open and read (ESRCH)
  } finally {
    closeSync(fd)
  }
}

function isDead(state: string): boolean {
  return state.startsWith('Z') || state.startsWith('X')
}

/** Identity of this boot: pids and start times of another one mean nothing. */
export function bootId(): string {
  if (hasProc) return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const answer = spawnSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' })
  return /sec = (\d+)/.exec(answer.stdout ?? '')?.[1] ?? 'unknown'
}

/** Where a descriptor of a process leads (`/path`, `/path (deleted)`, `pipe:[123]`); `undefined` if it cannot be seen. */
export function fdTarget(pid: number, fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return undefined // closed, gone, or somebody else's
  }
}

/** Environment that a process got at its exec, as `NAME=value` words; empty when it may not be read. */
export function environmentOf(pid: number): string[] {
  if (!hasProc) return psEnvironments(pid)
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return [] // somebody else's, or gone
  }
}
