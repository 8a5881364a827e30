/** The XML-RPC methods that tell about processes and about the configuration. Structs have supervisord's members. */
import { lookupUser } from '../lib/passwd.ts'
import { signalNumber } from '../lib/signals.ts'
import type { ProcessView } from '../core/model.ts'
import { compare } from '../core/order.ts'
import type { GroupSpec, LogSpec, ProcessSpec } from '../core/spec.ts'
import { rpcMethod, text } from './rpc-declare.ts'
import type { RpcStruct } from './rpc-declare.ts'
import { findProcess } from './rpc-targets.ts'

/** XML-RPC has 32 bits for an integer. */
const intMax = 2 ** 31 - 1

export const infoMethods = {
  getProcessInfo: rpcMethod({
    help: 'Tells the state of a process.',
    params: { name: text('A process: name or group:name.') },
    returns: { kind: 'struct', doc: 'What is known of it.' },
    handle: (master, args) => infoOf(findProcess(master, args.name), Date.now()),
  }),
  getAllProcessInfo: rpcMethod({
    help: 'Tells the states of all processes, by group and name.',
    params: {},
    returns: { kind: 'array', doc: 'A struct for each process.' },
    handle(master) {
      const now = Date.now()
      return master.processes().map(view => infoOf(view, now))
    },
  }),
  getAllConfigInfo: rpcMethod({
    help: 'Tells the configuration of all processes as it was read last, active or not.',
    params: {},
    returns: { kind: 'array', doc: 'A struct for each process.' },
    handle(master) {
      const active = new Set(master.activeGroups())
      const uids = new Map<string, number>()
      const uidOf = (user: string | null): number | null => (user === null ? null : remembered(uids, user))
      return master.configuredGroups()
        .flatMap(group => group.processes.map(spec => ({ group, spec })))
        .sort((a, b) => compare(a.spec.name, b.spec.name))
        .map(({ group, spec }) => configOf(group, spec, active.has(group.name), uidOf(spec.user)))
    },
  }),
}

function infoOf(view: ProcessView, now: number): RpcStruct {
  const stdout = view.stdoutLogfile ?? ''
  return {
    name: view.name,
    group: view.group,
    start: seconds(lastTry(view)),
    stop: seconds(view.stoppedAt),
    now: seconds(now),
    state: view.statecode,
    statename: view.state,
    spawnerr: view.spawnError,
    exitstatus: view.state === 'STOPPED' || view.state === 'EXITED' ? view.exitstatus : 0,
    logfile: stdout,
    stdout_logfile: stdout,
    stderr_logfile: view.stderrLogfile ?? '',
    pid: view.pid,
    description: view.description,
  }
}

/** When it was last started, or when that was last tried in vain. */
function lastTry({ startedAt, state, since }: ProcessView): number {
  return startedAt === 0 && (state === 'BACKOFF' || state === 'FATAL') ? since : startedAt
}

function configOf(group: GroupSpec, spec: ProcessSpec, inuse: boolean, uid: number | null): RpcStruct {
  return {
    autostart: spec.autostart,
    directory: spec.directory ?? 'none',
    uid: uid ?? 'none',
    command: spec.command,
    exitcodes: spec.exitcodes,
    group: group.name,
    group_prio: group.priority,
    inuse,
    killasgroup: spec.killasgroup,
    name: spec.name,
    process_prio: spec.priority,
    redirect_stderr: spec.redirectStderr,
    startretries: spec.startretries,
    startsecs: spec.startsecs / 1000,
    ...logOf('stdout', spec.stdout, inuse),
    stopsignal: signalNumber(spec.stopsignal),
    stopwaitsecs: spec.stopwait / 1000,
    ...logOf('stderr', spec.redirectStderr ? { ...spec.stderr, file: null } : spec.stderr, inuse),
    serverurl: spec.serverurl ?? 'none',
  }
}

function logOf(channel: 'stdout' | 'stderr', log: LogSpec, inuse: boolean): RpcStruct {
  return {
    [`${channel}_capture_maxbytes`]: log.captureMaxBytes,
    [`${channel}_events_enabled`]: log.events,
    [`${channel}_logfile`]: log.file === null ? 'none' : log.auto && !inuse ? 'auto' : log.file,
    [`${channel}_logfile_backups`]: log.backups,
    [`${channel}_logfile_maxbytes`]: log.maxBytes,
    [`${channel}_syslog`]: log.syslog,
  }
}

function remembered(uids: Map<string, number>, user: string): number {
  const known = uids.get(user) ?? lookupUser(user)?.uid ?? Number(user)
  uids.set(user, known)
  return known
}

function seconds(milliseconds: number): number {
  return Math.min(intMax, Math.floor(milliseconds / 1000))
}
