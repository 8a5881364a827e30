/**
 * Follows a log file as it grows, is rotated (renamed to .1, .2, ...) or truncated, without losing a line. It reads
 * only when asked for the next piece, so a slow reader costs no memory. What wakes it is in log-alarm.ts.
 */
import { stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { LogAlarm } from './log-alarm.ts'
import type { LogItem } from './results.ts'
import { openLog, readRange, tailOffset, withoutCutCharacter } from './readlog.ts'
import type { Tail } from './readlog.ts'
import { Fault } from '../lib/fault.ts'

const pieceBytes = 64 * 1024

/** Rotated files that are looked at to find the one that was being read. */
const backupsMax = 100

export interface FollowOptions extends Tail {
  /** `position` of the last piece of an earlier stream. */
  readonly from?: string | undefined
  readonly signal: AbortSignal
  /** Names the log when there is no file. */
  readonly what: string
}

/** What comes of a log, as bytes; `rotated` and `truncated` come before the bytes of what is new. */
export type LogBytes = { readonly type: 'bytes'; readonly bytes: Buffer; readonly position: string } | Exclude<LogItem, { type: 'text' }>

/**
 * Opens the log, then yields what is there and what comes, until the signal. Throws Fault NO_FILE when there is no
 * file to begin with. What is returned must be iterated: that closes the file.
 */
export async function followLog(path: string | null, options: FollowOptions): Promise<AsyncIterable<LogItem>> {
  const reading = await begin(path, options)
  return texts(follow(path ?? '', reading, options.signal), reading.cut)
}

/** The same, byte by byte as the log has it. */
export async function followLogBytes(path: string | null, options: FollowOptions): Promise<AsyncIterable<LogBytes>> {
  return follow(path ?? '', await begin(path, options), options.signal)
}

/** Puts characters together; of one that began before the first byte nothing is shown. */
async function* texts(items: AsyncIterable<LogBytes>, cutAtFirst: boolean): AsyncGenerator<LogItem> {
  let decoder = new StringDecoder('utf8')
  let cut = cutAtFirst
  for await (const item of items) {
    if (item.type !== 'bytes') {
      decoder = new StringDecoder('utf8')
      cut = false
      yield item
      continue
    }
    const text = decoder.write(cut ? withoutCutCharacter(item.bytes) : item.bytes)
    cut = false
    if (text !== '') yield { type: 'text', text, position: item.position }
  }
}

async function* follow(file: string, first: Reading, signal: AbortSignal): AsyncGenerator<LogBytes> {
  let reading = first
  const alarm = new LogAlarm(file, signal)
  try {
    while (!signal.aborted) {
      alarm.reset()
      const bytes = await reading.next()
      if (bytes !== undefined) {
        yield { type: 'bytes', bytes, position: reading.position }
        continue
      }
      if (await reading.restartIfShorter()) {
        yield { type: 'truncated' }
        continue
      }
      const newer = await successor(file, reading)
      if (!(newer instanceof Reading)) {
        await alarm.wait(newer === 'none yet')
        continue
      }
      // Between the last read and the rename more may have been written to the old file.
      for (let last = await reading.next(); last !== undefined; last = await reading.next()) {
        yield { type: 'bytes', bytes: last, position: reading.position }
      }
      await reading.close()
      reading = newer
      alarm.rewatch()
      yield { type: 'rotated' }
    }
  } finally {
    alarm.stop()
    await reading.close()
  }
}

/** One open file and how far it has been read. */
class Reading {
  readonly handle: FileHandle
  readonly inode: number
  /** It begins in the middle of the file. */
  readonly cut: boolean
  #offset: number

  constructor(handle: FileHandle, inode: number, offset: number) {
    this.handle = handle
    this.inode = inode
    this.#offset = offset
    this.cut = offset > 0
  }

  get position(): string {
    return `${this.inode}:${this.#offset}`
  }

  /** The next piece, `undefined` at the end of what there is. */
  async next(): Promise<Buffer | undefined> {
    const bytes = await readRange(this.handle, this.#offset, this.#offset + pieceBytes)
    if (bytes.length === 0) return undefined
    this.#offset += bytes.length
    return bytes
  }

  /** True if the file has been truncated; reading then goes on at its beginning. */
  async restartIfShorter(): Promise<boolean> {
    const { size } = await this.handle.stat()
    if (size >= this.#offset) return false
    this.#offset = 0
    return true
  }

  async close(): Promise<void> {
    await this.handle.close()
  }
}

async function begin(path: string | null, options: FollowOptions): Promise<Reading> {
  const handle = await openLog(path, options.what)
  const { ino, size } = await handle.stat()
  const from = positionOf(options.from)
  // What is open already needs no search, during which a rotation might move it.
  if (from?.inode === ino && size >= from.offset) return new Reading(handle, ino, from.offset)
  const resumed = from === undefined ? undefined : await resume(path ?? '', from)
  if (resumed !== undefined) {
    await handle.close()
    return resumed
  }
  return new Reading(handle, ino, await tailOffset(handle, size, options))
}

interface Position {
  readonly inode: number
  readonly offset: number
}

function positionOf(text: string | undefined): Position | undefined {
  const [inode, offset] = (/^(\d{1,16}):(\d{1,16})$/.exec(text ?? '') ?? []).slice(1).map(Number)
  return inode === undefined || offset === undefined ? undefined : { inode, offset }
}

/** The file that a position speaks of, wherever rotation has moved it; `undefined` when it is gone or shorter now. */
async function resume(path: string, { inode, offset }: Position): Promise<Reading | undefined> {
  const age = await ageOf(path, inode)
  if (age === undefined) return undefined
  const handle = await openIfThere(nameOfAge(path, age))
  if (handle === undefined) return undefined
  const { ino, size } = await handle.stat()
  if (ino === inode && size >= offset) return new Reading(handle, ino, offset)
  await handle.close()
  return undefined
}

/** The file that was begun after the one being read, when the path no longer leads to that. */
async function successor(path: string, reading: Reading): Promise<Reading | 'same' | 'none yet'> {
  const age = await ageOf(path, reading.inode)
  if (age === 0) return 'same'
  const handle = await openIfThere(nameOfAge(path, age === undefined ? 0 : age - 1))
  if (handle === undefined) return 'none yet'
  const { ino } = await handle.stat()
  return new Reading(handle, ino, 0)
}

/** How many rotations ago the file with this inode was the live one; `undefined`: not found among the backups. */
async function ageOf(path: string, inode: number): Promise<number | undefined> {
  for (let age = 0; age <= backupsMax; age++) {
    const found = await statOf(nameOfAge(path, age))
    if (found?.ino === inode) return age
    // A gap at the live name is a rotation in progress; any other gap is the end of the backups.
    if (found === undefined && age > 0) return undefined
  }
  return undefined
}

function nameOfAge(path: string, age: number): string {
  return age === 0 ? path : `${path}.${age}`
}

async function statOf(path: string): Promise<{ readonly ino: number } | undefined> {
  try {
    return await stat(path)
  } catch {
    return undefined // rotated away or cleared this very moment; the caller looks again
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await openLog(path, path)
  } catch (error) {
    if (error instanceof Fault && error.fault === 'NO_FILE') return undefined
    throw error
  }
}
