/** What the master as the API sees it needs of the rest of the daemon. */
import type { Master, MasterInfo } from '../api/master.ts'
import type { Comparison } from '../core/diff.ts'
import type { FindFamily } from '../core/family.ts'
import type { FleetInput } from '../core/fleet.ts'
import type { Actor } from '../core/model.ts'
import type { Clock, Processes } from '../core/ports.ts'
import type { Fleet } from '../core/roster.ts'
import type { SharedTables } from '../core/shared-tables.ts'
import type { GroupSpec } from '../core/spec.ts'
import type { Proc } from '../core/proc.ts'
import type { Bus } from './bus.ts'
import type { ListPorts } from './by-hand.ts'
import type { EnvironmentBase } from './environment.ts'
import type { Ledger } from './ledger.ts'
import type { MasterLog } from './master-log.ts'
import type { PostOffice } from './post-office.ts'
import type { StreamsOf } from './streams.ts'
import type { Waits } from './waits.ts'

export interface FleetMasterPorts {
  readonly fleet: Fleet
  readonly enqueue: (...inputs: FleetInput[]) => void
  /** What has happened is told before anybody reads of it. */
  readonly catchUp: () => void
  readonly clock: Clock
  readonly processes: Processes
  readonly streams: StreamsOf
  readonly environment: EnvironmentBase
  readonly bus: Bus
  readonly log: MasterLog
  readonly waits: Waits
  readonly identity: Omit<MasterInfo, 'state' | 'logBytesDropped'>
  readonly comparison: Comparison
  /** Reads the config again; throws Fault CANT_REREAD with all problems. Log files that are AUTO have their names. */
  readonly readGroups: () => readonly GroupSpec[]
  readonly mainLog: { clear(): void; reopen(): void }
  readonly end: (how: 'shutdown' | 'restart' | 'keep-workers', by: Actor) => void
  readonly measure: (pids: readonly number[]) => ReturnType<Master['usage']>
  readonly portHolder: Master['portHolder']
  /** True of an event listener that gets no events any more. */
  readonly isDeaf: (proc: Proc) => boolean
  readonly family: FindFamily
  readonly programList: ListPorts
  readonly ledger: Ledger
  readonly tables: SharedTables & { accept(): void }
  readonly post: PostOffice
}
