/**
 * The config as `nsup dev` runs it: the same programs, but nothing of it touches what a master in production has. Its
 * servers are not opened, its log files not written, nobody is alerted; event listeners rest unless they are named.
 */
import { dirname, join } from 'node:path'
import type { LogSpec, ProcessSpec } from '../core/spec.ts'
import { namespec } from '../core/spec.ts'
import type { Config, MasterSpec } from './config.ts'
import { watchDelay } from './kinds-watch.ts'

/** What the person who starts it asks for. */
export interface DevWishes {
  /** Programs, groups or processes; `null`: all that start by themselves. */
  readonly only: readonly string[] | null
  /** Watch the directory of each program that says nothing of it. */
  readonly watch: boolean
  /** Users can be changed. */
  readonly root: boolean
  /** The kernel can end workers with their master. */
  readonly binds: boolean
}

/** Large enough to scroll back in, small enough to be forgotten. */
const logSize = { maxBytes: 10_485_760, backups: 1 }

/** The config for development; its logs are below `logDir`. */
export function forDevelopment(config: Config, wishes: DevWishes, logDir: string): Config {
  return {
    ...config,
    master: masterOf(config.master, logDir),
    servers: [],
    groups: config.groups.map((group) => ({ ...group, processes: group.processes.map((spec) => specOf(spec, config.file, wishes, logDir)) })),
  }
}

/** True if one of the words names the process: its program, its group or itself. */
export function isNamed(spec: ProcessSpec, words: readonly string[]): boolean {
  return words.some((word) => word === spec.program || word === spec.group || word === namespec(spec.group, spec.name) || word === `${spec.group}:*`)
}

/** Where the master of `nsup dev` tells what happens, one JSON text a line. */
export function devLog(logDir: string): string {
  return join(logDir, 'nsupd.log')
}

/** It stays who has started it: another user could not enter the folder. */
function masterOf(master: MasterSpec, logDir: string): MasterSpec {
  return {
    ...master, logfile: devLog(logDir), logfileFormat: 'json', logfileMaxBytes: logSize.maxBytes, logfileBackups: logSize.backups, loglevel: 'info',
    pidfile: null, nodaemon: true, silent: true, directory: null, childlogdir: logDir, user: null, alerts: [],
  }
}

function specOf(spec: ProcessSpec, file: string, { only, watch, root, binds }: DevWishes, logDir: string): ProcessSpec {
  const log = (stream: LogSpec, ending: string): LogSpec =>
    ({ ...stream, ...logSize, file: join(logDir, `${namespec(spec.group, spec.name)}.${ending}`), auto: false, syslog: false, compress: false, timestamp: false })
  const base = spec.directory ?? dirname(file)
  const watched = watch && spec.care?.watch === undefined ? { watch: { base, paths: [base], ignore: [file], delay: watchDelay } } : {}
  const care = { ...spec.care, ...watched, ...(binds && { deathSignal: spec.stopsignal }) }
  return {
    ...spec,
    autostart: only === null ? spec.autostart && spec.listener === undefined : isNamed(spec, only),
    user: root ? spec.user : null,
    // Nothing is to be left of it, whatever the format of the config has for a default.
    killasgroup: true, killSurvivors: true,
    // What a listener writes to stdout is no text for people.
    stdout: spec.listener === undefined ? log(spec.stdout, 'out') : { ...spec.stdout, file: null, auto: false, syslog: false },
    stderr: spec.redirectStderr ? { ...spec.stderr, file: null, auto: false, syslog: false } : log(spec.stderr, 'err'),
    ...(Object.keys(care).length > 0 && { care }),
  }
}
