/**
 * What each method answers, as zod schemas: the OpenAPI document and the tests use them at run time, everybody else
 * only their types. Wire names are snake_case; times are epoch milliseconds with 0 for never, durations milliseconds.
 */
import * as z from 'zod'
import { ledgerEntry } from './history.ts'
import { byHand, inbox, treeRow, channel, time, duration, exit, processStatus, briefStatus, missing, outcome, advice, account, outcomes, workerHealth, workerStatus } from './result-parts.ts'
import { tableResults } from './result-tables.ts'
import type { CallName, StreamName } from './methods.ts'

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
  job: z.object({
    interval: z.number().nullable().meta({ description: 'Seconds from the end of a run to the next' }),
    schedule: z.string().nullable(),
    timezone: z.string().nullable().meta({ description: 'null: that of the machine' }),
    overlap: z.enum(['skip', 'queue', 'replace']),
    catch_up: z.enum(['none', 'one', 'all']),
    spread: z.number().meta({ description: 'Seconds' }),
    run_timeout: z.number().nullable().meta({ description: 'Seconds' }),
    retries: z.int(),
  }).nullable().meta({ description: 'null: it is a service' }),
  environment_keys: z.array(z.string()).meta({ description: 'Names only; the values are secret' }),
  stdout: logConfig,
  stderr: logConfig,
})

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
  describe: processStatus.extend({
    inbox: inbox.nullable().meta({ description: 'How it stands with its messages; null: it has no inbox' }),
    exits: z.array(exit), config: processConfig, by_hand: byHand,
  }),
  launch: z.object({ name: z.string(), warnings: z.array(z.string()) }),
  save: z.object({
    file: z.string(),
    programs: z.array(z.string()),
    exposed: z.boolean().meta({ description: 'Environment was written where everybody can read it' }),
  }),
  delete: z.object({
    result: z.enum(['deleted', 'unsure']).meta({ description: 'unsure: nothing was done, since lines of the config that somebody wrote would go' }),
    file: z.string().nullable().meta({ description: 'The config that it stands, or stood, in' }),
  }),
  tree: z.object({ rows: z.array(treeRow), stopped: z.array(z.string()), missing: z.array(missing) }),
  ...tableResults,
  start: outcomes,
  trigger: outcomes,
  stop: outcomes,
  restart: z.object({ stopped: z.array(outcome), started: z.array(outcome), missing: z.array(missing) }),
  wait: outcomes,
  why: z.object({
    process: processStatus,
    next_try: time,
    advice: z.array(advice).meta({ description: 'What is the matter and what to do, the most particular first; empty: nothing is wrong' }),
    exits: z.array(exit.extend({ meaning: z.string() })).meta({ description: 'Newest last' }),
  }),
  history: z.object({
    since: time,
    entries: z.array(ledgerEntry).meta({ description: 'Oldest first' }),
    earlier: z.int().meta({ description: 'Entries of the period that `limit` has left out' }),
    accounts: z.array(account),
    missing: z.array(missing),
  }),
  health: z.object({ workers: z.array(workerHealth), missing: z.array(missing) }),
  worker: workerStatus,
  send: z.object({
    n: z.number().meta({ description: 'Number of the message' }),
    to: z.array(z.string()).meta({ description: 'Processes that it went to' }),
    refused: z.array(z.object({ to: z.string(), code: z.string(), message: z.string() })).meta({ description: 'Of all: who could not take it, and why' }),
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
  update: z.object({ steps: z.array(z.object({ group: z.string(), did: z.string() })), unknown: z.array(z.string()), kept: z.array(z.object({ group: z.string(), reason: z.string() })).optional().meta({ description: 'Groups that the config has not and that are left as they are, and why' }) }),
  add: taken,
  remove: taken,
  avail: z.object({
    rows: z.array(z.object({
      group: z.string(),
      name: z.string(),
      namespec: z.string(),
      in_use: z.boolean(),
      autostart: z.boolean(),
      by_hand: byHand,
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
