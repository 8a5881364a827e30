/** What it is to send a message, as all say it who take part in it: workers, clients, the master. */
import type { FaultName } from '../lib/fault.ts'
import type { Mode } from './addressing.ts'

export interface Sending {
  readonly to: string
  readonly mode: Mode | undefined
  /** JSON. */
  readonly data: string
}

/** Why somebody does not get a message. */
export interface Refused {
  readonly to: string
  readonly code: Extract<FaultName, 'BAD_NAME' | 'BAD_ARGUMENTS' | 'NO_INBOX' | 'NOT_RUNNING' | 'INBOX_FULL' | 'FAILED'>
  readonly message: string
}

/** Whom a message went to; `refused`: whom of all it did not. */
export interface Sent {
  readonly n: number
  readonly to: readonly string[]
  readonly refused: readonly Refused[]
}

export interface Messages {
  /** Sends for somebody from outside. When it returns the master holds the message, or has handed it over. */
  send(from: string, sending: Sending): Sent | Refused
}

/** How it stands with an inbox. */
export interface InboxCounts {
  readonly waiting: number
  readonly waitingBytes: number
  /** By this master; what was given back unread is not among them. */
  readonly delivered: number
  /** Because it was full. */
  readonly refused: number
}
