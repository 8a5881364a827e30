/**
 * The end of the whole, tier after tier: groups by descending priority, those of equal priority together. See fleet.ts
 * for when it is asked to go on.
 */
import { isStopped } from './model.ts'
import type { Actor } from './model.ts'
import type { Ranked } from './order.ts'
import type { Proc } from './proc.ts'
import type { Links } from './dependencies.ts'
import { stepProc } from './process.ts'
import type { Moment } from './turn.ts'

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
export function stopNextTier(fleet: Ending, order: readonly Ranked[], links: Links | null, turn: Moment): boolean {
  // As long as one of the tier is not at rest there is nothing to look for; 500 exits would each look at 500.
  if (fleet.awaited !== null && fleet.awaited.state === 'STOPPING') return false
  fleet.awaited = null
  const rank = links === null ? ({ groupPriority }: Ranked): number => groupPriority : rankByNeed(order, links)
  const left = order.filter(({ proc }) => !isStopped(proc.state))
  if (left.length === 0) {
    fleet.phase = 'drained'
    turn.effects.push({ type: 'drained' })
    return true
  }
  const highest = Math.max(...left.map(rank))
  const tier = left.filter((one) => rank(one) === highest).reverse()
  if (fleet.lull !== 'over' && !fleet.hurried && tier.some(({ proc }) => proc.spec.listener !== undefined && proc.state === 'RUNNING')) {
    fleet.lull = 'due'
    return false
  }
  fleet.lull = 'none'
  for (const one of tier) {
    if (one.proc.state === 'BACKOFF') stepProc(one.proc, { type: 'giveUp', by: fleet.stopBy }, turn.now, turn.effects)
    else if (one.proc.state !== 'STOPPING') stopForShutdown(one.proc, fleet, turn)
    if (!isStopped(one.proc.state)) fleet.awaited ??= one.proc
  }
  // A tier of nothing but BACKOFF is done at once, and nothing else would come to move the shutdown on.
  if (fleet.awaited === null) stopNextTier(fleet, order, links, turn)
  return true
}

/** Nobody goes after what it depends on, whatever the priorities say. */
function rankByNeed(order: readonly Ranked[], links: Links): (one: Ranked) => number {
  const own = new Map(order.map(({ proc, groupPriority }) => [proc, groupPriority]))
  const ranks = new Map<Proc, number>()
  const rank = (proc: Proc): number => {
    const known = ranks.get(proc)
    if (known !== undefined) return known
    ranks.set(proc, own.get(proc) ?? 0) // a circle ends here
    const needs = links.needs.get(proc)?.flatMap(({ procs }) => procs.map(rank)) ?? []
    const found = Math.max(own.get(proc) ?? 0, ...needs)
    ranks.set(proc, found)
    return found
  }
  return ({ proc }) => rank(proc)
}

function stopForShutdown(proc: Proc, fleet: Ending, { now, effects, gate }: Moment): void {
  stepProc(proc, { type: 'stop', by: fleet.stopBy }, now, effects, gate)
  if (fleet.hurried) stepProc(proc, { type: 'hurry' }, now, effects, gate)
}
