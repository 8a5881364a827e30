/** The files of tables: read line by line in pieces, so that a large one takes no memory; written by one write at a time. */
import { closeSync, fsync, openSync, readSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Unreadable } from '../core/table-files.ts'
import type { LineFile, TableFiles } from '../core/table-files.ts'
import { errorCode } from '../lib/errno.ts'
import { makeFolder, removeAll } from './records.ts'

const pieceSize = 256 * 1024
const newline = 0x0a

export const tableFiles: TableFiles = { list, lines, create, rename, remove }

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw new Unreadable(folder, errorCode(error))
  }
}

function* lines(path: string): Iterable<Uint8Array> {
  const fd = openToRead(path)
  if (fd === null) return
  try {
    let rest: Uint8Array = new Uint8Array(0)
    for (;;) {
      const piece = Buffer.allocUnsafe(rest.length + pieceSize)
      piece.set(rest)
      const length = rest.length + readPiece(path, fd, piece, rest.length)
      if (length === rest.length) break
      let begin = 0
      for (let end = piece.indexOf(newline); end !== -1 && end < length; end = piece.indexOf(newline, begin)) {
        yield piece.subarray(begin, end)
        begin = end + 1
      }
      rest = piece.subarray(begin, length)
    }
    if (rest.length > 0) yield rest
  } finally {
    closeSync(fd)
  }
}

function openToRead(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw new Unreadable(path, errorCode(error))
  }
}

function readPiece(path: string, fd: number, into: Uint8Array, offset: number): number {
  try {
    return readSync(fd, into, offset, pieceSize, null)
  } catch (error) {
    throw new Unreadable(path, errorCode(error))
  }
}

function create(path: string): LineFile | string {
  try {
    makeFolder(dirname(path))
    return new OpenFile(openSync(path, 'w', 0o600))
  } catch (error) {
    return errorCode(error)
  }
}

function rename(from: string, to: string): string | null {
  try {
    renameSync(from, to)
    return null
  } catch (error) {
    return errorCode(error)
  }
}

function remove(path: string): string | null {
  try {
    removeAll(path)
    return null
  } catch (error) {
    return errorCode(error)
  }
}

class OpenFile implements LineFile {
  readonly #fd: number
  #syncing = false
  #closed = false

  constructor(fd: number) {
    this.#fd = fd
  }

  append(text: string): string | null {
    try {
      writeFileSync(this.#fd, text)
      return null
    } catch (error) {
      return errorCode(error)
    }
  }

  sync(done: (errno: string | null) => void): void {
    this.#syncing = true
    fsync(this.#fd, (error) => {
      this.#syncing = false
      if (this.#closed) closeSync(this.#fd)
      done(error === null ? null : errorCode(error))
    })
  }

  /** Waits for a sync that is on its way: the descriptor may be another file's by then. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (!this.#syncing) closeSync(this.#fd)
  }
}
