/** What ends a command before its time: one sentence and an exit code. */

/** A sentence for the person, and the exit code. */
export class CliError extends Error {
  readonly exit: number
  /** `stdout` for supervisorctl's own words, which scripts read there; `stderr` for ours. */
  readonly channel: 'stdout' | 'stderr'

  constructor(message: string, exit: number, channel: 'stdout' | 'stderr' = 'stderr') {
    super(message)
    this.name = 'CliError'
    this.exit = exit
    this.channel = channel
  }
}
