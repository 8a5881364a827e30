/**
 * What the master does beside its workers, as one port: helper commands (hooks, alerts), a look whether an address
 * answers, messages by HTTP. Everything answers by a callback, once and never before the call has returned.
 */

export interface CommandOrder {
  readonly argv: readonly string[]
  /** The whole environment of the command. */
  readonly environment: Readonly<Record<string, string>>
  /** `null`: the master's. */
  readonly user: string | null
  readonly directory: string | null
  readonly umask: number | null
  /** Milliseconds; then its group gets SIGKILL. */
  readonly timeout: number
  /** The FIFO for its stdout and stderr, in an existing folder; made if missing. One command at a time. */
  readonly output: string
  /** Takes each line of its output. */
  readonly onLine: (line: string) => void
}

/** A command that runs. */
export interface RunningCommand {
  /** SIGKILL to its group; its end is told as any other. */
  kill(): void
}

/** How a message fared. `retry`: it is worth another try, after so many milliseconds at the earliest. */
export type Posted = { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly retry: number | null }

export interface Message {
  readonly url: string
  readonly contentType: string
  readonly body: string
  /** Milliseconds. */
  readonly timeout: number
}

export interface Outside {
  /** The name of this machine. */
  host(): string
  /** `onEnd` gets `null`, or why it has failed: a sentence that names neither the command nor its words. */
  run(order: CommandOrder, onEnd: (problem: string | null) => void): RunningCommand
  /** Connects to `tcp://host:port` or `unix:///path` and closes; why nobody answers, or `null`. The returned function ends that. */
  reach(address: string, timeout: number, onAnswer: (problem: string | null) => void): () => void
  /** POSTs; nothing that is told holds more of the URL than its host. The returned function ends that. */
  post(message: Message, onAnswer: (posted: Posted) => void): () => void
}
