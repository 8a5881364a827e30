/**
 * What each method answers, as zod schemas: the OpenAPI document and the tests use them at run time, everybody else
 * only their types. Wire names are snake_case; times are epoch milliseconds with 0 for never, durations milliseconds.
 */
import * as z from 'zod'
import type { CallName, StreamName } from './methods.ts'

const stateName = z.enum(['STOPPED', 'STARTING', 'RUNNING', 'BACKOFF', 'STOPPING', 'EXITED', 'FATAL', 'UNKNOWN'])
const channel = z.enum(['stdout', 'stderr'])
const time = z.number().meta({ description: 'Epoch milliseconds, 0: never' })
const duration = z.number().meta({ description: 'Milliseconds' })

const exit = z.object({
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

const processStatus = z.object({
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

const briefStatus = processStatus.pick({ namespec: true, state: true, description: true })

const logConfig = z.object({
  logfile: z.string().nullable(),
  auto: z.boolean(),
  maxbytes: z.number(),
  backups: z.int(),
  capture_maxbytes: z.number(),
  events_enabled: z.boolean(),
  syslog: z.boolean(),
  compress: z.boolean(),
  timestamp: z.boolean(),
  strip_ansi: z.boolean(),
})

const processConfig = z.object({
  command: z.string(),
  command_problem: z.string().nullable(),
  process_num: z.int(),
  priority: z.int(),
  autostart: z.boolean(),
  autorestart: z.enum(['always', 'never', 'unexpected']),
  exitcodes: z.array(z.int()),
  startsecs: z.number().meta({ description: 'Seconds' }),
  startretries: z.int(),
  stopsignal: z.string(),
  stopwaitsecs: z.number().meta({ description: 'Seconds' }),
  stopasgroup: z.boolean(),
  killasgroup: z.boolean(),
  user: z.string().nullable(),
  redirect_stderr: z.boolean(),
  directory: z.string().nullable(),
  umask: z.string().nullable().meta({ description: 'Octal' }),
  serverurl: z.string().nullable(),
  socket: z.object({
    url: z.string().meta({ description: 'unix:///path or tcp://host:port' }),
    backlog: z.int(),
    mode: z.string().nullable().meta({ description: 'Octal; null for tcp' }),
    owner: z.string().nullable().meta({ description: 'user or user:group; null for tcp, and for the user of the master' }),
  }).nullable(),
  environment_keys: z.array(z.string()).meta({ description: 'Names only; the values are secret' }),
  stdout: logConfig,
  stderr: logConfig,
})

const missing = z.object({
  target: z.string().meta({ description: 'As it was given' }),
  kind: z.enum(['process', 'group']),
  suggestion: z.string().nullable(),
})

const outcome = z.object({
  group: z.string(),
  name: z.string(),
  namespec: z.string(),
  result: z.string().meta({ description: 'OK, or the name of a fault' }),
  code: z.int().meta({ description: '80 for OK, or the code of the fault' }),
  description: z.string(),
})

const advice = z.object({
  about: z.string().meta({ description: 'Name of the advice, for programs' }),
  what: z.string(),
  todo: z.string(),
})

const outcomes = z.object({ outcomes: z.array(outcome), missing: z.array(missing) })
const taken = z.object({ ok: z.literal(true) })
const logText = z.object({
  text: z.string(),
  size: z.number().meta({ description: 'Bytes of the file' }),
  file: z.string(),
})

const logItem = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string(), position: z.string().meta({ description: 'For `from` of a later stream' }) }),
  z.object({ type: z.literal('truncated') }),
  z.object({ type: z.literal('rotated') }),
])

const eventItem = z.object({ type: z.string(), serial: z.int(), at: time }).catchall(z.unknown())

export const results = {
  info: z.object({
    pid: z.int(),
    version: z.string(),
    identifier: z.string(),
    state: z.enum(['RUNNING', 'RESTARTING', 'SHUTDOWN']),
    started_at: time,
    uptime: duration,
    config_file: z.string(),
    config_format: z.enum(['ini', 'yaml']),
    instance: z.string(),
    logfile: z.string().nullable(),
    log_bytes_dropped: z.number(),
    api_version: z.literal(1),
  }),
  status: z.object({ processes: z.array(processStatus), missing: z.array(missing) }),
  brief: z.object({ processes: z.array(briefStatus), missing: z.array(missing) }),
  describe: processStatus.extend({ exits: z.array(exit), config: processConfig }),
  start: outcomes,
  stop: outcomes,
  restart: z.object({ stopped: z.array(outcome), started: z.array(outcome), missing: z.array(missing) }),
  wait: outcomes,
  why: z.object({
    process: processStatus,
    next_try: time,
    advice: z.array(advice).meta({ description: 'What is the matter and what to do, the most particular first; empty: nothing is wrong' }),
    exits: z.array(exit.extend({ meaning: z.string() })).meta({ description: 'Newest last' }),
  }),
  signal: outcomes,
  kill: outcomes,
  stdin: taken,
  tail: logText.extend({ channel }),
  maintail: logText,
  clear: outcomes,
  mainclear: taken,
  reopen: taken,
  reread: z.object({ added: z.array(z.string()), changed: z.array(z.string()), removed: z.array(z.string()) }),
  update: z.object({ steps: z.array(z.object({ group: z.string(), did: z.string() })), unknown: z.array(z.string()) }),
  add: taken,
  remove: taken,
  avail: z.object({
    rows: z.array(z.object({
      group: z.string(),
      name: z.string(),
      namespec: z.string(),
      in_use: z.boolean(),
      autostart: z.boolean(),
      group_priority: z.int(),
      process_priority: z.int(),
    })),
  }),
  reload: taken,
  shutdown: taken,
} as const satisfies Record<CallName, z.ZodType>

/** What a streaming method sends, one by one. */
export const streamItems = {
  follow: logItem,
  mainfollow: logItem,
  events: eventItem,
} as const satisfies Record<StreamName, z.ZodType>

export type ResultOf<M extends CallName> = z.infer<(typeof results)[M]>
export type ItemOf<M extends StreamName> = z.infer<(typeof streamItems)[M]>

export type BriefStatus = z.infer<typeof briefStatus>
export type ProcessStatus = z.infer<typeof processStatus>
export type ProcessDetail = ResultOf<'describe'>
export type ProcessConfig = z.infer<typeof processConfig>
export type LogConfig = z.infer<typeof logConfig>
export type WireExit = z.infer<typeof exit>
export type WireOutcome = z.infer<typeof outcome>
export type Missing = z.infer<typeof missing>
export type LogItem = z.infer<typeof logItem>
