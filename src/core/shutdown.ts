/**
 * The end of the whole, tier after tier: groups by descending priority, those of equal priority together. See fleet.ts
 * for when it is asked to go on. It has a limit; beyond it nobody waits for anybody, and in the end not for what cannot
 * be killed.
 */
import { stopMax } from './ladder.ts'
import { isStopped } from './model.ts'
import type { Actor } from './model.ts'
import type { Ranked } from './order.ts'
import type { Proc } from './proc.ts'
import type { Links } from './dependencies.ts'
import { stepProc } from './process.ts'
import type { Moment } from './turn.ts'

/** What a shutdown may take above the time that all stops together may take. */
const slack = 30_000

/** Begins the name of whoever stops a process because the whole is shut down. */
export const shutdownActor = 'shutdown'

/** What a shutdown reads and changes of a fleet. */
interface Ending {
  phase: 'running' | 'stopping' | 'drained' | 'left'
  readonly stopBy: Actor
  hurried: boolean
  hurryAt: number | null
  leaveAt: number | null
  readonly forceDelay: number | null
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
    turn.effects.push({ type: 'drained', left: [] })
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

/**
 * Milliseconds that a shutdown may take where nobody has said: as long as each tier may take that is patient with its
 * slowest, and then some. `order`: all processes, ascending; `lasts`: milliseconds that the stop of one may take.
 */
export function standardTimeout(order: readonly Ranked[], links: Links | null, lasts = stopLasts): number {
  const paths = new Map<Proc, number>()
  // Who is needed stops after those that need it, also within a tier.
  const path = (proc: Proc): number => {
    const known = paths.get(proc)
    if (known !== undefined) return known
    paths.set(proc, 0) // a circle ends here
    const before = links?.neededBy.get(proc)?.map(path) ?? []
    const found = Math.max(0, ...before) + lasts(proc)
    paths.set(proc, found)
    return found
  }
  const tiers = new Map<number, number>()
  for (const { proc, groupPriority } of order) tiers.set(groupPriority, Math.max(tiers.get(groupPriority) ?? 0, path(proc)))
  return [...tiers.values()].reduce((sum, tier) => sum + tier, 0) + slack
}

function stopLasts(proc: Proc): number {
  return isStopped(proc.state) ? 0 : stopMax(proc)
}

/** The limit has passed: SIGKILL to all that runs, in whatever tier. */
export function passLimit(fleet: Ending, order: readonly Ranked[], turn: Moment): void {
  fleet.hurried = true
  fleet.hurryAt = null
  fleet.leaveAt = fleet.forceDelay === null ? null : turn.now.mono + fleet.forceDelay
  for (const { proc } of [...order].reverse()) {
    if (proc.state === 'STOPPING') stepProc(proc, { type: 'hurry' }, turn.now, turn.effects, turn.gate)
    else if (proc.state === 'BACKOFF') stepProc(proc, { type: 'giveUp', by: fleet.stopBy }, turn.now, turn.effects)
    else if (!isStopped(proc.state)) stopForShutdown(proc, fleet, turn)
  }
}

/** It is over, although some have not ended; the next master finds them. */
export function leaveRest(fleet: Ending, order: readonly Ranked[], { effects }: Moment): void {
  fleet.leaveAt = null
  fleet.phase = 'left'
  effects.push({ type: 'drained', left: order.map(({ proc }) => proc).filter((proc) => !isStopped(proc.state)) })
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
