/** The cells of the table that lead to an end, and what follows of each: stops, exits, giving up. */
import { disarm, endRun, endStoppedRun, failStart } from './job-life.ts'
import { beginStop, climb, extend, kill, waitBeforeFirst } from './ladder.ts'
import type { Actor, ExitStatus } from './model.ts'
import { isExpected, restartsAfter } from './policy.ts'
import type { Effect, Now, Proc } from './proc.ts'
import { stayUp } from './starting.ts'
import { badExit, comeBack, enter, exitWords, recordExit } from './transitions.ts'
import type { Turn } from './turn.ts'

export function askToStop(proc: Proc, { input, now, effects, gate }: Turn<'stop'>): void {
  proc.want = 'down'
  proc.wantedBy = input.by
  if (proc.preparing) return abandonPreparing(proc, input.by, now, effects)
  if (proc.id === null) return // the spawn is being carried out; reconcile() comes back to it
  // A change of the config waited for its job: it is done now, and does not bring it back.
  if (proc.next !== null && proc.recycle !== null) proc.next = { ...proc.next, up: false }
  proc.hold = gate.stop(proc)
  if (proc.hold === null) beginStop(proc, 'rest', { by: input.by }, now, effects)
}

function abandonPreparing(proc: Proc, by: string, now: Now, effects: Effect[]): void {
  proc.preparing = false
  proc.hold = null
  proc.stopBy = by
  effects.push({ type: 'abandon', proc })
  enter(proc, 'STOPPED', `stopped by ${by} before it was spawned`, now, effects, { by })
}

/** Somebody does not want it any more, while it was to come back. */
export function stayDown(proc: Proc, { input }: Turn<'stop'>): void {
  if (proc.next?.up === true) proc.next = { ...proc.next, up: false }
  else if (proc.afterStop === 'rest') return
  proc.want = 'down'
  proc.wantedBy = input.by
  proc.stopBy = input.by
  proc.afterStop = 'rest'
}

/** It was to be stopped for what its old files did. */
export function comeBackAtOnce(proc: Proc): void {
  if (proc.afterStop !== 'rest') proc.afterStop = 'again'
}

export function goOnStopping(proc: Proc, { input, now, effects }: Turn<'prepared'>): void {
  if (proc.rung < 0) waitBeforeFirst(proc, now, effects)
  else if (proc.rung === 0 && input.problem !== null && proc.spec.care?.stop?.command != null) climb(proc, now, effects) // stop_command has failed: by signals then
}

export function climbOn(proc: Proc, { now, effects }: Turn<'due'>): void {
  if (proc.rung < 0 && proc.spec.care?.hooks?.pre_stop !== undefined) effects.push({ type: 'abandon', proc }) // it has had its time
  climb(proc, now, effects)
}

export function killNow(proc: Proc, { now, effects }: Turn<'hurry'>): void {
  kill(proc, ': no time is left', now, effects)
}

export function stopLonger(proc: Proc, { input, now }: Turn<'extend'>): void {
  extend(proc, input.time, now)
}

export function rememberLook(proc: Proc, { input }: Turn<'looked'>): void {
  proc.forensics = input.file
  proc.reason += `; what it was doing: ${input.file}`
}

export function endWhileStarting(proc: Proc, turn: Turn<'exited'>): void {
  const isReady = proc.spec.care?.ready === undefined || proc.ready
  const isUp = (proc.deadline !== null && turn.now.mono > proc.deadline) || endsAsPlanned(proc, turn.input.status)
  if (isReady && isUp) {
    stayUp(proc, turn.now, turn.effects) // it did stay up; its end was only seen before the deadline was, or is what it had planned
    endAfterRunning(proc, turn)
    return
  }
  const { input, now, effects } = turn
  recordExit(proc, input, now, effects, { wanted: false, expected: false })
  if (input.oom === true) failStart(proc, `Exited too quickly: ${exitWords(input)}`, now, effects, 'oom')
  else failStart(proc, 'Exited too quickly (process log may have details)', now, effects)
}

/** It has said that it would end, and so it did. Of one that was adopted nobody knows how it has ended. */
function endsAsPlanned(proc: Proc, status: ExitStatus): boolean {
  return proc.planned !== null && proc.spec.care?.job === undefined && proc.want === 'up' && (status.kind === 'unknown' || (status.kind === 'code' && status.code === 0))
}

/** reconcile() starts it again, whatever the policy says. */
function endAsPlanned(proc: Proc, { input, now, effects }: Turn<'exited'>): void {
  const { planned } = proc
  const { pid } = recordExit(proc, input, now, effects, { wanted: false, expected: true, recycled: planned })
  proc.backoff = 0
  proc.spawnError = ''
  proc.afterStop = 'again'
  proc.planned = planned
  enter(proc, 'EXITED', `recycled itself ${planned ?? ''}: ${exitWords(input)}, starts again`, now, effects, { expected: true, pid })
}

export function endAfterRunning(proc: Proc, turn: Turn<'exited'>): void {
  const { input, now, effects } = turn
  if (endsAsPlanned(proc, input.status)) return endAsPlanned(proc, turn)
  const expected = isExpected(input.status, proc.spec)
  const again = restartsAfter(input.status, proc.spec)
  const record = recordExit(proc, input, now, effects, { wanted: false, expected })
  proc.backoff = 0
  proc.spawnError = expected ? '' : badExit(input)
  if (proc.spec.care?.job !== undefined) return endRun(proc, record, now, effects)
  if (!again && proc.want === 'up') {
    proc.want = 'down'
    proc.wantedBy = `autorestart: ${proc.spec.autorestart === 'never' ? 'false' : 'unexpected'}`
  }
  const words = `${exitWords(record)}${expected ? '' : ', not expected'}`
  const comes = again && proc.want === 'up'
  enter(proc, 'EXITED', `${words}${comes ? ', starts again' : ''}`, now, effects, { expected, pid: record.pid, ...(input.oom === true && { cause: 'oom' }) })
  if (!comes) return
  proc.afterStop = 'failed'
  comeBack(proc, expected ? null : record.uptime, words, now, effects)
}

/** Who replaces a process that is well, without a person having asked for it. */
const recyclers: ReadonlySet<Actor> = new Set(['max_lifetime', 'max_memory', 'depends_restart', 'watch'])

export function endStopping(proc: Proc, { input, now, effects }: Turn<'exited'>): void {
  const afterStop = proc.want === 'up' ? proc.afterStop : 'rest'
  const expected = isExpected(input.status, proc.spec)
  const why = proc.reason
  const recycled = afterStop === 'again' && recyclers.has(proc.stopBy ?? '') ? why : null
  const record = recordExit(proc, input, now, effects, { wanted: true, expected, recycled })
  if (proc.spec.care?.job !== undefined) return endStoppedRun(proc, record, afterStop, why, now, effects)
  if (afterStop === 'retry') return failStart(proc, why, now, effects)
  const evidence = record.forensics === undefined ? '' : `; what it was doing: ${record.forensics}`
  const reason = `stopped by ${proc.stopBy ?? proc.wantedBy}: ${exitWords(record)}${evidence}`
  enter(proc, 'STOPPED', reason, now, effects, { pid: record.pid, expected, by: proc.stopBy })
  if (afterStop === 'failed') comeBack(proc, record.uptime, `stopped by ${proc.stopBy ?? ''}: ${why}`, now, effects)
}

export function endUnknown(proc: Proc, turn: Turn<'exited'>): void {
  const { input, now, effects } = turn
  const record = recordExit(proc, input, now, effects, { wanted: proc.want === 'down', expected: false })
  proc.want = 'down'
  disarm(proc)
  enter(proc, 'STOPPED', `ended after a signal to it was refused: ${exitWords(record)}`, now, effects, { pid: record.pid })
}

export function abandonBackoff(proc: Proc, { input, now, effects }: Turn<'stop'>): void {
  proc.want = 'down'
  proc.wantedBy = input.by
  proc.stopBy = input.by
  proc.deadline = null
  proc.hold = null
  disarm(proc)
  enter(proc, 'STOPPED', `stopped by ${input.by} while it waited for the next try`, now, effects, { by: input.by })
}

export function giveUp(proc: Proc, { input, now, effects }: Turn<'giveUp'>): void {
  proc.want = 'down'
  proc.wantedBy = input.by
  proc.deadline = null
  proc.hold = null
  proc.backoff = 0
  disarm(proc)
  enter(proc, 'FATAL', `${proc.reason}; given up: the master is shutting down`, now, effects, { cause: 'shutdown' })
}

export function loseControl(proc: Proc, { input, now, effects }: Turn<'refused'>): void {
  proc.deadline = null
  proc.spawnError = input.reason
  enter(proc, 'UNKNOWN', input.reason, now, effects, { pid: proc.id?.pid ?? 0 })
}
