/** The types of the options of jobs, as text: what they are, when they run, what becomes of runs that meet or were missed. */
import type { JobSpec } from '../core/care.ts'
import { isTimezone, scheduleProblem } from '../core/schedule.ts'
import { didYouMean } from '../lib/suggest.ts'
import { kind, quote, Refusal } from './kinds.ts'
import type { Kind } from './kinds.ts'
import { zoneHint } from './zone-names.ts'

function oneOf<T extends string>(words: readonly T[], what: string): Kind<T> {
  return kind(words.join(', '), { enum: words }, (value) => {
    const wanted = value.trim().toLowerCase()
    const hint = didYouMean(wanted, words)
    return words.find((word) => word === wanted) ?? new Refusal(`${quote(value)} is no ${what} (${hint ?? `there are ${words.join(', ')}`})`)
  })
}

export const programType: Kind<'service' | 'oneshot'> = oneOf(['service', 'oneshot'], 'type of a program')
export const overlap: Kind<JobSpec['overlap']> = oneOf(['skip', 'queue', 'replace'], 'way to treat an overlap')
export const catchUp: Kind<JobSpec['catchUp']> = oneOf(['none', 'one', 'all'], 'way to catch up')

/** A cron line. */
export const schedule: Kind<string> = kind('a cron line such as "*/5 * * * *", or @daily', { type: 'string' }, (value) => {
  const problem = scheduleProblem(value)
  return problem === null ? value.trim().replace(/\s+/g, ' ') : new Refusal(`${quote(value)} ${problem}; write it as "*/5 * * * *" (every five minutes) or "0 3 * * 1-5" (workdays at three)`)
})

/** A time zone by its name. */
export const timezone: Kind<string> = kind('a time zone such as Europe/Berlin or UTC', { type: 'string' }, (value) => {
  const name = value.trim()
  if (isTimezone(name)) return name
  return new Refusal(`${quote(value)} is no time zone (${zoneHint(name) ?? 'write it as Europe/Berlin or UTC'})`)
})
