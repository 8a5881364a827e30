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
import { conditionHolds } from './dependencies.ts'
import type { Plan } from './diff.ts'
import { gateOf } from './gate.ts'
import { addGroup, change, dismiss, forget, takeNext } from './membership.ts'
import type { Actor } from './model.ts'
import { hasEndedSince, rests } from './proc.ts'
import type { Effect, Now, Proc, ProcInput } from './proc.ts'
import { reconcile, stepProc } from './process.ts'
import { linksOf, ranked } from './roster.ts'
import type { Fleet } from './roster.ts'
import { leaveRest, passLimit, shutdownActor, standardTimeout, stopNextTier } from './shutdown.ts'
import { namespec } from './spec.ts'
import type { GroupSpec } from './spec.ts'
import type { Moment } from './turn.ts'

/** After so many steps every process is looked at, whatever the input was about. */
const wholeLook = 64

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

/** Applies one input and settles. */
export function step(fleet: Fleet, input: FleetInput, now: Now): Effect[] {
  const effects: Effect[] = []
  const turn: Moment = { now, effects, gate: gateOf(fleet, now) }
  apply(fleet, input, turn)
  fleet.steps += 1
  // Most inputs concern one process; all are looked at when there is more to it, and now and then in any case.
  const one = input.type === 'proc' && fleet.steps % wholeLook !== 0 && !concernsOthers(fleet, input, effects) ? input.proc : null
  if (one !== null) settle(fleet, one, turn)
  else settleAll(fleet, turn)
  const others = fleet.phase === 'stopping' && stopNextTier(fleet, ranked(fleet), linksOf(fleet), turn)
  fleet.nearest = one === null || others ? undefined : nearer(fleet.nearest, one)
  return effects
}

/** Others may wait for what has just happened to this one. */
function concernsOthers(fleet: Fleet, { proc, input }: Extract<FleetInput, { type: 'proc' }>, effects: readonly Effect[]): boolean {
  if (linksOf(fleet) === null && proc.spec.care === undefined) return false
  return effects.length > 0 || !(input.type === 'alive' || input.type === 'busy' || input.type === 'extend')
}

/** All that rest get their new words, or leave, before any of them starts by them. */
function takeNews(fleet: Fleet, turn: Moment): void {
  for (const { proc } of ranked(fleet)) if (proc.leaving && rests(proc)) forget(fleet, proc, turn.effects)
  for (const { proc } of ranked(fleet).filter((one) => one.proc.next !== null && rests(one.proc) && takeNext(fleet, one.proc))) {
    applyToOne(fleet, proc, { type: 'start', by: proc.wantedBy }, turn)
  }
}

/** Until nothing follows any more: who was started may be what the one before it in the order waits for. */
function settleAll(fleet: Fleet, turn: Moment): void {
  takeNews(fleet, turn)
  for (;;) {
    const before = turn.effects.length
    const linked = linksOf(fleet) !== null // whoever leaves may have been the last that others waited for
    for (const { proc } of ranked(fleet)) settle(fleet, proc, turn)
    if (turn.effects.length === before || !linked) return
  }
}

/** Whose deadline comes first, after this one's may have changed. */
function nearer(nearest: Proc | null | undefined, proc: Proc): Proc | null | undefined {
  if (nearest === undefined || nearest === proc) return undefined
  if (proc.deadline === null) return nearest
  return nearest?.deadline == null || proc.deadline < nearest.deadline ? proc : nearest
}

/** The nearest deadline on the monotonic clock, `null` when nothing is due ever. */
export function nextDeadline(fleet: Fleet): number | null {
  const own = nearestDeadline(fleet)
  if (fleet.phase !== 'stopping') return own
  const all = [own, fleet.hurryAt, fleet.leaveAt].filter((one) => one !== null)
  return all.length === 0 ? null : Math.min(...all)
}

function nearestDeadline(fleet: Fleet): number | null {
  if (fleet.nearest === undefined) {
    let nearest: Proc | null = null
    for (const { proc } of ranked(fleet)) {
      if (proc.deadline !== null && (nearest?.deadline == null || proc.deadline < nearest.deadline)) nearest = proc
    }
    fleet.nearest = nearest
  }
  return fleet.nearest?.deadline ?? null
}

function apply(fleet: Fleet, input: FleetInput, turn: Moment): void {
  const { now, effects, gate } = turn
  switch (input.type) {
    case 'proc':
      return applyToOne(fleet, input.proc, input.input, turn)
    case 'clock':
      for (const { proc } of ranked(fleet)) {
        if (proc.deadline !== null && proc.deadline <= now.mono) stepProc(proc, { type: 'due' }, now, effects, gate)
      }
      if (fleet.phase !== 'stopping') return
      if (fleet.hurryAt !== null && fleet.hurryAt <= now.mono) passLimit(fleet, ranked(fleet), turn)
      if (fleet.leaveAt !== null && fleet.leaveAt <= now.mono) leaveRest(fleet, ranked(fleet), turn)
      return
    case 'addGroup':
      addGroup(fleet, input.group, input.by, now, effects)
      return callDependencies(fleet, turn)
    case 'removeGroup':
      return dismiss(fleet, input.name, 'remove', effects)
    case 'apply':
      for (const name of input.plan.removed) dismiss(fleet, name, input.by, effects)
      for (const { group, restart } of input.plan.changed) change(fleet, group, restart, input.by, now)
      for (const group of input.plan.added) addGroup(fleet, group, input.by, now, effects)
      return callDependencies(fleet, turn)
    case 'shutdown':
      if (fleet.phase !== 'running') return
      fleet.phase = 'stopping'
      fleet.stopBy = `${shutdownActor}, ${input.by}`
      beginLimit(fleet, now)
      // Nothing of these runs, and nothing of them shall.
      for (const { proc } of ranked(fleet)) if (proc.preparing || rests(proc)) stepProc(proc, { type: 'stop', by: fleet.stopBy }, now, effects, gate)
      return
    case 'quiet':
      if (fleet.lull === 'due') fleet.lull = 'over'
      return
    case 'hurry':
      return hurry(fleet, turn)
  }
}

function applyToOne(fleet: Fleet, proc: Proc, input: ProcInput, turn: Moment): void {
  const { now, effects, gate } = turn
  if (input.type === 'changed' && fleet.phase !== 'running') return
  if (input.type === 'start' || input.type === 'trigger') {
    if (fleet.phase !== 'running') return
    callNeeded(fleet, proc, input.by, turn, input.type === 'start' ? input.endedSince : undefined)
  }
  stepProc(proc, input, now, effects, gate)
  if (input.type === 'spawned' && proc.incarnation > 1) {
    for (const one of linksOf(fleet)?.neededBy.get(proc) ?? []) {
      if (one.spec.care?.dependsRestart !== true || one.id === null) continue
      const reason = `${namespec(proc.group, proc.name)} was restarted (depends_restart)`
      stepProc(one, { type: 'recycle', reason, by: 'depends_restart', now: true }, now, effects, gate)
    }
  }
}

/** Who is wanted wants what it needs, unless somebody has stopped that. */
function callDependencies(fleet: Fleet, turn: Moment): void {
  if (linksOf(fleet) === null || fleet.phase !== 'running') return
  takeNews(fleet, turn)
  for (const { proc } of ranked(fleet)) if (proc.want === 'up' && proc.incarnation === 0) callNeeded(fleet, proc, proc.wantedBy, turn)
}

/** `endedSince`: who has had his turn since then is not called again. */
function callNeeded(fleet: Fleet, proc: Proc, by: Actor, turn: Moment, endedSince = Infinity): void {
  for (const { dependency, procs } of linksOf(fleet)?.needs.get(proc) ?? []) {
    for (const one of procs) {
      // Who was given up is wanted, but nothing comes of that by itself.
      const isComing = one.want === 'up' && one.state !== 'FATAL'
      if (!dependency.required || isComing || one.leaving || one.next?.up === true || conditionHolds(one, dependency.condition)) continue
      if (hasEndedSince(one, endedSince)) continue
      const needed = `needed by ${namespec(proc.group, proc.name)}, ${by}`
      if (one.next !== null) {
        one.next = { ...one.next, up: true } // as soon as it has its new words
        continue
      }
      callNeeded(fleet, one, by, turn, endedSince)
      stepProc(one, { type: 'start', by: needed }, turn.now, turn.effects, turn.gate)
    }
  }
}

function beginLimit(fleet: Fleet, now: Now): void {
  const limit = fleet.shutdownTimeout === 'auto' ? standardTimeout(ranked(fleet), linksOf(fleet)) : fleet.shutdownTimeout
  fleet.hurryAt = limit === null ? null : now.mono + limit
}

function hurry(fleet: Fleet, { now, effects, gate }: Moment): void {
  fleet.hurried = fleet.phase === 'stopping'
  // Tier after tier still, but what cannot be killed does not hold up the next one for long.
  if (fleet.hurried && fleet.leaveAt === null && fleet.forceDelay !== null) fleet.hurryAt = Math.min(fleet.hurryAt ?? Infinity, now.mono + fleet.forceDelay)
  for (const { proc } of ranked(fleet)) stepProc(proc, { type: 'hurry' }, now, effects, gate)
}

function settle(fleet: Fleet, proc: Proc, turn: Moment): void {
  const { now, effects, gate } = turn
  const before = proc.state
  reconcile(proc, now, fleet.phase === 'running' && !proc.leaving, effects, gate)
  // A stop that had waited for others begins when there is no grace any more.
  if (fleet.hurried && proc.state === 'STOPPING' && before !== 'STOPPING') stepProc(proc, { type: 'hurry' }, now, effects, gate)
  if (proc.next !== null && rests(proc) && takeNext(fleet, proc)) applyToOne(fleet, proc, { type: 'start', by: proc.wantedBy }, turn)
  if (proc.leaving && rests(proc)) forget(fleet, proc, effects)
}
