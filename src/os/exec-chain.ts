/**
 * The words that stand before a command whose user or resources are others than the master's: standard tools, each of
 * which sets one thing and then execs, so the pid stays the worker's. They leave the environment alone (HOME and USER
 * are not touched, as in supervisord). Nothing is put before any other command.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import type { SignalName } from '../lib/signals.ts'
import type { Identity } from './users.ts'

/** A file to execute and its words, argv[0] first. */
export interface Chain {
  readonly file: string
  readonly argv: readonly string[]
}

/** A tool and the words that it takes before the command that it is to exec. */
export interface Link {
  readonly tool: string
  readonly words: readonly string[]
}

type Chained = { readonly ok: true; readonly chain: Chain } | { readonly ok: false; readonly missing: string }

const toolFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin']

/** The link that changes the user: its id, its group and all its groups. To be the last one, since only root can do more. */
export function userLink(to: Identity): Link {
  return { tool: 'setpriv', words: [`--reuid=${to.uid}`, `--regid=${to.gid}`, '--init-groups', '--'] }
}

/** The link by which the kernel sends a signal when the parent dies. After any change of the user, which forgets it. */
export function deathLink(signal: SignalName): Link {
  return { tool: 'setpriv', words: [`--pdeathsig=${signal.slice(3)}`, '--'] }
}

/** True if there is a tool for {@link deathLink}: the one of busybox cannot do it. */
export function knowsDeathSignal(): boolean {
  const tool = findTool('setpriv')
  return tool !== null && String(spawnSync(tool, ['--help']).stdout).includes('--pdeathsig')
}

/** Only that link before a command; `null`: its tool is not installed. */
export function changeUser(to: Identity, path: string, argv: readonly string[], searchPath: string | undefined): Chain | null {
  const chained = chainOf([userLink(to)], { file: path, argv }, searchPath)
  return chained.ok ? chained.chain : null
}

/**
 * Puts links before a command, the first outermost. `command.file` is the file that was found; it is passed on as it was
 * written where the last tool's own search of `searchPath` finds it again, so that argv[0] stays what the config says.
 */
export function chainOf(links: readonly Link[], command: Chain, searchPath: string | undefined): Chained {
  const [first] = links
  if (first === undefined) return { ok: true, chain: command }
  let argv = asWritten(command, searchPath)
  for (const { tool, words } of [...links].reverse()) {
    const path = findTool(tool)
    if (path === null) return { ok: false, missing: tool }
    argv = [path, ...words, ...argv] // by its path: the worker's own PATH need not have it
  }
  return { ok: true, chain: { file: argv[0] ?? first.tool, argv: [first.tool, ...argv.slice(1)] } }
}

function asWritten({ file, argv }: Chain, searchPath: string | undefined): string[] {
  const written = argv[0] ?? file
  return [written.includes('/') || searchPath !== undefined ? written : file, ...argv.slice(1)]
}

/** Where a tool of the system is; `null`: not installed. */
export function findTool(name: string): string | null {
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
