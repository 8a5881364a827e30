/**
 * The folder that is all that `nsup dev` has on the disk: run folder, logs and state of its master, one for each config.
 * It is made at the beginning and removed at the end; what one left that was killed is cleared away by the next.
 */
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { devLog } from '../../config/development.ts'
import { instanceOf } from '../../config/instance.ts'
import type { Instance } from '../../config/instance.ts'
import type { ProcessSpec } from '../../core/spec.ts'

export interface DevHome {
  readonly folder: string
  /** The instance that lives in it. */
  readonly instance: Instance
}

/** Where it is for a config; nothing is made yet. */
export function homeOf(configFile: string, env: NodeJS.ProcessEnv): DevHome {
  const { name } = instanceOf(configFile, env)
  const cache = env['NSUP_HOME'] ? resolve(env['NSUP_HOME']) : join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nsup')
  const folder = join(cache, 'dev', name)
  return { folder, instance: instanceOf(configFile, { ...env, NSUP_HOME: folder }) }
}

/** Makes the folder and the logs, which are followed from their first line on. */
export function makeHome({ instance }: DevHome, specs: readonly ProcessSpec[]): void {
  mkdirSync(instance.logDir, { recursive: true, mode: 0o700 })
  for (const file of [devLog(instance.logDir), ...specs.flatMap(({ stdout, stderr }) => [stdout.file, stderr.file])]) {
    if (file !== null && dirname(file) === instance.logDir) closeSync(openSync(file, 'a', 0o600))
  }
}

/** Removes it with all that is in it. */
export function removeHome({ folder, instance }: DevHome): void {
  rmSync(folder, { recursive: true, force: true })
  rmSync(instance.socket, { force: true }) // a long path has its socket elsewhere
}
