/** What a worker says of its work, brought into one form: its own words where it has them, what nsup knows otherwise. Pure. */
import type { ProcessView } from '../core/model.ts'

/** Durations here are seconds, as workers give them. */
export interface Vitals {
  readonly processed_count: number | null
  readonly is_processing: boolean | null
  /** As the worker gave it: a time as text or number. */
  readonly last_activity: string | number | null
  readonly uptime: number
  /** A line for people. */
  readonly status: string
  readonly job: string | null
}

type Health = Readonly<Record<string, unknown>> | null

/** `health`: its last account; `null`: none. */
export function vitalsOf(view: ProcessView, health: Health): Vitals {
  const said = health ?? {}
  const processed = said['processed_count']
  const processing = said['is_processing']
  const activity = said['last_activity']
  const status = said['status']
  const uptime = said['uptime']
  return {
    processed_count: typeof processed === 'number' ? processed : null,
    is_processing: typeof processing === 'boolean' ? processing : view.job === null ? null : true,
    last_activity: typeof activity === 'string' || typeof activity === 'number' ? activity : null,
    uptime: typeof uptime === 'number' ? uptime : Math.round(view.uptime / 1000),
    status: view.report?.status || (typeof status === 'string' ? status : ''),
    job: view.job,
  }
}
