/** The options of programs that end and are run again: what makes a program a job, when it runs, and what becomes of each run. */
import { integer } from './kinds.ts'
import { orNone, span, time } from './kinds-care.ts'
import { catchUp, overlap, programType, schedule, timezone } from './kinds-job.ts'
import type { Kind } from './kinds.ts'
import { option, optional } from './rows.ts'
import type { Row } from './rows.ts'

type More = Parameters<typeof optional>[1]

const common = { extra: true, restart: false, spec: ['care.job'] } as const

function extra<T>(type: Kind<T>, more: Pick<More, 'doc' | 'defaultNote'>): Row<T | null> {
  return optional(orNone(type), { ...common, ...more })
}

export const jobRows = {
  type: extra(programType, {
    doc: 'oneshot: a task that ends; a good end is no reason to start it again, and startsecs is 0 where nothing is said. service: what goes on. interval and schedule make a oneshot.',
    defaultNote: { ini: 'service', yaml: 'service' },
  }),
  interval: extra(time, { doc: 'Run it again so long after it has ended; the first time at once.' }),
  schedule: extra(schedule, { doc: 'Run it when this cron line says so: minute hour day month weekday, with seconds before them where wanted, or @hourly, @daily, @weekly, @monthly.' }),
  timezone: extra(timezone, { doc: 'The time zone of schedule: Europe/Berlin.', defaultNote: { ini: 'that of the machine', yaml: 'that of the machine' } }),
  overlap: option(overlap, 'skip', { ...common, doc: 'What becomes of a slot of schedule, or of nsup trigger, while a run goes on: skip, queue (one waits) or replace (what runs is stopped).' }),
  catch_up: option(catchUp, 'none', { ...common, doc: 'Which of the slots are run that came while no master lived, the machine slept or the clock was put forward: none, one (the last) or all (100 at most).' }),
  spread: option(span, '0', { ...common, doc: 'Put each run of interval or schedule off by a part of this, another one for each run and machine.' }),
  run_timeout: extra(time, { doc: 'A run that takes longer is stopped and has failed.' }),
  retries: option(integer(0, 1000), '0', { ...common, doc: 'How often a run that has failed is tried again, after 1 s, 2 s, 3 s ... or as restart_backoff says.' }),
}
