/** What the master needs of the three streams of a process; output.ts is the real thing. */
import type { Proc } from '../core/proc.ts'
import type { GroupSpec } from '../core/spec.ts'
import type { Voice } from './voice.ts'

export interface ProcStreams {
  /** Descriptors that a child gets as 0, 1 and 2. */
  readonly stdin: number
  readonly stdout: number
  readonly stderr: number
  /** What it says of itself; absent where it is not asked to. */
  readonly voice?: Pick<Voice, 'gifts' | 'report' | 'onHealth' | 'inbox'> | undefined
  /** Opens logs and empties what is left in stdin; a sentence when that cannot be done: a spawn error. */
  prepareSpawn(): string | null
  /** Reads and writes what the FIFOs hold at this moment. `polled`: see ChunkReader. */
  drain(polled: boolean): void
  /** Calls back with each chunk of output, which is only lent. Returns the end of it. */
  listen(channel: 'stdout' | 'stderr', listener: (chunk: Uint8Array) => void): () => void
  /** The last lines of stderr (stdout where redirected), at most 20. */
  lastLines(): string[]
  sendStdin(text: string): Promise<void>
  /** Writes a line into the log of stdout that the process has not written itself; false when there is no such log. */
  note(line: string): boolean
  reopen(): void
  clear(): void
  close(): void
}

/** Finds, makes and ends the streams of processes. */
export interface StreamsOf {
  /** Makes the FIFOs of all these processes at once. What fails is told when a process is opened. */
  prepare(groups: readonly GroupSpec[]): void
  /** Bytes of output that could not be written, in all. */
  bytesDropped(): number
  /**
   * The streams of a process; opened at the first call. A sentence when they cannot be had. Those of an adopted
   * process are found through the process itself when somebody has removed their FIFOs.
   */
  open(proc: Proc): ProcStreams | string
  /** The streams if they are open. */
  get(proc: Proc): ProcStreams | undefined
  /** Closes and removes them. */
  forget(proc: Proc): void
  all(): Iterable<ProcStreams>
}
