/** Asking a process from outside whether it answers, and looking at one that does not, as ports. */
import type { Probe } from './care.ts'

export interface ProbeOrder {
  /** Milliseconds; then the answer is no. */
  readonly timeout: number
  /** For commands: the whole environment, user (`null`: the master's) and folder. Made only when it is needed. */
  readonly asProcess: () => { readonly environment: Readonly<Record<string, string>>; readonly user: string | null; readonly directory: string | null }
}

export interface Probes {
  /**
   * Asks once. `onAnswer` gets `null`, or why it does not answer, for people; it is called once and never before this has
   * returned. The returned function gives up: nothing is called then, and a command is killed.
   */
  run(probe: Probe, order: ProbeOrder, onAnswer: (problem: string | null) => void): () => void
}

export interface LookOrder {
  readonly pid: number
  /** Log files whose last lines are of interest. */
  readonly logs: readonly string[]
  /** Milliseconds that all of it may take; what is not there by then is left out. */
  readonly within: number
  /** Sends SIGUSR1, by which a Node opens its inspector; false: it is gone. */
  readonly wake: () => boolean
}

/** Looks at a process that is about to be ended, and tells what is to be seen, as text for people. Never rejects. */
export type Look = (order: LookOrder) => Promise<string>
