/** What several cells of the table do: entering a state, launching, backing off, recording an exit. */
import type { Actor, ExitRecord, ExitStatus, State } from './model.ts'
import { backoffDelay, gaveUp } from './policy.ts'
import type { Effect, Now, Proc } from './proc.ts'

const exitsKept = 10

export function launch(proc: Proc, now: Now, effects: Effect[]): void {
  proc.incarnation += 1
  proc.deadline = null
  proc.id = null
  enter(proc, 'STARTING', proc.backoff > 0 ? `try ${String(proc.backoff + 1)}` : 'being started', now, effects, { by: proc.wantedBy })
  effects.push({ type: 'spawn', proc })
}

export function backOff(proc: Proc, reason: string, now: Now, effects: Effect[]): void {
  proc.spawnError = reason
  proc.backoff += 1
  proc.deadline = now.mono + backoffDelay(proc.backoff)
  enter(proc, 'BACKOFF', reason, now, effects, {})
  if (!gaveUp(proc.backoff, proc.spec)) return
  proc.deadline = null
  const tries = proc.backoff
  proc.backoff = 0
  enter(proc, 'FATAL', `${reason}; gave up after ${String(tries)} ${tries === 1 ? 'try' : 'tries'}`, now, effects, {})
}

export function recordExit(
  proc: Proc,
  { status, lastLines }: { status: ExitStatus; lastLines: readonly string[] },
  now: Now,
  effects: Effect[],
  { wanted, expected }: { wanted: boolean; expected: boolean },
): ExitRecord {
  const pid = proc.id?.pid ?? 0
  const record: ExitRecord = {
    incarnation: proc.incarnation,
    pid,
    status,
    startedAt: proc.startedAt,
    endedAt: now.wall,
    uptime: Math.max(0, now.mono - proc.startedMono),
    wanted,
    by: wanted ? proc.stopBy : null,
    expected,
    lastLines,
  }
  proc.exits = [...proc.exits.slice(1 - exitsKept), record]
  proc.id = null
  proc.adopted = false
  proc.deadline = null
  proc.stoppedAt = now.wall
  effects.push({ type: 'sweep', proc, pid })
  return record
}

export function enter(
  proc: Proc,
  to: State,
  reason: string,
  now: Now,
  effects: Effect[],
  about: { pid?: number; expected?: boolean; by?: Actor | null },
): void {
  const from = proc.state
  proc.state = to
  proc.since = now.wall
  proc.reason = reason
  const { group, name, backoff: tries } = proc
  const { pid = 0, expected = false, by = null } = about
  effects.push({ type: 'event', proc, body: { type: 'process.state', group, name, from, to, pid, tries, expected, reason, by } })
}

/** How an incarnation ended, in the words of the log: `exit status 1`, `terminated by SIGKILL`. */
export function exitWords(status: ExitStatus): string {
  switch (status.kind) {
    case 'code':
      return `exit status ${String(status.code)}`
    case 'signal':
      return `terminated by ${status.signal}${status.core === true ? ' (core dumped)' : ''}`
    case 'unknown':
      return 'exit status unknown'
  }
}

export function badExit(status: ExitStatus): string {
  return status.kind === 'code' ? `Bad exit code ${String(status.code)}` : `Bad exit: ${exitWords(status)}`
}
