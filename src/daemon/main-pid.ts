/**
 * Whether the process that a worker names as the one that goes on in its place (MAINPID of systemd's protocol) may be
 * taken for it: it has to live, and to bear the marks of the same incarnation. Anybody else could be anything.
 */
import type { Pid } from '../core/model.ts'
import type { Proc } from '../core/proc.ts'
import { marksOf } from './environment.ts'

/** Identity and environment of a live process; `undefined` when there is none of this pid. */
export type WhoIs = (pid: number) => { readonly id: Pid; readonly environment: readonly string[] } | undefined

/** Its identity, or why it is not believed. */
export function mainPidOf(proc: Proc, pid: number, runDir: string, whoIs: WhoIs): Pid | string {
  const one = whoIs(pid)
  if (one === undefined) return 'there is no such process'
  if (one.environment.every((word) => word === '')) return 'the environment of the other cannot be read'
  const missing = marksOf(proc, runDir, proc.incarnation).find((mark) => !one.environment.includes(mark))
  return missing === undefined ? one.id : `the other is not of this incarnation, its environment has no ${missing}`
}
