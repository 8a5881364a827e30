/**
 * Every method of the API, declared once as plain data. Routes, validation, the OpenAPI document and the typed
 * client follow from it; what a method answers is in results.ts. The command line loads this file, so it imports
 * nothing that costs.
 */
import type { Given, MethodDeclaration, Taken } from './declare.ts'
import { insightMethods } from './methods-insight.ts'
import { messageMethods } from './methods-messages.ts'
import { jobMethods } from './methods-jobs.ts'
import { programMethods } from './methods-programs.ts'
import { tableMethods } from './methods-tables.ts'
import { targets, someTargets, target, channel, wait, timeout, untilReady, endedSince, group, bytes, lines, from } from './params.ts'

/** All methods live below this path. */
export const apiRoot = '/api/v1'

const methods = {
  info: { summary: 'Says who the master is', verb: 'GET', path: '/info', params: {}, answer: 'value' },

  status: {
    summary: 'Lists processes and their states',
    verb: 'GET',
    path: '/processes',
    params: {
      targets,
      usage: { kind: 'boolean', default: false, doc: 'Measure CPU and memory of what runs.' },
      exits: { kind: 'boolean', default: false, doc: 'Include the last exits of each process.' },
    },
    answer: 'value',
  },
  brief: {
    summary: 'Lists the name, state and description of processes, and nothing else',
    verb: 'GET',
    path: '/brief',
    params: { targets },
    answer: 'value',
  },
  describe: {
    summary: 'Tells all about one process, its last exits and its configuration',
    verb: 'GET',
    path: '/processes/:target',
    params: { target },
    answer: 'value',
  },

  start: {
    summary: 'Starts processes',
    verb: 'POST',
    path: '/start',
    params: { targets: someTargets, wait, until_ready: untilReady, ended_since: endedSince, timeout },
    answer: 'value',
    waits: true,
  },
  stop: {
    summary: 'Stops processes',
    verb: 'POST',
    path: '/stop',
    params: { targets: someTargets, wait, timeout },
    answer: 'value',
    waits: true,
  },
  restart: {
    summary: 'Stops processes, waits until they are gone, and starts them',
    verb: 'POST',
    path: '/restart',
    params: {
      targets: someTargets,
      wait: { ...wait, doc: 'Answer when all are up again, not when their start is begun; the stop is awaited in any case.' },
      until_ready: untilReady,
      timeout,
    },
    answer: 'value',
    waits: true,
  },
  ...insightMethods,
  ...jobMethods,
  ...messageMethods,
  ...programMethods,
  ...tableMethods,
  signal: {
    summary: 'Sends a signal to processes',
    verb: 'POST',
    path: '/signal',
    params: {
      targets: someTargets,
      signal: { kind: 'string', max: 32, required: true, doc: 'A signal: USR1, SIGUSR1 or its number.' },
    },
    answer: 'value',
  },
  kill: {
    summary: 'Kills processes at once with SIGKILL; the restart policy applies as after any crash',
    verb: 'POST',
    path: '/kill',
    params: { targets: someTargets },
    answer: 'value',
  },
  stdin: {
    summary: 'Writes text to the standard input of a process',
    verb: 'POST',
    path: '/processes/:target/stdin',
    params: { target, text: { kind: 'string', max: 1024 * 1024, required: true, doc: 'What to write, as it is.' } },
    answer: 'value',
  },

  tail: {
    summary: 'Reads the end of a log of a process',
    verb: 'GET',
    path: '/processes/:target/logs/:channel',
    params: { target, channel, bytes, lines },
    answer: 'value',
  },
  follow: {
    summary: 'Follows a log of a process, through rotation and truncation',
    verb: 'GET',
    path: '/processes/:target/logs/:channel/stream',
    params: { target, channel, bytes, lines, from },
    answer: 'stream',
  },
  maintail: {
    summary: 'Reads the end of the log of the master',
    verb: 'GET',
    path: '/log',
    params: { bytes, lines },
    answer: 'value',
  },
  mainfollow: {
    summary: 'Follows the log of the master',
    verb: 'GET',
    path: '/log/stream',
    params: { bytes, lines, from },
    answer: 'stream',
  },
  clear: {
    summary: 'Empties the logs of processes',
    verb: 'POST',
    path: '/logs/clear',
    params: { targets: someTargets },
    answer: 'value',
  },
  mainclear: { summary: 'Empties the log of the master', verb: 'POST', path: '/log/clear', params: {}, answer: 'value' },
  reopen: { summary: 'Closes and opens all log files again', verb: 'POST', path: '/logs/reopen', params: {}, answer: 'value' },

  reread: { summary: 'Reads the config and tells what differs, without acting', verb: 'POST', path: '/reread', params: {}, answer: 'value' },
  update: {
    summary: 'Reads the config and applies what differs',
    verb: 'POST',
    path: '/update',
    params: { groups: { kind: 'strings', default: [], doc: 'Only these groups; none or `all`: every group.' } },
    answer: 'value',
    waits: true,
  },
  add: {
    summary: 'Activates a group of the config that was read last',
    verb: 'POST',
    path: '/groups/:group',
    params: { group },
    answer: 'value',
  },
  remove: {
    summary: 'Deactivates a group whose processes are stopped',
    verb: 'DELETE',
    path: '/groups/:group',
    params: { group },
    answer: 'value',
  },
  avail: { summary: 'Lists every process of the config, active or not', verb: 'GET', path: '/available', params: {}, answer: 'value' },

  reload: { summary: 'Stops everything and starts again from the config', verb: 'POST', path: '/reload', params: {}, answer: 'value' },
  shutdown: {
    summary: 'Ends the master',
    verb: 'POST',
    path: '/shutdown',
    params: { keep_workers: { kind: 'boolean', default: false, doc: 'Leave the processes running for the next master to adopt.' } },
    answer: 'value',
  },
  events: {
    summary: 'Streams what has happened lately and what happens from now on',
    verb: 'GET',
    path: '/events',
    params: {
      type: { kind: 'strings', default: ['*'], doc: 'Only events whose type matches, for example process.*, or by supervisord\'s name, for example PROCESS_STATE_EXITED; ticks are not part of *, only of tick.*' },
      last: { kind: 'integer', min: 0, max: 200, default: 0, doc: 'Begin with so many of the last events.' },
      follow: { kind: 'boolean', default: true, doc: 'Go on with what happens; without it the stream ends after the last events.' },
    },
    answer: 'stream',
  },
} as const satisfies Record<string, MethodDeclaration>

export type MethodName = keyof typeof methods

/** Methods that answer with one value. */
export type CallName = { [M in MethodName]: (typeof methods)[M]['answer'] extends 'value' ? M : never }[MethodName]
/** Methods that answer with a stream. */
export type StreamName = Exclude<MethodName, CallName>

/** Parameters as a caller gives them. */
export type ParamsOf<M extends MethodName> = Given<(typeof methods)[M]['params']>
/** Parameters as a handler takes them, defaults filled in. */
export type TakenOf<M extends MethodName> = Taken<(typeof methods)[M]['params']>

/** The declaration of a method, as plain data. */
export function declarationOf(name: MethodName): MethodDeclaration {
  return methods[name]
}

/** All method names, in the order of declaration. */
export function methodNames(): MethodName[] {
  return Object.keys(methods) as MethodName[]
}
