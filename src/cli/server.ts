/**
 * Which server is meant: `-s`, else the private socket of the config's instance, else what [supervisorctl] of that
 * config names. The config is read only in the last case, since reading it costs more than all the rest.
 */
import { existsSync } from 'node:fs'
import { findConfig, searchPaths } from '../config/find.ts'
import { instanceOf } from '../config/instance.ts'
import type { Instance } from '../config/instance.ts'
import type { Endpoint } from '../api/client.ts'
import { CliError } from './clierror.ts'
import type { OptionValues } from './options.ts'

export interface Server {
  readonly endpoint: Endpoint
  readonly credentials?: { readonly username: string; readonly password: string }
  /** The instance whose master is meant; not known when `-s` named a server. */
  readonly instance?: Instance
}

/** Finds the server. Throws {@link CliError} for a bad URL and where no config is found. */
export async function resolveServer(given: OptionValues, env: NodeJS.ProcessEnv): Promise<Server> {
  const credentials = credentialsOf(given)
  if (given.serverurl !== undefined) return { endpoint: readUrl(String(given.serverurl)), ...credentials }
  const instance = requireInstance(given, env)
  if (existsSync(instance.socket) || !existsSync(instance.configFile)) {
    return { endpoint: { socketPath: instance.socket }, instance, ...credentials }
  }
  const named = await serverOfConfig(instance, env)
  return { endpoint: { socketPath: instance.socket }, instance, ...named, ...credentials }
}

/** The instance of the config that `-c` names or the search finds. Throws {@link CliError} with the list searched. */
export function requireInstance(given: OptionValues, env: NodeJS.ProcessEnv): Instance {
  const file = findConfig(given.configuration === undefined ? undefined : String(given.configuration), env)
  if (file === undefined) {
    const list = searchPaths.join(', ')
    throw new CliError(`no config found; looked for ${list} (name one with -c, write one with: nsup init, or start without one: nsup start FILE)`, 2)
  }
  return instanceOf(file, env)
}

/** Reads a server URL as supervisorctl does. Throws {@link CliError}. */
export function readUrl(url: string): Endpoint {
  if (url.startsWith('unix://')) {
    const socketPath = url.slice('unix://'.length)
    if (socketPath.startsWith('/')) return { socketPath }
    throw new CliError(`ERROR: url must name an absolute path after unix://: ${url}`, 1, 'stdout')
  }
  const match = /^http:\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^:/]+)(?::(\d{1,5}))?(?:\/.*)?$/.exec(url)
  const port = Number(match?.[2] ?? '80')
  if (match?.[1] === undefined || port > 65535) throw new CliError('ERROR: url must be http:// or unix://', 1, 'stdout')
  return { host: match[1].replace(/^\[|\]$/g, ''), port }
}

function credentialsOf(given: OptionValues): Pick<Server, 'credentials'> {
  if (given.username === undefined) return {}
  return { credentials: { username: String(given.username), password: String(given.password ?? '') } }
}

/** What [supervisorctl] names. A config with errors, or without the section, names nothing: the instance stands. */
async function serverOfConfig(instance: Instance, env: NodeJS.ProcessEnv): Promise<Partial<Server>> {
  const { loadConfig } = await import('../config/load.ts')
  const loaded = loadConfig(instance.configFile, { env, cwd: process.cwd(), logDir: instance.logDir })
  const client = loaded.config?.client
  if (!client?.serverurl) return {}
  return { endpoint: readUrl(client.serverurl), ...(client.credentials ? { credentials: client.credentials } : {}) }
}
