/**
 * The members of a fleet: groups and their processes, the orders in which they are walked, who depends on whom. What
 * happens to them is fleet.ts's affair.
 */
import { makeLinks } from './dependencies.ts'
import type { Links } from './dependencies.ts'
import type { Actor } from './model.ts'
import { byName, byPriority } from './order.ts'
import type { Ranked } from './order.ts'
import type { Proc } from './proc.ts'
import type { GroupSpec } from './spec.ts'

export interface Group {
  readonly name: string
  priority: number
  readonly procs: Map<string, Proc>
}

/** At most so many automatic restarts a second. */
export interface Breaker {
  /** `null`: no limit. */
  burst: number | null
  /** When the last ones were let through, on the monotonic clock; as many as are allowed in a second. */
  recent: readonly number[]
}

export interface Fleet {
  readonly groups: Map<string, Group>
  /** `left`: over, though not all have ended. */
  phase: 'running' | 'stopping' | 'drained' | 'left'
  /** Who asked for the shutdown. */
  stopBy: Actor
  /** The shutdown gives no more grace, in no tier. */
  hurried: boolean
  /** See shutdown.ts. */
  awaited: Proc | null
  /** `due`: event listeners are about to be stopped, and may finish what they read; `over`: they have. */
  lull: 'none' | 'due' | 'over'
  /** When a shutdown gives no more grace, on the monotonic clock. */
  hurryAt: number | null
  /** How long a shutdown may take until then, milliseconds. `auto`: see shutdown.ts; `null`: as long as it takes. */
  shutdownTimeout: number | 'auto' | null
  /** When a shutdown leaves what SIGKILL has not ended, on the monotonic clock. */
  leaveAt: number | null
  /** How long after SIGKILL that is, milliseconds; `null`: never. */
  forceDelay: number | null
  /** See dependencies.ts; `null`: to be made. */
  links: { readonly links: Links | null } | null
  /** See gate.ts. */
  breaker: Breaker
  /** Whose deadline comes first; `undefined`: it has to be looked for. */
  nearest: Proc | null | undefined
  /** All processes in starting order; `null` when it has to be made again. */
  order: readonly Ranked[] | null
  /** The same by name, and the order that it was made from. */
  names: { readonly of: readonly Ranked[]; readonly sorted: readonly Ranked[] } | null
  /** Counts steps. */
  steps: number
}

export function newFleet(): Fleet {
  return {
    groups: new Map(), phase: 'running', stopBy: '', hurried: false, awaited: null, lull: 'none', nearest: null, order: null, names: null, steps: 0,
    hurryAt: null, shutdownTimeout: null, leaveAt: null, forceDelay: null, links: null, breaker: { burst: null, recent: [] },
  }
}

/** All processes by ascending priority, then name. */
export function ranked(fleet: Fleet): readonly Ranked[] {
  fleet.order ??= [...fleet.groups.values()]
    .flatMap((group) => [...group.procs.values()].map((proc) => ({ proc, groupPriority: group.priority })))
    .sort(byPriority)
  return fleet.order
}

/** All processes by group, then name: the order of reading. */
export function named(fleet: Fleet): readonly Ranked[] {
  const order = ranked(fleet)
  if (fleet.names?.of !== order) fleet.names = { of: order, sorted: [...order].sort(byName) }
  return fleet.names.sorted
}

/** Who depends on whom; `null` when nobody depends on anybody. */
export function linksOf(fleet: Fleet): Links | null {
  fleet.links ??= { links: makeLinks([...fleet.groups.values()].flatMap((group) => [...group.procs.values()])) }
  return fleet.links.links
}

/** Takes a process that runs already, or is remembered, into the fleet; before the first step. */
export function enlist(fleet: Fleet, proc: Proc, groupPriority: number): void {
  groupOf(fleet, proc.group, groupPriority).procs.set(proc.name, proc)
  newOrder(fleet)
  fleet.nearest = undefined
}

/** What runs, as a config would say it. */
export function activeGroups(fleet: Fleet): GroupSpec[] {
  return [...fleet.groups.values()].map((group) => ({
    name: group.name,
    priority: group.priority,
    processes: [...group.procs.values()].filter((proc) => !proc.leaving).map((proc) => proc.next?.spec ?? proc.spec),
  }))
}

/** The members have changed. */
export function newOrder(fleet: Fleet): void {
  fleet.order = null
  fleet.links = null
}

export function groupOf(fleet: Fleet, name: string, priority: number): Group {
  let group = fleet.groups.get(name)
  if (group === undefined) {
    group = { name, priority, procs: new Map() }
    fleet.groups.set(name, group)
  }
  return group
}
