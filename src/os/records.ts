/** Small files that are always whole: written beside and renamed into place, so that a reader sees old or new. */
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from '../lib/errno.ts'

/** Characters that are put together for one write(2). */
const pieceSize = 64 * 1024

/**
 * Writes a text, or its pieces one after the other, to `path`, mode 0600. Synchronous: a status is on disk before the next thing
 * happens. The whole is never in memory at once.
 * @returns what went wrong (an errno name such as `ENOSPC`), or `null`. Never throws: a full disk is no reason to stop.
 */
export function writeRecord(path: string, text: string | Iterable<string>): string | null {
  const beside = `${path}.new`
  try {
    writePieces(openBeside(beside), typeof text === 'string' ? [text] : text)
    renameSync(beside, path)
    return null
  } catch (error) {
    return errorCode(error)
  }
}

// Somebody may have removed the folder under a running master: then it is made again.
function openBeside(path: string): number {
  try {
    return openSync(path, 'w', 0o600)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    makeFolder(dirname(path))
    return openSync(path, 'w', 0o600)
  }
}

function writePieces(fd: number, pieces: Iterable<string>): void {
  try {
    let text = ''
    for (const piece of pieces) {
      text += piece
      if (text.length < pieceSize) continue
      writeFileSync(fd, text)
      text = ''
    }
    if (text !== '') writeFileSync(fd, text)
  } finally {
    closeSync(fd)
  }
}

/** Adds `text` to the end of `path`, which is made if need be, mode 0600. Returns as {@link writeRecord} does. */
export function appendRecord(path: string, text: string): string | null {
  try {
    appendFileSync(path, text, { mode: 0o600 })
    return null
  } catch (error) {
    return errorCode(error)
  }
}

/** Reads a file; `undefined` when it is not there or cannot be read. */
export function readRecord(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Names in a folder, sorted; none when it is not there. */
export function listFolder(path: string): string[] {
  try {
    return readdirSync(path).sort()
  } catch {
    return []
  }
}

/** Makes a folder and its parents, mode 0700. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
}

/** Removes a file or a folder with all that is in it; nothing happens when it is not there. */
export function removeAll(path: string): void {
  rmSync(path, { recursive: true, force: true })
}

/** Removes one file; nothing happens when it is not there. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    return // gone already, or its folder is
  }
}
