/** The pidfile: written once the master runs, removed at its end only if it is still its own. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { errorCode } from '../lib/errno.ts'

/** Writes `<pid>\n`. Returns the errno name of a failure, or `null`. */
export function writePidfile(path: string): string | null {
  try {
    writeFileSync(path, `${String(process.pid)}\n`, { mode: 0o644 })
    return null
  } catch (error) {
    return errorCode(error)
  }
}

/** Removes the file if it still names this process. */
export function removePidfile(path: string): void {
  try {
    if (readFileSync(path, 'utf8').trim() === String(process.pid)) rmSync(path, { force: true })
  } catch {
    return // it is not there, or not ours to remove
  }
}
