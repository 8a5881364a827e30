/**
 * Reads pieces of a log by supervisord's arithmetic, whose quirks its clients count on. Not here: the tail that our
 * own client asks for (readlog.ts), and following (followlog.ts).
 */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { Fault } from '../lib/fault.ts'
import { readRange } from './readlog.ts'

/** Is told how many bytes are about to be read; throws to forbid it. */
export type Spend = (bytes: number) => void

/**
 * `offset` ≥ 0: `length` bytes from there, to the end when it is 0; past the end nothing. `offset` < 0: the last bytes,
 * `length` must be 0. Throws Fault NO_FILE, BAD_ARGUMENTS, FAILED.
 */
export async function readLogRange(path: string | null, offset: number, length: number, spend: Spend): Promise<string> {
  const log = await openRegular(path)
  try {
    if (offset < 0) {
      if (length !== 0) throw new Fault('BAD_ARGUMENTS')
      return await textBetween(log, Math.max(0, log.size + offset), log.size, spend)
    }
    if (length < 0) throw new Fault('BAD_ARGUMENTS')
    return await textBetween(log, offset, length === 0 ? log.size : Math.min(log.size, offset + length), spend)
  } finally {
    await log.handle.close()
  }
}

export interface LogTail {
  readonly text: string
  /** Where to go on: the size of the log. */
  readonly offset: number
  /** More has been written than was asked for. */
  readonly overflow: boolean
}

/**
 * What has come since `offset`, at most `length` bytes. Unless exactly `length` bytes are new, these are the last
 * `length` bytes of the log, so that some may come again: supervisord does so. No log, or none that can be read: nothing.
 */
export async function tailLogRange(path: string | null, offset: number, length: number, spend: Spend): Promise<LogTail> {
  let log: Opened
  try {
    log = await openRegular(path)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { text: '', offset: error.fault === 'NO_FILE' ? 0 : offset, overflow: false }
  }
  const { size, handle } = log
  try {
    const overflow = size > offset + length
    const nothing = length <= 0 || (!overflow && offset >= size)
    return { text: nothing ? '' : await textBetween(log, Math.max(0, size - length), size, spend), offset: size, overflow }
  } finally {
    await handle.close()
  }
}

interface Opened {
  readonly handle: FileHandle
  readonly size: number
}

async function openRegular(path: string | null): Promise<Opened> {
  if (path === null) throw new Fault('NO_FILE')
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Fault('NO_FILE', path)
    throw new Fault('FAILED', `cannot read ${path}: ${code ?? message}`)
  }
  const stat = await handle.stat()
  if (stat.isFile()) return { handle, size: stat.size }
  await handle.close()
  throw new Fault('FAILED', `${path} is not a regular file`)
}

/** Bytes that are no UTF-8, also a character cut by the offset, become replacement characters. */
async function textBetween({ handle }: Opened, from: number, to: number, spend: Spend): Promise<string> {
  if (from >= to) return ''
  spend(to - from)
  return (await readRange(handle, from, to)).toString('utf8')
}
