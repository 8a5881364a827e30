/** What the handlers of methods share: their shape, and how they come by the processes that are meant. */
import type { ProcessView } from '../core/model.ts'
import type { Master, Outcome } from './master.ts'
import type { CallName, TakenOf } from './methods.ts'
import type { ResultOf } from './results.ts'
import { resolveOne, resolveTargets } from './targets.ts'
import type { Resolved } from './targets.ts'
import { outcomeOf } from './view.ts'

/** Who asks, and the end of their patience. */
export interface Caller {
  readonly by: string
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

export type Handler<M extends CallName> = (master: Master, params: TakenOf<M>, caller: Caller) => ResultOf<M> | Promise<ResultOf<M>>

export function resolve(master: Master, targets: readonly string[]): Resolved {
  return resolveTargets(master.processes(), targets, { groups: master.activeGroups() })
}

/** Throws Fault BAD_NAME. */
export function one(master: Master, target: string): ProcessView {
  return resolveOne(master.processes(), target, { groups: master.activeGroups() })
}

export function answer(outcomes: readonly Outcome[], missing: Resolved['missing']): ResultOf<'start'> {
  return { outcomes: outcomes.map(outcomeOf), missing: [...missing] }
}
