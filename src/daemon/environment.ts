/** The environment of a worker: the master's own, the marks of supervisord and nsup, then what the config says. */
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { ServerSpec } from '../config/config.ts'

/** Names the run folder of the instance in the environment of every worker: how a lost one is found again. */
export const runMark = 'NSUP_RUN'

/** The soft limit of open files that the launcher saw before Node raised it. */
export const openFilesMark = 'NSUP_NOFILE'

/** How a master was started concerns nobody else. NSUP_HOME and NSUP_CONFIG go on: a worker may call nsup. */
const masterOnly = ['NSUP_DAEMONIZED', 'NSUP_DEV', 'NSUP_BACKGROUND', 'NSUP_NODE', openFilesMark, 'NSUP_REPORT_FD', 'NSUP_INBOX_FD', 'NSUP_SILENCE_MS', 'WATCHDOG_USEC', 'WATCHDOG_PID']

export interface EnvironmentBase {
  readonly inherited: Readonly<Record<string, string>>
  readonly serverUrl: string
  readonly runDir: string
}

/** What all workers of a master have in common; made once. `controlSocket`: the server that is always there. */
export function environmentBase(env: NodeJS.ProcessEnv, servers: readonly ServerSpec[], runDir: string, controlSocket: string): EnvironmentBase {
  const inherited: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) if (value !== undefined && !masterOnly.includes(name)) inherited[name] = value
  return { inherited, serverUrl: serverUrlOf(servers) ?? `unix://${controlSocket}`, runDir }
}

/** The whole environment of one incarnation, later ones win (supervisord's contract, section 5.3). */
export function environmentOf(base: EnvironmentBase, proc: Proc): Readonly<Record<string, string>> {
  const { spec } = proc
  const url = spec.serverurl ?? base.serverUrl
  const instance = String(spec.instance ?? spec.processNum)
  // What all have in common is inherited, not copied: child_process takes inherited variables too.
  return Object.assign(Object.create(base.inherited) as Record<string, string>, {
    SUPERVISOR_ENABLED: '1',
    SUPERVISOR_SERVER_URL: url,
    SUPERVISOR_PROCESS_NAME: spec.name,
    SUPERVISOR_GROUP_NAME: spec.group,
    NSUP_PROCESS: namespec(spec.group, spec.name),
    NSUP_INSTANCE: instance,
    NODE_APP_INSTANCE: instance,
    ...spec.environment,
    // Not to be overridden: by these the next master knows its own.
    NSUP_INCARNATION: String(proc.incarnation),
    [runMark]: base.runDir,
  })
}

/** The words by which who descends from an incarnation is known, whatever group and session it has made. */
export function marksOf(proc: Proc, runDir: string, incarnation: number): string[] {
  const name = proc.spec.environment['NSUP_PROCESS'] ?? namespec(proc.group, proc.name)
  return [`${runMark}=${runDir}`, `NSUP_PROCESS=${name}`, `NSUP_INCARNATION=${String(incarnation)}`]
}

/** The environment of a command that asks how a process is: the process's own, but for the mark of what is to be adopted. */
export function helperEnvironment(base: EnvironmentBase, proc: Proc): Readonly<Record<string, string>> {
  const own: Record<string, string> = {}
  const all = environmentOf(base, proc)
  for (const name in all) if (name !== runMark) own[name] = all[name] ?? ''
  return { ...own, NSUP_PID: String(proc.id?.pid ?? 0) }
}

/** SUPERVISOR_SERVER_URL where the program names none: the first unix server of the config, else the first inet server. */
function serverUrlOf(servers: readonly ServerSpec[]): string | null {
  const unix = servers.find((server) => server.kind === 'unix')
  if (unix !== undefined) return `unix://${unix.path}`
  const inet = servers.find((server) => server.kind === 'inet')
  return inet === undefined ? null : `http://${inet.host || 'localhost'}:${String(inet.port)}`
}
