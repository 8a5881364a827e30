/**
 * What is written of one process so that the next master can take it over. Only the shape: journal.ts writes and
 * reads it, adopt.ts makes sense of it.
 */
import { join } from 'node:path'
import * as z from 'zod'
import { stateCodes } from '../core/model.ts'
import type { State } from '../core/model.ts'
import type { Proc } from '../core/proc.ts'
import { recordOf, roundsSchema } from './rounds-record.ts'

const stateNames = Object.keys(stateCodes) as [State, ...State[]]

export const statusSchema = z.object({
  version: z.literal(1),
  bootId: z.string(),
  group: z.string(),
  groupPriority: z.number(),
  name: z.string(),
  state: z.enum(stateNames),
  want: z.enum(['up', 'down']),
  wantedBy: z.string(),
  pid: z.int(),
  startTime: z.string(),
  incarnation: z.int(),
  backoff: z.int(),
  startedAt: z.number(),
  stoppedAt: z.number(),
  since: z.number(),
  spawnError: z.string(),
  reason: z.string(),
  stopBy: z.string().nullable(),
  restarts: z.int(),
  // Of what an older master did not write, nothing is known.
  afterStop: z.enum(['rest', 'again', 'failed', 'retry']).default('rest'),
  rung: z.int().default(0),
  ready: z.boolean().default(false),
  crashes: z.int().default(0),
  /** The job in hand. */
  job: z.string().nullable().default(null),
  /** It has told that it is about to end. */
  planned: z.string().nullable().default(null),
  /** What a job remembers from run to run. */
  rounds: roundsSchema.nullable().default(null),
  /** When it was written, epoch milliseconds. */
  at: z.number(),
})

export type Status = z.infer<typeof statusSchema>

/** How records are written and read; `write` and `append` return an errno name or `null`. */
export interface RecordStore {
  /** Old or new, never half: by rename. */
  write(path: string, text: string | Iterable<string>): string | null
  /** What a crash or a full disk cuts is at the end. */
  append(path: string, text: string): string | null
  read(path: string): string | undefined
  list(folder: string): string[]
  /** Removes a folder with all that is in it. */
  remove(folder: string): void
  removeFile(path: string): void
}

/** The folder of a process below the run folder. */
export function processFolder(runDir: string, group: string, name: string): string {
  return join(runDir, 'p', `${encodeURIComponent(group)}:${encodeURIComponent(name)}`)
}

/** The status of a process at this moment. */
export function statusOf(proc: Proc, groupPriority: number, bootId: string, at: number): Status {
  return {
    version: 1,
    bootId,
    group: proc.group,
    groupPriority,
    name: proc.name,
    state: proc.state,
    want: proc.next === null ? proc.want : proc.next.up ? 'up' : 'down',
    wantedBy: proc.wantedBy,
    pid: proc.id?.pid ?? 0,
    startTime: proc.id?.startTime ?? '',
    incarnation: proc.incarnation,
    backoff: proc.backoff,
    startedAt: proc.startedAt,
    stoppedAt: proc.stoppedAt,
    since: proc.since,
    spawnError: proc.spawnError,
    reason: proc.reason,
    stopBy: proc.stopBy,
    restarts: proc.restarts,
    afterStop: proc.afterStop,
    rung: proc.rung,
    ready: proc.ready,
    crashes: proc.crashes,
    job: proc.busy?.job ?? null,
    rounds: recordOf(proc.rounds),
    planned: proc.planned,
    at,
  }
}
