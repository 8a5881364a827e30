/**
 * The fields of a line of the master's log that programs go by, `nsup dev` first of all: a sentence is for people and may be
 * reworded at any time. What else a line has is its time, its level and its `msg`.
 */
import type { Actor, State, Want } from './model.ts'

/** What a line is about that tells no change of state. `root`: the master runs as root. */
export type LineEvent = 'spawned' | 'kill' | 'watch' | 'signal' | 'root'

export interface LogFields {
  /** Its namespec. */
  readonly process?: string
  readonly event?: LineEvent
  readonly from?: State
  readonly to?: State
  readonly pid?: number
  readonly reason?: string
  /** With a state of rest, `up` says that it comes back by itself. */
  readonly want?: Want
  readonly by?: Actor
  /** How the incarnation ended, for people; absent where none has ended. */
  readonly exit?: string
  /** With `exit`: whether that was a good end; of a job, whether the run went well. */
  readonly expected?: boolean
  readonly [further: string]: unknown
}
