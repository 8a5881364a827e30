/**
 * How much memory a process and its descendants use. Resident sizes come with one pass over /proc in steps; what they
 * share is counted once only by the proportional set size, which the kernel takes its time for, so that one is read
 * only where the resident sizes leave a question. Where there is no /proc, pidusage tells the process's own size.
 */
import { readFile } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import type { MemoryMeter, Usage } from '../core/kernel-ports.ts'
import { searchProcesses } from './proc.ts'

let pageSize: number | undefined

/** Bytes of a page, as the counts of /proc/PID/statm are in: an entry of the vector that the kernel gives each program. */
function pageBytes(): number {
  if (pageSize !== undefined) return pageSize
  const vector = readFileSync('/proc/self/auxv')
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (vector.readBigUInt64LE(at) === pageSizeEntry) pageSize = Number(vector.readBigUInt64LE(at + 8))
  }
  return (pageSize ??= 4096)
}

const pageSizeEntry = 6n

export const memoryMeter: MemoryMeter = {
  *survey(leaders) {
    const wanted = new Set(leaders)
    const found = new Map<number, Usage>()
    if (!existsSync('/proc/self/statm')) return new Map(leaders.map((pid) => [pid, { resident: Infinity, parts: [{ pid, resident: 0 }] }]))
    const children = new Map<number, number[]>()
    for (const { pid, parent, session } of yield* searchProcesses(() => true)) {
      // Who has lost its parent but not its session still belongs to who leads that.
      const above = parent <= 1 && session !== pid && wanted.has(session) ? session : parent
      const siblings = children.get(above)
      if (siblings === undefined) children.set(above, [pid])
      else siblings.push(pid)
    }
    for (const leader of leaders) {
      yield
      const parts = treeOf(leader, children).map((pid) => ({ pid, resident: residentOf(pid) }))
      found.set(leader, { resident: sum(parts.map(({ resident }) => resident)), parts })
    }
    return found
  },

  async precise({ parts }) {
    const sizes: number[] = []
    for (const { pid, resident } of parts) sizes.push((await proportionalOf(pid, resident)))
    return sum(sizes)
  },
}

function treeOf(leader: number, children: ReadonlyMap<number, readonly number[]>): number[] {
  const tree = [leader]
  for (const pid of tree) tree.push(...(children.get(pid) ?? [])) // grows while it is walked
  return tree
}

function residentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ', 2)[1]) * pageBytes()
  } catch {
    return 0 // gone
  }
}

async function proportionalOf(pid: number, resident: number): Promise<number> {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]
    return kilobytes === undefined ? resident : Number(kilobytes) * 1024
  } catch {
    // It may not be read, or there is no such file; the library is loaded only where nothing else is known.
    return resident > 0 ? resident : ((await (await import('./usage.ts')).usageOf([pid])).get(pid)?.memory ?? 0)
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
