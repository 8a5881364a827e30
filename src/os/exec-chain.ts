/**
 * The words that stand before a command whose user is another than the master's. `setpriv` sets user, group and
 * all groups of the user and then execs, so the pid stays the worker's; it leaves the environment alone (HOME and
 * USER are not touched, as in supervisord). Nothing is put before any other command.
 */
import { accessSync, constants } from 'node:fs'
import type { Identity } from './users.ts'

/** A file to execute and its words, argv[0] first. */
export interface Chain {
  readonly file: string
  readonly argv: readonly string[]
}

const toolFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin']

/**
 * Puts the change of user before a command. `path` is the file that was found; it is passed on as it was written
 * where the tool's own search of `searchPath` finds it again, so that argv[0] stays what the config says.
 */
export function changeUser(to: Identity, path: string, argv: readonly string[], searchPath: string | undefined): Chain | null {
  const tool = findTool('setpriv')
  if (tool === null) return null
  return { file: tool, argv: ['setpriv', `--reuid=${to.uid}`, `--regid=${to.gid}`, '--init-groups', '--', ...asWritten({ file: path, argv }, searchPath)] }
}

function asWritten({ file, argv }: Chain, searchPath: string | undefined): string[] {
  const written = argv[0] ?? file
  return [written.includes('/') || searchPath !== undefined ? written : file, ...argv.slice(1)]
}

function findTool(name: string): string | null {
  for (const folder of toolFolders) {
    const path = `${folder}/${name}`
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      continue // not in this folder
    }
  }
  return null
}
