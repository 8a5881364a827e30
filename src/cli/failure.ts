/**
 * Turns connection errors and faults into a sentence and an exit code; nothing else in this room knows the words for
 * a master that is not there.
 */
import { existsSync } from 'node:fs'
import { AnswerError, AuthenticationError, ConnectionError } from '../api/client.ts'
import { journalIn } from '../config/instance.ts'
import { isWithoutConfig } from '../config/without-config.ts'
import { Fault, faultRow } from '../lib/fault.ts'
import { CliError } from './clierror.ts'
import type { Command } from './command.ts'
import type { Server } from './server.ts'

/** True if nobody listens there: no socket, or a stale one. */
export function isDown(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
}

/** The sentence and the code for whatever a command threw. `left`: workers of a master that is gone. */
export function explain(error: unknown, command: Command, server: Server | undefined, left = 0): CliError {
  if (error instanceof CliError) return error
  if (isDown(error)) return explainDown(error, command, server, left)
  if (error instanceof ConnectionError) return new CliError(error.message, command.name === 'status' ? 4 : 1)
  if (error instanceof AuthenticationError) return new CliError(error.message, 1, 'stdout')
  if (error instanceof AnswerError) return new CliError(error.message, 1)
  if (error instanceof Fault) return new CliError(faultSentence(error), error.fault === 'TIMEOUT' ? faultRow('TIMEOUT').exit : 1, 'stdout')
  return new CliError(error instanceof Error ? error.message : String(error), 1)
}

/** The same after a look at what the last master has left, where none is there. */
export async function explainWithLook(error: unknown, command: Command, server: Server | undefined): Promise<CliError> {
  const journal = server?.instance === undefined || !isDown(error) ? undefined : journalIn(server.instance.runDir)
  if (journal === undefined || !existsSync(journal)) return explain(error, command, server)
  const { workersLeft } = await import('../os/left-behind.ts')
  return explain(error, command, server, workersLeft(journal))
}

function explainDown(error: ConnectionError, command: Command, server: Server | undefined, left: number): CliError {
  const { missing, refused } = command.down ?? { missing: 7, refused: 4 }
  const exit = error.code === 'ENOENT' ? missing : refused
  if (server?.instance === undefined) {
    const shut = command.name === 'shutdown' ? ' (already shut down?)' : ''
    return new CliError(shut === '' ? error.message : `ERROR: ${error.message}${shut}`, exit, 'stdout')
  }
  const none = `no master runs for ${server.instance.configFile}`
  // A slip in the name is another instance, of which nothing runs: without this sentence that looks like an outage.
  if (left === 0 && !existsSync(server.instance.configFile) && !isWithoutConfig(server.instance)) return new CliError(`${none}: there is no such file`, exit)
  if (left === 0) return new CliError(`${none} (start one with: nsup start all)`, exit)
  const workers = left === 1 ? '1 worker of the last one runs on, and the next one adopts it' : `${String(left)} workers of the last one run on, and the next one adopts them`
  return new CliError(`${none}; ${workers} (start one with: nsup start all)`, exit)
}

/** supervisorctl's `ERROR: ...` for a fault that concerns no single process. */
export function faultSentence(fault: Fault): string {
  if (fault.fault === 'CANT_REREAD') return `ERROR: CANT_REREAD: ${fault.detail ?? faultRow(fault.fault).text}`
  const text = faultRow(fault.fault).text
  return fault.detail === undefined ? `ERROR: ${text}` : `ERROR: ${text}: ${fault.detail}`
}
