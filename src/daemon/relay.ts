/** Hands a signal that the master got on to every process that is RUNNING. */
import type { Processes } from '../core/ports.ts'
import { ranked } from '../core/roster.ts'
import type { Fleet } from '../core/roster.ts'
import { namespec } from '../core/spec.ts'
import type { SignalName } from '../lib/signals.ts'
import type { Ledger } from './ledger.ts'
import type { MasterLog } from './master-log.ts'

export function relaySignal(fleet: Fleet, signal: SignalName, { processes, log }: { processes: Processes; log: MasterLog }, ledger: Pick<Ledger, 'note'>): void {
  for (const { proc } of ranked(fleet)) {
    if (proc.state !== 'RUNNING' || proc.id === null) continue
    const answer = processes.kill(proc.id, signal, 'process')
    if (answer === 'sent') ledger.note({ type: 'signal', process: namespec(proc.group, proc.name), pid: proc.id.pid, signal, by: 'relayed by the master' })
    if (typeof answer === 'object') log.error(`could not send ${signal} to ${proc.name}: ${answer.failed}`)
  }
}
