/** Carries out the methods of methods-jobs.ts, as handlers.ts does the others. */
import { answer, resolve } from './handler.ts'
import type { Handler } from './handler.ts'
import type { jobMethods } from './methods-jobs.ts'
import { waitPatiently } from './waiting.ts'

export const jobHandlers: { readonly [M in keyof typeof jobMethods]: Handler<M> } = {
  async trigger(master, params, caller) {
    const { matched, missing } = resolve(master, params.targets)
    const { by } = caller
    return answer(await waitPatiently(params, caller, signal => master.trigger(matched, { by, wait: params.wait, signal })), missing)
  },
}
