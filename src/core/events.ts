/** What the master tells the world: one closed union, from which listeners, streams and logs are fed. */
import type { Actor, RunCause, RunResult, State } from './model.ts'

interface Common {
  /** Counts up from 1 in the life of a master. */
  readonly serial: number
  /** Epoch milliseconds. */
  readonly at: number
}

/** A process went from one state to another. */
export interface StateEvent extends Common {
  readonly type: 'process.state'
  readonly group: string
  readonly name: string
  readonly from: State
  readonly to: State
  /** The pid that this is about, 0 where there is none. */
  readonly pid: number
  /** Backoff counter, for STARTING and BACKOFF. */
  readonly tries: number
  /** For EXITED: the code was expected. */
  readonly expected: boolean
  readonly reason: string
  readonly by: Actor | null
  /** What is behind it where that is not the usual: for FATAL, more than failed starts. */
  readonly cause?: 'crash_loop' | 'shutdown' | 'oom'
}

/** A process that is RUNNING has become healthy or unhealthy. */
export interface HealthEvent extends Common {
  readonly type: 'process.health'
  readonly group: string
  readonly name: string
  readonly pid: number
  readonly healthy: boolean
  /** What a probe or the worker said; empty when healthy. */
  readonly reason: string
}

/**
 * Of a job. `armed`: it waits for its first run; `ended`: a run is over, which need not be the last try; `skipped`: slots
 * came that are not run; `queued`: a run waits for the one that goes on.
 */
export interface RunEvent extends Common {
  readonly type: 'process.run'
  readonly group: string
  readonly name: string
  readonly what: 'armed' | 'ended' | 'skipped' | 'queued'
  /** The pid of a run that has ended, 0 where there is none. */
  readonly pid: number
  /** What began the run that this is about. */
  readonly cause: RunCause | null
  /** The time that it was planned for, epoch milliseconds; of several the last. */
  readonly slot: number | null
  /** How it ended. */
  readonly result: RunResult | null
  /** Milliseconds that it took. */
  readonly duration: number
  /** How many slots were skipped. */
  readonly count: number
  readonly reason: string
}

export interface GroupEvent extends Common {
  readonly type: 'group.added' | 'group.removed'
  readonly group: string
}

export interface MasterStateEvent extends Common {
  readonly type: 'master.running' | 'master.stopping' | 'master.reloaded'
  readonly by: Actor | null
}

/** Output could not be written: the disk is full. `bytes`: dropped since it began (recovered) or so far (dropping). */
export interface LogDropEvent extends Common {
  readonly type: 'log.dropping' | 'log.recovered'
  readonly group: string
  readonly name: string
  readonly channel: 'stdout' | 'stderr'
  readonly bytes: number
  readonly reason: string
}

/** Descendants that a stopped process left behind. */
export interface SurvivorsEvent extends Common {
  readonly type: 'process.survivors'
  readonly group: string
  readonly name: string
  readonly survivors: readonly { readonly pid: number; readonly name: string }[]
  readonly killed: boolean
}

/** A client of the XML-RPC interface sent something to the event listeners. */
export interface RemoteEvent extends Common {
  readonly type: 'remote.communication'
  /** What the client calls its `type`. */
  readonly kind: string
  readonly data: string
}

/**
 * What a process has written: all of it where `events_enabled` asks for that (`process.log`), or what stood between the
 * capture tokens (`process.communication`). Published only while somebody wants it.
 */
export interface OutputEvent extends Common {
  readonly type: 'process.log' | 'process.communication'
  readonly group: string
  readonly name: string
  readonly pid: number
  readonly channel: 'stdout' | 'stderr'
  readonly text: string
}

/** Wall time has passed a multiple of the period. Published only while somebody wants it. */
export interface TickEvent extends Common {
  /** With the period in seconds. */
  readonly type: 'tick.5' | 'tick.60' | 'tick.3600'
  /** Epoch seconds, a multiple of the period. */
  readonly when: number
}

/** A message has been taken for a process. Published only while somebody wants it. */
export interface MessageSentEvent extends Common {
  readonly type: 'message.sent'
  /** Who gets it. */
  readonly group: string
  readonly name: string
  readonly sender: string
  /** Its number. */
  readonly n: number
  readonly bytes: number
  /** The beginning of its data, as JSON. */
  readonly data: string
}

/** A message has not been taken. Published only while somebody wants it. */
export interface MessageRefusedEvent extends Common {
  readonly type: 'message.refused'
  readonly sender: string
  /** As the sender named it, or the one of several that refused. */
  readonly addressee: string
  readonly code: string
  readonly reason: string
  /** Of its data. */
  readonly bytes: number
}

export type MasterEvent =
  | StateEvent
  | HealthEvent
  | RunEvent
  | GroupEvent
  | MasterStateEvent
  | LogDropEvent
  | SurvivorsEvent
  | RemoteEvent
  | MessageSentEvent
  | MessageRefusedEvent
  | OutputEvent
  | TickEvent

const known: Readonly<Record<MasterEvent['type'], true>> = {
  'process.state': true,
  'process.run': true, 'process.health': true, 'process.log': true, 'process.communication': true, 'process.survivors': true,
  'group.added': true, 'group.removed': true,
  'master.running': true, 'master.stopping': true, 'master.reloaded': true,
  'log.dropping': true, 'log.recovered': true,
  'remote.communication': true,
  'message.sent': true, 'message.refused': true,
  'tick.5': true, 'tick.60': true, 'tick.3600': true,
}

export const eventTypes: readonly MasterEvent['type'][] = Object.keys(known) as MasterEvent['type'][]

/** An event before the bus has given it a serial and a time. */
export type EventBody = MasterEvent extends infer E ? (E extends Common ? Omit<E, 'serial' | 'at'> : never) : never
