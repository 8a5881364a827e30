/**
 * Opens a FIFO that the master has handed over a second time, for this worker alone: not to wait when it is full is a property
 * of the opened description, and others in this process (or its children) may use the one that was handed over. By /proc, and where
 * there is none (macOS, a chroot) by its name below the run folder.
 */
import type { Stats } from 'node:fs'
import { fs } from './builtins.ts'

export interface Whereabouts {
  /** The folder where the kernel shows what this process has open. */
  readonly links?: string
  readonly env?: NodeJS.ProcessEnv
}

/** `named`: the number, as the environment has it. -1: there is none that is ours. */
export function openOwn(named: string | undefined, mode: number, { links = '/proc/self/fd', env = process.env }: Whereabouts = {}): number {
  const fd = Number(named ?? '')
  if (!Number.isInteger(fd) || fd <= 2) return -1
  const path = pathOf(fd, mode, links, env)
  if (path === null) return -1
  if (path === undefined) return fd
  try {
    return fs.openSync(path, mode | fs.constants.O_NONBLOCK)
  } catch {
    return fd // the worker is somebody else by now: the one that was handed over, which may wait
  }
}

/** `null`: it is none of the master's. `undefined`: that cannot be told, nor where it is. */
function pathOf(fd: number, mode: number, links: string, env: NodeJS.ProcessEnv): string | null | undefined {
  let is: Stats
  try {
    is = fs.fstatSync(fd)
  } catch {
    return null // no such descriptor: somebody has passed on the name alone
  }
  if (!is.isFIFO()) return null
  const link = `${links}/${String(fd)}`
  try {
    // A name that was inherited without its descriptor: the number belongs to a pipe of Node itself.
    return fs.readlinkSync(link).startsWith('/') ? link : null
  } catch {
    return byName(is, mode, env)
  }
}

function byName(is: Stats, mode: number, env: NodeJS.ProcessEnv): string | null | undefined {
  const [folder, group, name] = [env['NSUP_RUN'], env['SUPERVISOR_GROUP_NAME'], env['SUPERVISOR_PROCESS_NAME']]
  if (folder === undefined || group === undefined || name === undefined) return undefined
  const path = `${folder}/p/${encodeURIComponent(group)}:${encodeURIComponent(name)}/${mode === fs.constants.O_RDONLY ? 'inbox' : 'report'}.fifo`
  try {
    const there = fs.statSync(path)
    return there.ino === is.ino && there.dev === is.dev ? path : null
  } catch {
    return undefined // the folder is not for this worker's user
  }
}
