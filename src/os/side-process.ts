/**
 * Starts what runs beside the workers for them: hooks, alerts, probes. Each is found, gets its user and its folder as a
 * worker does, without a shell, and leads a group of its own, so that all of it can be killed. Knows nothing of its output.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { errorCode } from '../lib/errno.ts'
import { changeUser } from './exec-chain.ts'
import type { Chain } from './exec-chain.ts'
import { directoryProblem, findCommand } from './paths.ts'
import { userChange } from './users.ts'

export interface SideCommand {
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly user: string | null
  readonly directory: string | null
}

/** What is to be executed, or why it cannot be. */
export function sideChain({ argv, environment, user, directory }: SideCommand): Chain | string {
  const command = findCommand({ argv, commandProblem: null }, environment)
  if (!command.ok) return command.reason
  const change = userChange(user)
  if (!change.ok) return change.reason
  const folder = directoryProblem(directory)
  if (folder !== null) return folder.reason
  if (change.to === null) return { file: command.path, argv }
  return changeUser(change.to, command.path, argv, environment['PATH']) ?? `couldn't setuid to ${user ?? ''}: the command setpriv is not installed`
}

/** Throws the errors of fork and exec that come at once. */
export function spawnBeside({ file, argv }: Chain, { environment, directory }: SideCommand, stdio: StdioOptions): ChildProcess {
  return spawn(file, argv.slice(1), {
    argv0: argv[0] ?? file,
    detached: true,
    env: environment,
    stdio,
    ...(directory === null ? {} : { cwd: directory }),
  })
}

/** SIGKILL to the group of one whose end has not been seen, so that nobody else can have its pid. Why it could not be sent, or `null`. */
export function killBeside(leader: number): string | null {
  try {
    process.kill(-leader, 'SIGKILL')
    return null
  } catch (error) {
    return errorCode(error)
  }
}
