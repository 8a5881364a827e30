/**
 * What holds a process although it is wanted otherwise: a dependency, the machine-wide limit of restarts, its restart
 * window, siblings that are not up, dependents that still run. Asked again at each settling; it changes nothing but
 * the budget of restarts.
 */
import { conditionHolds } from './dependencies.ts'
import { isStopped } from './model.ts'
import { untilWindow } from './policy.ts'
import type { Now, Proc } from './proc.ts'
import { linksOf } from './roster.ts'
import type { Fleet } from './roster.ts'
import { namespec } from './spec.ts'

export interface Hold {
  /** For people: `waiting for db (BACKOFF: exit status 1)`. */
  readonly reason: string
  /** When it is worth asking again, on the monotonic clock; `null`: when something has happened. */
  readonly until: number | null
}

/** What keeps a process from being started, stopped or replaced; `null`: nothing. */
export interface Gate {
  start(proc: Proc, automatic: boolean): Hold | null
  stop(proc: Proc): string | null
  recycle(proc: Proc): string | null
}

/** Holds nothing. */
export const openGate: Gate = { start: () => null, stop: () => null, recycle: () => null }

/** The gate of a fleet at one instant. */
export function gateOf(fleet: Fleet, now: Now): Gate {
  return {
    start: (proc, automatic) => dependencyHold(fleet, proc) ?? (automatic ? windowHold(proc, now) ?? breakerHold(fleet, now) : null),
    stop: (proc) => dependentHold(fleet, proc),
    recycle: (proc) => siblingHold(fleet, proc),
  }
}

function dependencyHold(fleet: Fleet, proc: Proc): Hold | null {
  for (const { dependency, procs } of linksOf(fleet)?.needs.get(proc) ?? []) {
    if (procs.length === 0) {
      if (dependency.required) return { reason: `waiting for ${dependency.on}, which is not there`, until: null }
      continue
    }
    const missing = procs.find((one) => !conditionHolds(one, dependency.condition) && (dependency.required || one.want === 'up'))
    if (missing !== undefined) return { reason: `waiting for ${whatIsMissing(missing, dependency.condition)}`, until: null }
  }
  return null
}

function whatIsMissing(proc: Proc, condition: string): string {
  const name = namespec(proc.group, proc.name)
  if (proc.state === 'RUNNING') return condition === 'completed' ? `${name} to complete` : `${name} (${proc.ailment || 'not healthy yet'})`
  const why = proc.hold ?? proc.reason
  return `${name} (${proc.state}${why === '' ? '' : `: ${why}`})`
}

function windowHold(proc: Proc, now: Now): Hold | null {
  const wait = untilWindow(now.wall, proc.spec.care?.restart?.window ?? null)
  return wait === 0 ? null : { reason: 'waiting for its restart_window', until: now.mono + wait }
}

/** A bucket that fills by `burst` a second: who finds it empty comes back when there is one more in it. */
function breakerHold(fleet: Fleet, now: Now): Hold | null {
  const { breaker } = fleet
  if (breaker.burst === null) return null
  const perMillisecond = breaker.burst / 1000
  breaker.tokens = Math.min(breaker.burst, breaker.tokens + (now.mono - breaker.at) * perMillisecond)
  breaker.at = now.mono
  if (breaker.tokens >= 1) {
    breaker.tokens -= 1
    return null
  }
  const wait = Math.max(1, Math.ceil((1 - breaker.tokens) / perMillisecond))
  return { reason: `waiting its turn: at most ${String(breaker.burst)} automatic restarts a second (restart_burst)`, until: now.mono + wait }
}

/** Who depends on it goes first, if it is being stopped too. */
function dependentHold(fleet: Fleet, proc: Proc): string | null {
  const dependent = linksOf(fleet)?.neededBy.get(proc)?.find((one) => !isStopped(one.state) && one.state !== 'BACKOFF' && (one.want === 'down' || fleet.phase !== 'running'))
  return dependent === undefined ? null : `stops after ${namespec(dependent.group, dependent.name)}, which depends on it`
}

/** One after another: while a sibling is not up, this one is not taken down. */
function siblingHold(fleet: Fleet, proc: Proc): string | null {
  for (const one of fleet.groups.get(proc.group)?.procs.values() ?? []) {
    if (one === proc || one.spec.program !== proc.spec.program || one.want !== 'up') continue
    if (one.state !== 'RUNNING' && one.state !== 'FATAL') return `waiting until ${namespec(one.group, one.name)} is up again`
  }
  return null
}
