/** Parts of results that several methods share, as zod schemas. Wire names and units are those of results.ts. */
import * as z from 'zod'
import { runCauses, runResults } from '../core/model.ts'

const stateName = z.enum(['STOPPED', 'STARTING', 'RUNNING', 'BACKOFF', 'STOPPING', 'EXITED', 'FATAL', 'UNKNOWN'])
export const channel = z.enum(['stdout', 'stderr'])
export const time = z.number().meta({ description: 'Epoch milliseconds, 0: never' })
export const duration = z.number().meta({ description: 'Milliseconds' })

export const exit = z.object({
  incarnation: z.int(),
  pid: z.int(),
  kind: z.enum(['code', 'signal', 'unknown']),
  code: z.int().nullable().meta({ description: 'Exit code, when it exited' }),
  signal: z.string().nullable().meta({ description: 'Name of the signal that killed it' }),
  core_dumped: z.boolean().nullable().meta({ description: 'null: could not be found out' }),
  started_at: time,
  ended_at: time,
  uptime: duration,
  wanted: z.boolean().meta({ description: 'Somebody had asked for it to stop' }),
  by: z.string().nullable().meta({ description: 'Who had asked' }),
  expected: z.boolean().meta({ description: 'The code is one of exitcodes' }),
  oom: z.boolean().optional().meta({ description: 'The kernel killed it for want of memory' }),
  recycled: z.string().optional().meta({ description: 'It made place for the next incarnation as planned: why, as the worker said (by: null), or nsup (by: max_lifetime, max_memory, depends_restart, watch)' }),
  forensics: z.string().optional().meta({ description: 'The file that says what it was doing when its watchdog ended it' }),
  last_lines: z.array(z.string()).meta({ description: 'The last lines that it wrote' }),
})

const report = z.object({
  at: time,
  status: z.string(),
  health: z.record(z.string(), z.unknown()).nullable(),
  health_at: time,
  stopping: z.boolean(),
  rubbish: z.int().meta({ description: 'Lines that could not be understood' }),
})

export const inbox = z.object({
  waiting: z.int().meta({ description: 'Messages that wait in the master' }),
  waiting_bytes: z.int(),
  delivered: z.int().meta({ description: 'Handed over by this master' }),
  refused: z.int().meta({ description: 'Refused because it was full' }),
})

const runCause = z.enum(runCauses)

const task = z.object({
  cause: runCause.nullable().meta({ description: 'What began the run that goes on' }),
  waiting: z.int().meta({ description: 'Runs that wait for the one that goes on, or for what holds the job' }),
  skipped: z.int().meta({ description: 'Slots that were not run' }),
  runs: z.array(z.object({
    incarnation: z.int(),
    started_at: time,
    duration,
    cause: runCause,
    slot: time.meta({ description: 'The time that it was planned for; 0: none' }),
    result: z.enum(['running', ...runResults]),
    how: z.string().meta({ description: 'How it ended, for people' }),
  })).meta({ description: 'The last ten, newest last, with the one that goes on' }),
})

export const processStatus = z.object({
  group: z.string(),
  name: z.string(),
  namespec: z.string().meta({ description: 'group:name, or name when both are the same' }),
  program: z.string(),
  state: stateName,
  statecode: z.int(),
  want: z.enum(['up', 'down']),
  wanted_by: z.string(),
  pid: z.int().meta({ description: '0 when nothing runs' }),
  description: z.string(),
  reason: z.string().meta({ description: 'Why it is in this state; empty for RUNNING' }),
  started_at: time,
  stopped_at: time,
  since: time,
  uptime: duration,
  restarts: z.int(),
  incarnation: z.int(),
  adopted: z.boolean(),
  spawn_error: z.string(),
  exit_status: z.int().meta({ description: 'Code of the last exit, -1 for a signal' }),
  stop_requested_by: z.string().nullable(),
  retry_in: duration.nullable(),
  hold: z.string().nullable().meta({ description: 'What holds it back from being started, stopped or replaced' }),
  ready: z.boolean(),
  health: z.enum(['unknown', 'healthy', 'unhealthy']),
  ailment: z.string().meta({ description: 'Why it is unhealthy' }),
  job: z.string().nullable().meta({ description: 'The job in hand' }),
  next_run: time.meta({ description: 'When a job runs next, epoch milliseconds; 0: it is none, or nothing is planned' }),
  resting: z.boolean().meta({ description: 'A job that has done its work, until its next run or for good' }),
  task: task.nullable().meta({ description: 'Of a job; null: it is a service' }),
  crashes: z.int().meta({ description: 'Failures in a row, as its restart policy counts them' }),
  report: report.nullable().meta({ description: 'What the worker has last said of itself' }),
  stdout_logfile: z.string().nullable(),
  stderr_logfile: z.string().nullable(),
  socket: z.string().nullable().meta({ description: 'Address that it accepts on as descriptor 0; FastCGI programs only' }),
  priority: z.int(),
  group_priority: z.int(),
  cpu: z.number().nullable().meta({ description: 'Percent of one core; null unless asked for and running' }),
  memory: z.number().nullable().meta({ description: 'Resident bytes; null unless asked for and running' }),
  exits: z.array(exit).optional().meta({ description: 'The last ten, newest last; only when asked for' }),
})

export const briefStatus = processStatus.pick({ namespec: true, state: true, description: true }).extend({ resting: z.boolean().optional().meta({ description: 'Of a job that has done its work' }) })

export const missing = z.object({
  target: z.string().meta({ description: 'As it was given' }),
  kind: z.enum(['process', 'group']),
  suggestion: z.string().nullable(),
})

export const outcome = z.object({
  group: z.string(),
  name: z.string(),
  namespec: z.string(),
  result: z.string().meta({ description: 'OK, or the name of a fault' }),
  code: z.int().meta({ description: '80 for OK, or the code of the fault' }),
  description: z.string(),
  exit_code: z.int().optional().meta({ description: 'Of a run of a job that was waited for' }),
  dependency: z.string().optional().meta({ description: 'Of a start that waits in vain: what it depends on, that does not come by itself any more' }),
})

export const advice = z.object({
  about: z.string().meta({ description: 'Name of the advice, for programs' }),
  what: z.string(),
  todo: z.string(),
})

export const account = z.object({
  process: z.string(),
  starts: z.int(),
  failures: z.int(),
  up: duration.meta({ description: 'In RUNNING' }),
  down: duration.meta({ description: 'To be running, and not RUNNING' }),
  availability: z.number().nullable().meta({ description: '0 to 1: the part of up in both; null: it was never to run' }),
  mtbf: duration.nullable().meta({ description: 'Mean time between failures: time up for each failure; null without one' }),
})

export const outcomes = z.object({ outcomes: z.array(outcome), missing: z.array(missing) })

const vitals = {
  pid: z.int().meta({ description: '0 when it does not run' }),
  program: z.string(),
  process: z.string().meta({ description: 'group:name, or name when both are the same' }),
  state: stateName,
  is_processing: z.boolean().nullable().meta({ description: 'null: it has not said' }),
  processed_count: z.number().nullable(),
  last_activity: z.union([z.string(), z.number()]).nullable().meta({ description: 'As the worker gives it' }),
  uptime: z.number().meta({ description: 'Seconds' }),
  status: z.string().meta({ description: 'What the worker says of itself, for people' }),
  job: z.string().nullable(),
  health: z.record(z.string(), z.unknown()).nullable().meta({ description: 'Its last account, as it gave it' }),
  report_age: duration.nullable().meta({ description: 'Since that account; null: there is none' }),
}

export const workerHealth = z.object({
  ...vitals,
  answered: z.boolean().meta({ description: 'It has reported since it was asked' }),
  via: z.string().nullable().meta({ description: 'How: report, communication, stdout or stderr' }),
  no_answer: z.string().nullable().meta({ description: 'Why it has not answered' }),
})

export const workerStatus = z.object({ ...vitals, ready: z.boolean(), healthy: z.boolean().nullable().meta({ description: 'null: nothing checks it' }) })

export const byHand = z.boolean().meta({ description: 'It was added by hand and stands in no config file' })

export const treeRow = z.object({
  pid: z.int(),
  parent: z.int().meta({ description: 'pid of the row above it in the tree; 0 for the master' }),
  depth: z.int().meta({ description: '0: the master, 1: a worker, from 2: what descends from it' }),
  process: z.string().nullable().meta({ description: 'The worker that it is or descends from; null for the master' }),
  user: z.string(),
  cpu: z.number().nullable().meta({ description: 'Percent of one core' }),
  memory: z.number().nullable().meta({ description: 'Resident bytes' }),
  uptime: duration.nullable(),
  command: z.string(),
  fled: z.boolean().meta({ description: 'No descendant any more: known by the marks of nsup in its environment' }),
})
