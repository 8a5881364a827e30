/** Launching a process that rests, or noting what it waits for; of a job, its next run, when its time has come. */
import { jobOf, look, passSlots } from './job.ts'
import type { Job } from './job.ts'
import type { Proc } from './proc.ts'
import { launch } from './transitions.ts'
import type { Moment } from './turn.ts'

/** Launches, or notes what it waits for. */
export function launchIfFree(proc: Proc, automatic: boolean, { now, effects, gate }: Moment): void {
  const hold = gate.start(proc, automatic)
  proc.hold = hold?.reason ?? null
  proc.deadline = hold?.until ?? null
  if (hold !== null) return
  if (automatic) proc.restarts += 1
  if (proc.state === 'FATAL') proc.lastChance = automatic
  launch(proc, now, effects)
}

/** It is wanted and rests: a service is launched, a job when there is something to run. */
export function goOn(proc: Proc, automatic: boolean, moment: Moment): void {
  const job = jobOf(proc)
  if (job === null) launchIfFree(proc, automatic, moment)
  else runNext(proc, job, moment)
}

/** What the clock starts is no automatic restart. */
export function runNext(proc: Proc, job: Job, moment: Moment): void {
  const { rounds } = job
  const wasHeld = proc.hold !== null
  proc.hold = null
  if (rounds.waiting.length === 0) look(proc, job, moment.now, moment.effects)
  if (rounds.waiting.length === 0) return
  launchIfFree(proc, false, moment)
  if (wasHeld && proc.hold === null) passSlots(proc, job, moment.now, moment.effects)
}
