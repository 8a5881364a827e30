/**
 * What a job remembers from run to run, and what the next master gets to know of it. Plain data; job.ts reckons with it.
 */
import type { Actor, RunCause, RunResult } from './model.ts'

/** A run that is due. */
export interface Due {
  /** By which somebody waits for it. A run and its retries have one. */
  readonly id: string
  readonly cause: RunCause
  /** The time that it was planned for, epoch milliseconds; `null`: none. */
  readonly slot: number | null
}

export interface Rounds {
  /** Its runs are counted: it has been started and not been stopped since. */
  armed: boolean
  /** The timetable that `slot` is of. */
  timetable: string
  /** Slots up to this one have been dealt with, epoch milliseconds. */
  slot: number
  /** The next slot with what `spread` adds, epoch milliseconds; `null`: none. */
  nextAt: number | null
  /** When the last run ended, on the monotonic clock; `null`: none has since it was started. */
  endedMono: number | null
  /** The same, epoch milliseconds; 0: none has. */
  endedAt: number
  /** What is to be run, the next one first. */
  waiting: readonly Due[]
  /** What runs. While it waits to be tried again it is the first of `waiting`. */
  current: Due | null
  /** How often the current run has been tried again. */
  tries: number
  /** Slots that were not run. */
  skipped: number
  /** Counts what was due, for ids. */
  count: number
  /** The last run that is over, with its retries. */
  done: { readonly id: string; readonly result: RunResult; readonly reason: string; /** Its exit code. */ readonly code?: number } | null
  /** It is run once although nobody wants it: who it was that did not. */
  once: Actor | null
}

export function newRounds(): Rounds {
  return {
    armed: false, timetable: '', slot: 0, nextAt: null, endedMono: null, endedAt: 0, waiting: [], current: null, tries: 0, skipped: 0, count: 0, done: null, once: null,
  }
}
