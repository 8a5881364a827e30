/** What is written of a job so that the next master goes on with it, and what that one makes of it. */
import * as z from 'zod'
import { runCauses } from '../core/model.ts'
import type { Now } from '../core/proc.ts'
import { newRounds } from '../core/rounds.ts'
import type { Rounds } from '../core/rounds.ts'

const due = z.object({
  id: z.string(),
  cause: z.enum(runCauses),
  slot: z.number().nullable(),
})

export const roundsSchema = z.object({
  armed: z.boolean(),
  timetable: z.string(),
  slot: z.number(),
  nextAt: z.number().nullable(),
  endedAt: z.number(),
  waiting: z.array(due),
  current: due.nullable(),
  tries: z.int(),
  skipped: z.int(),
  count: z.int(),
  once: z.string().nullable(),
})

/** `null` for what has never been a job. */
export function recordOf(rounds: Rounds | null): z.infer<typeof roundsSchema> | null {
  if (rounds === null) return null
  const { armed, timetable, slot, nextAt, endedAt, waiting, current, tries, skipped, count, once } = rounds
  return { armed, timetable, slot, nextAt, endedAt, waiting: [...waiting], current, tries, skipped, count, once }
}

/** `begun`: its process was spawned; otherwise the run that was about to be is still to come. */
export function roundsFrom(record: z.infer<typeof roundsSchema> | null, begun: boolean, now: Now): Rounds | null {
  if (record === null) return null
  const { current, waiting, endedAt } = record
  const endedMono = endedAt === 0 ? null : now.mono - Math.max(0, now.wall - endedAt)
  return { ...newRounds(), ...record, endedMono, current: begun ? current : null, waiting: begun || current === null ? waiting : [current, ...waiting] }
}
