/**
 * One master per runtime folder. A lock is a file whose name is the holder's identity (boot, pid, start time), so
 * whether it is stale can always be told, and no live master can ever own a name that somebody removes as stale.
 *
 * The protocol. Everybody first writes a claim `want.IDENTITY`, then looks at all files. Whoever sees a live
 * `held.OTHER` has lost. Of several live claims without a holder the oldest process goes on; the younger give up,
 * and the oldest waits until they have said so, since one of them may have looked before its claim was there. A
 * winner writes `held.IDENTITY` and keeps its claim, so that no look at the folder can miss it.
 */
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Pid } from '../core/model.ts'
import { errorCode } from '../lib/errno.ts'
import { bootId, startTimeOf } from './proc.ts'

interface Refusal {
  readonly ok: false
  /** Pid of the master that holds it; 0 when nobody does and the reason is another. */
  readonly pid: number
  readonly reason: string
}

export type LockAnswer = { readonly ok: true; readonly release: () => void } | Refusal

interface Claim extends Pid {
  readonly held: boolean
}

/** Others need two system calls to say what they do; a stopped process (SIGSTOP) may take for ever. */
const patience = { looks: 2_000, between: 1 }

/** Takes the lock of a runtime folder, which is made if need be, or tells who has it. Held until released or until this process ends. */
export function acquireLock(runDir: string): LockAnswer {
  const folder = join(runDir, 'lock')
  try {
    const reason = makePrivate(runDir) ?? makePrivate(folder)
    return reason === null ? claimIn(folder) : { ok: false, pid: 0, reason }
  } catch (error) {
    return { ok: false, pid: 0, reason: `cannot lock ${runDir}: ${errorCode(error)}` }
  }
}

function claimIn(folder: string): LockAnswer {
  const boot = bootId()
  const me = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '0' }
  const identity = `${boot}.${me.pid}.${encodeURIComponent(me.startTime)}`
  const want = join(folder, `want.${identity}`)
  const held = join(folder, `held.${identity}`)
  if (!createFile(want)) return taken(me.pid)
  let answer: ReturnType<typeof compete> | undefined
  try {
    answer = compete(folder, boot, me, held)
  } finally {
    if (answer?.ok !== true) rmSync(want, { force: true })
  }
  if (!answer.ok) return answer
  return { ok: true, release: () => [held, want].forEach((file) => rmSync(file, { force: true })) }
}

/** Looks until it is clear who goes on; the winner's `held` is written here. */
function compete(folder: string, boot: string, me: Pid, held: string): { readonly ok: true } | Refusal {
  for (let look = 0; look < patience.looks; look++) {
    const others = liveClaims(folder, boot).filter((claim) => claim.pid !== me.pid)
    const holder = others.find((claim) => claim.held) ?? others.find((claim) => isOlder(claim, me))
    if (holder !== undefined) return taken(holder.pid)
    if (others.length === 0) {
      createFile(held)
      return { ok: true }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, patience.between)
  }
  return { ok: false, pid: 0, reason: `another master has been trying to lock ${folder} for too long` }
}

function taken(pid: number): Refusal {
  return { ok: false, pid, reason: `another master already runs here (pid ${pid})` }
}

/** Claims of processes that live; what the dead left is removed. */
function liveClaims(folder: string, boot: string): Claim[] {
  const live: Claim[] = []
  for (const file of readdirSync(folder)) {
    const match = /^(want|held)\.([^.]+)\.(\d+)\.([^.]+)$/.exec(file)
    if (match === null) continue
    const [, kind, fromBoot, digits = '', encoded = ''] = match
    const claim = { held: kind === 'held', pid: Number(digits), startTime: decodeURIComponent(encoded) }
    if (fromBoot === boot && startTimeOf(claim.pid) === claim.startTime) live.push(claim)
    else rmSync(join(folder, file), { force: true })
  }
  return live
}

/** Any order does that all agree on; the elder first, as the younger is more likely the mistake. */
function isOlder(a: Pid, b: Pid): boolean {
  const difference = ageOf(a) - ageOf(b)
  return difference === 0 ? a.pid < b.pid : difference < 0
}

function ageOf({ startTime }: Pid): number {
  return /^\d+$/.test(startTime) ? Number(startTime) : Date.parse(startTime)
}

/** False if it was there already. */
function createFile(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600))
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

/** Makes a folder that only this user may enter. In /tmp others may have been first: that is a problem, not a folder. */
function makePrivate(folder: string): string | null {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stat = lstatSync(folder)
  if (!stat.isDirectory()) return `${folder} is no folder`
  if (stat.uid !== process.getuid?.()) return `${folder} belongs to another user`
  if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700)
  return null
}
