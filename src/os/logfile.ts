/**
 * Writes one log file: synchronously, in order, byte for byte; rotates it by size; survives a full disk by dropping
 * and counting. Does not read FIFOs, does not format, and never throws once it is open.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import type { Stats } from 'node:fs'
import type { LogFileSpec, Sink, SinkWatcher } from '../core/sinks.ts'
import { errorCode } from '../lib/errno.ts'
import { Backups } from './rotate.ts'

/** The one system call that tests replace. */
export type WriteCall = (fd: number, bytes: Uint8Array, offset: number, length: number) => number

export type OpenedLogFile = { readonly ok: true; readonly sink: LogFile } | { readonly ok: false; readonly code: string }

const newline = 0x0a
/** So much without a line end is no text: after a full disk the search for the next line ends here. */
const lineSearchMax = 64 * 1024

/** Opens (and creates) a log file; the errno name when that fails. */
export function openLogFile(spec: LogFileSpec, watcher: SinkWatcher, write: WriteCall = writeSync): OpenedLogFile {
  try {
    return { ok: true, sink: new LogFile(spec, watcher, write) }
  } catch (error) {
    return { ok: false, code: errorCode(error) }
  }
}

export class LogFile implements Sink {
  readonly path: string
  #spec: LogFileSpec
  readonly #watcher: SinkWatcher
  readonly #write: WriteCall
  readonly #backups: Backups
  #fd = -1
  #inode = 0
  #device = 0
  /** False for devices: they have no position, are never rotated and never removed. */
  #regular = false
  #position = 0
  /** Where the next rotation is tried; moved on when one fails. */
  #limit = 0
  #dropped = 0
  /** Dropped since the disk became full; 0: all is well. */
  #dropping = 0
  /** Dropping began within a line, whose rest must not be glued to what comes later. */
  #torn = false
  #searched = 0
  #lastByte = newline

  constructor(spec: LogFileSpec, watcher: SinkWatcher, write: WriteCall = writeSync) {
    this.path = spec.path
    this.#spec = spec
    this.#watcher = watcher
    this.#write = write
    this.#backups = new Backups(spec.path, { keep: spec.backups, compress: spec.compress }, watcher)
    this.#use(openSync(spec.path, 'a', spec.mode))
  }

  get dropped(): number {
    return this.#dropped
  }

  write(chunk: Uint8Array): void {
    if (this.#fd < 0 || chunk.length === 0) return
    if (this.#dropping > 0) this.#retry(chunk)
    else this.#writeAll(chunk, 0)
    if (this.#position >= this.#limit && this.#limit > 0) this.#rotate()
  }

  /** Takes other limits, and opens the path anew unless it still leads to the open file. Throws what open(2) throws; then nothing has changed. */
  reconfigure(spec: LogFileSpec): void {
    if (this.keep(spec)) return
    const fd = openSync(this.path, 'a', spec.mode)
    if (this.#fd >= 0) closeSync(this.#fd)
    this.#take(spec)
    this.#use(fd)
  }

  /** Takes other limits if the path still leads to the open file: at each spawn that is one look instead of an open and a close. */
  keep(spec: LogFileSpec): boolean {
    const there = this.#fd < 0 ? undefined : statSync(this.path, { throwIfNoEntry: false })
    if (there === undefined || there.ino !== this.#inode || there.dev !== this.#device) return false
    this.#take(spec)
    this.#measure(there)
    return true
  }

  reopen(): void {
    if (this.#fd < 0) return
    try {
      this.reconfigure(this.#spec)
    } catch (error) {
      this.#watcher.onProblem(`cannot reopen ${this.path}: ${errorCode(error)}; the old file is written on`)
    }
  }

  clear(): void {
    if (this.#fd < 0 || !this.#regular) return
    try {
      rmSync(this.path, { force: true })
      this.reopen()
    } catch (error) {
      this.#watcher.onProblem(`cannot remove ${this.path}: ${errorCode(error)}`)
    }
  }

  close(): void {
    if (this.#fd < 0) return
    closeSync(this.#fd)
    this.#fd = -1
  }

  /** Resolves when no backup is being compressed. */
  idle(): Promise<void> {
    return this.#backups.idle()
  }

  #take(spec: LogFileSpec): void {
    this.#spec = spec
    this.#backups.configure({ keep: spec.backups, compress: spec.compress })
  }

  #use(fd: number): void {
    this.#fd = fd
    this.#measure(fstatSync(fd))
  }

  #measure(stat: Stats): void {
    this.#inode = stat.ino
    this.#device = stat.dev
    this.#regular = stat.isFile()
    this.#position = stat.size
    this.#limit = this.#regular ? this.#spec.maxBytes : 0
  }

  /** Writes `chunk` from `from` on, in as many calls as it takes; what the disk refuses is dropped. */
  #writeAll(chunk: Uint8Array, from: number): void {
    let at = from
    while (at < chunk.length) {
      try {
        at += this.#write(this.#fd, chunk, at, chunk.length - at)
      } catch (error) {
        const code = errorCode(error)
        if (code === 'EINTR') continue
        this.#position += at - from
        if (at > from) this.#lastByte = chunk[at - 1] ?? newline
        this.#drop(chunk, at, code)
        return
      }
    }
    this.#position += chunk.length - from
    this.#lastByte = chunk[chunk.length - 1] ?? newline
  }

  #drop(chunk: Uint8Array, from: number, code: string): void {
    const first = this.#dropping === 0
    this.#dropping += chunk.length - from
    this.#dropped += chunk.length - from
    this.#torn = chunk[chunk.length - 1] !== newline
    this.#searched = 0
    if (first) this.#watcher.onDropping(this.#dropping, `${code} on ${this.path}`)
  }

  /** After a full disk: begins again at the start of a line, on a line of its own. */
  #retry(chunk: Uint8Array): void {
    const start = this.#torn ? chunk.indexOf(newline) + 1 : 0
    if (this.#torn && start === 0 && this.#searched < lineSearchMax) {
      this.#searched += chunk.length
      this.#dropping += chunk.length
      this.#dropped += chunk.length
      return
    }
    this.#torn = false
    this.#dropping += start
    this.#dropped += start
    if (start === chunk.length && start > 0) return
    const before = this.#dropping
    if (!this.#endLine()) {
      this.#dropping += chunk.length - start
      this.#dropped += chunk.length - start
      this.#torn = chunk[chunk.length - 1] !== newline
      return
    }
    this.#writeAll(chunk, start)
    if (this.#dropping > before) return
    this.#dropping = 0
    this.#watcher.onRecovered(before)
  }

  /** Closes the line that the full disk cut off, so that two lines are never read as one. */
  #endLine(): boolean {
    if (this.#lastByte === newline) return true
    try {
      this.#write(this.#fd, Uint8Array.of(newline), 0, 1)
    } catch {
      return false // still no room: the caller drops on
    }
    this.#position += 1
    this.#lastByte = newline
    return true
  }

  #rotate(): void {
    try {
      if (this.#spec.backups === 0) ftruncateSync(this.#fd, 0)
      else this.#rotateToBackup()
      this.#position = 0
      this.#lastByte = newline
      this.#limit = this.#spec.maxBytes
    } catch (error) {
      this.#limit = this.#position + this.#spec.maxBytes
      this.#watcher.onProblem(`cannot rotate ${this.path}: ${errorCode(error)}; it grows on`)
    }
  }

  #rotateToBackup(): void {
    this.#backups.shift()
    this.reconfigure(this.#spec) // if this throws, the old descriptor, now `.1`, is written on
    this.#backups.pack()
  }
}
