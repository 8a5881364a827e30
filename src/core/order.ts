/** In which order processes are started, stopped and listed. */
import type { Proc } from './proc.ts'

export interface Ranked {
  readonly proc: Proc
  readonly groupPriority: number
}

/** Ascending group priority, group name, process priority, process name: the order of starting. */
export function byPriority(a: Ranked, b: Ranked): number {
  return (
    a.groupPriority - b.groupPriority ||
    compare(a.proc.group, b.proc.group) ||
    a.proc.spec.priority - b.proc.spec.priority ||
    compare(a.proc.name, b.proc.name)
  )
}

/** Group name, then process name. */
export function byName(a: Ranked, b: Ranked): number {
  return compare(a.proc.group, b.proc.group) || compare(a.proc.name, b.proc.name)
}

/** Code unit order, as Python sorts: capitals before small letters. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
