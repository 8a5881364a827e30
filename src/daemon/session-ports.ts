/** What a session needs from outside: every room that it must not take in hand itself. */
import type { Master, MasterInfo } from '../api/master.ts'
import type { Config } from '../config/config.ts'
import type { Comparison } from '../core/diff.ts'
import type { FindFamily } from '../core/family.ts'
import type { Outside } from '../core/outside.ts'
import type { Clock, Processes, Sockets } from '../core/ports.ts'
import type { Look, Probes } from '../core/probing.ts'
import type { GroupSpec } from '../core/spec.ts'
import type { TableFiles } from '../core/table-files.ts'
import type { WatchFiles } from '../core/watch.ts'
import type { Bus } from './bus.ts'
import type { ListPorts } from './by-hand.ts'
import type { Desk } from './desk.ts'
import type { LedgerPort } from './ledger.ts'
import type { MasterLog } from './master-log.ts'
import type { Kernel } from './resource-keeper.ts'
import type { RecordStore } from './snapshot.ts'
import type { StreamsOf } from './streams.ts'
import type { HeardBy } from './taps.ts'
import type { VoicePorts } from './voice-ports.ts'

export type Ending = 'shutdown' | 'restart' | 'keep-workers'

export interface SessionPorts {
  readonly clock: Clock
  readonly processes: Processes
  readonly sockets: Sockets
  readonly outside: Outside
  readonly probes: Probes
  readonly watchFiles: WatchFiles
  readonly look: Look
  readonly kernel: Kernel
  readonly records: RecordStore
  readonly bootId: string
  readonly runDir: string
  /** What must survive a reboot. */
  readonly stateDir: string
  readonly tableFiles: TableFiles
  /** Path of the private server, which every master has. */
  readonly controlSocket: string
  readonly logDir: string
  readonly env: NodeJS.ProcessEnv
  readonly identity: Omit<MasterInfo, 'state' | 'logBytesDropped'>
  readonly log: MasterLog
  readonly mainLog: { clear(): void; reopen(): void }
  /** Makes the streams of processes; what is dropped is told to the bus, `heard` takes what listeners write, `tell` what workers report, `desk` what they ask. */
  readonly streams: (bus: Bus, heard: HeardBy, tell: VoicePorts['tell'], desk: Desk) => StreamsOf
  readonly comparison: Comparison
  /** Reads the config again. Throws Fault CANT_REREAD. */
  readonly readConfig: () => Config
  readonly autoLogs: AutoLogs
  readonly measure: (pids: readonly number[]) => ReturnType<Master['usage']>
  readonly portHolder: Master['portHolder']
  readonly family: FindFamily
  readonly programList: ListPorts
  readonly ledger: LedgerPort
  /** A mistake of the program was met: write what can be written and end; the workers live on. */
  readonly crashed: (error: unknown) => void
  /** Opens the servers; resolves with the closing of them. */
  readonly listen: (master: Master) => Promise<() => Promise<void>>
}

/** Log files that the config leaves to the master to name. */
export interface AutoLogs {
  /** Names what is AUTO; who runs keeps the name that it has. */
  name(groups: readonly GroupSpec[], running: readonly GroupSpec[]): readonly GroupSpec[]
  /** Removes what earlier masters left, apart from the files that these still use. */
  cleanUp(running: readonly GroupSpec[]): void
}
