/**
 * The end of the whole, tier after tier: groups by descending priority, those of equal priority together. See fleet.ts
 * for when it is asked to go on.
 */
import { isStopped } from './model.ts'
import type { Actor } from './model.ts'
import type { Ranked } from './order.ts'
import type { Effect, Now, Proc } from './proc.ts'
import { stepProc } from './process.ts'

/** Begins the name of whoever stops a process because the whole is shut down. */
export const shutdownActor = 'shutdown'

/** What a shutdown reads and changes of a fleet. */
interface Ending {
  phase: 'running' | 'stopping' | 'drained'
  readonly stopBy: Actor
  readonly hurried: boolean
  /** One of the tier that is being stopped, not at rest yet when it was last seen. */
  awaited: Proc | null
  lull: 'none' | 'due' | 'over'
}

/**
 * Stops the next tier when the one before is at rest, or says that all are. `order`: all processes, ascending. False
 * when there was nothing to do, or listeners are to have their lull first.
 */
export function stopNextTier(fleet: Ending, order: readonly Ranked[], now: Now, effects: Effect[]): boolean {
  // As long as one of the tier is not at rest there is nothing to look for; 500 exits would each look at 500.
  if (fleet.awaited !== null && fleet.awaited.state === 'STOPPING') return false
  fleet.awaited = null
  const last = order.findLast(({ proc }) => !isStopped(proc.state))
  if (last === undefined) {
    fleet.phase = 'drained'
    effects.push({ type: 'drained' })
    return true
  }
  const tier = order.slice(order.findIndex(({ groupPriority }) => groupPriority === last.groupPriority)).reverse()
  if (fleet.lull !== 'over' && !fleet.hurried && tier.some(({ proc }) => proc.spec.listener !== undefined && proc.state === 'RUNNING')) {
    fleet.lull = 'due'
    return false
  }
  fleet.lull = 'none'
  for (const one of tier) {
    if (one.proc.state === 'BACKOFF') stepProc(one.proc, { type: 'giveUp', by: fleet.stopBy }, now, effects)
    else if (one.proc.state !== 'STOPPING') stopForShutdown(one.proc, fleet, now, effects)
    if (!isStopped(one.proc.state)) fleet.awaited ??= one.proc
  }
  // A tier of nothing but BACKOFF is done at once, and nothing else would come to move the shutdown on.
  if (fleet.awaited === null) stopNextTier(fleet, order, now, effects)
  return true
}

function stopForShutdown(proc: Proc, fleet: Ending, now: Now, effects: Effect[]): void {
  stepProc(proc, { type: 'stop', by: fleet.stopBy }, now, effects)
  if (fleet.hurried) stepProc(proc, { type: 'hurry' }, now, effects)
}
