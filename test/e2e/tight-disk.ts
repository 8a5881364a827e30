/**
 * A folder on a disk that a test can fill up: a small tmpfs where this machine lets root mount one; elsewhere a limit on
 * the size of the master's files, which refuses writes with another errno and is otherwise the same to who writes.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Place } from './harness.ts'

export interface TightDisk {
  readonly folder: string
  /** What writing to it says when it is full. */
  readonly errno: 'ENOSPC' | 'EFBIG'
  /** Takes all the room that is left, from the master of this pid at least. */
  fill(master: number): void
  free(master: number): void
}

/** Makes the folder `name` of a place such a disk. It goes with the test. */
export function tightDisk(place: Place, name: string): TightDisk {
  const folder = place.path(name)
  mkdirSync(folder)
  if (run('mount', '-t', 'tmpfs', '-o', 'size=1m', 'nsup-test', folder) !== 0) {
    const limit = (master: number, size: string): void => {
      if (run('prlimit', '--pid', String(master), `--fsize=${size}:unlimited`) !== 0) throw new Error('neither mount nor prlimit can be used')
    }
    return { folder, errno: 'EFBIG', fill: (master) => limit(master, '1'), free: (master) => limit(master, 'unlimited') }
  }
  onTestFinished(() => void run('umount', '-l', folder))
  const ballast = join(folder, 'ballast')
  return {
    folder,
    errno: 'ENOSPC',
    fill: () => {
      while (statfsSync(folder).bfree > 0) appendFileSync(ballast, Buffer.alloc(4096))
    },
    free: () => rmSync(ballast),
  }
}

function run(...[command, ...args]: [string, ...string[]]): number | null {
  return spawnSync(command, args, { stdio: 'ignore' }).status
}
