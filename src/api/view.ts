/**
 * From the core's words to the wire's: views become plain snake_case objects. The only place where a process leaves
 * the master, so the only place that must see to it that no secret does: of an environment only the names go out.
 */
import { faultRow } from '../lib/fault.ts'
import type { ExitRecord, ProcessView, WorkerReport } from '../core/model.ts'
import type { InboxCounts } from '../core/sending.ts'
import { namespec, socketUrl } from '../core/spec.ts'
import type { LogSpec, ProcessSpec, SocketSpec } from '../core/spec.ts'
import type { Outcome } from './master.ts'
import { jobConfigOf, taskOf } from './runs.ts'
import type { LogConfig, ProcessConfig, ProcessDetail, ProcessStatus, WireExit, WireOutcome } from './results.ts'

export interface Usage {
  readonly cpu: number
  readonly memory: number
}

/** supervisord's code for an outcome that is no fault. */
const successCode = 80

/** A process as `status` lists it, without its exits. */
export function statusOf(view: ProcessView, usage?: Usage): ProcessStatus {
  return {
    group: view.group,
    name: view.name,
    namespec: view.namespec,
    program: view.program,
    state: view.state,
    statecode: view.statecode,
    want: view.want,
    wanted_by: view.wantedBy,
    pid: view.pid,
    description: view.description,
    reason: view.reason,
    started_at: view.startedAt,
    stopped_at: view.stoppedAt,
    since: view.since,
    uptime: view.uptime,
    restarts: view.restarts,
    incarnation: view.incarnation,
    adopted: view.adopted,
    spawn_error: view.spawnError,
    exit_status: view.exitstatus,
    stop_requested_by: view.stopRequestedBy,
    retry_in: view.retryIn,
    hold: view.hold,
    ready: view.ready,
    health: view.health,
    ailment: view.ailment,
    job: view.job,
    next_run: view.task?.nextRun ?? 0,
    resting: view.task?.resting ?? false,
    task: taskOf(view),
    crashes: view.crashes,
    report: view.report === null ? null : reportOf(view.report),
    stdout_logfile: view.stdoutLogfile,
    stderr_logfile: view.stderrLogfile,
    socket: view.spec.socket === undefined ? null : socketUrl(view.spec.socket),
    priority: view.spec.priority,
    group_priority: view.groupPriority,
    cpu: usage?.cpu ?? null,
    memory: usage?.memory ?? null,
  }
}

function inboxOf({ waiting, waitingBytes, delivered, refused }: InboxCounts): NonNullable<ProcessDetail['inbox']> {
  return { waiting, waiting_bytes: waitingBytes, delivered, refused }
}

function reportOf(report: WorkerReport): NonNullable<ProcessStatus['report']> {
  const { at, status, health, healthAt, stopping, rubbish } = report
  return { at, status, health, health_at: healthAt, stopping, rubbish }
}

/** All that may be known of a process. */
export function detailOf(view: ProcessView, usage: Usage | undefined, byHand: boolean): ProcessDetail {
  return { ...statusOf(view, usage), inbox: view.inbox === undefined ? null : inboxOf(view.inbox), exits: view.exits.map(exitOf), config: configOf(view.spec), by_hand: byHand }
}

export function exitOf(record: ExitRecord): WireExit {
  const { status } = record
  return {
    incarnation: record.incarnation,
    pid: record.pid,
    kind: status.kind,
    code: status.kind === 'code' ? status.code : null,
    signal: status.kind === 'signal' ? status.signal : null,
    core_dumped: status.kind === 'signal' ? status.core : null,
    started_at: record.startedAt,
    ended_at: record.endedAt,
    uptime: record.uptime,
    wanted: record.wanted,
    by: record.by,
    expected: record.expected,
    ...(record.oom === true && { oom: true }),
    ...(record.recycled !== undefined && { recycled: record.recycled }),
    ...(record.forensics !== undefined && { forensics: record.forensics }),
    last_lines: [...record.lastLines],
  }
}

export function outcomeOf(outcome: Outcome): WireOutcome {
  return {
    group: outcome.group,
    name: outcome.name,
    namespec: namespec(outcome.group, outcome.name),
    result: outcome.result,
    code: outcome.result === 'OK' ? successCode : faultRow(outcome.result).code,
    description: outcome.description,
    ...(outcome.exitCode !== undefined && { exit_code: outcome.exitCode }),
    ...(outcome.dependency !== undefined && { dependency: outcome.dependency }),
  }
}

/** The configuration under the names and in the units that a config file uses. */
function configOf(spec: ProcessSpec): ProcessConfig {
  return {
    command: spec.command,
    command_problem: spec.commandProblem,
    process_num: spec.processNum,
    priority: spec.priority,
    autostart: spec.autostart,
    autorestart: spec.autorestart,
    exitcodes: [...spec.exitcodes],
    startsecs: spec.startsecs / 1000,
    startretries: spec.startretries,
    stopsignal: spec.stopsignal,
    stopwaitsecs: spec.stopwait / 1000,
    stopasgroup: spec.stopasgroup,
    killasgroup: spec.killasgroup,
    user: spec.user,
    redirect_stderr: spec.redirectStderr,
    directory: spec.directory,
    umask: spec.umask === null ? null : spec.umask.toString(8).padStart(3, '0'),
    serverurl: spec.serverurl,
    socket: spec.socket === undefined ? null : socketConfigOf(spec.socket),
    job: spec.care?.job === undefined ? null : jobConfigOf(spec.care.job),
    environment_keys: Object.keys(spec.environment).sort(),
    stdout: logConfigOf(spec.stdout),
    stderr: logConfigOf(spec.stderr),
  }
}

function socketConfigOf(socket: SocketSpec): NonNullable<ProcessConfig['socket']> {
  const file = socket.kind === 'unix' ? { mode: socket.mode.toString(8).padStart(4, '0'), owner: socket.owner } : { mode: null, owner: null }
  return { url: socketUrl(socket), backlog: socket.backlog, ...file }
}

function logConfigOf(log: LogSpec): LogConfig {
  return {
    logfile: log.file,
    auto: log.auto,
    maxbytes: log.maxBytes,
    backups: log.backups,
    capture_maxbytes: log.captureMaxBytes,
    events_enabled: log.events,
    syslog: log.syslog,
    compress: log.compress,
    timestamp: log.timestamp,
    strip_ansi: log.stripAnsi,
  }
}

/** `fooBar` to `foo_bar`, for events, whose members are plain values or lists of plain objects. */
export function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased)
  if (typeof value !== 'object' || value === null) return value
  const pairs = Object.entries(value).map(([key, one]) => [key.replace(/[A-Z]/g, c => `_${c.toLowerCase()}`), snakeCased(one)] as const)
  return Object.fromEntries(pairs)
}
