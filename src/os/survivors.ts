/**
 * Looks for processes that dead workers left behind: in the group or session that a worker led, or anywhere, by the marks
 * in their environment, if they fled by setsid or a double fork. One pass over /proc in steps serves many workers.
 */
import type { Processes, Survivor } from '../core/ports.ts'
import { environmentOf, searchProcesses, statOf } from './proc.ts'
import type { ProcessStat } from './stat-line.ts'

type Marks = Parameters<Processes['searchSurvivors']>[1]

/** How far up the ancestors of a process are asked for. */
const generations = 64

/**
 * The look of one master. `isWorker`: is this live pid a worker of it? Whoever is in a session of one has not fled. Whose
 * environment bears no mark is remembered by start time, so that the next look need not read it again.
 */
export function survivorSearch(isWorker: (pid: number) => boolean): Processes['searchSurvivors'] {
  let strangers = new Map<number, string>()

  /** What of these is marked, by leader. The environment is read once for all leaders. */
  function* searchMarked(candidates: readonly ProcessStat[], marks: NonNullable<Marks>): Generator<undefined, [number, Survivor][]> {
    const found: [number, Survivor][] = []
    const seen = new Map<number, string>()
    const sets = [...marks]
    const common = sets[0]?.[1][0] ?? ''
    let read = 0
    for (const { pid, startTime, name } of candidates) {
      if (strangers.get(pid) === startTime) {
        seen.set(pid, startTime)
        continue
      }
      read += 1
      if (read % readsPerStep === 0) yield
      const words = new Set(environmentOf(pid))
      const leader = sets.find(([, all]) => all.every((word) => words.has(word)))?.[0]
      if (leader !== undefined && !descendsFromHere(pid)) found.push([leader, { pid, startTime, name, fled: true }])
      else if (words.size > 1 && !words.has(common)) seen.set(pid, startTime) // empty: just now in exec, or not to be read
    }
    strangers = seen
    return found
  }

  return function* (leaders, marks = new Map()) {
    const found = new Map<number, Survivor[]>()
    if (leaders.length === 0) return found
    const dead = new Set(leaders)
    const isLeft = ({ group, session }: Pick<ProcessStat, 'group' | 'session'>): boolean => dead.has(session) || dead.has(group)
    const mayHaveFled = (pid: number, session: number): boolean => marks.size > 0 && session !== 0 && pid !== process.pid && !isWorker(session)
    const all = yield* searchProcesses((pid, group, session) => isLeft({ group, session }) || mayHaveFled(pid, session))
    const takenAgain = new Set(all.map(({ pid }) => pid).filter((pid) => dead.has(pid)))
    const add = (leader: number, survivor: Survivor): void => {
      const list = found.get(leader)
      if (list === undefined) found.set(leader, [survivor])
      else list.push(survivor)
    }
    for (const { pid, startTime, name, group, session } of all) {
      const leader = dead.has(session) ? session : group
      if (dead.has(leader) && !takenAgain.has(leader)) add(leader, { pid, startTime, name })
    }
    const elsewhere = all.filter((stat) => !isLeft(stat) || takenAgain.has(dead.has(stat.session) ? stat.session : stat.group))
    if (marks.size > 0) for (const [leader, survivor] of yield* searchMarked(elsewhere, marks)) add(leader, survivor)
    return found
  }
}

/** So many environments are read in one step: less than a millisecond. */
const readsPerStep = 16

/** True for whom this master has started in another way than as a worker: it has not fled, whatever it bears. */
function descendsFromHere(pid: number): boolean {
  if (process.pid === 1) return false // then orphans come to us, and nobody can tell
  for (let one = pid, steps = 0; one > 1 && steps < generations; steps += 1) {
    if (one === process.pid) return true
    one = statOf(one)?.parent ?? 0
  }
  return false
}
