/** Hands a signal that the master got on to every process that is RUNNING and does not die of it. */
import type { Pid } from '../core/model.ts'
import type { Processes } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { ranked } from '../core/roster.ts'
import type { Fleet } from '../core/roster.ts'
import { namespec } from '../core/spec.ts'
import { firstOf } from '../lib/listing.ts'
import type { SignalName } from '../lib/signals.ts'
import { deadlyTo } from './deadly-signal.ts'
import type { Deadly } from './deadly-signal.ts'
import type { Ledger } from './ledger.ts'
import type { MasterLog } from './master-log.ts'

export interface RelayPorts {
  readonly processes: Pick<Processes, 'kill' | 'handles'>
  readonly log: Pick<MasterLog, 'error' | 'warn'>
}

/** So many are named in one line. */
const namedMax = 10

export function relaySignal(fleet: Fleet, signal: SignalName, ports: RelayPorts, ledger: Pick<Ledger, 'note'>): void {
  const leftOut: Record<Deadly, string[]> = { none: [], hidden: [] }
  for (const { proc } of ranked(fleet)) {
    if (proc.state !== 'RUNNING' || proc.id === null) continue
    const deadly = deadlyTo(proc, proc.id, signal, ports.processes)
    if (deadly === null) send(proc, proc.id, signal, ports, ledger)
    else leftOut[deadly].push(namespec(proc.group, proc.name))
  }
  const { none, hidden } = leftOut
  const why = [
    ...(none.length > 0 ? [`${firstOf(none, namedMax)} (no handler)`] : []),
    ...(hidden.length > 0 ? [`${firstOf(hidden, namedMax)} (PHP hides whether its program has a handler: say health_signal=${signal.slice(3)} if it has)`] : []),
  ]
  if (why.length > 0) ports.log.warn(`${signal} was not sent to who would die of it: ${why.join('; ')}`)
}

function send(proc: Proc, id: Pid, signal: SignalName, { processes, log }: RelayPorts, ledger: Pick<Ledger, 'note'>): void {
  const answer = processes.kill(id, signal, 'process')
  if (answer === 'sent') ledger.note({ type: 'signal', process: namespec(proc.group, proc.name), pid: id.pid, signal, by: 'relayed by the master' })
  if (typeof answer === 'object') log.error(`could not send ${signal} to ${proc.name}: ${answer.failed}`)
}
