/**
 * What a job makes of its clock: which runs are due, what becomes of slots that come too late or while a run goes on, and
 * when somebody has to look again. It changes only what the job remembers (`rounds`); job-life.ts acts by it.
 */
import { timeWords } from '../lib/clock-words.ts'
import type { JobSpec } from './care.ts'
import type { EventBody } from './events.ts'
import type { ExitStatus, JobView, RunCause, RunNote, RunResult } from './model.ts'
import { lot } from './policy.ts'
import type { Effect, Now, Proc } from './proc.ts'
import { rests } from './proc.ts'
import { newRounds } from './rounds.ts'
import type { Due, Rounds } from './rounds.ts'
import { nextSlot, slotsBetween } from './schedule.ts'
import type { Timetable } from './schedule.ts'

/** A slot that is later than this was missed. */
const late = 60_000
/** How long nobody looks at the wall clock: it may be set, and the monotonic one stands still in a machine that sleeps. */
const lookEvery = 60_000
/** A clock that is put back by more than this begins anew; by less, no slot is run again. */
const longWayBack = 3 * 3_600_000
/** Runs that are caught up on at most. */
const caughtUpMax = 100

/** A job's words and its memory; `null`: it is none. */
export interface Job {
  readonly spec: JobSpec
  readonly rounds: Rounds
}

export function jobOf(proc: Proc): Job | null {
  const spec = proc.spec.care?.job
  if (spec === undefined) return null
  proc.rounds ??= newRounds()
  return { spec, rounds: proc.rounds }
}

/** True for a job that rests and waits for its time. */
export function isArmed(proc: Proc): boolean {
  return proc.spec.care?.job !== undefined && proc.want === 'up' && rests(proc) && proc.deadline !== null && proc.hold === null
}

/** True for a job whose last run was good, and of which nothing is about to be run. */
export function hasRun(proc: Proc): boolean {
  const last = proc.exits.at(-1)
  // Without the incarnation the last run could not even be begun.
  return rests(proc) && last?.incarnation === proc.incarnation && last.run?.result === 'ok' && (proc.rounds?.waiting.length ?? 0) === 0
}

/** Something is to be run. */
export function enqueueRun(rounds: Rounds, cause: RunCause, slot: number | null = null, id?: string): void {
  rounds.count += 1
  rounds.waiting = [...rounds.waiting, { id: id ?? String(rounds.count), cause, slot }]
}

/** Begins to count: what comes from now on is to be run. */
function armRounds(proc: Proc, { spec, rounds }: Job, now: Now, effects: Effect[]): void {
  const name = nameOf(spec)
  // Stopped and started within a jump of the clock: what was run is not run again.
  const done = rounds.timetable === name && rounds.slot > now.wall && rounds.slot - now.wall <= longWayBack
  if (!done) rounds.slot = now.wall
  rounds.armed = true
  rounds.timetable = name
  const next = nextAt(proc, { spec, rounds })
  tell(proc, effects, { what: 'armed', cause: 'schedule', slot: next, reason: next === null ? 'no slot comes any more' : `next run at ${timeWords(next)}` })
}

/** Slots of another timetable mean nothing. */
function nameOf({ schedule, timezone }: JobSpec): string {
  return `${timezone ?? ''} ${schedule ?? ''}`
}

/**
 * Looks for what a job that rests has to run. When that is nothing yet, its deadline is the time to look again.
 */
export function look(proc: Proc, job: Job, now: Now, effects: Effect[]): void {
  const { spec, rounds } = job
  if (spec.schedule !== null) return lookAtClock(proc, job, now, effects)
  rounds.armed = true
  rounds.nextAt = null
  if (rounds.waiting.length > 0) return
  if (spec.interval === null || rounds.endedMono === null) return enqueueRun(rounds, 'start')
  const due = rounds.endedMono + pauseOf(proc, spec)
  if (due <= now.mono) enqueueRun(rounds, 'interval')
  else rest(proc, due)
}

function lookAtClock(proc: Proc, job: Job, now: Now, effects: Effect[]): void {
  const { spec, rounds } = job
  if (!rounds.armed || rounds.timetable !== nameOf(spec)) armRounds(proc, job, now, effects)
  const { ready, more } = takeSlots(proc, job, now)
  const last = ready.at(-1)
  if (last !== undefined) {
    const isLate = now.wall - last - partOf(proc, spec, last) > late
    const missed = isLate ? ready : ready.slice(0, -1)
    const wanted = spec.catchUp === 'all' ? missed : isLate && spec.catchUp === 'one' ? [last] : []
    for (const slot of wanted) enqueueRun(rounds, 'catch-up', slot)
    if (!isLate) enqueueRun(rounds, 'schedule', last)
    skip(proc, rounds, missed.length - wanted.length, last, `missed: ${spec.catchUp === 'none' ? 'nobody was there in time' : `catch_up: ${spec.catchUp}`}`, more, effects)
  }
  if (rounds.waiting.length === 0) rest(proc, lookAt(rounds, now))
}

function rest(proc: Proc, deadline: number): void {
  proc.deadline = deadline
  if (proc.state === 'STOPPED') proc.reason = 'waits for its next run'
}

/** Slots that came while it was at work; true: what runs has to make place. */
export function meetSlots(proc: Proc, job: Job, now: Now, effects: Effect[]): boolean {
  const { spec, rounds } = job
  if (spec.schedule === null || !rounds.armed || rounds.timetable !== nameOf(spec)) return false
  const { ready, more } = takeSlots(proc, job, now)
  const last = ready.at(-1)
  if (last === undefined) return false
  const why = `a run goes on (overlap: ${spec.overlap})`
  // The newest takes the place of those that wait; not of one that somebody has asked for.
  const left = spec.overlap === 'replace' ? rounds.waiting.filter(({ cause }) => cause === 'trigger') : rounds.waiting
  const dropped = rounds.waiting.length - left.length
  rounds.waiting = left
  const waits = spec.overlap === 'replace' || (spec.overlap === 'queue' && left.length === 0)
  if (waits) {
    enqueueRun(rounds, 'schedule', last)
    tell(proc, effects, { what: 'queued', cause: 'schedule', slot: last, reason: why })
  }
  skip(proc, rounds, ready.length + dropped - (waits ? 1 : 0), last, why, more, effects)
  return spec.overlap === 'replace'
}

/** Slots that came while one run was held back: that one is for all of them. */
export function passSlots(proc: Proc, job: Job, now: Now, effects: Effect[]): void {
  if (job.spec.schedule === null || !job.rounds.armed) return
  const { ready, more } = takeSlots(proc, job, now)
  skip(proc, job.rounds, ready.length, ready.at(-1) ?? 0, 'one run waited already', more, effects)
}

/** Takes the slots whose time has come, in their order, and finds the one after them. */
function takeSlots(proc: Proc, { spec, rounds }: Job, now: Now): { readonly ready: readonly number[]; readonly more: boolean } {
  if (rounds.slot - now.wall > longWayBack) rounds.slot = now.wall
  const table: Timetable = { schedule: spec.schedule ?? '', timezone: spec.timezone }
  const { slots, more } = slotsBetween(table, rounds.slot, now.wall, caughtUpMax)
  const pending = slots.findIndex((slot) => slot + partOf(proc, spec, slot) > now.wall)
  const ready = pending < 0 ? slots : slots.slice(0, pending)
  rounds.slot = ready.at(-1) ?? rounds.slot
  rounds.nextAt = nextAt(proc, { spec, rounds })
  return { ready, more }
}

/** The next slot, with what `spread` adds. */
function nextAt(proc: Proc, { spec, rounds }: Job): number | null {
  const next = nextSlot({ schedule: spec.schedule ?? '', timezone: spec.timezone }, rounds.slot)
  return next === null ? null : next + partOf(proc, spec, next)
}

function skip(proc: Proc, rounds: Rounds, count: number, slot: number, why: string, more: boolean, effects: Effect[]): void {
  if (count <= 0) return
  rounds.skipped += count
  const words = `${more ? 'more than ' : ''}${String(count)} ${count === 1 && !more ? 'slot' : 'slots'} until ${timeWords(slot)}`
  tell(proc, effects, { what: 'skipped', cause: 'schedule', slot, count, reason: `${words} skipped, ${why}` })
}

/** When to look at the clock again, on the monotonic one. */
function lookAt(rounds: Rounds, now: Now): number {
  return now.mono + Math.max(1, Math.min(lookEvery, (rounds.nextAt ?? Infinity) - now.wall))
}

/** When a job that runs has to be looked at: its run_timeout, its next slot. */
export function alarmsOf(proc: Proc, now: Now): number[] {
  const { job } = proc.spec.care ?? {}
  if (job === undefined) return []
  const { rounds } = proc
  const clock = job.schedule === null || rounds?.armed !== true ? [] : [lookAt(rounds, now)]
  return job.runTimeout === null ? clock : [proc.startedMono + job.runTimeout, ...clock]
}

/** When it runs next if all goes well, epoch milliseconds; `null`: not by itself. */
function nextRunAt(proc: Proc, now: Now): number | null {
  const job = jobOf(proc)
  if (job === null) return null
  const { spec, rounds } = job
  if (spec.schedule !== null) return rounds.nextAt
  if (spec.interval === null) return null
  return now.wall + (rounds.endedMono === null ? 0 : Math.max(0, rounds.endedMono + pauseOf(proc, spec) - now.mono))
}

function pauseOf(proc: Proc, spec: JobSpec): number {
  return (spec.interval ?? 0) + partOf(proc, spec, proc.incarnation)
}

/** The part of `spread` that one run is put off by: always the same for the same run on the same machine. */
function partOf({ group, name }: Proc, { spread, seed }: JobSpec, run: number): number {
  return spread === 0 ? 0 : Math.floor(spread * (lot(`${seed} ${group}:${name} ${String(run)}`) + 1) / 2)
}

/** The next run is being launched; what it is, for people. `null`: it is no job. */
export function takeUp(proc: Proc): string | null {
  const job = jobOf(proc)
  if (job === null) return null
  const { rounds, spec } = job
  if (rounds.waiting.length === 0) enqueueRun(rounds, 'start')
  const [due, ...rest] = rounds.waiting
  rounds.current = due ?? null
  rounds.waiting = rest
  return due === undefined ? null : runWords(due, rounds, spec)
}

function runWords({ cause, slot }: Due, { tries }: Rounds, { retries }: JobSpec): string {
  if (cause === 'retry') return `being run: retry ${String(tries)} of ${String(retries)}`
  return `being run: ${cause}${slot === null ? '' : `, slot ${timeWords(slot)}`}`
}

/** What an exit says of the run that it ends. */
export function runNote(proc: Proc, status: ExitStatus, wanted: boolean, expected: boolean): RunNote | null {
  const current = proc.spec.care?.job === undefined ? null : proc.rounds?.current
  if (current == null) return null
  return { cause: current.cause, slot: current.slot, result: resultOf(proc, status, wanted, expected) }
}

function resultOf(proc: Proc, status: ExitStatus, wanted: boolean, expected: boolean): RunResult {
  if (wanted && (proc.afterStop === 'rest' || proc.afterStop === 'again')) return 'stopped'
  if (wanted) return proc.stopBy === 'run_timeout' ? 'timeout' : 'failed'
  if (status.kind === 'unknown') return 'unknown'
  return expected ? 'ok' : 'failed'
}

/** An event of a job. */
export function tell(proc: Proc, effects: Effect[], about: Pick<EventBody & { type: 'process.run' }, 'what' | 'cause' | 'slot' | 'reason'> & Partial<EventBody & { type: 'process.run' }>): void {
  const { group, name } = proc
  effects.push({ type: 'event', proc, body: { pid: 0, result: null, duration: 0, count: 0, ...about, type: 'process.run', group, name } })
}

/** A job as others see it; `null`: it is none. */
export function jobView(proc: Proc, now: Now): JobView | null {
  if (proc.spec.care?.job === undefined) return null
  const { rounds } = proc
  const last = proc.exits.at(-1)
  const isWell = last === undefined ? proc.want === 'up' : last.run?.result === 'ok' || last.run?.result === 'stopped'
  const rest = isArmed(proc) || (proc.state === 'EXITED' && proc.want === 'down')
  return {
    nextRun: isArmed(proc) ? (nextRunAt(proc, now) ?? 0) : 0,
    cause: rounds?.current?.cause ?? null, waiting: rounds?.waiting.filter(({ cause }) => cause !== 'retry').length ?? 0, skipped: rounds?.skipped ?? 0, resting: rest && isWell && proc.spawnError === '',
  }
}
