/**
 * All processes together: `step` takes one input and returns what is to be done. It knows no clock, no kernel and
 * no promise; the same inputs give the same effects.
 *
 * Each step ends by settling: the process that it was about is reconciled with what is wanted of it, a config change
 * takes its place where nothing runs any more, a member that has left is forgotten, and a shutdown goes on to its next
 * tier. What concerns more than one process, and every 64th step in any case, settles all: a lost edge heals itself.
 *
 * A shutdown takes the groups by descending priority. All members of the groups that share the highest priority
 * are stopped at once; the next tier is touched only when each of them is in a stopped state, and one with event
 * listeners after a lull in which they hear of the others' end. Nothing is started meanwhile.
 */
import type { Actor } from './model.ts'
import type { Plan } from './diff.ts'
import { byName, byPriority } from './order.ts'
import type { Ranked } from './order.ts'
import { newProc, rests } from './proc.ts'
import type { Effect, Now, Proc, ProcInput } from './proc.ts'
import { reconcile, stepProc } from './process.ts'
import { shutdownActor, stopNextTier } from './shutdown.ts'
import type { GroupSpec } from './spec.ts'

/** After so many steps every process is looked at, whatever the input was about. */
const wholeLook = 64

export interface Group {
  readonly name: string
  priority: number
  readonly procs: Map<string, Proc>
}

export interface Fleet {
  readonly groups: Map<string, Group>
  phase: 'running' | 'stopping' | 'drained'
  /** Who asked for the shutdown. */
  stopBy: Actor
  /** The shutdown gives no more grace, in no tier. */
  hurried: boolean
  /** See shutdown.ts. */
  awaited: Proc | null
  /** `due`: event listeners are about to be stopped, and may finish what they read; `over`: they have. */
  lull: 'none' | 'due' | 'over'
  /** Whose deadline comes first; `undefined`: it has to be looked for. */
  nearest: Proc | null | undefined
  /** All processes in starting order; `null` when it has to be made again. */
  order: readonly Ranked[] | null
  /** The same by name, and the order that it was made from. */
  names: { readonly of: readonly Ranked[]; readonly sorted: readonly Ranked[] } | null
  /** Counts steps. */
  steps: number
}

export type FleetInput =
  | { readonly type: 'proc'; readonly proc: Proc; readonly input: ProcInput }
  /** Deadlines may have passed. */
  | { readonly type: 'clock' }
  | { readonly type: 'addGroup'; readonly group: GroupSpec; readonly by: Actor }
  /** All members must be in a stopped state. */
  | { readonly type: 'removeGroup'; readonly name: string }
  | { readonly type: 'apply'; readonly plan: Plan; readonly by: Actor }
  | { readonly type: 'shutdown'; readonly by: Actor }
  /** SIGKILL whatever is being stopped, now. */
  | { readonly type: 'hurry' }
  /** The lull before event listeners are stopped is over. */
  | { readonly type: 'quiet' }

export function newFleet(): Fleet {
  return { groups: new Map(), phase: 'running', stopBy: '', hurried: false, awaited: null, lull: 'none', nearest: null, order: null, names: null, steps: 0 }
}

/** Applies one input and settles. */
export function step(fleet: Fleet, input: FleetInput, now: Now): Effect[] {
  const effects: Effect[] = []
  apply(fleet, input, now, effects)
  fleet.steps += 1
  // Most inputs concern one process; all are looked at when there is more to it, and now and then in any case.
  const one = input.type === 'proc' && fleet.steps % wholeLook !== 0 ? input.proc : null
  if (one !== null) settle(fleet, one, now, effects)
  else for (const { proc } of ranked(fleet)) settle(fleet, proc, now, effects)
  const others = fleet.phase === 'stopping' && stopNextTier(fleet, ranked(fleet), now, effects)
  fleet.nearest = one === null || others ? undefined : nearer(fleet.nearest, one)
  return effects
}

/** Whose deadline comes first, after this one's may have changed. */
function nearer(nearest: Proc | null | undefined, proc: Proc): Proc | null | undefined {
  if (nearest === undefined || nearest === proc) return undefined
  if (proc.deadline === null) return nearest
  return nearest?.deadline == null || proc.deadline < nearest.deadline ? proc : nearest
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

/** The nearest deadline on the monotonic clock, `null` when nothing is due ever. */
export function nextDeadline(fleet: Fleet): number | null {
  if (fleet.nearest === undefined) {
    let nearest: Proc | null = null
    for (const { proc } of ranked(fleet)) {
      if (proc.deadline !== null && (nearest?.deadline == null || proc.deadline < nearest.deadline)) nearest = proc
    }
    fleet.nearest = nearest
  }
  return fleet.nearest?.deadline ?? null
}

/** Takes a process that runs already, or is remembered, into the fleet; before the first step. */
export function enlist(fleet: Fleet, proc: Proc, groupPriority: number): void {
  groupOf(fleet, proc.group, groupPriority).procs.set(proc.name, proc)
  fleet.order = null
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

function apply(fleet: Fleet, input: FleetInput, now: Now, effects: Effect[]): void {
  switch (input.type) {
    case 'proc':
      if (fleet.phase !== 'running' && input.input.type === 'start') return
      return stepProc(input.proc, input.input, now, effects)
    case 'clock':
      for (const { proc } of ranked(fleet)) {
        if (proc.deadline !== null && proc.deadline <= now.mono) stepProc(proc, { type: 'due' }, now, effects)
      }
      return
    case 'addGroup':
      return addGroup(fleet, input.group, input.by, now, effects)
    case 'removeGroup':
      return dismiss(fleet, input.name, 'remove', effects)
    case 'apply':
      for (const name of input.plan.removed) dismiss(fleet, name, input.by, effects)
      for (const { group, restart } of input.plan.changed) change(fleet, group, restart, input.by, now)
      for (const group of input.plan.added) addGroup(fleet, group, input.by, now, effects)
      return
    case 'shutdown':
      if (fleet.phase !== 'running') return
      fleet.phase = 'stopping'
      fleet.stopBy = `${shutdownActor}, ${input.by}`
      return
    case 'quiet':
      if (fleet.lull === 'due') fleet.lull = 'over'
      return
    case 'hurry':
      fleet.hurried = fleet.phase === 'stopping'
      for (const { proc } of ranked(fleet)) stepProc(proc, { type: 'hurry' }, now, effects)
  }
}

function settle(fleet: Fleet, proc: Proc, now: Now, effects: Effect[]): void {
  const mayStart = fleet.phase === 'running'
  reconcile(proc, now, mayStart && !proc.leaving, effects)
  if (proc.next !== null && rests(proc)) takeNext(proc, now, mayStart, effects)
  if (proc.leaving && rests(proc)) forget(fleet, proc, effects)
}

// --- changes of the config ---------------------------------------------------------------------------------------

function addGroup(fleet: Fleet, spec: GroupSpec, by: Actor, now: Now, effects: Effect[]): void {
  const group = groupOf(fleet, spec.name, spec.priority)
  for (const process of spec.processes) admit(group, process, by, now)
  fleet.order = null
  effects.push({ type: 'event', proc: null, body: { type: 'group.added', group: spec.name } })
}

function change(fleet: Fleet, spec: GroupSpec, restart: ReadonlySet<string>, by: Actor, now: Now): void {
  const group = groupOf(fleet, spec.name, spec.priority)
  group.priority = spec.priority
  const staying = new Set(spec.processes.map((process) => process.name))
  for (const proc of group.procs.values()) if (!staying.has(proc.name)) leave(proc, by)
  for (const process of spec.processes) {
    const proc = group.procs.get(process.name)
    if (proc === undefined) admit(group, process, by, now)
    else if (restart.has(process.name) || proc.leaving || proc.next !== null) replaceSpec(proc, process, by)
    else proc.spec = process
  }
  fleet.order = null
}

function dismiss(fleet: Fleet, name: string, by: Actor, effects: Effect[]): void {
  const group = fleet.groups.get(name)
  if (group === undefined) return
  for (const proc of group.procs.values()) leave(proc, by)
  if (group.procs.size === 0) dropGroup(fleet, group, effects)
}

function admit(group: Group, spec: Proc['spec'], by: Actor, now: Now): void {
  const old = group.procs.get(spec.name)
  if (old !== undefined) return replaceSpec(old, spec, by) // it was about to leave
  group.procs.set(spec.name, newProc(spec, spec.autostart ? 'up' : 'down', `autostart, ${by}`, now.wall))
}

function leave(proc: Proc, by: Actor): void {
  proc.leaving = true
  proc.next = null
  proc.want = 'down'
  proc.wantedBy = by
}

/** A member that was up, or that starts by itself, comes back with the new spec; supervisord's update does so too. */
function replaceSpec(proc: Proc, spec: Proc['spec'], by: Actor): void {
  const up = spec.autostart || proc.want === 'up' || (proc.next?.up ?? false)
  proc.leaving = false
  proc.next = { spec, up }
  proc.want = 'down'
  proc.wantedBy = by
}

function takeNext(proc: Proc, now: Now, mayStart: boolean, effects: Effect[]): void {
  if (proc.next === null) return
  const { spec, up } = proc.next
  proc.spec = spec
  proc.next = null
  proc.backoff = 0
  if (!up) return
  if (mayStart) stepProc(proc, { type: 'start', by: proc.wantedBy }, now, effects)
  else proc.want = 'up'
}

function forget(fleet: Fleet, proc: Proc, effects: Effect[]): void {
  const group = fleet.groups.get(proc.group)
  group?.procs.delete(proc.name)
  fleet.order = null
  effects.push({ type: 'forget', proc })
  if (group?.procs.size === 0) dropGroup(fleet, group, effects)
}

function dropGroup(fleet: Fleet, group: Group, effects: Effect[]): void {
  fleet.groups.delete(group.name)
  effects.push({ type: 'event', proc: null, body: { type: 'group.removed', group: group.name } })
}

function groupOf(fleet: Fleet, name: string, priority: number): Group {
  let group = fleet.groups.get(name)
  if (group === undefined) {
    group = { name, priority, procs: new Map() }
    fleet.groups.set(name, group)
  }
  return group
}
