/** The cells of the table that lead to RUNNING: launching, spawning, staying up, getting ready. */
import { isArmed, jobOf } from './job.ts'
import { beginJob, failStart, pause } from './job-life.ts'
import { beginStop } from './ladder.ts'
import { goOn, launchIfFree } from './launching.ts'
import type { Effect, Now, Proc } from './proc.ts'
import { arm } from './running.ts'
import { enter } from './transitions.ts'
import type { Moment, Turn } from './turn.ts'

export function begin(proc: Proc, turn: Turn<'start'>): void {
  if (isArmed(proc)) return // a job that waits for its time
  proc.want = 'up'
  proc.wantedBy = turn.input.by
  proc.crashes = 0
  proc.comebacks = []
  proc.lastChance = false
  proc.afterStop = 'rest'
  const job = jobOf(proc)
  if (job === null) launchIfFree(proc, false, turn)
  else beginJob(proc, job, turn)
}

/** The files have changed, so what went wrong with the old ones counts for nothing. */
export function startAfresh(proc: Proc, turn: Turn<'changed'>): void {
  if (proc.leaving) return
  proc.backoff = 0
  begin(proc, { ...turn, input: { type: 'start', by: turn.input.reason } })
}

export function tryAgain(proc: Proc, turn: Turn<'due'>): void {
  proc.deadline = null
  if (proc.want !== 'up') return
  if (proc.state === 'BACKOFF') launchIfFree(proc, proc.spec.care?.job === undefined, turn)
  else goOn(proc, true, turn)
}

/** It was to be started, now or later. What it is does not change, so there is no event of it. */
export function abandonStart(proc: Proc, { input, now, effects }: Turn<'stop'>): void {
  if (proc.hold === null && proc.deadline === null) return
  if (proc.spec.care?.job !== undefined) return pause(proc, input.by, now, effects)
  const when = proc.hold === null ? 'for one more try' : `, ${proc.hold}`
  proc.reason = `${proc.reason}${proc.reason === '' ? '' : '; '}not started: stopped by ${input.by} while it waited${proc.hold === null ? ' ' : ''}${when}`
  proc.want = 'down'
  proc.wantedBy = input.by
  proc.stopBy = input.by
  proc.deadline = null
  proc.hold = null
  proc.afterStop = 'rest'
}

export function spawnOrFail(proc: Proc, { input, now, effects }: Turn<'prepared'>): void {
  if (!proc.preparing) return
  proc.preparing = false
  proc.hold = null
  if (input.problem !== null) return failStart(proc, input.problem, now, effects)
  effects.push({ type: 'spawn', proc })
}

export function noteWhatHolds(proc: Proc, { input }: Turn<'waiting'>): void {
  if (proc.preparing) proc.hold = input.reason
}

export function rememberIncarnation(proc: Proc, turn: Turn<'spawned'>): void {
  const { startsecs, care } = proc.spec
  turn.effects.push({ type: 'tried', proc, pid: turn.input.id.pid, problem: null })
  proc.id = turn.input.id
  proc.startedMono = turn.now.mono
  proc.startedAt = turn.now.wall
  proc.seen = turn.now.mono
  proc.adopted = false
  proc.readyBy = care?.ready === undefined ? null : turn.now.mono + care.ready.timeout
  proc.deadline = turn.now.mono + Math.max(0, startsecs)
  proc.reason = `has to stay up for ${String(startsecs / 1000)} s (startsecs)`
  if (startsecs <= 0) beUpOrFail(proc, turn)
}

export function failToSpawn(proc: Proc, { input, now, effects }: Turn<'spawnFailed'>): void {
  effects.push({ type: 'tried', proc, pid: 0, problem: input.reason })
  failStart(proc, input.reason, now, effects)
}

/** A deadline of STARTING: that of startsecs, or the one after it. */
export function beUpOrFail(proc: Proc, { now, effects }: Moment): void {
  if (proc.id === null) return // due while the spawn is being carried out: nothing has been up yet
  const { ready } = proc.spec.care ?? {}
  if (ready === undefined || proc.ready) return stayUp(proc, now, effects)
  proc.deadline = proc.readyBy ?? now.mono + ready.timeout
  proc.readyBy = proc.deadline
  proc.reason = unready(proc)
  if (now.mono < proc.deadline) return
  const reason = `not ready within ${String(ready.timeout / 1000)} s (ready_timeout)${proc.ailment === '' ? '' : `: ${proc.ailment}`}`
  beginStop(proc, 'retry', { reason, by: 'ready_timeout' }, now, effects)
}

function unready(proc: Proc): string {
  return `waits until it is ready (${proc.spec.care?.ready?.by.kind ?? ''})${proc.ailment === '' ? '' : `: ${proc.ailment}`}`
}

/** A probe has found that it is not ready yet. */
export function stayUnready(proc: Proc, { input }: Turn<'health'>): void {
  if (proc.id === null || proc.ready) return
  proc.ailment = input.problem ?? ''
  if (proc.deadline === proc.readyBy) proc.reason = unready(proc)
}

export function becomeReady(proc: Proc, { now, effects }: Turn<'ready'>): void {
  if (proc.id === null || proc.ready) return
  proc.ready = true
  proc.ailment = ''
  if (proc.state !== 'STARTING') return
  if (now.mono >= proc.startedMono + proc.spec.startsecs) stayUp(proc, now, effects)
  else proc.reason = `is ready, has to stay up for ${String(proc.spec.startsecs / 1000)} s (startsecs)`
}

export function startLonger(proc: Proc, { input, now }: Turn<'extend'>): void {
  if (proc.readyBy === null) return
  const waiting = proc.deadline === proc.readyBy
  proc.readyBy = Math.max(proc.readyBy, now.mono + input.time)
  if (waiting) proc.deadline = proc.readyBy
}

export function stayUp(proc: Proc, now: Now, effects: Effect[]): void {
  proc.backoff = 0
  proc.spawnError = ''
  proc.lastChance = false
  proc.ready = true
  proc.seen = now.mono
  enter(proc, 'RUNNING', '', now, effects, { pid: proc.id?.pid ?? 0 })
  arm(proc, now)
}
