/**
 * The life of one process: THE TABLE. Read it with a finger: the row is the state that the process is in, the
 * column is what happens, the cell says what follows.
 *
 * A process rests in STOPPED (nobody wants it), EXITED (it ended by itself and is not wanted again) or FATAL (it
 * could not be started `startretries` + 1 times). `start` leads to STARTING and asks the shell for a spawn. Who
 * lives longer than `startsecs` is RUNNING; who ends sooner, whatever the exit code, or could not be spawned at
 * all, is in BACKOFF for 1, 2, 3... seconds and then STARTING again. An end after RUNNING is EXITED; the policy
 * says whether a start follows at once. A stop sends `stopsignal` and is STOPPING until the end of the process is
 * seen; each `stopwaitsecs` that pass without it send SIGKILL. A stop in BACKOFF is at once STOPPED and keeps the
 * counter; a start in BACKOFF or STARTING changes nothing; a start in STOPPING is lost (supervisord, section 4.2
 * of its contract). UNKNOWN means that the kernel refused a signal: nothing is done until the process ends.
 *
 * A spawn is carried out by the shell, which answers `spawned` or `spawnFailed`; between the two, `id` is null. A
 * stop in that gap only changes `want`: reconcile() acts on it as soon as the answer is there.
 *
 * Each process has at most one deadline: the end of startsecs (STARTING), the next try (BACKOFF), SIGKILL
 * (STOPPING). A shutdown makes FATAL of BACKOFF (supervisord, 7.4). A cell that is `'ignore'` has nothing to do, and is right; `'never'` is a mistake of the program.
 */
import { assert } from '../lib/assert.ts'
import type { State } from './model.ts'
import { isExpected, restartsAfter } from './policy.ts'
import type { Effect, Now, Proc, ProcInput } from './proc.ts'
import { backOff, badExit, enter, exitWords, launch, recordExit } from './transitions.ts'

/** SIGKILL is repeated no faster than this, also with `stopwaitsecs: 0`. */
const killRepeatMin = 1000

/** What a cell is given besides the process. */
interface TurnOf<Input> {
  readonly input: Input
  readonly now: Now
  readonly effects: Effect[]
}
type Turn<T extends ProcInput['type']> = TurnOf<Extract<ProcInput, { type: T }>>

type Cell<T extends ProcInput['type']> = ((proc: Proc, turn: Turn<T>) => void) | 'ignore' | 'never'
type Row = { readonly [T in ProcInput['type']]: Cell<T> }

const resting = { due: 'never', refused: 'ignore', hurry: 'ignore', giveUp: 'ignore', spawned: 'never', spawnFailed: 'never' } as const

/** The table. TypeScript refuses a missing cell. */
export const table = {
  STOPPED: { ...resting, start: begin, stop: 'ignore', exited: 'never' },
  EXITED: { ...resting, start: begin, stop: 'ignore', exited: 'never' },
  FATAL: { ...resting, start: begin, stop: 'ignore', exited: 'never' },
  STARTING: {
    start: 'ignore',
    stop: askToStop,
    spawned: rememberIncarnation,
    spawnFailed: failToSpawn,
    exited: endWhileStarting,
    due: stayUp,
    refused: loseControl,
    hurry: 'ignore',
    giveUp: 'ignore',
  },
  RUNNING: {
    start: 'ignore',
    stop: askToStop,
    spawned: 'never',
    spawnFailed: 'never',
    exited: endAfterRunning,
    due: 'never',
    refused: loseControl,
    hurry: 'ignore',
    giveUp: 'ignore',
  },
  BACKOFF: {
    start: 'ignore',
    stop: abandonBackoff,
    spawned: 'never',
    spawnFailed: 'never',
    exited: 'never',
    due: begin,
    refused: 'ignore',
    hurry: 'ignore',
    giveUp: giveUp,
  },
  STOPPING: {
    start: 'ignore',
    stop: 'ignore',
    spawned: 'never',
    spawnFailed: 'never',
    exited: endStopping,
    due: escalate,
    refused: loseControl,
    hurry: escalate,
    giveUp: 'ignore',
  },
  UNKNOWN: {
    start: 'ignore',
    stop: 'ignore',
    spawned: 'never',
    spawnFailed: 'never',
    exited: endUnknown,
    due: 'never',
    refused: 'ignore',
    hurry: 'ignore',
    giveUp: 'ignore',
  },
} as const satisfies Readonly<Record<State, Row>>

/** Applies one input to one process. Effects are appended in the order in which they are to be done. */
export function stepProc(proc: Proc, input: ProcInput, now: Now, effects: Effect[]): void {
  const cell = (table[proc.state] as Row)[input.type] as Cell<ProcInput['type']>
  if (cell === 'ignore') return
  assert(cell !== 'never', `${proc.group}:${proc.name}: ${input.type} cannot happen in ${proc.state}`)
  cell(proc, { input, now, effects })
}

/** Heals a lost edge: what is wanted but is not so, is asked for again. `mayStart` is false during a shutdown. */
export function reconcile(proc: Proc, now: Now, mayStart: boolean, effects: Effect[]): void {
  if (proc.want === 'down') {
    const pending = proc.state === 'BACKOFF' || ((proc.state === 'STARTING' || proc.state === 'RUNNING') && proc.id !== null)
    if (pending) stepProc(proc, { type: 'stop', by: proc.wantedBy }, now, effects)
  } else if (mayStart && (proc.state === 'STOPPED' || proc.state === 'EXITED')) {
    if (proc.state === 'EXITED') proc.restarts += 1
    launch(proc, now, effects)
  }
}

// --- cells -------------------------------------------------------------------------------------------------------

function begin(proc: Proc, { input, now, effects }: Turn<'start' | 'due'>): void {
  if (input.type === 'start') {
    proc.want = 'up'
    proc.wantedBy = input.by
  } else {
    proc.restarts += 1
  }
  launch(proc, now, effects)
}

function askToStop(proc: Proc, { input, now, effects }: Turn<'stop'>): void {
  proc.want = 'down'
  proc.wantedBy = input.by
  if (proc.id === null) return // the spawn is being carried out; reconcile() comes back to it
  proc.stopBy = input.by
  proc.deadline = now.mono + proc.spec.stopwait
  const reason = `${proc.spec.stopsignal} sent, asked by ${input.by}`
  enter(proc, 'STOPPING', reason, now, effects, { by: input.by, pid: proc.id.pid })
  const scope = proc.spec.stopasgroup ? 'group' : 'process'
  effects.push({ type: 'kill', proc, id: proc.id, signal: proc.spec.stopsignal, scope, escalated: false })
}

function rememberIncarnation(proc: Proc, turn: Turn<'spawned'>): void {
  proc.id = turn.input.id
  proc.startedMono = turn.now.mono
  proc.startedAt = turn.now.wall
  proc.adopted = false
  proc.deadline = turn.now.mono + Math.max(0, proc.spec.startsecs)
  proc.reason = `has to stay up for ${String(proc.spec.startsecs / 1000)} s (startsecs)`
  if (proc.spec.startsecs <= 0) stayUp(proc, turn)
}

function failToSpawn(proc: Proc, { input, now, effects }: Turn<'spawnFailed'>): void {
  backOff(proc, input.reason, now, effects)
}

function stayUp(proc: Proc, { now, effects }: Pick<Turn<'due'>, 'now' | 'effects'>): void {
  if (proc.id === null) return // due while the spawn is being carried out: nothing has been up yet
  proc.deadline = null
  proc.backoff = 0
  proc.spawnError = ''
  enter(proc, 'RUNNING', '', now, effects, { pid: proc.id.pid })
}

function endWhileStarting(proc: Proc, turn: Turn<'exited'>): void {
  if (proc.deadline !== null && turn.now.mono > proc.deadline) {
    stayUp(proc, turn) // it did stay up; its end was only seen before the deadline was
    endAfterRunning(proc, turn)
    return
  }
  const { input, now, effects } = turn
  recordExit(proc, input, now, effects, { wanted: false, expected: false })
  backOff(proc, 'Exited too quickly (process log may have details)', now, effects)
}

function endAfterRunning(proc: Proc, { input, now, effects }: Turn<'exited'>): void {
  const expected = isExpected(input.status, proc.spec)
  const again = restartsAfter(input.status, proc.spec)
  const record = recordExit(proc, input, now, effects, { wanted: false, expected })
  proc.backoff = 0
  proc.spawnError = expected ? '' : badExit(input.status)
  if (!again) {
    proc.want = 'down'
    proc.wantedBy = `autorestart: ${proc.spec.autorestart === 'never' ? 'false' : 'unexpected'}`
  }
  const reason = `${exitWords(input.status)}${expected ? '' : ', not expected'}${again ? ', starts again' : ''}`
  enter(proc, 'EXITED', reason, now, effects, { expected, pid: record.pid })
}

function endStopping(proc: Proc, { input, now, effects }: Turn<'exited'>): void {
  const expected = isExpected(input.status, proc.spec)
  const record = recordExit(proc, input, now, effects, { wanted: true, expected })
  enter(proc, 'STOPPED', `stopped by ${proc.stopBy ?? proc.wantedBy}: ${exitWords(input.status)}`, now, effects, {
    pid: record.pid,
    expected,
    by: proc.stopBy,
  })
}

function endUnknown(proc: Proc, turn: Turn<'exited'>): void {
  const { input, now, effects } = turn
  const record = recordExit(proc, input, now, effects, { wanted: proc.want === 'down', expected: false })
  proc.want = 'down'
  enter(proc, 'STOPPED', `ended after a signal to it was refused: ${exitWords(input.status)}`, now, effects, { pid: record.pid })
}

function abandonBackoff(proc: Proc, { input, now, effects }: Turn<'stop'>): void {
  proc.want = 'down'
  proc.wantedBy = input.by
  proc.stopBy = input.by
  proc.deadline = null
  enter(proc, 'STOPPED', `stopped by ${input.by} while it waited for the next try`, now, effects, { by: input.by })
}

function giveUp(proc: Proc, { input, now, effects }: Turn<'giveUp'>): void {
  proc.want = 'down'
  proc.wantedBy = input.by
  proc.deadline = null
  proc.backoff = 0
  enter(proc, 'FATAL', `${proc.reason}; given up: the master is shutting down`, now, effects, {})
}

function escalate(proc: Proc, { now, effects }: Turn<'due' | 'hurry'>): void {
  if (proc.id === null) return
  proc.deadline = now.mono + Math.max(killRepeatMin, proc.spec.stopwait)
  proc.reason = `SIGKILL sent: it did not stop within ${String(proc.spec.stopwait / 1000)} s`
  const scope = proc.spec.killasgroup ? 'group' : 'process'
  effects.push({ type: 'kill', proc, id: proc.id, signal: 'SIGKILL', scope, escalated: true })
}

function loseControl(proc: Proc, { input, now, effects }: Turn<'refused'>): void {
  proc.deadline = null
  proc.spawnError = input.reason
  enter(proc, 'UNKNOWN', input.reason, now, effects, { pid: proc.id?.pid ?? 0 })
}
