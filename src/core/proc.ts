/**
 * One process as the fleet holds it: the record that the table of process.ts changes, its making, and the
 * inputs and effects that the core speaks. Only `step` in fleet.ts lets anybody change one.
 */
import type { SignalName } from '../lib/signals.ts'
import type { EventBody } from './events.ts'
import { isStopped } from './model.ts'
import type { Actor, ExitRecord, ExitStatus, Pid, State, Want } from './model.ts'
import type { Rounds } from './rounds.ts'
import type { ProcessSpec } from './spec.ts'

/** Both times of one instant, in milliseconds: `mono` decides, `wall` is what people read. */
export interface Now {
  readonly mono: number
  readonly wall: number
}

export interface Proc {
  readonly group: string
  readonly name: string
  spec: ProcessSpec
  state: State
  want: Want
  /** Who set `want` last. */
  wantedBy: Actor
  /** The running incarnation; `null` when none runs, or while a spawn is being carried out. */
  id: Pid | null
  /** Counts spawns, from 1; 0: never spawned. */
  incarnation: number
  /** Failed starts in a row: supervisord's backoff counter. */
  backoff: number
  /** The one thing that is due, on the monotonic clock. */
  deadline: number | null
  /** When this incarnation was spawned, on the monotonic clock. */
  startedMono: number
  /** Epoch milliseconds; 0: never. */
  startedAt: number
  stoppedAt: number
  /** When `state` was entered, epoch milliseconds. */
  since: number
  spawnError: string
  /** Why it is in this state, for people. */
  reason: string
  /** Who asked for the stop that is going on, or for the last one. */
  stopBy: Actor | null
  /** Newest last, at most ten. */
  exits: ExitRecord[]
  /** Spawns after the first one that nobody asked for. */
  restarts: number
  /** True while the running incarnation is not the master's child. */
  adopted: boolean
  /** What follows the stop that is going on, or that has just ended. */
  afterStop: AfterStop
  /** Rung of the stop ladder that it stands on; -1: what comes before the first. */
  rung: number
  /** When this rung ends, if the worker does not ask for more time. */
  rungEnds: number
  /** Why it is not started, or not stopped, though it should be; `null` when nothing holds it. */
  hold: string | null
  /** What comes before its spawn is being done. */
  preparing: boolean
  /** It has shown that it is ready, in this incarnation. */
  ready: boolean
  /** When an incarnation that is not ready has failed to start. */
  readyBy: number | null
  health: Health
  /** Why it is unhealthy, or not ready. */
  ailment: string
  /** The job in hand, as the worker told. */
  busy: { readonly job: string; /** On the monotonic clock; `null`: until it says otherwise. */ readonly until: number | null } | null
  /** It is to be replaced as soon as it may; `latest`: until then its job is waited for, on the monotonic clock. */
  recycle: { readonly reason: string; readonly by: Actor; readonly latest: number | null } | null
  /** Why it is about to end by itself with exit code 0, or has just done so, as it has told; `null`: it has told nothing of the kind. */
  planned: string | null
  /** Last sign of life, for the watchdog. */
  seen: number
  /** Where it is written what it was doing when its watchdog had heard nothing of it. */
  forensics: string | null
  /** Failures in a row, for the restart policy. */
  crashes: number
  /** When it was restarted by itself, as far back as `restart_limit` looks. */
  comebacks: readonly number[]
  /** The one more try of a process that had been given up. */
  lastChance: boolean
  /** What a job remembers from run to run; `null`: it has never been one. */
  rounds: Rounds | null
  /** A config change on its way: `spec` takes the place of the old one as soon as nothing runs; `up`: then start it. */
  next: { readonly spec: ProcessSpec; readonly up: boolean } | null
  /** Stop, then leave the fleet: its program is gone from the config. */
  leaving: boolean
}

export type Health = 'unknown' | 'healthy' | 'unhealthy'

/**
 * `rest`: somebody asked for the stop. `again`: planned, it comes back at once. `failed`: it was not well, the restart
 * policy decides. `retry`: its start has failed.
 */
export type AfterStop = 'rest' | 'again' | 'failed' | 'retry'

/** What can happen to one process. */
export type ProcInput =
  /** `endedSince`: who is needed and has ended or failed since then, epoch milliseconds, is left as it is. */
  | { readonly type: 'start'; readonly by: Actor; readonly endedSince?: number }
  | { readonly type: 'stop'; readonly by: Actor }
  /** Run a job now. `id`: by which its end is known. */
  | { readonly type: 'trigger'; readonly by: Actor; readonly id: string }
  | { readonly type: 'spawned'; readonly id: Pid }
  | { readonly type: 'spawnFailed'; readonly reason: string }
  | {
      readonly type: 'exited'
      readonly status: ExitStatus
      readonly lastLines: readonly string[]
      /** The kernel killed it for want of memory. */
      readonly oom?: boolean
      /** Who has ended. If another process goes on in its place by now, that is no end. */
      readonly of?: Pid
    }
  /** Another process goes on in place of the one that was spawned: it has been seen to live, and to be of this incarnation. */
  | { readonly type: 'mainPid'; readonly incarnation: number; readonly id: Pid }
  /** `deadline` has passed. */
  | { readonly type: 'due' }
  /** The kernel would not let us signal it. */
  | { readonly type: 'refused'; readonly reason: string }
  /** Do not wait for `stopwaitsecs` any longer. */
  | { readonly type: 'hurry' }
  /** The whole is shutting down: do not try again. */
  | { readonly type: 'giveUp'; readonly by: Actor }
  /** What comes before a spawn, or before the first signal of a stop, is done. `incarnation`: whose it was. */
  | { readonly type: 'prepared'; readonly incarnation: number; readonly problem: string | null }
  /** What comes before its spawn is held up: by what; `null`: not any more. */
  | { readonly type: 'waiting'; readonly incarnation: number; readonly reason: string | null }
  | { readonly type: 'ready'; readonly incarnation: number }
  /** What a probe has found. */
  | { readonly type: 'health'; readonly incarnation: number; readonly problem: string | null }
  /** Somebody has looked at it before its watchdog ends it, and written down what was to be seen. */
  | { readonly type: 'looked'; readonly incarnation: number; readonly file: string }
  /** A sign of life, for the watchdog. */
  | { readonly type: 'alive'; readonly incarnation: number }
  | { readonly type: 'busy'; readonly incarnation: number; readonly job: string | null; /** Milliseconds. */ readonly lasts: number | null }
  /** The worker asks for more time to get ready, or to stop. Milliseconds. */
  | { readonly type: 'extend'; readonly incarnation: number; readonly time: number }
  /** The files that it is made of have changed, `reason` says which. Who was not stopped on purpose is started anew by that. */
  | { readonly type: 'changed'; readonly reason: string; readonly by: Actor }
  /** The worker says that it is about to end, as planned, and wants to be started again. */
  | { readonly type: 'recycling'; readonly incarnation: number; readonly reason: string }
  /** Replace it by another incarnation. */
  | { readonly type: 'recycle'; readonly reason: string; readonly by: Actor; /** Do not wait until its siblings are up and its job is done. */ readonly now: boolean }

/** What the core wants done. The shell does it and brings back what came of it as inputs. */
export type Effect =
  | { readonly type: 'spawn'; readonly proc: Proc }
  /** Do what comes before a spawn (`wait_for`, `pre_start`), or before a stop (`pre_stop`, `stop_command`); answer `prepared`. */
  | { readonly type: 'prepare'; readonly proc: Proc; readonly step: 'start' | 'stop' | 'stop_command' }
  /** What `prepare` began is not wanted any more. */
  | { readonly type: 'abandon'; readonly proc: Proc }
  | {
      readonly type: 'kill'
      readonly proc: Proc
      readonly id: Pid
      readonly signal: SignalName
      readonly scope: 'process' | 'group'
      /** True when the grace period ran out. */
      readonly escalated: boolean
      /** Look at the process before the signal, so that somebody can find out why it was silent. */
      readonly forensics?: string
    }
  /** The process is `id` from now on, which is not the master's child: watch it. `before` may run on. */
  | { readonly type: 'follow'; readonly proc: Proc; readonly id: Pid; readonly before: Pid }
  /** The leader `pid` is gone: see what of its group and session is left, and kill that if the spec says so. */
  | { readonly type: 'sweep'; readonly proc: Proc; readonly pid: number }
  /** A spawn was tried: for the log. `problem`: why nothing came of it. */
  | { readonly type: 'tried'; readonly proc: Proc; readonly pid: number; readonly problem: string | null }
  | { readonly type: 'event'; readonly body: EventBody; readonly proc: Proc | null }
  /** The process has left the fleet: close its streams, remove its folder. */
  | { readonly type: 'forget'; readonly proc: Proc }
  /** A shutdown is complete: nothing runs any more, but for those that not even SIGKILL has ended. */
  | { readonly type: 'drained'; readonly left: readonly Proc[] }

/** A process that has never run. */
export function newProc(spec: ProcessSpec, want: Want, wantedBy: Actor, wall: number): Proc {
  return {
    group: spec.group,
    name: spec.name,
    spec,
    state: 'STOPPED',
    want,
    wantedBy,
    id: null,
    incarnation: 0,
    backoff: 0,
    deadline: null,
    startedMono: 0,
    startedAt: 0,
    stoppedAt: 0,
    since: wall,
    spawnError: '',
    reason: want === 'up' ? 'about to start' : 'not started: autostart is off',
    stopBy: null,
    exits: [],
    restarts: 0,
    adopted: false,
    afterStop: 'rest',
    rung: -1,
    rungEnds: 0,
    hold: null,
    preparing: false,
    ready: false,
    readyBy: null,
    health: 'unknown',
    ailment: '',
    busy: null,
    recycle: null,
    planned: null,
    seen: 0,
    forensics: null,
    crashes: 0,
    comebacks: [],
    lastChance: false,
    rounds: null,
    next: null,
    leaving: false,
  }
}

/** A pid alone is no identity. */
export function isSame(one: Pid, other: Pid | null): boolean {
  return one.pid === other?.pid && one.startTime === other.startTime
}

/** True if it has ended by itself or was given up at this time or later, epoch milliseconds, and nobody has asked for it since. */
export function hasEndedSince(proc: Proc, wall: number): boolean {
  const isOver = proc.state === 'FATAL' || (proc.state === 'EXITED' && proc.want === 'down')
  return isOver && proc.hold === null && proc.since >= wall
}

/** True if nothing of it runs. Who is UNKNOWN has not been seen to end, and is kept in sight until then. */
export function rests(proc: Proc): boolean {
  return isStopped(proc.state) && proc.id === null
}
