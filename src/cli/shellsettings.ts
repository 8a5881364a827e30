/** What [supervisorctl] says about the shell; a config that is missing or has errors leaves the standard. */
import { findConfig } from '../config/find.ts'
import { instanceOf } from '../config/instance.ts'
import { loadConfig } from '../config/load.ts'
import type { Context } from './command.ts'

export interface ShellSettings {
  readonly prompt: string
  readonly historyFile: string | undefined
}

const standardPrompt = 'supervisor'

/** The prompt without its `> `, and where the history is kept; `-r` beats the config. */
export function shellSettings({ options, env }: Context): ShellSettings {
  const named = options.configuration
  const file = findConfig(named === undefined ? undefined : String(named), env)
  const client = file === undefined ? undefined
    : loadConfig(file, { env, cwd: process.cwd(), logDir: instanceOf(file, env).logDir }).config?.client
  const historyFile = options['history-file'] ?? client?.historyFile ?? undefined
  return { prompt: client?.prompt ?? standardPrompt, historyFile: historyFile === undefined ? undefined : String(historyFile) }
}
