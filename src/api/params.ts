/** Parameters that several methods of the API share. Plain data. */

/** Bytes that one answer may carry of a log. */
const tailMax = 16 * 1024 * 1024

export const targets = {
  kind: 'strings',
  default: ['all'],
  doc: 'Processes: name, group:name, group:*, all, or a pattern with * and ?.',
} as const
export const someTargets = {
  kind: 'strings',
  required: true,
  doc: 'Processes: name, group:name, group:*, all, or a pattern with * and ?.',
} as const
export const target = { kind: 'string', required: true, doc: 'One process: name or group:name.' } as const
export const channel = { kind: 'enum', values: ['stdout', 'stderr'], required: true, doc: 'Which stream of the process.' } as const
export const wait = { kind: 'boolean', default: true, doc: 'Answer when it is done, not when it is begun.' } as const
export const untilReady = {
  kind: 'boolean',
  default: false,
  doc: 'Wait on through failed tries, until each is RUNNING, that is ready, or given up; who is late has the result TIMEOUT.',
} as const
export const endedSince = {
  kind: 'integer',
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
  doc: 'What has ended or failed by itself since then (epoch milliseconds) is left as it is, and not started for who needs it either.',
} as const
export const timeout = {
  kind: 'integer',
  min: 1,
  max: 86_400_000,
  doc: 'Milliseconds to wait at most; what was begun goes on.',
} as const
export const group = { kind: 'string', required: true, doc: 'Name of a group.' } as const
export const bytes = { kind: 'integer', min: 0, max: tailMax, doc: 'Bytes from the end to begin with (1600 when neither is given).' } as const
export const lines = { kind: 'integer', min: 0, max: 1_000_000, doc: 'Lines from the end to begin with, instead of bytes.' } as const
export const from = {
  kind: 'string',
  max: 64,
  doc: 'Go on after this `position` of an earlier stream, if that file is still there.',
} as const
