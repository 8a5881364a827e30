/** Carries out the methods of methods-insight.ts, as handlers.ts does the others. */
import { answer, one, resolve } from './handler.ts'
import type { Handler } from './handler.ts'
import { historyOf } from './ledger-reading.ts'
import type { insightMethods } from './methods-insight.ts'
import { waitPatiently } from './waiting.ts'
import { whyOf } from './why.ts'
import { healthOf, workerOf } from './workers.ts'

export const insightHandlers: { readonly [M in keyof typeof insightMethods]: Handler<M> } = {
  async wait(master, params, caller) {
    const { matched, missing } = resolve(master, params.targets)
    return answer(await waitPatiently(params, caller, signal => master.wait(matched, params.for, signal)), missing)
  },
  health: (master, params, caller) => healthOf(master, params, caller.signal),
  worker: (master, params, caller) => workerOf(master, params, caller.signal),
  history: (master, params) => historyOf(master, params),
  why: (master, params) => whyOf(master, one(master, params.target)),
}
