/** What has to change in a running fleet so that it becomes what a config says. */
import type { GroupSpec, ProcessSpec } from './spec.ts'
import { compare } from './order.ts'

/** One group that stays, with what happens to its members. */
export interface GroupChange {
  readonly group: GroupSpec
  /** Members whose change can only be had by a restart. */
  readonly restart: ReadonlySet<string>
}

export interface Plan {
  readonly added: readonly GroupSpec[]
  readonly changed: readonly GroupChange[]
  readonly removed: readonly string[]
}

export interface Comparison {
  /** True if the two differ in anything that matters. */
  readonly differs: (running: ProcessSpec, wanted: ProcessSpec) => boolean
  /** True if the difference can only be had by a restart of the process. */
  readonly needsRestart: (running: ProcessSpec, wanted: ProcessSpec) => boolean
}

/** Compares by name of group and of process. */
export function planChanges(running: readonly GroupSpec[], wanted: readonly GroupSpec[], comparison: Comparison): Plan {
  const now = new Map(running.map((group) => [group.name, group]))
  const then = new Set(wanted.map((group) => group.name))
  const added: GroupSpec[] = []
  const changed: GroupChange[] = []
  for (const group of wanted) {
    const old = now.get(group.name)
    if (old === undefined) added.push(group)
    else if (groupDiffers(old, group, comparison)) changed.push({ group, restart: restarts(old, group, comparison) })
  }
  const removed = [...now.keys()].filter((name) => !then.has(name)).sort(compare)
  return { added, changed, removed }
}

/** The part of a plan that concerns the named groups; all of it when none is named. */
export function restrict(plan: Plan, names: readonly string[]): Plan {
  if (names.length === 0) return plan
  const wanted = new Set(names)
  return {
    added: plan.added.filter((group) => wanted.has(group.name)),
    changed: plan.changed.filter(({ group }) => wanted.has(group.name)),
    removed: plan.removed.filter((name) => wanted.has(name)),
  }
}

function groupDiffers(old: GroupSpec, group: GroupSpec, { differs }: Comparison): boolean {
  if (old.priority !== group.priority || old.processes.length !== group.processes.length) return true
  const before = new Map(old.processes.map((spec) => [spec.name, spec]))
  return group.processes.some((spec) => {
    const was = before.get(spec.name)
    return was === undefined || differs(was, spec)
  })
}

function restarts(old: GroupSpec, group: GroupSpec, { needsRestart }: Comparison): Set<string> {
  const before = new Map(old.processes.map((spec) => [spec.name, spec]))
  const names = new Set<string>()
  for (const spec of group.processes) {
    const was = before.get(spec.name)
    if (was !== undefined && needsRestart(was, spec)) names.add(spec.name)
  }
  return names
}
