/**
 * Reads the end of a log file, by bytes or by lines. Only regular files: a FIFO or a device as log file would block
 * or never end. Not here: following a file that grows (followlog.ts).
 */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { Fault } from '../lib/fault.ts'

/** What to begin with: the last bytes, or the last lines. */
export interface Tail {
  readonly bytes?: number | undefined
  readonly lines?: number | undefined
}

/** Bytes shown when nothing is asked for, as supervisorctl does. */
const defaultBytes = 1600

/** The most that is read to find lines, so that a file without newlines costs no more. */
const linesBytesMax = 16 * 1024 * 1024

const chunkBytes = 64 * 1024

/**
 * Opens a log for reading, never blocking.
 * Throws Fault NO_FILE when there is none, FAILED when it cannot be read.
 */
export async function openLog(file: string | null, what: string): Promise<FileHandle> {
  if (file === null) throw new Fault('NO_FILE', what)
  let handle: FileHandle
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw faultOf(error, file)
  }
  const stat = await handle.stat()
  if (stat.isFile()) return handle
  await handle.close()
  throw new Fault('NO_FILE', `${file} (not a regular file)`)
}

/** Reads the tail of a log. `what` names the log when there is no file at all. */
export async function readTail(file: string | null, tail: Tail, what: string): Promise<{ text: string; size: number; file: string }> {
  const handle = await openLog(file, what)
  try {
    const { size } = await handle.stat()
    const from = await tailOffset(handle, size, tail)
    const buffer = await readRange(handle, from, size)
    return { text: (from > 0 ? withoutCutCharacter(buffer) : buffer).toString('utf8'), size, file: file ?? '' }
  } finally {
    await handle.close()
  }
}

/** Where a tail begins in a file of `size` bytes. */
export async function tailOffset(handle: FileHandle, size: number, tail: Tail): Promise<number> {
  if (tail.lines === undefined) return Math.max(0, size - (tail.bytes ?? defaultBytes))
  if (tail.lines === 0) return size
  const floor = Math.max(0, size - linesBytesMax)
  let wanted = tail.lines
  // A newline at the very end closes the last line; it does not begin another.
  let end = size
  while (end > floor) {
    const begin = Math.max(floor, end - chunkBytes)
    const chunk = await readRange(handle, begin, end)
    for (let i = chunk.length - 1; i >= 0; i--) {
      if (chunk[i] !== 0x0a || begin + i === size - 1) continue
      wanted -= 1
      if (wanted === 0) return begin + i + 1
    }
    end = begin
  }
  return floor
}

/** Bytes `from` to `to`, fewer if the file has become shorter. */
export async function readRange(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.max(0, to - from))
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, from + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/** Drops the rest of a UTF-8 character that begins before the buffer. */
export function withoutCutCharacter(buffer: Buffer): Buffer {
  let skip = 0
  while (skip < 3 && skip < buffer.length && ((buffer[skip] ?? 0) & 0xc0) === 0x80) skip++
  return buffer.subarray(skip)
}

function faultOf(error: unknown, file: string): Fault {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return new Fault('NO_FILE', file)
  return new Fault('FAILED', `cannot read ${file}: ${code ?? message}`)
}
