/**
 * The port through which the API asks the master. The daemon implements it; tests implement it with a fake.
 * Every method that waits takes an AbortSignal: a client that went away stops costing.
 */
import type { Actor, ProcessView } from '../core/model.ts'
import type { SignalName } from '../lib/signals.ts'
import type { FaultName } from '../lib/fault.ts'
import type { Messages } from '../core/sending.ts'
import type { SharedTables } from '../core/shared-tables.ts'
import type { GroupSpec } from '../core/spec.ts'
import type { PortHolder } from './advice.ts'
import type { MasterEvent } from '../core/events.ts'
import type { Relative } from '../core/family.ts'
import type { ProgramList } from './program-list.ts'

/** What came of one request for one process. */
export interface Outcome {
  readonly group: string
  readonly name: string
  /** `OK`, or why not. */
  readonly result: 'OK' | FaultName
  /** A sentence, with the reason of a failure. */
  readonly description: string
  /** Of a run that was waited for, and that has ended with one. */
  readonly exitCode?: number
  /** Of a start that waits in vain: who it is that does not come, as it is named. */
  readonly dependency?: string
}

export type MasterState = 'RUNNING' | 'RESTARTING' | 'SHUTDOWN'

export interface MasterInfo {
  readonly pid: number
  readonly version: string
  readonly identifier: string
  readonly state: MasterState
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly configFile: string
  readonly configFormat: 'ini' | 'yaml'
  readonly instance: string
  /** Path of the main log, `null` when there is none. */
  readonly logfile: string | null
  /** Bytes dropped so far because a disk was full. */
  readonly logBytesDropped: number
}

/** How a waiting request is to be carried out. */
export interface ActOptions {
  readonly by: Actor
  /** Answer when the wanted state is reached, not when the request is taken. */
  readonly wait: boolean
  /** Wait on through failed tries, until it is RUNNING or given up; what is on its way already is waited for too. */
  readonly patient?: boolean
  /** Of a start: what has ended or failed by itself since then, epoch milliseconds, is not started again, nor called by who needs it. */
  readonly endedSince?: number
  readonly signal?: AbortSignal
  /** Of a stop: it is about to be started again, and what is sent to it waits. */
  readonly comesBack?: true
}

/** What may be waited for. `stopped`: it does not run and is not to; `exited`: the incarnation that runs now has ended. */
export type WaitCondition = 'ready' | 'healthy' | 'stopped' | 'exited'

/** What came of asking one worker how it is. */
export interface HealthAnswer {
  readonly namespec: string
  readonly pid: number
  /** It has reported since it was asked. */
  readonly answered: boolean
  /** How; `null`: it has not. */
  readonly via: 'report' | 'communication' | 'stdout' | 'stderr' | null
  /** Its account, or the one before if it has not answered; `null`: there is none. */
  readonly health: Readonly<Record<string, unknown>> | null
  /** Milliseconds since that account; `null`: there is none. */
  readonly age: number | null
  /** Why it has not answered. */
  readonly reason?: string
}

/** What came of the two halves of a restart. */
export interface Replaced {
  readonly stopped: Outcome
  readonly started: Outcome
}

/** Difference between the config on disk and what runs; names of groups. */
export interface ConfigDiff {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/** One line of what an update did, in supervisorctl's words: `stopped`, `removed process group`, ... */
export interface UpdateStep {
  readonly group: string
  readonly did: 'stopped' | 'removed process group' | 'updated process group' | 'added process group' | 'has problems; not removing'
}

/** What an update did, and the names that no group has, neither a running one nor one of the config. */
export interface Updated {
  readonly steps: readonly UpdateStep[]
  readonly unknown: readonly string[]
  readonly kept: readonly Kept[]
}

/** A group that the config has not, and that an update leaves all the same; the reason is a sentence. */
export interface Kept {
  readonly group: string
  readonly reason: string
}

/** Which of a process's streams. */
export type Channel = 'stdout' | 'stderr'

export interface Master {
  readonly programs: ProgramList
  readonly tables: SharedTables
  readonly messages: Messages
  info(): MasterInfo
  /** All processes, by group then name. */
  processes(): readonly ProcessView[]
  /** Groups of the last config that was read, active or not. */
  configuredGroups(): readonly GroupSpec[]
  activeGroups(): readonly string[]

  /** Starts, stops; outcomes in the order in which they were completed. Throws Fault SHUTDOWN_STATE. */
  start(targets: readonly ProcessView[], options: ActOptions): Promise<Outcome[]>
  stop(targets: readonly ProcessView[], options: ActOptions): Promise<Outcome[]>
  /** Runs jobs once, now; with `wait` the outcome is that of the run. Throws Fault SHUTDOWN_STATE. */
  trigger(targets: readonly ProcessView[], options: ActOptions): Promise<Outcome[]>
  /** Replaces what runs by another incarnation; a job in hand is waited for, up to `busy_wait`. Throws Fault SHUTDOWN_STATE. */
  replace(targets: readonly ProcessView[], options: ActOptions): Promise<Replaced[]>
  /**
   * Resolves when the condition holds for each, or cannot come to hold by itself (SPAWN_ERROR, ABNORMAL_TERMINATION);
   * TIMEOUT, and how far it is, for those that the signal finds waiting.
   */
  wait(targets: readonly ProcessView[], condition: WaitCondition, signal?: AbortSignal): Promise<Outcome[]>
  /**
   * Asks each how it is, by its `health_signal` (SIGUSR1), and answers when all have answered or `timeout` milliseconds
   * are over; who has no handler for the signal is not sent it. In the order of `targets`.
   */
  health(targets: readonly ProcessView[], options: { readonly timeout: number; readonly signal?: AbortSignal }): Promise<readonly HealthAnswer[]>
  /** Sends to the pid only, never the group; changes no state. */
  signal(targets: readonly ProcessView[], signal: SignalName, by: Actor): Outcome[]
  /** SIGKILL to the process and what belongs to it; the restart policy goes on as after any crash. */
  kill(targets: readonly ProcessView[], by: Actor): Outcome[]
  /** Writes to stdin. Throws Fault NOT_RUNNING, NO_FILE. */
  sendStdin(target: ProcessView, text: string): Promise<void>
  clearLogs(targets: readonly ProcessView[]): Outcome[]
  clearMainLog(): void
  reopenLogs(by: Actor): void

  /** Reads the config again without acting on it. Throws Fault CANT_REREAD with all problems as text. */
  reread(): ConfigDiff
  addGroup(name: string, by: Actor): void
  removeGroup(name: string): void
  /** Rereads and applies the difference, of the named groups or of all; a name that is unknown keeps no other back. */
  update(groups: readonly string[], by: Actor): Promise<Updated>
  /** Ends the master. With `keepWorkers` the workers run on and the next master adopts them. */
  shutdown(by: Actor, options: { readonly keepWorkers: boolean }): void
  /** Stops everything and starts again from the config, in the same pid. */
  restart(by: Actor): void

  /** Sends something to the event listeners; also while shutting down. */
  remoteComm(kind: string, data: string): void

  /**
   * Calls back for every event from now on whose type is wanted; returns the end of it. Without `wants`: all but ticks.
   * Ticks and what is made of output are only made while somebody wants them.
   */
  subscribe(listener: (event: MasterEvent) => void, wants?: (type: MasterEvent['type']) => boolean): () => void
  /** The last events, oldest first; without output, remote communication and ticks. */
  recentEvents(): readonly MasterEvent[]
  /** Who listens on a TCP port; `null`: nobody. */
  portHolder(port: number): Promise<PortHolder | null>
  /** The lines of the ledger, oldest first: what `ledgerEntry` reads. */
  ledgerLines(): AsyncIterable<string>
  /** The master and all that descends from these; with all of them also what descends from itself alone. */
  family(targets: readonly ProcessView[]): Promise<readonly Relative[]>
  /** CPU percent and resident bytes of running processes by pid. */
  usage(pids: readonly number[]): Promise<ReadonlyMap<number, { readonly cpu: number; readonly memory: number }>>
}
