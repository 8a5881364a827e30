/** Which events somebody asks for: by patterns over their types, or by supervisord's names (PROCESS_STATE_EXITED). */
import { eventTypes } from '../core/events.ts'
import type { MasterEvent } from '../core/events.ts'
import { eventTypeOf, isSubscribed, mightWant, supervisorEventOf } from '../core/supervisor-events.ts'
import { Fault } from '../lib/fault.ts'
import { suggest } from '../lib/suggest.ts'
import { globMatches } from './glob.ts'

interface WantedEvents {
  /** True if events of this type are worth being made. */
  readonly mayFit: (type: MasterEvent['type']) => boolean
  readonly fits: (event: MasterEvent) => boolean
}

/** Ticks are no part of `*`, only of patterns that name them. Throws Fault for a pattern that no event can fit. */
export function wantedEvents(patterns: readonly string[]): WantedEvents {
  const all = patterns.map(wantedBy)
  return {
    mayFit: (type) => all.some((one) => one.mayFit(type)),
    fits: (event) => all.some((one) => one.fits(event)),
  }
}

function wantedBy(pattern: string): WantedEvents {
  const name = eventTypeOf(pattern)
  if (name !== undefined) {
    return {
      mayFit: (type) => mightWant([{ spec: { events: [name] } }], type),
      fits: (event) => isSubscribed([name], supervisorEventOf(event)?.type ?? null),
    }
  }
  const types = eventTypes.filter((type) => globMatches(pattern, type) && (pattern !== '*' || !type.startsWith('tick.')))
  if (types.length === 0) throw new Fault('BAD_ARGUMENTS', unknown(pattern))
  return { mayFit: (type) => types.includes(type), fits: ({ type }) => types.includes(type) }
}

function unknown(pattern: string): string {
  const near = suggest(pattern, [...eventTypes, ...new Set(eventTypes.map((type) => `${type.split('.')[0] ?? ''}.*`))])
  const guess = near === undefined ? '' : `, did you mean ${near}?`
  return `no event is of type ${pattern}${guess}; there are ${eventTypes.join(', ')}, and supervisord's names`
}
