/**
 * Reads what the counting workers have written and says what is wrong with it: lines lost, doubled, out of order, torn,
 * or of another incarnation. What is lost is put on the account of the master whose end it happened at.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** The end of a master, and how long each log was when it was dead. */
export interface End {
  readonly how: 'SIGKILL' | 'hand-over'
  readonly sizes: ReadonlyMap<string, number>
}

/** A place in a log where the numbers do not go on by one. */
export interface Gap {
  readonly log: string
  readonly lost: number
  /** Index of the end that it belongs to; -1: it belongs to none. */
  readonly end: number
}

export interface Ledger {
  readonly lines: number
  readonly gaps: readonly Gap[]
  /** Sentences about what must never be, whoever died. */
  readonly wrong: readonly string[]
}

/** Length of each log now. */
export function sizesOf(logs: readonly string[]): Map<string, number> {
  return new Map(logs.map((log) => [log, statSync(log, { throwIfNoEntry: false })?.size ?? 0]))
}

export function account(logs: readonly string[], ends: readonly End[], pids: ReadonlyMap<string, number>): Ledger {
  const gaps: Gap[] = []
  const wrong: string[] = []
  let lines = 0
  for (const log of logs) {
    const expected = `1 ${String(pids.get(log))} `
    let last = 0
    let torn = -1
    eachLine(log, (line, offset) => {
      lines += 1
      const number = line.startsWith(expected) ? Number(line.slice(expected.length)) : NaN
      if (number === last + 1 && torn < 0) return void (last = number)
      const end = endAt(log, torn < 0 ? offset : torn, offset + line.length, ends)
      if (!Number.isInteger(number)) {
        if (end < 0 || torn >= 0) wrong.push(`${log} at ${String(offset)} after ${String(last)}: no line of incarnation 1: ${line.slice(0, 60)}`)
        torn = offset
        return
      }
      if (number <= last) wrong.push(`${log} at ${String(offset)}: ${String(number)} comes after ${String(last)}`)
      else gaps.push({ log, lost: number - last - 1, end })
      last = number
      torn = -1
    })
  }
  return { lines, gaps, wrong }
}

/** The end at which the log was cut off between these two offsets. */
function endAt(log: string, from: number, to: number, ends: readonly End[]): number {
  return ends.findIndex(({ sizes }) => {
    const size = sizes.get(log) ?? -1
    return size >= from && size <= to
  })
}

function eachLine(log: string, take: (line: string, offset: number) => void): void {
  const fd = openSync(log, 'r')
  const buffer = Buffer.alloc(1 << 20)
  let rest = ''
  let offset = 0
  try {
    for (let length = readSync(fd, buffer); length > 0; length = readSync(fd, buffer)) {
      const parts = (rest + buffer.toString('latin1', 0, length)).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) {
        take(line, offset)
        offset += line.length + 1
      }
    }
  } finally {
    closeSync(fd)
  }
}
