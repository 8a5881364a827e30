/**
 * Why a spawn failed whose checks had all passed. Node tells five errors (EAGAIN, EMFILE, ENFILE, ENOENT, EACCES)
 * only by an event that comes later, but the caller needs its answer now, so the cause is looked for again.
 */
import type { ChildProcess } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs'
import { resolve } from 'node:path'
import { namespec } from '../core/spec.ts'
import type { SpawnOrder, SpawnProblem } from '../core/ports.ts'
import { errorCode } from '../lib/errno.ts'
import { directoryProblem, problem } from './paths.ts'

/** The reason for a child without a pid, in supervisord's words where it has some. */
export function explainFailedSpawn(child: ChildProcess, { spec }: SpawnOrder, file: string): SpawnProblem {
  child.once('error', () => undefined) // it says the same once more, and without a listener it would end the master
  const name = namespec(spec.group, spec.name)
  // Node's documentation: the stdio of a child is undefined when not even its descriptors could be made
  const stdio: unknown = child.stdio
  if (stdio === undefined || !canOpenTwo()) return problem('SPAWN_ERROR', `too many open files to spawn '${name}'`)
  const directory = directoryProblem(spec.directory)
  if (directory !== null) return directory
  const code = execError(resolve(spec.directory ?? '.', file))
  if (code !== null) return problem('SPAWN_ERROR', `couldn't exec ${file}: ${code}`)
  return problem('SPAWN_ERROR', `Too many processes in process table to spawn '${name}'`)
}

/** A fork needs a pipe, which is two descriptors. */
function canOpenTwo(): boolean {
  const open: number[] = []
  try {
    open.push(openSync('/dev/null', 'r'), openSync('/dev/null', 'r'))
    return true
  } catch {
    return false // the very answer: none is left
  } finally {
    for (const fd of open) closeSync(fd)
  }
}

/** What exec says of a file: it, or the interpreter in its first line, is missing or may not be run. */
function execError(file: string): string | null {
  try {
    accessSync(file, constants.X_OK)
    const interpreter = interpreterOf(file)
    if (interpreter !== null) accessSync(interpreter, constants.X_OK)
    return null
  } catch (error) {
    return errorCode(error)
  }
}

function interpreterOf(file: string): string | null {
  const head = Buffer.alloc(256)
  const fd = openSync(file, 'r')
  try {
    const text = head.toString('latin1', 0, readSync(fd, head, 0, head.length, 0))
    return /^#![ \t]*([^ \t\n\0]+)/.exec(text)?.[1] ?? null
  } finally {
    closeSync(fd)
  }
}
