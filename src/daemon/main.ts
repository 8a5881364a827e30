/**
 * nsupd: the composition root. Reads the command line and the config, becomes a daemon where asked, takes the rooms
 * os/ and http/ in hand, and runs one session after another until somebody asks for the end.
 */
import { join } from 'node:path'
import { findConfig } from '../config/find.ts'
import type { Config } from '../config/config.ts'
import { instanceOf } from '../config/instance.ts'
import type { Instance } from '../config/instance.ts'
import { changesRestart, sameSpec } from '../config/changes.ts'
import { listen } from '../http/server.ts'
import { version } from '../lib/version.ts'
import { warnings } from '../os/capabilities.ts'
import { nameAutoLogs, removeAutoLogs } from '../os/auto-logs.ts'
import { systemClock } from '../os/clock.ts'
import { machineFor } from '../os/kernel.ts'
import { fifoPorts } from '../os/fifo-ports.ts'
import { ledgerFile } from '../os/ledger-file.ts'
import { raiseLimits } from '../os/limits.ts'
import { acquireLock } from '../os/lock.ts'
import { notifySockets } from '../os/notify-sockets.ts'
import { takeNotify } from '../os/notify.ts'
import type { Notify } from '../os/notify.ts'
import { roomForProcesses } from '../os/open-files.ts'
import { takeOrphans } from '../os/orphans.ts'
import { systemOutside } from '../os/outside.ts'
import { removePidfile, writePidfile } from '../os/pidfile.ts'
import { bootId, whoIs } from '../os/proc.ts'
import { systemProbes } from '../os/probes.ts'
import { appendRecord, listFolder, makeFolder, readRecord, removeAll, removeFile, writeRecord } from '../os/records.ts'
import { becomeUser } from '../os/become-user.ts'
import { textFiles } from '../os/replace-file.ts'
import { createSinks } from '../os/sinks.ts'
import { systemSockets } from '../os/sockets.ts'
import { tableFiles } from '../os/table-files.ts'
import { daemonMark, forceDaemonMark, reporterOf, startInBackground } from './daemonize.ts'
import type { Reporter } from './daemonize.ts'
import { ByHandFile } from './by-hand-file.ts'
import { ConfigSource } from './config-source.ts'
import { developmentOf } from './development.ts'
import type { Development } from './development.ts'
import { openFilesMark, runMark } from './environment.ts'
import { parseFlags, usage, UsageError } from './flags.ts'
import { identityOf } from './identity.ts'
import { createMainLog } from './main-log.ts'
import { MasterLog } from './master-log.ts'
import type { LogWriter } from './master-log.ts'
import { ProcessStreams } from './process-streams.ts'
import { reactToSignals } from './react.ts'
import type { Running } from './react.ts'
import { Session } from './session.ts'
import type { Ending, SessionPorts } from './session-ports.ts'
import { tellManager } from './tell-systemd.ts'

/** What stays the same over restarts of one master. */
interface Run {
  readonly source: ConfigSource
  readonly instance: Instance
  readonly background: boolean
  readonly reporter: Reporter
  readonly notify: Notify
  readonly development: Development | null
  /** The session that signals speak to. */
  current: Running | null
  /** What the reading of the config had to say, for the log. */
  said: string
}

/** The start cannot go on; its message is for the person who started. */
class StartError extends Error {}

async function main(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args)
  if (flags.help) return print(usage())
  if (flags.version) return print(`${version}\n`)
  const file = findConfig(flags.configuration)
  if (file === undefined) throw new UsageError('No config file found at default paths; use the -c option to name one')
  const marked = process.env[daemonMark] !== undefined
  const say = (text: string): void => void process.stderr.write(text)
  if (!marked && process.env[forceDaemonMark] !== undefined) return startInBackground(args, say)
  const reporter = reporterOf(marked)
  const instance = instanceOf(file)
  let said = ''
  const settings = () => ({ env: process.env, overrides: flags.overrides, logDir: instance.logDir, cwd: process.cwd(), capabilities: warnings })
  const source = new ConfigSource(file, instance, settings, new ByHandFile(instance.stateDir, textFiles))
  const development = developmentOf(process.env)
  if (development !== null) source.adapt = (read) => development.adapt(read, instance.logDir)
  const config = source.read((text) => {
    said = text
    reporter.say(text)
  })
  if (config === null) return refuse(reporter)
  if (!marked && !config.master.nodaemon) return startInBackground(args, say)
  try {
    return await serve(config, { source, instance, background: marked, reporter, notify: takeNotify(process.env), development, current: null, said })
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    reporter.say(`Error: ${error.message}\n`)
    return refuse(reporter)
  }
}

/** Runs sessions until the last one is over. */
async function serve(first: Config, run: Run): Promise<number> {
  const { instance, reporter } = run
  becomeDaemon(first, run)
  const lock = acquireLock(instance.runDir)
  if (!lock.ok) throw new StartError(lock.pid === 0 ? lock.reason : `another nsupd (pid ${String(lock.pid)}) already runs for ${instance.configFile}`)
  const limits = raiseLimits(first.master.minfds, first.master.minprocs)
  if (limits !== null) throw new StartError(limits)
  reactToSignals(() => run.current, systemClock)
  if (process.pid === 1) takeOrphans({ took: (pid) => run.current?.log.info(`reaped unknown pid ${String(pid)}`), failed: (sentence) => run.current?.log.warn(sentence) })
  let config = first
  for (;;) {
    const how = await runSession(config, run)
    if (how !== 'restart') break
    const again = run.source.read((text) => (run.said = text))
    if (again !== null) config = again
  }
  if (first.master.pidfile !== null) removePidfile(first.master.pidfile)
  lock.release()
  run.development?.leave(removeAll)
  reporter.done(0)
  return 0
}

/** What is asked rarely is loaded when it is. */
const questions: Pick<SessionPorts, 'look' | 'portHolder' | 'family'> = {
  family: async (question) => (await import('../os/family.ts')).findFamily(question),
  look: async (order) => (await import('../os/look.ts')).lookAt(order),
  portHolder: async (port) => (await import('../os/ports-in-use.ts')).portHolder(port),
}

async function runSession(config: Config, run: Run): Promise<Ending> {
  const { instance, reporter } = run
  const { master: spec } = config
  const sinks = createSinks()
  const mainLog = createMainLog(spec, { echo: !run.background && !spec.silent, tty: process.stdout.isTTY, sinks })
  if (mainLog.problem !== null) throw new StartError(mainLog.problem)
  const write: LogWriter = (level, message, fields = {}) => {
    mainLog.say(level, message, fields)
  }
  const log = new MasterLog(write)
  for (const line of run.said.split('\n').filter((one) => one !== '')) log.warn(line)
  run.said = ''
  for (const file of config.files.slice(1)) log.info(`Included extra file "${file}" during parsing`)
  const crashed = (error: unknown): void => {
    log.critical(`this is a mistake of nsupd, it ends now and the workers live on: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    run.current?.session.save()
    mainLog.flush()
    process.exit(70)
  }
  const records = { write: writeRecord, append: appendRecord, read: readRecord, list: listFolder, remove: removeAll, removeFile }
  const ports: SessionPorts = {
    ...{ records, clock: systemClock, ...machineFor(`${runMark}=${instance.runDir}`), sockets: systemSockets, outside: systemOutside, probes: systemProbes, bootId: bootId(), runDir: instance.runDir, stateDir: instance.stateDir, tableFiles, controlSocket: instance.socket, logDir: instance.logDir, env: process.env, log, mainLog, crashed },
    identity: identityOf(config, instance),
    streams: (bus, heard, tell, desk) =>
      new ProcessStreams({ runDir: instance.runDir, ports: { fifos: fifoPorts, sinks }, bus, log, makeFolder, heard, makeRoom: roomForProcesses(process.env[openFilesMark], spec.minfds), voices: { clock: systemClock, notifySockets, whoIs, records, tell, desk } }),
    comparison: { differs: (a, b) => !sameSpec(a, b), needsRestart: changesRestart },
    readConfig: () => run.source.reread((text) => { log.warn(text) }),
    programList: { source: run.source, files: textFiles },
    autoLogs: autoLogsOf(config),
    ledger: ledgerFile(join(instance.logDir, 'ledger.jsonl')),
    measure: async (pids) => (await import('../os/usage.ts')).usageOf(pids),
    ...questions,
    listen: async (master) => {
      const listening = await listen(master, config.servers, { path: instance.socket }, { log: write })
      log.info("RPC interface 'supervisor' initialized")
      log.info(`supervisord started with pid ${String(process.pid)}`)
      return listening.close
    },
  }
  const session = new Session(config, ports)
  run.current = { session, log, config }
  run.development?.attach(run.current)
  process.removeAllListeners('uncaughtException').on('uncaughtException', crashed)
  warnOfRoot(spec.user, log)
  let closeServers: () => Promise<void>
  try {
    closeServers = await session.open()
  } catch (error) {
    throw new StartError((error as Error).message)
  }
  if (spec.pidfile !== null && writePidfile(spec.pidfile) !== null) log.critical(`could not write pidfile ${spec.pidfile}`)
  reporter.done(0)
  tellManager(session, run.notify, log)
  const how = await session.over
  await closeServers()
  session.close(how)
  sinks.close()
  await mainLog.close()
  return how
}

/** In supervisord's words. */
function warnOfRoot(user: string | null, log: MasterLog): void {
  if (process.getuid?.() === 0 && user === null) {
    log.critical('Supervisor is running as root.  Privileges were not dropped because no user is specified in the config file.  If you intend to run as root, you can set user=root in the config file to avoid this message.', { event: 'root' })
  }
}

function becomeDaemon(config: Config, run: Run): void {
  const { directory, umask, user } = config.master
  try {
    makeFolder(run.instance.runDir)
    makeFolder(run.instance.logDir)
    makeFolder(run.instance.stateDir)
    if (run.background) {
      if (directory !== null) process.chdir(directory)
      process.umask(umask)
    }
    if (user !== null) becomeUser(user, [run.instance.runDir, run.instance.logDir, run.instance.stateDir])
  } catch (error) {
    throw new StartError((error as Error).message)
  }
}

function autoLogsOf({ master: { childlogdir: folder, identifier, nocleanup } }: Config): SessionPorts['autoLogs'] {
  const settings = { folder, identifier, nocleanup }
  return {
    name: (groups, running) => nameAutoLogs(groups, running, settings),
    cleanUp: (running) => {
      removeAutoLogs(running, settings)
    },
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function refuse(reporter: Reporter): number {
  reporter.say('For help, use nsupd -h\n')
  reporter.done(2)
  return 2
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exit(status)
  },
  (error: unknown) => {
    const usageError = error instanceof UsageError
    process.stderr.write(`Error: ${usageError || process.env['NSUP_DEBUG'] === undefined ? (error as Error).message : ((error as Error).stack ?? '')}\n`)
    if (usageError) process.stderr.write('For help, use nsupd -h\n')
    process.exit(usageError ? 2 : 1)
  },
)
