/** What a change of the config does to the members of a fleet: who joins, who gets a new spec, who leaves. */
import type { Actor } from './model.ts'
import { newProc } from './proc.ts'
import type { Effect, Now, Proc } from './proc.ts'
import { arm } from './running.ts'
import { groupOf, newOrder } from './roster.ts'
import type { Fleet, Group } from './roster.ts'
import type { GroupSpec } from './spec.ts'

export function addGroup(fleet: Fleet, spec: GroupSpec, by: Actor, now: Now, effects: Effect[]): void {
  const group = groupOf(fleet, spec.name, spec.priority)
  for (const process of spec.processes) admit(group, process, by, now)
  newOrder(fleet)
  effects.push({ type: 'event', proc: null, body: { type: 'group.added', group: spec.name } })
}

export function change(fleet: Fleet, spec: GroupSpec, restart: ReadonlySet<string>, by: Actor, now: Now): void {
  const group = groupOf(fleet, spec.name, spec.priority)
  group.priority = spec.priority
  const staying = new Set(spec.processes.map((process) => process.name))
  for (const proc of group.procs.values()) if (!staying.has(proc.name)) leave(proc, by)
  for (const process of spec.processes) {
    const proc = group.procs.get(process.name)
    if (proc === undefined) admit(group, process, by, now)
    else if (restart.has(process.name) || proc.leaving || proc.next !== null) replaceSpec(proc, process, by)
    else applyToLiving(proc, process, now)
  }
  newOrder(fleet)
}

/** What needs no restart: what is due by the old words is reckoned anew. */
function applyToLiving(proc: Proc, spec: Proc['spec'], now: Now): void {
  // Nobody had told it to show life until now.
  if (proc.spec.care?.watchdog === undefined) proc.seen = now.mono
  proc.spec = spec
  if (proc.state === 'RUNNING') arm(proc, now)
  else if (proc.state === 'STOPPED' || proc.state === 'EXITED') proc.deadline = null // a job's next run is reckoned anew
  else if (proc.id === null && proc.hold !== null && !proc.preparing) proc.deadline = null // what holds it is asked for again
  const isAsked = proc.afterStop === 'rest' && proc.hold !== null
  if (proc.state !== 'FATAL' || isAsked || (spec.care?.restart?.retryAfter ?? null) !== null) return
  proc.deadline = null
  proc.hold = null
}

export function dismiss(fleet: Fleet, name: string, by: Actor, effects: Effect[]): void {
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

/** The new spec takes its place; true if it is to be started with it. */
export function takeNext(fleet: Fleet, proc: Proc): boolean {
  if (proc.next === null) return false
  const { spec, up } = proc.next
  proc.spec = spec
  proc.next = null
  proc.backoff = 0
  proc.hold = null
  proc.deadline = null
  newOrder(fleet)
  if (up) proc.want = 'up'
  return up && fleet.phase === 'running'
}

export function forget(fleet: Fleet, proc: Proc, effects: Effect[]): void {
  const group = fleet.groups.get(proc.group)
  group?.procs.delete(proc.name)
  newOrder(fleet)
  effects.push({ type: 'forget', proc })
  if (group?.procs.size === 0) dropGroup(fleet, group, effects)
}

function dropGroup(fleet: Fleet, group: Group, effects: Effect[]): void {
  fleet.groups.delete(group.name)
  effects.push({ type: 'event', proc: null, body: { type: 'group.removed', group: group.name } })
}

