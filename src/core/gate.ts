/**
 * What holds a process although it is wanted otherwise: a dependency, the machine-wide limit of restarts, its restart
 * window, siblings that are not up, dependents that still run. Asked again at each settling; it changes nothing but
 * the budget of restarts.
 */
import { minuteWords } from '../lib/clock-words.ts'
import { conditionHolds, isWanted } from './dependencies.ts'
import { isStopped } from './model.ts'
import { untilWindow } from './policy.ts'
import { rests } from './proc.ts'
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
  recycle(proc: Proc): Hold | null
}

/** How long nobody looks whether a window has opened: the wall clock may be set, and stands still for no sleeping machine. */
const windowLook = 300_000

/** From one start to the next of a process that recycles itself, milliseconds. */
const recycleMin = 100

/** Holds nothing. */
export const openGate: Gate = { start: () => null, stop: () => null, recycle: () => null }

/** The gate of a fleet at one instant. */
export function gateOf(fleet: Fleet, now: Now): Gate {
  return {
    start: (proc, automatic) => endingHold(fleet) ?? dependencyHold(fleet, proc, now) ?? (automatic ? comebackHold(fleet, proc, now) : null),
    stop: (proc) => dependentHold(fleet, proc),
    recycle: (proc) => (isAsked(proc) ? null : windowHold(proc, now)) ?? siblingHold(fleet, proc),
  }
}

/** What holds a process, in the words of this moment: how long what it waits for will take changes by itself. */
export function holdNow(fleet: Fleet, proc: Proc, now: Now): string | null {
  if (proc.hold === null || proc.id !== null || proc.preparing || fleet.phase !== 'running') return proc.hold
  return dependencyHold(fleet, proc, now)?.reason ?? proc.hold
}

/**
 * Whom a process that is held waits for in vain: what has failed for good, or has ended and is not wanted any more, or is not
 * there. Through others that wait too, so the name is that of the one to look at. `null`: all may yet come by itself.
 */
export function lostDependency(fleet: Fleet, proc: Proc): string | null {
  if (!rests(proc) || proc.want !== 'up' || proc.hold === null || fleet.phase !== 'running') return null
  for (const { dependency, procs } of linksOf(fleet)?.needs.get(proc) ?? []) {
    if (procs.length === 0 && dependency.required) return dependency.on
    for (const one of procs) {
      const holds = !conditionHolds(one, dependency.condition) && (dependency.required || isWanted(one))
      const lost = holds ? whoIsLost(fleet, one) : null
      if (lost !== null) return lost
    }
  }
  return null
}

function whoIsLost(fleet: Fleet, proc: Proc): string | null {
  if (!rests(proc) || proc.next !== null || proc.leaving || proc.deadline !== null) return null
  const isOver = proc.want === 'down' || (proc.state === 'FATAL' && proc.hold === null)
  return isOver ? namespec(proc.group, proc.name) : lostDependency(fleet, proc)
}

function endingHold(fleet: Fleet): Hold | null {
  return fleet.phase === 'running' ? null : { reason: 'not started: the master is shutting down', until: null }
}

/** Who was taken down on purpose is brought back also outside its window. */
function comebackHold(fleet: Fleet, proc: Proc, now: Now): Hold | null {
  if (proc.planned !== null) return momentHold(proc, now)
  return (proc.afterStop === 'again' ? null : windowHold(proc, now)) ?? breakerHold(fleet, now)
}

/** Who does nothing but recycle itself must not keep the machine busy. */
function momentHold(proc: Proc, now: Now): Hold | null {
  const until = proc.startedMono + recycleMin
  return now.mono >= until ? null : { reason: `recycled itself within ${String(recycleMin)} ms, waits a moment`, until }
}

function isAsked(proc: Proc): boolean {
  return proc.recycle !== null && proc.recycle.by !== 'max_lifetime' && proc.recycle.by !== 'max_memory'
}

function dependencyHold(fleet: Fleet, proc: Proc, now: Now): Hold | null {
  for (const { dependency, procs } of linksOf(fleet)?.needs.get(proc) ?? []) {
    if (procs.length === 0) {
      if (dependency.required) return { reason: `waiting for ${dependency.on}, which is not there`, until: null }
      continue
    }
    const missing = procs.find((one) => !conditionHolds(one, dependency.condition) && (dependency.required || isWanted(one)))
    if (missing !== undefined) return { reason: `waiting for ${whatIsMissing(missing, dependency.condition, now)}`, until: null }
  }
  return null
}

function whatIsMissing(proc: Proc, condition: string, now: Now): string {
  const name = namespec(proc.group, proc.name)
  if (proc.state === 'RUNNING' && proc.want === 'up') return condition === 'completed' ? `${name} to complete` : `${name} (${proc.ailment || 'not healthy yet'})`
  const retries = proc.hold === null && proc.want === 'up' && proc.deadline !== null && (proc.state === 'BACKOFF' || proc.state === 'FATAL')
  const retry = retries ? `, retry in ${String(Math.max(0, Math.ceil(((proc.deadline ?? 0) - now.mono) / 1000)))} s` : ''
  const why = `${proc.hold ?? proc.reason}${retry}`
  return `${name} (${proc.state}${why === '' ? '' : `: ${why}`})`
}

function windowHold(proc: Proc, now: Now): Hold | null {
  const wait = untilWindow(now.wall, proc.spec.care?.restart?.window ?? null)
  return wait === 0 ? null : { reason: `waiting for its restart_window, ${minuteWords(new Date(now.wall + wait))}`, until: now.mono + Math.min(wait, windowLook) }
}


/** In no second, wherever it begins, are there more than `burst`: the next one comes a second after the one so many before it. */
function breakerHold(fleet: Fleet, now: Now): Hold | null {
  const { breaker } = fleet
  if (breaker.burst === null) return null
  const oldest = breaker.recent.length < breaker.burst ? undefined : breaker.recent[0]
  if (oldest === undefined || now.mono >= oldest + 1000) {
    breaker.recent = [...breaker.recent, now.mono].slice(-breaker.burst)
    return null
  }
  const until = oldest + 1000
  return { reason: `waiting its turn: at most ${String(breaker.burst)} automatic restarts a second (restart_burst)`, until }
}

/** Who depends on it goes first, if it is being stopped too. */
function dependentHold(fleet: Fleet, proc: Proc): string | null {
  if (fleet.hurried) return null
  const dependent = linksOf(fleet)?.neededBy.get(proc)?.find((one) => !isStopped(one.state) && one.state !== 'BACKOFF' && (one.want === 'down' || fleet.phase !== 'running'))
  return dependent === undefined ? null : `stops after ${namespec(dependent.group, dependent.name)}, which depends on it`
}

/** One after another: while a sibling is not up, this one is not taken down. */
function siblingHold(fleet: Fleet, proc: Proc): Hold | null {
  for (const one of fleet.groups.get(proc.group)?.procs.values() ?? []) {
    if (one === proc || one.spec.program !== proc.spec.program || one.want !== 'up') continue
    if (one.state !== 'RUNNING' && one.state !== 'FATAL') return { reason: `waiting until ${namespec(one.group, one.name)} is up again`, until: null }
  }
  return null
}
