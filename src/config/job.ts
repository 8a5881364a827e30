/** Makes the JobSpec of a process out of its options, and says which of the others mean nothing for a job. */
import type { JobSpec } from '../core/care.ts'
import type { ProcessSpec } from '../core/spec.ts'
import type { Context } from './context.ts'
import { errorAt, problemAt } from './raw.ts'
import { findOption, optionTitle } from './read.ts'
import type { Source } from './read.ts'
import type { CareValues } from './rows-care.ts'

/** What an option of a job needs to mean anything; `type`: any job. */
const needs: Partial<Record<keyof CareValues, readonly (keyof CareValues)[]>> = {
  timezone: ['schedule'], catch_up: ['schedule'], spread: ['interval', 'schedule'], overlap: ['type'], run_timeout: ['type'], retries: ['type'],
}

/** Options of services, and what to write for a job. */
const ofServices: Readonly<Record<string, string>> = {
  autorestart: 'retries says how often a run that has failed is tried again', startretries: 'write retries',
  restart_delay: 'write interval', restart_reset: 'retries begin anew with each run', restart_limit: 'write retries',
  restart_retry_after: 'write interval or schedule', restart_window: 'say the hours in schedule',
}

/** `null`: the program is a service. */
export function buildJob(values: CareValues, source: Source, context: Context): JobSpec | null {
  const { type, interval, schedule, timezone, overlap, catch_up: catchUp, spread, run_timeout: runTimeout, retries } = values
  const again = interval !== null || schedule !== null
  const isJob = again || type === 'oneshot'
  warnAboutNeeds(values, isJob, source, context)
  if (!isJob) return null
  if (interval !== null && schedule !== null) refuse('schedule', 'and interval exclude each other', 'keep one of them', source, context)
  if (again && type === 'service') refuse('type', 'service is not run again and again', 'write oneshot, or take out interval and schedule', source, context)
  if (source.section.kind === 'eventlistener') refuse(schedule !== null ? 'schedule' : interval !== null ? 'interval' : 'type', 'an event listener has to go on, and cannot be a job', 'remove the line', source, context)
  for (const [key, hint] of Object.entries(ofServices)) warn(key, 'does nothing for a program that is a oneshot', hint, source, context)
  return { interval, schedule, timezone: schedule === null ? null : timezone, overlap, catchUp, spread, seed: context.hostName, runTimeout, retries }
}

/** What follows of being a job for the options that every program has. */
export function jobLife(source: Source): Partial<ProcessSpec> {
  // What `defaults:` say is for services: a task that ends at once has not failed.
  const said = source.section.options.has('startsecs')
  return { autorestart: 'never', ...(!said && { startsecs: 0 }) }
}

function warnAboutNeeds(values: CareValues, isJob: boolean, source: Source, context: Context): void {
  for (const [key, wanted] of Object.entries(needs)) {
    if (wanted.some((other) => (other === 'type' ? isJob : values[other] !== null || findOption(source, other) !== undefined))) continue
    const words = wanted.map((other) => (other === 'type' ? 'type: oneshot, interval or schedule' : other))
    warn(key, `does nothing without ${words.join(' or ')}`, undefined, source, context)
  }
}

/** Of what the program says itself: `defaults:` may be for other programs. */
function warn(key: string, message: string, hint: string | undefined, { section }: Source, context: Context): void {
  const found = findOption({ section }, key)
  if (found !== undefined) context.findings.add(problemAt('warning', found.option.at, `${optionTitle(section, key)} ${message}`, hint))
}

function refuse(key: string, message: string, hint: string, source: Source, context: Context): void {
  const found = findOption(source, key)
  context.findings.add(errorAt(found?.option.at ?? source.section.at, `${optionTitle(found?.section ?? source.section, key)}: ${message}`, hint))
}
