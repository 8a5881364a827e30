/**
 * What the config may ask for a process beyond supervisord's words: readiness, health, dependencies, restart policy,
 * the way to stop, recycling, resources. Plain data like spec.ts; a process without any of it carries none of it.
 * Durations are milliseconds, sizes are bytes.
 */
import type { SignalName } from '../lib/signals.ts'
import type { WatchSpec } from './watch.ts'

/** One way to find out whether a process answers. */
export type Probe =
  | {
      readonly kind: 'http'
      readonly url: string
      /** Accepted statuses; empty: 200 to 399. */
      readonly status: readonly number[]
      readonly headers: Readonly<Record<string, string>>
      /** The source of a regular expression that the beginning of the body must match. */
      readonly body: string | null
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'exec'; readonly command: string; readonly argv: readonly string[] }

/** What makes a process ready. A log line is looked for in stdout and stderr. */
export type Readiness =
  | Probe
  | { readonly kind: 'report' }
  | { readonly kind: 'notify' }
  | { readonly kind: 'notification_fd'; readonly fd: number }
  | { readonly kind: 'log'; readonly pattern: string }

export interface ReadySpec {
  readonly by: Readiness
  /** From the spawn; when it has passed the start has failed. */
  readonly timeout: number
}

export interface HealthSpec {
  /** `report`: a worker that has reported nothing for `maxAge` is not well. */
  readonly by: Probe | { readonly kind: 'report'; readonly maxAge: number }
  readonly interval: number
  readonly timeout: number
  /** So many failures in a row make it unhealthy. */
  readonly retries: number
  /** Failures do not count for so long after the spawn, until the first success. */
  readonly startPeriod: number
  readonly onUnhealthy: { readonly kind: 'restart' } | { readonly kind: 'none' } | { readonly kind: 'signal'; readonly signal: SignalName }
}

/** `started`: it runs. `ready`: RUNNING. `healthy`: RUNNING and no probe says otherwise. `completed`: it has ended with an expected code. */
export type Condition = 'started' | 'ready' | 'healthy' | 'completed'

export interface Dependency {
  /** A program, a group or a process (`group:name`); of several processes each one counts. */
  readonly on: string
  readonly condition: Condition
  /** False: only waited for while it is wanted up. */
  readonly required: boolean
}

export type HookName = 'pre_start' | 'post_start' | 'pre_stop' | 'post_stop' | 'on_exit' | 'on_fatal' | 'on_unhealthy'

export interface HookSpec {
  readonly command: string
  readonly argv: readonly string[]
  readonly timeout: number
  /** `null`: the process's own. */
  readonly user: string | null
}

/** How and how often a process comes back by itself. */
export interface RestartSpec {
  /** From the end of a process that was RUNNING to its next start. */
  readonly delay: number
  /** Delays of failures in a row; `null`: supervisord's 1 s, 2 s, 3 s and none after RUNNING. */
  readonly backoff: { readonly initial: number; readonly factor: number; readonly max: number; /** 0 to 1. */ readonly jitter: number } | null
  /** RUNNING for so long forgets the failures before. */
  readonly reset: number
  /** More automatic restarts within `per` make it FATAL. */
  readonly limit: { readonly count: number; readonly per: number } | null
  /** A FATAL process gets one more try after so long; `null`: never. */
  readonly retryAfter: number | null
  readonly noRestartOn: readonly (number | SignalName)[]
  /** Minutes of the day, local time, between which it may be restarted; `to` may lie after midnight. */
  readonly window: { readonly from: number; readonly to: number } | null
}

/** One rung of the stop ladder; the last one is repeated. */
export interface StopStep {
  readonly signal: SignalName
  readonly wait: number
}

export interface StopSpec {
  /** Empty: stopsignal, stopwaitsecs, SIGKILL. */
  readonly sequence: readonly StopStep[]
  /** Run instead of the first signal. */
  readonly command: { readonly command: string; readonly argv: readonly string[] } | null
  /** How much longer than its rung a worker may ask for in all. */
  readonly extendMax: number
  /** How long restarts and recycling wait for a busy worker. */
  readonly busyWait: number
  /** Between pre_stop (or the request, without one) and the first signal. */
  readonly preStopDelay: number
}

/** When a process that is well is replaced all the same. */
export interface RecycleSpec {
  readonly maxMemory: number | null
  readonly memoryAction: { readonly kind: 'restart' } | { readonly kind: 'none' } | { readonly kind: 'signal'; readonly signal: SignalName }
  /** `spread`: 0 to 1, of the lifetime, to either side. */
  readonly maxLifetime: { readonly after: number; readonly spread: number } | null
}

export interface ResourceSpec {
  /** Names of prlimit (`nofile`, `nproc`, `core`, `as`, `cpu`) with soft and hard limit; `null`: unlimited. */
  readonly limits: Readonly<Record<string, { readonly soft: number | null; readonly hard: number | null }>>
  readonly nice: number | null
  readonly ionice: { readonly class: 'realtime' | 'best-effort' | 'idle'; readonly level: number | null } | null
  readonly oomScoreAdj: number | null
  readonly cpuAffinity: string | null
  /** `cpuMax`: as cpu.max is written, quota and period in microseconds. */
  readonly cgroup: { readonly memoryMax: number | null; readonly cpuMax: string | null; readonly pidsMax: number | null } | null
}

/** A task that ends, and may be run again and again. */
export interface JobSpec {
  /** From the end of a run to the next one; `null`: not by time. */
  readonly interval: number | null
  /** A cron line; `null`: none. See schedule.ts. */
  readonly schedule: string | null
  /** A name of the IANA database; `null`: the zone of the machine. */
  readonly timezone: string | null
  /** What becomes of a slot, or of a trigger, that comes while a run goes on. */
  readonly overlap: 'skip' | 'queue' | 'replace'
  /** Which of the slots are run that nobody was there for. */
  readonly catchUp: 'none' | 'one' | 'all'
  /** Each run by the clock is put off by a part of this. */
  readonly spread: number
  /** What the parts are drawn by: not the same on every machine. */
  readonly seed: string
  /** A run that takes longer is stopped and has failed; `null`: as long as it takes. */
  readonly runTimeout: number | null
  /** How often a run that has failed is tried again. */
  readonly retries: number
}

export interface CareSpec {
  readonly job?: JobSpec
  /** The worker has a report channel. */
  readonly report?: boolean
  /** Shared tables that the worker may use; it has a report channel and an inbox for that. */
  readonly tables?: readonly string[]
  /** The worker has an inbox, and may send. */
  readonly messages?: boolean
  /** The worker has a NOTIFY_SOCKET. */
  readonly notify?: boolean
  readonly ready?: ReadySpec
  readonly health?: HealthSpec
  /** A worker that is silent on its report channel for so long is killed. */
  readonly watchdog?: number
  readonly healthSignal?: SignalName
  readonly dependsOn?: readonly Dependency[]
  /** Restarted when one of these has been restarted. */
  readonly dependsRestart?: boolean
  /** `tcp://host:port` or `unix:///path` that must answer before a start. */
  readonly waitFor?: readonly string[]
  readonly hooks?: Readonly<Partial<Record<HookName, HookSpec>>>
  readonly restart?: RestartSpec
  readonly stop?: StopSpec
  readonly recycle?: RecycleSpec
  readonly resources?: ResourceSpec
  /** What the kernel sends it when its master dies; for `nsup dev`, since workers are to outlive any other master. */
  readonly deathSignal?: SignalName
  /** Files whose change restarts it. */
  readonly watch?: WatchSpec
}
