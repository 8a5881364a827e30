/**
 * Whether a process that died by a signal left a core. Node hides the kernel's own answer (WCOREDUMP), so it is
 * worked out from the limits and the name that the kernel gives to cores. Looked at only for signals that dump.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { SignalName } from '../lib/signals.ts'

const dumping: ReadonlySet<SignalName> = new Set<SignalName>([
  'SIGQUIT', 'SIGILL', 'SIGABRT', 'SIGFPE', 'SIGSEGV', 'SIGBUS', 'SIGSYS', 'SIGTRAP', 'SIGXCPU', 'SIGXFSZ',
])

/** Who died: where it was started and when, in epoch milliseconds. */
export interface DeadChild {
  readonly pid: number
  readonly directory: string | null
  readonly startedAt: number
}

/** `true`, `false`, or `null` where it cannot be found out. */
export function coreDumped(signal: SignalName, child: DeadChild): boolean | null {
  if (!dumping.has(signal)) return false
  const pattern = readLine('/proc/sys/kernel/core_pattern')
  if (pattern === null || pattern.startsWith('|')) return null // a program that takes it, or a machine without /proc
  if (softCoreLimit() === '0') return false
  const usesPid = (readLine('/proc/sys/kernel/core_uses_pid') ?? '0') !== '0'
  return findCore(pattern, usesPid, child)
}

/** Looks for the file that `pattern` (core(5)) would give to this child. */
export function findCore(pattern: string, usesPid: boolean, { pid, directory, startedAt }: DeadChild): boolean | null {
  const named = /%p/i.test(pattern) || !usesPid ? pattern : `${pattern}.%p`
  const path = resolve(directory ?? '.', named)
  const folder = dirname(path)
  if (folder.includes('%')) return null // the folder itself depends on the process
  const name = new RegExp(`^${expressionOf(path.slice(folder === '/' ? 1 : folder.length + 1), pid)}$`)
  try {
    const cores = readdirSync(folder).filter((entry) => name.test(entry))
    if (cores.some((entry) => statSync(`${folder}/${entry}`).mtimeMs >= startedAt)) return true
  } catch {
    return null // the folder is gone or closed to us
  }
  // a relative name means the directory of the child when it died, which it may have changed
  return pattern.startsWith('/') ? false : null
}

function expressionOf(name: string, pid: number): string {
  return name.replace(/%(.)|[.*+?^${}()|[\]\\]/g, (text, letter: string | undefined) => {
    if (letter === undefined) return `\\${text}`
    if (letter === '%') return '%'
    return letter === 'p' || letter === 'P' ? String(pid) : '.*'
  })
}

function softCoreLimit(): string | null {
  const limits = readLine('/proc/self/limits', true)
  return /^Max core file size\s+(\S+)/m.exec(limits ?? '')?.[1] ?? null
}

function readLine(file: string, whole = false): string | null {
  try {
    const text = readFileSync(file, 'utf8')
    return whole ? text : text.trim()
  } catch {
    return null // not on this machine
  }
}
