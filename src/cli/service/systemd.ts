/** Where systemd keeps units and how it is told about them. What is in a unit is not known here. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CliError } from '../clierror.ts'

/** One of the service managers of this machine: the system's, or that of a user. */
export interface Systemd {
  readonly scope: 'system' | 'user'
  readonly folder: string
  /** False where this machine was not started by systemd, or the user has no service manager. */
  readonly runs: boolean
  /** The command as a person would type it. */
  written(...args: readonly string[]): string
  /** Runs systemctl; resolves with its output. Throws {@link CliError} with what it complained about. */
  systemctl(...args: readonly string[]): Promise<string>
}

/** The service manager for whoever runs this. */
export function systemdOf(uid: number, env: NodeJS.ProcessEnv): Systemd {
  const scope = uid === 0 ? 'system' : 'user'
  const own = join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'systemd', 'user')
  const flags = scope === 'user' ? ['--user'] : []
  return {
    scope,
    folder: scope === 'system' ? '/etc/systemd/system' : own,
    runs: existsSync('/run/systemd/system'),
    written: (...args) => ['systemctl', ...flags, ...args].join(' '),
    systemctl: (...args) => systemctl([...flags, ...args], env),
  }
}

/** Whether a master that runs as a service could tell systemd that it is ready. */
export function canNotify(): boolean {
  return ['/usr/bin', '/bin', '/usr/local/bin'].some((folder) => existsSync(join(folder, 'systemd-notify')))
}

function systemctl(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('systemctl', args, { env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new CliError(`systemctl ${args.join(' ')} failed: ${stderr.trim() || error.message}`, 1))
    })
  })
}
