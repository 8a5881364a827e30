/**
 * What the kernel lets this process do beyond its user: capabilities, as a container may have taken them from root, and
 * its own limits. Read from /proc; where there is none, root may do all.
 */
import { readFileSync } from 'node:fs'
import { parseLimit } from '../lib/limits.ts'
import type { Limit } from '../lib/limits.ts'

const bits = { CAP_SYS_ADMIN: 21, CAP_SYS_NICE: 23, CAP_SYS_RESOURCE: 24 } as const

/** Rows of /proc/self/limits by the names that prlimit has for them. */
const limitRows: Readonly<Record<string, string>> = {
  as: 'Max address space', core: 'Max core file size', cpu: 'Max cpu time', data: 'Max data size', fsize: 'Max file size',
  locks: 'Max file locks', memlock: 'Max locked memory', msgqueue: 'Max msgqueue size', nice: 'Max nice priority', nofile: 'Max open files',
  nproc: 'Max processes', rss: 'Max resident set', rtprio: 'Max realtime priority', sigpending: 'Max pending signals', stack: 'Max stack size',
}

/** True if this process has the capability now. */
export function hasRight(name: keyof typeof bits): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readSmall('/proc/self/status'))?.[1]
  if (mask === undefined) return process.getuid?.() === 0
  return ((BigInt(`0x${mask}`) >> BigInt(bits[name])) & 1n) === 1n
}

/** A limit of this process by its name in `prlimit`; `undefined` where it cannot be read. */
export function ownLimitOf(name: string): Limit | undefined {
  const row = limitRows[name]
  return row === undefined ? undefined : parseLimit(readSmall('/proc/self/limits'), row)
}

/** A number out of a file of the kernel; `undefined` where there is none. */
export function kernelNumber(path: string): number | undefined {
  const text = readSmall(path).trim()
  return /^-?\d+$/.test(text) ? Number(text) : undefined
}

/** The text of a small file; empty where it cannot be read. */
function readSmall(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // no /proc, or none of this file
  }
}
