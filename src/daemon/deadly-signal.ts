/**
 * Who would die of a signal that is a question and no order: one that asks how somebody is, or that goes to everybody. Who names a
 * process and a signal gets what he asks for, and does not ask here.
 */
import { channelsOf } from '../core/channels.ts'
import type { Pid } from '../core/model.ts'
import type { Processes } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import type { SignalName } from '../lib/signals.ts'

/** `none`: it has no handler. `hidden`: PHP tells nobody whether its program has one, and nothing says that this one has. */
export type Deadly = 'none' | 'hidden'

/** `null`: it has a handler, or nothing can be told of it. */
export function deadlyTo(proc: Proc, id: Pid, signal: SignalName, processes: Pick<Processes, 'handles'>): Deadly | null {
  const handles = processes.handles(id, signal)
  if (handles === false) return 'none'
  return handles === 'perhaps' && !expects(proc, signal) ? 'hidden' : null
}

/** The signal by which it is asked how it is. */
export function healthSignalOf({ spec }: Proc): SignalName {
  return spec.care?.healthSignal ?? 'SIGUSR1'
}

/** True if its program says that it knows of this signal, or of nsup, which sends it. */
function expects(proc: Proc, signal: SignalName): boolean {
  const { spec } = proc
  return healthSignalOf(proc) === signal && (spec.care?.healthSignal !== undefined || channelsOf(spec)?.report != null)
}
