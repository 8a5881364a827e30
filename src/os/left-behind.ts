/**
 * How many of the workers that the last master wrote down still run: for a client that finds no master. It reads of the
 * journal what tells one process from another, and nothing else; the next master reads all of it (daemon/journal.ts).
 */
import type { Pid } from '../core/model.ts'
import { bootId, startTimeOf } from './proc.ts'
import { readRecord } from './records.ts'

interface Line {
  readonly group?: string
  readonly name?: string
  readonly gone?: boolean
  readonly status?: Pid & { readonly bootId: string }
}

/** Counts those of this boot that are there with the start time that the file names; 0 where it is not there or not to be read. */
export function workersLeft(journal: string): number {
  const last = new Map<string, NonNullable<Line['status']>>()
  for (const text of (readRecord(journal) ?? '').split('\n')) {
    const { group = '', name = '', gone, status } = lineOf(text)
    if (gone === true) last.delete(`${group}:${name}`)
    else if (status != null) last.set(`${group}:${name}`, status)
  }
  const boot = last.size === 0 ? '' : bootId()
  let count = 0
  for (const { pid, startTime, bootId: of } of last.values()) if (pid > 0 && of === boot && startTimeOf(pid) === startTime) count += 1
  return count
}

/** A line that a crash has cut says nothing. */
function lineOf(text: string): Line {
  try {
    const line: unknown = JSON.parse(text)
    return typeof line === 'object' && line !== null ? line : {}
  } catch {
    return {}
  }
}
