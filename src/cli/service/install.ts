/**
 * Installs and removes the service of one config: writes the unit where the service manager looks, and tells it. A file
 * that somebody else has written is left alone.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CliError } from '../clierror.ts'
import type { Systemd } from './systemd.ts'
import { unitMark } from './unit.ts'

export interface Installation {
  readonly systemd: Systemd
  /** Of the instance. */
  readonly name: string
  readonly configFile: string
}

/** `nsup-NAME.service`. */
export function unitName(instanceName: string): string {
  return `nsup-${instanceName}.service`
}

/** Where the unit is or will be. */
export function unitPath({ systemd, name }: Installation): string {
  return join(systemd.folder, unitName(name))
}

/** Writes the unit and enables it; starts it too unless a master runs already. Throws {@link CliError}. */
export async function install(installation: Installation, text: string, options: { readonly force: boolean; readonly start: boolean }): Promise<void> {
  const { systemd, name } = installation
  const path = unitPath(installation)
  if (existsSync(path) && !options.force && !isOurs(path, installation)) {
    throw new CliError(`${path} is already there and not from nsup (overwrite it with --force)`, 1)
  }
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { mode: 0o644 })
  } catch (error) {
    throw new CliError(`cannot write ${path}: ${(error as Error).message}`, 1)
  }
  await systemd.systemctl('daemon-reload')
  await systemd.systemctl('enable', ...(options.start ? ['--now'] : []), unitName(name))
}

/** Stops and disables the service, and removes its unit. Throws {@link CliError}, also when there is none of ours. */
export async function uninstall(installation: Installation): Promise<void> {
  const { systemd, name, configFile } = installation
  const path = unitPath(installation)
  if (!existsSync(path)) throw new CliError(`no service is installed for ${configFile} (there is no ${path})`, 1)
  if (!isOurs(path, installation)) throw new CliError(`${path} is not from nsup install-service; remove it yourself`, 1)
  await systemd.systemctl('disable', '--now', unitName(name))
  rmSync(path)
  await systemd.systemctl('daemon-reload')
}

function isOurs(path: string, { configFile }: Installation): boolean {
  return readFileSync(path, 'utf8').startsWith(`${unitMark}${configFile}\n`)
}
