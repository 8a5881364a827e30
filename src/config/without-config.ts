/**
 * An instance may be begun without a config file (`nsup start app.js` in an empty folder): a mark in its state folder says
 * so, since otherwise a file that is missing is a mistake, and must not be taken for an empty one.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { instanceOf } from './instance.ts'
import type { Instance } from './instance.ts'

/** The instance that is begun in a folder without a config is that of this file, which `nsup save` then writes. */
export const configToBe = './programs.yaml'

/** True if the instance has no file, and is to have none. */
export function isWithoutConfig({ stateDir, configFile }: Pick<Instance, 'stateDir' | 'configFile'>): boolean {
  return existsSync(markOf(stateDir)) && !existsSync(configFile)
}

/** True if the folder that the command stands in has such an instance. */
export function standsInOne(env: NodeJS.ProcessEnv): boolean {
  return isWithoutConfig(instanceOf(configToBe, env))
}

/** Begins one for the folder that the command stands in; the path of its config that is to be. */
export function beginWithoutConfig(env: NodeJS.ProcessEnv): string {
  const { stateDir, configFile } = instanceOf(configToBe, env)
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  writeFileSync(markOf(stateDir), '', { mode: 0o600 })
  return configFile
}

/** Once there is a file, one that is missing is a mistake again. */
export function settleMark({ stateDir, configFile }: Pick<Instance, 'stateDir' | 'configFile'>): void {
  if (existsSync(configFile)) rmSync(markOf(stateDir), { force: true })
}

function markOf(stateDir: string): string {
  return join(stateDir, 'without-config')
}
