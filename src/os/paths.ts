/**
 * Finds the file behind a command and checks it and the directory before a spawn, in supervisord's words and
 * order: the first file on the PATH counts, whatever it is. What was seen is believed for the rest of the turn, so
 * that hundreds of programs with one command look at it once.
 */
import { accessSync, constants, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import type { SpawnProblem } from '../core/ports.ts'
import type { ProcessSpec } from '../core/spec.ts'
import { errorCode } from '../lib/errno.ts'
import { quoted } from '../lib/quoted.ts'

const defaultPath = '/bin:/usr/bin:/usr/local/bin'

/**
 * Resolves the command of a process. A word with `/` is taken as it is, relative to the master's own directory;
 * others are looked for in the PATH of the child's environment.
 */
export function findCommand(
  spec: Pick<ProcessSpec, 'argv' | 'commandProblem'>,
  environment: Readonly<Record<string, string>>,
): { readonly ok: true; readonly path: string } | SpawnProblem {
  const word = spec.argv[0]
  if (spec.commandProblem !== null) return problem('NOT_EXECUTABLE', spec.commandProblem)
  if (word === undefined || word === '') return problem('NOT_EXECUTABLE', 'command is empty')
  if (word.includes('/')) return checkFile(word, word)
  for (const folder of (environment['PATH'] ?? defaultPath).split(':')) {
    const path = folder === '' ? `./${word}` : folder.endsWith('/') ? folder + word : `${folder}/${word}`
    const answer = checkFile(path, folder === '' ? word : path)
    if (answer.ok || answer.fault !== 'NO_FILE') return answer
  }
  return problem('NO_FILE', `can't find command ${quoted(word)}`)
}

type Checked = { readonly ok: true; readonly path: string } | SpawnProblem

const seen = new Map<string, Checked>()

function checkFile(path: string, shown: string): Checked {
  const known = seen.get(path)
  if (known !== undefined) return known
  const answer = lookAt(path, shown)
  if (seen.size === 0) setImmediate(() => { seen.clear() })
  seen.set(path, answer)
  return answer
}

function lookAt(path: string, shown: string): Checked {
  const stat = statOrUndefined(path)
  if (stat === undefined) return problem('NO_FILE', `can't find command ${quoted(shown)}`)
  if (stat.isDirectory()) return problem('NOT_EXECUTABLE', `command at ${quoted(shown)} is a directory`)
  if ((stat.mode & 0o111) === 0) return problem('NOT_EXECUTABLE', `command at ${quoted(shown)} is not executable`)
  if (accessError(path) !== null) return problem('NOT_EXECUTABLE', `no permission to run command ${quoted(shown)}`)
  return { ok: true, path }
}

function statOrUndefined(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined // a folder on the way is none, or may not be entered: not found, as for any shell
  }
}

/** Why a worker cannot have this working directory; `null` when it can. */
export function directoryProblem(directory: string | null): SpawnProblem | null {
  if (directory === null) return null
  const code = enterError(directory)
  return code === null ? null : problem('SPAWN_ERROR', `couldn't chdir to ${directory}: ${code}`)
}

function enterError(directory: string): string | null {
  try {
    return statSync(directory).isDirectory() ? accessError(directory) : 'ENOTDIR'
  } catch (error) {
    return errorCode(error)
  }
}

function accessError(path: string): string | null {
  try {
    accessSync(path, constants.X_OK)
    return null
  } catch (error) {
    return errorCode(error)
  }
}

/** A {@link SpawnProblem} of this kind. */
export function problem(fault: SpawnProblem['fault'], reason: string): SpawnProblem {
  return { ok: false, reason, fault }
}
