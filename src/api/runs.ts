/** A job and its last runs as they go over the wire: what began each, how long it took and how it ended. */
import type { JobSpec } from '../core/care.ts'
import type { ProcessView } from '../core/model.ts'
import { exitWords } from '../core/transitions.ts'
import type { ProcessConfig, ProcessStatus } from './results.ts'

/** `null`: it is no job. */
export function taskOf({ task, exits, pid, startedAt, uptime, incarnation }: ProcessView): ProcessStatus['task'] {
  if (task === null) return null
  const { cause, waiting, skipped } = task
  const ended = exits.flatMap((exit) => exit.run === undefined ? [] : [{
    incarnation: exit.incarnation, started_at: exit.startedAt, duration: exit.uptime, cause: exit.run.cause, slot: exit.run.slot ?? 0, result: exit.run.result, how: exitWords(exit),
  }])
  const running = pid === 0 || cause === null ? [] : [{ incarnation, started_at: startedAt, duration: uptime, cause, slot: 0, result: 'running' as const, how: '' }]
  return { cause, waiting, skipped, runs: [...ended, ...running] }
}

/** What the config says of it, in the units of a config. */
export function jobConfigOf({ interval, schedule, timezone, overlap, catchUp, spread, runTimeout, retries }: JobSpec): NonNullable<ProcessConfig['job']> {
  return {
    interval: interval === null ? null : interval / 1000, schedule, timezone, overlap, catch_up: catchUp, spread: spread / 1000,
    run_timeout: runTimeout === null ? null : runTimeout / 1000, retries,
  }
}
