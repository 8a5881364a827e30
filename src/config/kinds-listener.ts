/** The types of the options that only an event listener has. */
import { didYouMean } from '../lib/suggest.ts'
import { eventTypeNames, eventTypeOf } from '../core/supervisor-events.ts'
import type { SupervisorEventType } from '../core/supervisor-events.ts'
import { kind, Refusal } from './kinds.ts'
import type { Kind } from './kinds.ts'

/** The one handler of results that needs no Python. */
export const defaultResultHandler = 'supervisor.dispatchers:default_handler'

/** A list of event types, in any case. */
export const eventTypes: Kind<readonly SupervisorEventType[]> = kind('a list of event types such as PROCESS_STATE or TICK_60', {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }],
}, (value) => {
  const words = value.split(',').map((word) => word.trim()).filter((word) => word !== '')
  const types: SupervisorEventType[] = []
  for (const word of words) {
    const type = eventTypeOf(word)
    if (type === undefined) {
      const hint = didYouMean(word, eventTypeNames()) ?? `the types are ${eventTypeNames().join(', ')}`
      return new Refusal(`unknown event type ${word} (${hint})`)
    }
    if (!types.includes(type)) types.push(type)
  }
  return types.length > 0 ? types : new Refusal('names no event type')
})

/** Only supervisord's own handler: another one is a Python function. */
export const resultHandler: Kind<string> = kind(defaultResultHandler, { enum: [defaultResultHandler] }, (value) => {
  const name = value.trim()
  return name === defaultResultHandler ? name : new Refusal(`'${name}' is a Python function and cannot be loaded; only ${defaultResultHandler} is built in`)
})
