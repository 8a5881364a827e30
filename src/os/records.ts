/** Small files that are always whole: written beside and renamed into place, so that a reader sees old or new. */
import { appendFileSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes `text` to `path`, mode 0600. Synchronous: a status is on disk before the next thing happens.
 * @returns what went wrong (an errno name such as `ENOSPC`), or `null`. Never throws: a full disk is no reason to stop.
 */
export function writeRecord(path: string, text: string): string | null {
  const beside = `${path}.new`
  try {
    writeFileSync(beside, text, { mode: 0o600 })
    renameSync(beside, path)
    return null
  } catch (error) {
    const code = errnoOf(error)
    if (code !== 'ENOENT') return code
  }
  return writeWithFolder(path, beside, text)
}

/** Adds `text` to the end of `path`, which is made if need be, mode 0600. Returns as {@link writeRecord} does. */
export function appendRecord(path: string, text: string): string | null {
  try {
    appendFileSync(path, text, { mode: 0o600 })
    return null
  } catch (error) {
    return errnoOf(error)
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

// Somebody removed the folder under a running master: make it again, once.
function writeWithFolder(path: string, beside: string, text: string): string | null {
  try {
    makeFolder(dirname(path))
    writeFileSync(beside, text, { mode: 0o600 })
    renameSync(beside, path)
    return null
  } catch (error) {
    return errnoOf(error)
  }
}

function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'EIO'
}
