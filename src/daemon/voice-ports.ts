/** What a voice needs from outside, and what it has for the child that is about to be spawned. */
import type { Clock, NotifySockets } from '../core/ports.ts'
import type { Proc, ProcInput } from '../core/proc.ts'
import type { FifoPorts } from '../core/sinks.ts'
import type { Desk } from './desk.ts'
import type { FairTurns } from './fair-turns.ts'
import type { WhoIs } from './main-pid.ts'
import type { WorkerInboxOptions } from './worker-inbox.ts'

export interface VoicePorts {
  readonly fifos: FifoPorts
  readonly notifySockets: NotifySockets
  readonly clock: Clock
  readonly runDir: string
  readonly whoIs: WhoIs
  readonly records: WorkerInboxOptions['records']
  readonly desk: Desk
  readonly turns: FairTurns
  /** Takes what follows of a word. */
  readonly tell: (proc: Proc, input: ProcInput) => void
  /** A sentence for the log. */
  readonly warn: (proc: Proc, sentence: string) => void
}

/** What a child gets beside stdin, stdout and stderr. */
export interface Gifts {
  /** Descriptors by their number in the child. */
  readonly descriptors: ReadonlyMap<number, number>
  readonly environment: Readonly<Record<string, string>>
}
