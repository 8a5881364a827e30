/** Carries out the method of methods-messages.ts, as handlers.ts does the others. */
import { Fault } from '../lib/fault.ts'
import type { Handler } from './handler.ts'
import type { messageMethods } from './methods-messages.ts'

export const messageHandlers: { readonly [M in keyof typeof messageMethods]: Handler<M> } = {
  send(master, { to, data, mode }, caller) {
    const sent = master.messages.send(caller.by, { to, mode, data: JSON.stringify(data) })
    if ('code' in sent) throw new Fault(sent.code, sent.message)
    return { n: sent.n, to: [...sent.to], refused: [...sent.refused] }
  },
}
