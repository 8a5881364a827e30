/**
 * The text of a systemd unit that runs the master of one config. KillMode=process is what lets the workers outlive a
 * master that crashes; a stop of the service asks the master, which stops them. Pure: knows neither files nor systemctl.
 */
import { dirname } from 'node:path'
import type { Config } from '../../config/config.ts'
import { shutdownTime } from '../../core/foresight.ts'

export interface UnitInput {
  readonly config: Config
  /** Absolute path of node, and of nsupd, whose launcher is told of node: the service's own PATH may not have it. */
  readonly node: string
  readonly nsupd: string
  /** The master can tell when it is ready: systemd's own program for that is there. */
  readonly notify: boolean
  /** `system`: /etc/systemd/system; `user`: a user's own service manager. */
  readonly scope: 'system' | 'user'
  /** Whom a unit of the system runs as; root when not given. */
  readonly user?: { readonly name: string; readonly uid: number }
  /** Variables that decide where the instance lives: without them the service would be another instance. */
  readonly environment: Readonly<Record<string, string>>
}

/** Seconds that the master may take beside the stops of its programs: its last hooks (30), and for itself. */
const margin = 45

/** The first line, by which an installed unit is known as ours. */
export const unitMark = '# Written by nsup install-service for '

/** Seconds that a stop of everything may take; `null`: as long as it takes. */
export function stopSeconds({ groups, master }: Config): number | null {
  const { shutdownTimeout, forceQuit, forceDelay } = master
  if (shutdownTimeout === null) return null
  const limit = shutdownTimeout === 'auto' ? shutdownTime(groups) : shutdownTimeout
  return Math.ceil((limit + (forceQuit ? forceDelay : 0)) / 1000) + margin
}

/** The whole unit. */
export function unitText(input: UnitInput): string {
  const { config, scope, user } = input
  const runtime = user === undefined ? '' : `user-runtime-dir@${user.uid}.service`
  const command = [input.nsupd, '-n', '-c', config.file].map((word) => quote(word)).join(' ')
  const environment = { NSUP_NODE: input.node, ...input.environment }
  const lines = [
    `${unitMark}${config.file}`,
    '[Unit]',
    `Description=nsup: the programs of ${specifierFree(config.file)}`,
    `After=${[scope === 'system' ? 'network-online.target remote-fs.target' : 'basic.target', runtime].join(' ').trim()}`,
    ...(scope === 'system' ? ['Wants=network-online.target'] : []),
    ...(runtime === '' ? [] : [`Requires=${runtime}`]),
    `ConditionPathExists=${specifierFree(config.file)}`,
    '',
    '[Service]',
    ...(input.notify ? ['Type=notify', '# The master tells by systemd-notify, which is a process of its own.', 'NotifyAccess=all'] : ['Type=simple']),
    ...(user === undefined ? [] : [`User=${user.name}`]),
    `WorkingDirectory=${specifierFree(dirname(config.file))}`,
    ...Object.entries(environment).map(([name, value]) => `Environment=${quote(`${name}=${value}`, false)}`),
    `ExecStart=${command}`,
    'ExecReload=/bin/sh -c "kill -HUP ${MAINPID}"',
    '# Only the master is signalled: at a stop it stops its workers; when it crashes they run on and the next one adopts them.',
    'KillMode=process',
    '# What a shutdown may take at most (shutdown_timeout), and some time for itself. Install again when stops may take longer.',
    `TimeoutStopSec=${stopSeconds(config) ?? 'infinity'}`,
    'Restart=on-failure',
    'RestartSec=1',
    '# 2: the config or the command line is wrong; trying again does not help.',
    'RestartPreventExitStatus=2',
    '# The workers live in this unit too: one of them that runs out of memory must not end the others.',
    'OOMPolicy=continue',
    'TasksMax=infinity',
    ...(asksForGroups(config) ? ['# Some programs have control groups of their own. The subgroup is for systemd 254 and later: a restart while they run.', 'Delegate=yes', 'DelegateSubgroup=nsup-master'] : []),
    '# No sandbox: whatever is taken from the master is taken from every worker. Sandbox a program, not its supervisor.',
    '',
    '[Install]',
    `WantedBy=${scope === 'system' ? 'multi-user.target' : 'default.target'}`,
  ]
  return `${lines.join('\n')}\n`
}

function asksForGroups({ groups }: Config): boolean {
  return groups.some(({ processes }) => processes.some(({ care }) => (care?.resources?.cgroup ?? null) !== null))
}

/** A word of a command line or of Environment: quoted where it must be; neither specifiers nor, in commands, variables. */
function quote(word: string, inCommand = true): string {
  const text = specifierFree(inCommand ? word.replaceAll('$', '$$$$') : word)
  return /^[\w@+=:,./%$-]+$/.test(text) ? text : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

function specifierFree(text: string): string {
  return text.replaceAll('%', '%%')
}
