/**
 * The words of the core as types: states, wants, exits, a process as the fleet holds it, and a view of it that
 * leaves the core. No behaviour here but the state codes.
 */
import type { SignalName } from '../lib/signals.ts'
import type { InboxCounts } from './sending.ts'
import type { ProcessSpec } from './spec.ts'

/** supervisord's state codes. */
export const stateCodes = {
  STOPPED: 0,
  STARTING: 10,
  RUNNING: 20,
  BACKOFF: 30,
  STOPPING: 40,
  EXITED: 100,
  FATAL: 200,
  UNKNOWN: 1000,
} as const

export type State = keyof typeof stateCodes

/** States in which nothing of the process runs and nothing is due. */
export function isStopped(state: State): boolean {
  return state === 'STOPPED' || state === 'EXITED' || state === 'FATAL' || state === 'UNKNOWN'
}

/** States that a stop request acts on (supervisord's "running" set). */
export function isRunning(state: State): boolean {
  return state === 'RUNNING' || state === 'BACKOFF' || state === 'STARTING'
}

/** States that a signal request acts on. */
export function isSignallable(state: State): boolean {
  return state === 'RUNNING' || state === 'STARTING' || state === 'STOPPING'
}

/** What the operator asked for. */
export type Want = 'up' | 'down'

/** Who caused something, for people: `cli root`, `signal SIGTERM`, `config change`, `shutdown`, `autostart`. */
export type Actor = string

/** How an incarnation ended. `unknown`: it died while no master lived, or was not the master's child. */
export type ExitStatus =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: SignalName; /** `null`: could not be found out. */ readonly core: boolean | null }
  | { readonly kind: 'unknown' }

/** What began a run of a job. `start`: somebody has started the job. */
export const runCauses = ['start', 'schedule', 'interval', 'trigger', 'retry', 'catch-up'] as const
export type RunCause = (typeof runCauses)[number]

/** How a run ended. `stopped`: somebody did not want it any more; `unknown`: while no master lived. */
export const runResults = ['ok', 'failed', 'timeout', 'stopped', 'unknown'] as const
export type RunResult = (typeof runResults)[number]

/** What an end says of the run that it ended. */
export interface RunNote {
  readonly cause: RunCause
  /** The time that it was planned for; `null`: none. */
  readonly slot: number | null
  readonly result: RunResult
}

/** What a job is about to do, as others see it. Times are epoch milliseconds. */
export interface JobView {
  /** When it runs next; 0: nothing is planned, or it waits for something else. */
  readonly nextRun: number
  /** What began the run that goes on; `null`: none does. */
  readonly cause: RunCause | null
  /** Runs that wait for the one that goes on, or for what holds it; not a run that is to be tried again. */
  readonly waiting: number
  /** Slots that were not run since it was added. */
  readonly skipped: number
  /** It neither runs nor has failed: it has done its work until the next time, or for good. */
  readonly resting: boolean
}

/** One end of one incarnation; the last ten are kept. Times are epoch milliseconds. */
export interface ExitRecord {
  readonly incarnation: number
  readonly pid: number
  readonly status: ExitStatus
  readonly startedAt: number
  readonly endedAt: number
  /** Milliseconds, on the monotonic clock where the master saw both ends. */
  readonly uptime: number
  /** True if somebody had asked for it to stop. */
  readonly wanted: boolean
  /** Who asked, when `wanted`. */
  readonly by: Actor | null
  /** True if the code is in `exitcodes`, after RUNNING. */
  readonly expected: boolean
  /** True if the kernel killed it for want of memory; absent: nothing says so. */
  readonly oom?: boolean
  /** It made place for the next incarnation as planned: why, as the worker or nsup has put it; absent: it did not. */
  readonly recycled?: string
  /** Of a job. */
  readonly run?: RunNote
  /** The job that it had in hand, as it had told, and has not done; absent after exit code 0. */
  readonly job?: string
  /** The file that says what it was doing when its watchdog had heard nothing of it. */
  readonly forensics?: string
  /** Last lines of stderr (of stdout where stderr is redirected), at most 20. */
  readonly lastLines: readonly string[]
}

/** Identity of a running incarnation: a pid alone is none, it is used again. */
export interface Pid {
  readonly pid: number
  /** Field 22 of /proc/PID/stat, or what `ps -o lstart` says; opaque, compared for equality. */
  readonly startTime: string
}

/** What a worker has last said of itself, on its report channel or otherwise. Times are epoch milliseconds, 0: never. */
export interface WorkerReport {
  /** Its last word of any kind. */
  readonly at: number
  /** A line for people. */
  readonly status: string
  /** Its last account of its health, as it gave it; `null`: none yet. */
  readonly health: Readonly<Record<string, unknown>> | null
  readonly healthAt: number
  readonly stopping: boolean
  /** Lines that could not be understood. */
  readonly rubbish: number
}

/** One process as it leaves the core: everything a person or a program may see, no secrets. */
export interface ProcessView {
  readonly group: string
  readonly name: string
  /** `group:name` or `name`. */
  readonly namespec: string
  readonly program: string
  readonly state: State
  readonly statecode: number
  readonly want: Want
  /** Who has said so. */
  readonly wantedBy: Actor
  /** 0 when nothing runs. */
  readonly pid: number
  /** A sentence: supervisord's description (`pid 12, uptime 0:00:03`, spawn error, stop time, `Not started`). */
  readonly description: string
  /** Why it is in this state, for people; empty for RUNNING. */
  readonly reason: string
  /** Epoch milliseconds, 0 = never. */
  readonly startedAt: number
  readonly stoppedAt: number
  readonly since: number
  /** Milliseconds of this incarnation; 0 when nothing runs. */
  readonly uptime: number
  readonly restarts: number
  readonly incarnation: number
  readonly adopted: boolean
  readonly spawnError: string
  /** supervisord's exitstatus: code, -1 for a signal. */
  readonly exitstatus: number
  readonly stopRequestedBy: Actor | null
  /** Milliseconds until the next automatic start. */
  readonly retryIn: number | null
  /** What holds it back from being started, stopped or replaced; `null`: nothing. */
  readonly hold: string | null
  readonly ready: boolean
  readonly health: 'unknown' | 'healthy' | 'unhealthy'
  /** Why it is unhealthy. */
  readonly ailment: string
  /** The job in hand. */
  readonly job: string | null
  /** Of a process that is itself a job; `null`: it is none. */
  readonly task: JobView | null
  /** Failures in a row, as its restart policy counts them. */
  readonly crashes: number
  readonly report: WorkerReport | null
  /** Absent: it has no inbox. */
  readonly inbox?: InboxCounts | undefined
  /** True of an event listener that has broken the protocol, and gets no events any more. */
  readonly deaf?: boolean
  readonly exits: readonly ExitRecord[]
  readonly stdoutLogfile: string | null
  readonly stderrLogfile: string | null
  readonly groupPriority: number
  readonly spec: ProcessSpec
}
