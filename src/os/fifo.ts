/**
 * The FIFOs through which workers write and read. Makes them in batches (Node has no mkfifo, coreutils has) and
 * opens their ends in the modes that the survival of the workers depends on. Reads and writes nothing itself.
 */
import { spawnSync } from 'node:child_process'
import type { Stats } from 'node:fs'
import { closeSync, constants, lchownSync, lstatSync, openSync, statSync, unlinkSync } from 'node:fs'
import { errorCode } from '../lib/errno.ts'
import { openFilesLimit } from './limits.ts'

export type FifoAnswer = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/** Bytes of paths in one call of mkfifo: far below what any kernel takes (macOS: 1 MiB with the environment). */
const batchBytes = 256 * 1024

/** Descriptors that FIFOs leave free: with none left nobody could connect any more, not even to stop something. */
const reserved = 32

/**
 * Makes the FIFOs that are not there yet, in existing folders; those that are there are kept, with what waits in
 * them. A plain file in the way that belongs to this user is removed; anything else is a problem.
 */
export function makeFifos(paths: readonly string[], mode = 0o600): FifoAnswer {
  const missing: string[] = []
  for (const path of paths) {
    const answer = makeRoom(path)
    if (typeof answer === 'string') return { ok: false, reason: answer }
    if (answer) missing.push(path)
  }
  for (const batch of batches(missing)) {
    const reason = mkfifo(batch, mode)
    if (reason !== null) return { ok: false, reason }
  }
  return { ok: true }
}

/** True if a FIFO has to be made, false if there is one, or a sentence why neither. */
function makeRoom(path: string): boolean | string {
  let stat: Stats | undefined
  try {
    stat = lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    return `cannot look at ${path}: ${errorCode(error)}`
  }
  if (stat === undefined) return true
  if (stat.isFIFO()) return false
  if (!stat.isFile()) return `${path} is in the way of a FIFO, and no plain file: remove it`
  if (stat.uid !== process.getuid?.()) return `${path} is in the way of a FIFO, and another user's file: remove it`
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    return `cannot remove ${path}, which is in the way of a FIFO: ${errorCode(error)}`
  }
}

function* batches(paths: readonly string[]): Generator<string[]> {
  let batch: string[] = []
  let bytes = 0
  for (const path of paths) {
    const size = Buffer.byteLength(path) + 9 // its NUL and its place in argv
    if (bytes + size > batchBytes && batch.length > 0) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(path)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

function mkfifo(paths: readonly string[], mode: number): string | null {
  const words = ['-m', mode.toString(8), '--', ...paths]
  const answer = spawnSync('mkfifo', words, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (answer.error !== undefined) return `cannot run mkfifo: ${errorCode(answer.error)}`
  return answer.status === 0 ? null : `cannot make a FIFO: ${answer.stderr.trim() || `mkfifo ended with ${answer.status ?? answer.signal}`}`
}

/** Opens the end that the master reads. Non-blocking; throws the errors of open(2). */
export function openReader(path: string): number {
  return leavingSome(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
}

/**
 * Opens the end that workers get, for writing (and, as stdin, for reading). `O_RDWR`, so that it never sees a
 * broken pipe or an end of file that only the master's death caused; blocking, since a worker has to wait when the
 * FIFO is full. The mode belongs to this open alone: the reader's stays non-blocking. Throws the errors of open(2).
 */
export function openWriter(path: string): number {
  return leavingSome(openSync(path, constants.O_RDWR))
}

/** The kernel gives the lowest free number, so the number tells how many are taken. */
function leavingSome(fd: number): number {
  if (fd < openFilesLimit() - reserved) return fd
  closeSync(fd)
  throw Object.assign(new Error('EMFILE: the descriptors that are left are for requests'), { code: 'EMFILE' })
}

/** Gives a FIFO to a worker's user; does not follow links. Throws the errors of lchown(2). */
export function chownFifo(path: string, uid: number, gid: number): void {
  lchownSync(path, uid, gid)
}

/**
 * Opens again the FIFO that a living process has as descriptor `fd`, also when its path was removed.
 * `undefined` when that is no FIFO, the process is gone, or it may not be looked into.
 */
export function openDeleted(pid: number, fd: number, end: 'reader' | 'writer'): number | undefined {
  const path = `/proc/${pid}/fd/${fd}`
  try {
    if (!statSync(path).isFIFO()) return undefined
    return end === 'reader' ? openReader(path) : openWriter(path)
  } catch {
    return undefined // gone, or somebody else's; the caller makes a new FIFO for the next incarnation
  }
}
