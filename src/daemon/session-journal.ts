/** The journal of a session: which fleet it remembers, and who hears when it cannot be written. */
import { ranked } from '../core/roster.ts'
import type { Fleet } from '../core/roster.ts'
import { Journal } from './journal.ts'
import type { SessionPorts } from './session-ports.ts'
import { Slots } from './slots.ts'

export function journalOf(fleet: Fleet, { clock, log, runDir, stateDir, bootId, records }: SessionPorts): Journal {
  const slots = new Slots({ stateDir, records, log }, () => ranked(fleet))
  return new Journal({
    ...{ runDir, bootId, store: records, wall: () => clock.wall(), fleet: () => ranked(fleet) },
    onChange: (changed) => { slots.note(changed) },
    priorityOf: (proc) => fleet.groups.get(proc.group)?.priority ?? 999,
    onFailure: (errno) => {
      if (errno === null) log.info('the journal can be written again')
      else log.error(`cannot write the journal: ${errno}; a next master would not know the latest states`)
    },
  })
}
