/** The tree of a master: itself, the workers that are asked for, what descends from them; in the order in which it is shown. */
import type { Relative } from '../core/family.ts'
import type { ProcessView } from '../core/model.ts'
import type { Master } from './master.ts'
import type { ResultOf } from './results.ts'
import type { Resolved } from './targets.ts'

type Row = ResultOf<'tree'>['rows'][number]

export async function treeOf(master: Master, { matched, missing }: Resolved): Promise<ResultOf<'tree'>> {
  const relatives = await master.family(matched)
  const names = new Map(matched.filter(({ pid }) => pid > 0).map((view) => [view.pid, view.namespec]))
  const below = new Map<number, Relative[]>()
  for (const one of relatives) below.set(one.above, [...(below.get(one.above) ?? []), one])
  const rows: Row[] = []
  const add = (one: Relative, depth: number, above: string | null): void => {
    const process = names.get(one.pid) ?? above
    const { pid, user, cpu, memory, uptime, command, fled } = one
    rows.push({ pid, parent: one.above, depth, process, user, cpu, memory, uptime, command, fled })
    for (const child of inOrder(below.get(pid) ?? [], names)) add(child, depth + 1, process)
  }
  for (const one of below.get(0) ?? []) add(one, 0, null)
  return { rows, stopped: matched.filter(isStopped).map(({ namespec }) => namespec), missing: [...missing] }
}

/** Workers by name, before what the master has started for itself; all others as they came. */
function inOrder(relatives: readonly Relative[], names: ReadonlyMap<number, string>): Relative[] {
  const key = ({ pid }: Relative): string => names.get(pid) ?? '\uffff'
  return [...relatives].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.pid - b.pid))
}

function isStopped({ pid }: ProcessView): boolean {
  return pid === 0
}
