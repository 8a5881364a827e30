/** Which config file is meant: the search order of the command line tools. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { configToBe, standsInOne } from './without-config.ts'

/** Searched in this order when neither `-c` nor NSUP_CONFIG names a file. */
export const searchPaths: readonly string[] = [
  './programs.yaml',
  './supervisord.conf',
  './etc/supervisord.conf',
  '/etc/nsup/programs.yaml',
  '/etc/supervisord.conf',
  '/etc/supervisor/supervisord.conf',
]

/** Absolute path of the config, or `undefined` when none is named and none is found. A named one need not exist, nor that of an instance that was begun without. */
export function findConfig(named: string | undefined, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const explicit = named ?? (env['NSUP_CONFIG'] || undefined)
  if (explicit !== undefined) return resolve(explicit)
  const found = searchPaths.find((path) => existsSync(path) || (path === configToBe && standsInOne(env)))
  return found === undefined ? undefined : resolve(found)
}

/** True if the config is one of the whole machine that was found, not named. Nobody begins such a one for the sake of the folder he stands in. */
export function isForeign(file: string | undefined, named: string | undefined, env: NodeJS.ProcessEnv): boolean {
  return named === undefined && !env['NSUP_CONFIG'] && searchPaths.some((path) => path.startsWith('/') && path === file)
}
