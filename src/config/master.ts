/** Makes the master's own settings, its servers and the client's out of their sections. */
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { namesForLater } from './alert-template.ts'
import { absolute } from './context.ts'
import { readEnvFiles, readEnvironment } from './environment.ts'
import { optionTitle, readRows, readValue } from './read.ts'
import { errorAt } from './raw.ts'
import { inetRows, supervisorctlRows, supervisordRows, unixRows } from './rows-master.ts'
import { without } from './rows.ts'
import type { ClientSpec, Credentials, MasterSpec, ServerSpec } from './config.ts'
import type { Context } from './context.ts'
import type { Names } from './expand.ts'
import type { RawSection } from './raw.ts'

const plainRows = without(supervisordRows, 'environment', 'notify')

/** The master's settings from [supervisord], which may have been made up where the file has none. */
export function buildMaster(section: RawSection, context: Context): MasterSpec {
  const names: Names = { plain: { here: context.here }, env: [context.env] }
  const values = readRows(plainRows, { section }, names, context)
  const named: Names = { ...names, plain: { ...names.plain, host_node_name: context.hostName } }
  const ini = section.format === 'ini'
  return {
    logfile: values.logfile ?? (ini ? resolve(context.cwd, 'supervisord.log') : join(context.logDir, 'nsupd.log')),
    logfileMaxBytes: values.logfile_maxbytes,
    logfileBackups: values.logfile_backups,
    logfileFormat: values.log_format,
    loglevel: values.loglevel,
    pidfile: values.pidfile ?? (ini ? resolve(context.cwd, 'supervisord.pid') : null),
    nodaemon: values.nodaemon,
    silent: values.silent,
    umask: values.umask,
    directory: values.directory,
    user: values.user,
    identifier: values.identifier,
    childlogdir: values.childlogdir ?? (ini ? context.env['TMPDIR'] || tmpdir() : context.logDir),
    nocleanup: values.nocleanup,
    minfds: values.minfds,
    minprocs: values.minprocs,
    stripAnsi: values.strip_ansi,
    restartBurst: values.restart_burst === 0 ? null : values.restart_burst,
    shutdownTimeout: values.shutdown_timeout === null ? 'auto' : values.shutdown_timeout === 0 ? null : values.shutdown_timeout,
    forceQuit: values.force_quit,
    forceDelay: values.force_delay,
    alerts: readValue('notify', supervisordRows.notify, { section }, { ...names, plain: { ...namesForLater, ...names.plain } }, context) ?? [],
    environment: { ...readEnvFiles(section, names, context), ...readEnvironment(section, named, context) },
  }
}

/** A unix server from its section; it may use what the environment of [supervisord] says. */
export function buildUnixServer(section: RawSection, master: MasterSpec, context: Context): ServerSpec {
  const values = readRows(unixRows, { section }, namesOf(context, master), context)
  return {
    kind: 'unix', section: section.title, path: values.file, chmod: values.chmod, chown: values.chown,
    credentials: credentials(section, values, context),
  }
}

/** A TCP server from its section; beyond loopback it must ask for a password. */
export function buildInetServer(section: RawSection, master: MasterSpec, context: Context): ServerSpec {
  const values = readRows(inetRows, { section }, namesOf(context, master), context)
  const pair = credentials(section, values, context)
  const { host, port } = values.port
  if (pair === null && !isLoopback(host)) {
    const at = section.options.get('port')?.value.at ?? section.at
    context.findings.add(errorAt(
      at, `${optionTitle(section, 'port')}: ${host === '' ? 'every interface' : host} is beyond loopback, where anybody could command this master`,
      'set username and password, or bind to 127.0.0.1',
    ))
  }
  return { kind: 'inet', section: section.title, host, port, credentials: pair, healthOpen: values.health_open }
}

/** The client's settings from [supervisorctl]. */
export function buildClient(section: RawSection, context: Context): ClientSpec {
  const values = readRows(supervisorctlRows, { section }, namesOf(context), context)
  const unix = /^unix:\/\/(.+)$/s.exec(values.serverurl)?.[1]
  return {
    serverurl: unix === undefined ? values.serverurl : `unix://${absolute(unix, context)}`,
    credentials: values.username ? { username: values.username, password: values.password ?? '' } : null,
    prompt: values.prompt,
    historyFile: values.history_file,
  }
}

function namesOf(context: Context, master?: MasterSpec): Names {
  return { plain: { here: context.here }, env: [context.env, master?.environment ?? {}] }
}

function credentials(
  section: RawSection, values: { readonly username: string | null; readonly password: string | null }, context: Context,
): Credentials | null {
  const { username, password } = values
  if (username && password) return { username, password }
  const given = username ? 'username' : 'password'
  if (username || password) {
    const missing = username ? 'password' : 'username'
    const at = section.options.get(given)?.at ?? section.at
    context.findings.add(errorAt(at, `${optionTitle(section, given)} needs ${missing} too`, `set both or neither`))
  }
  return null
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host)
}
