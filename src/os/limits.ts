/**
 * The master's own resource limits: raised to what the config asks for, never lowered. Node cannot set them, so
 * util-linux's `prlimit` does, and only when they are too low.
 */
import { spawnSync } from 'node:child_process'
import type { SpawnSyncReturns } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { openFilesRow, parseLimit } from '../lib/limits.ts'
import type { Limit } from '../lib/limits.ts'

interface Kind {
  readonly row: string
  readonly flag: string
  readonly option: string
  readonly what: string
}

const files: Kind = { row: openFilesRow, flag: 'nofile', option: 'minfds', what: 'file descriptors' }
const processes: Kind = { row: 'Max processes', flag: 'nproc', option: 'minprocs', what: 'processes' }

/** Raises the limits of open files and processes to at least these numbers. `null`, or a sentence why it cannot be done. */
export function raiseLimits(minfds: number, minprocs: number): string | null {
  return raise(files, minfds) ?? raise(processes, minprocs)
}

let openFiles: number | undefined

/** How many descriptors this process may have; to be asked after `raiseLimits`. */
export function openFilesLimit(): number {
  openFiles ??= ownLimit(files.row)?.soft ?? Infinity
  return openFiles
}

/** Sets the soft limit of open files of this process; where `prlimit` is missing or refused it stays as it is. */
export function setOpenFiles(soft: number): void {
  if (prlimit(`--${files.flag}=${show(soft)}:`).status === 0) openFiles = soft
}

function raise(kind: Kind, wanted: number): string | null {
  const limit = ownLimit(kind.row)
  if (limit === undefined || limit.soft >= wanted) return null // no /proc: the first spawn that fails will say so
  const target = raised(limit, wanted, process.getuid?.() === 0)
  if (target === null) return tooLow(kind, wanted, limit.hard)
  const answer = prlimit(`--${kind.flag}=${show(target.soft)}:${show(target.hard)}`)
  if (answer.status === 0) return null
  return `${tooLow(kind, wanted, limit.hard)} (${answer.error?.message ?? answer.stderr.trim()})`
}

function prlimit(word: string): SpawnSyncReturns<string> {
  return spawnSync('prlimit', ['--pid', String(process.pid), word], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
}

/** What a limit becomes that has to reach `wanted`; `null` when only root could do it. */
export function raised(limit: Limit, wanted: number, root: boolean): Limit | null {
  if (limit.soft >= wanted) return limit
  if (wanted <= limit.hard) return { soft: wanted, hard: limit.hard }
  return root ? { soft: wanted, hard: wanted } : null
}

function tooLow({ option, what }: Kind, wanted: number, hard: number): string {
  return `${option}=${wanted} asks for ${wanted} ${what}, but this environment allows only ${hard}: raise its hard limit or lower ${option}`
}

function ownLimit(row: string): Limit | undefined {
  try {
    return parseLimit(readFileSync('/proc/self/limits', 'utf8'), row)
  } catch {
    return undefined // a machine without /proc
  }
}

function show(limit: number): string {
  return limit === Infinity ? 'unlimited' : String(limit)
}
