/**
 * Replaces the text of a file that people write: whole or not at all, with the mode and the owner that it had, and on the
 * disk when it returns, so that not even a power failure costs the old text without leaving the new one.
 */
import { chmodSync, chownSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { TextFiles } from '../core/text-files.ts'
import { errorCode } from '../lib/errno.ts'
import { makeFolder } from './records.ts'

/** What a folder says that may be written to but not read, or whose file system knows no such thing. */
const unsynced: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP'])

export const textFiles: TextFiles = {
  read(path) {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null
      throw error
    }
  },
  isPublic: (path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o004) !== 0,
  replace(path, text) {
    const beside = join(dirname(path), `.${basename(path)}.nsup-new`)
    try {
      makeFolder(dirname(path)) // somebody may have removed it under a running master
      const before = statSync(path, { throwIfNoEntry: false })
      const fd = openSync(beside, 'w', 0o600)
      try {
        writeFileSync(fd, text)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      if (before !== undefined) {
        if (before.uid !== process.geteuid?.() || before.gid !== process.getegid?.()) chownSync(beside, before.uid, before.gid)
        chmodSync(beside, before.mode & 0o7777)
      }
      renameSync(beside, path)
      syncFolder(dirname(path))
      return null
    } catch (error) {
      rmSync(beside, { force: true })
      return errorCode(error)
    }
  },
}

/** The name is on the disk, too. Where a folder cannot be opened or synced, the file is there all the same. */
function syncFolder(path: string): void {
  let fd: number | null = null
  try {
    fd = openSync(path, 'r')
    fsyncSync(fd)
  } catch (error) {
    if (!unsynced.has(errorCode(error))) throw error
  } finally {
    if (fd !== null) closeSync(fd)
  }
}
