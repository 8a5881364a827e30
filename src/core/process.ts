/**
 * The life of one process: THE TABLE. Read it with a finger: the row is the state that the process is in, the
 * column is what happens, the cell says what follows.
 *
 * A process rests in STOPPED (nobody wants it), EXITED (it ended by itself and is not wanted again) or FATAL (it
 * could not be started `startretries` + 1 times). `start` leads to STARTING and asks the shell for a spawn. Who
 * lives longer than `startsecs`, and is ready where that is asked for, is RUNNING; who ends sooner, whatever the exit
 * code, could not be spawned at all, or is not ready in time, is in BACKOFF for 1, 2, 3... seconds and then STARTING
 * again. An end after RUNNING is EXITED; the policy says whether a start follows, at once or after BACKOFF. A stop
 * climbs the stop ladder (ladder.ts) and is STOPPING until the end of the process is seen. A stop in BACKOFF is at once
 * STOPPED and keeps the counter; a start in BACKOFF or STARTING changes nothing; a start in STOPPING is lost
 * (supervisord, section 4.2 of its contract). UNKNOWN means that the kernel refused a signal: nothing is done until the
 * process ends.
 *
 * A spawn is carried out by the shell, which answers `spawned` or `spawnFailed`; between the two, `id` is null. A
 * stop in that gap only changes `want`: reconcile() acts on it as soon as the answer is there. So it is with whatever
 * the gate holds back (gate.ts): a start that waits for a dependency, a stop that waits for dependents, a restart that
 * waits its turn stay where they are, with the reason in `hold`, and are asked for again at each settling.
 *
 * A job (job-life.ts) is wanted between its runs too, and rests in EXITED, or STOPPED before the first one, with its deadline at the
 * next run or the next look at the clock. Its end after RUNNING, like a start that fails, is the end of a run: BACKOFF where it is to be
 * tried again, EXITED with what was wrong where it is not. `trigger` begins a run; while one goes on, `overlap` decides.
 *
 * A launcher may name another process that goes on in its place (`mainPid`): that one is the process then, gets the signals,
 * and its end counts; the end of whoever was it before is none.
 *
 * A process that is not well, is out of date or too large is stopped without being unwanted: `afterStop` says what
 * follows. Who tells that it is about to end (`recycling`) and does so with exit code 0 is started again, whatever the policy
 * says, and nobody counts that as a crash. Each process has at most one deadline: the end of startsecs or of ready_timeout (STARTING), the next try
 * (BACKOFF, FATAL), the next rung (STOPPING), the nearest of its alarms (RUNNING). A shutdown makes FATAL of BACKOFF
 * (supervisord, 7.4). A cell that is `'ignore'` has nothing to do, and is right; `'never'` is a mistake of the program.
 */
import { assert } from '../lib/assert.ts'
import { abandonBackoff, askToStop, climbOn, comeBackAtOnce, endAfterRunning, endStopping, endUnknown, endWhileStarting, giveUp, goOnStopping, killNow, loseControl, rememberLook, stayDown, stopLonger } from './ending.ts'
import { openGate } from './gate.ts'
import type { Gate } from './gate.ts'
import { trigger } from './job-life.ts'
import { goOn, launchIfFree } from './launching.ts'
import type { State } from './model.ts'
import { isSame } from './proc.ts'
import type { Effect, Now, Proc, ProcInput } from './proc.ts'
import { attend, changeJob, follow, judge, keepRunning, planEnd, renew, replace, showLife, tryToReplace, waitsWithNews } from './running.ts'
import { abandonStart, beUpOrFail, becomeReady, begin, failToSpawn, noteWhatHolds, rememberIncarnation, spawnOrFail, startAfresh, startLonger, stayUnready, tryAgain } from './starting.ts'
import type { Turn } from './turn.ts'

type Cell<T extends ProcInput['type']> = ((proc: Proc, turn: Turn<T>) => void) | 'ignore' | 'never'
type Row = { readonly [T in ProcInput['type']]: Cell<T> }

/** What an incarnation tells may come late: when there is none any more, or not yet. */
const silent = { prepared: 'ignore', waiting: 'ignore', mainPid: 'ignore', ready: 'ignore', health: 'ignore', looked: 'ignore', alive: 'ignore', busy: 'ignore', extend: 'ignore', recycling: 'ignore', recycle: 'ignore', changed: 'ignore' } as const
const resting = { ...silent, trigger, due: tryAgain, refused: 'ignore', hurry: 'ignore', giveUp: 'ignore', spawned: 'never', spawnFailed: 'never' } as const

/** The table. TypeScript refuses a missing cell. */
export const table = {
  STOPPED: { ...resting, start: begin, stop: abandonStart, exited: 'never' },
  EXITED: { ...resting, start: begin, stop: abandonStart, exited: 'never', changed: startAfresh },
  FATAL: { ...resting, start: begin, stop: abandonStart, exited: 'never', changed: startAfresh },
  STARTING: {
    ...silent,
    trigger,
    start: keepRunning,
    stop: askToStop,
    prepared: spawnOrFail,
    waiting: noteWhatHolds,
    spawned: rememberIncarnation,
    spawnFailed: failToSpawn,
    exited: endWhileStarting,
    due: beUpOrFail,
    refused: loseControl,
    hurry: 'ignore',
    giveUp: 'ignore',
    mainPid: follow,
    ready: becomeReady,
    health: stayUnready,
    alive: showLife,
    busy: changeJob,
    extend: startLonger,
    recycling: planEnd,
    recycle: replace,
    changed: renew,
  },
  RUNNING: {
    ...silent,
    trigger,
    start: keepRunning,
    stop: askToStop,
    spawned: 'never',
    spawnFailed: 'never',
    exited: endAfterRunning,
    due: attend,
    refused: loseControl,
    hurry: 'ignore',
    giveUp: 'ignore',
    mainPid: follow,
    ready: becomeReady,
    health: judge,
    alive: showLife,
    busy: changeJob,
    recycling: planEnd,
    recycle: replace,
    changed: renew,
  },
  BACKOFF: {
    ...silent,
    trigger,
    start: 'ignore',
    stop: abandonBackoff,
    spawned: 'never',
    spawnFailed: 'never',
    exited: 'never',
    due: tryAgain,
    refused: 'ignore',
    hurry: 'ignore',
    giveUp: giveUp,
    changed: startAfresh,
  },
  STOPPING: {
    ...silent,
    trigger,
    start: 'ignore',
    stop: stayDown,
    prepared: goOnStopping,
    spawned: 'never',
    spawnFailed: 'never',
    exited: endStopping,
    due: climbOn,
    refused: loseControl,
    hurry: killNow,
    giveUp: 'ignore',
    mainPid: follow,
    looked: rememberLook,
    busy: changeJob,
    extend: stopLonger,
    changed: comeBackAtOnce,
  },
  UNKNOWN: {
    ...silent,
    trigger: 'ignore',
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
export function stepProc(proc: Proc, input: ProcInput, now: Now, effects: Effect[], gate: Gate = openGate): void {
  // What is told of an incarnation that is gone means nobody.
  if ('incarnation' in input && input.incarnation !== proc.incarnation) return
  if (input.type === 'exited' && input.of !== undefined && !isSame(input.of, proc.id)) return
  const cell = (table[proc.state] as Row)[input.type] as Cell<ProcInput['type']>
  if (cell === 'ignore') return
  assert(cell !== 'never', `${proc.group}:${proc.name}: ${input.type} cannot happen in ${proc.state}`)
  cell(proc, { input, now, effects, gate })
}

/** Heals a lost edge: what is wanted but is not so, is asked for again. `mayStart` is false during a shutdown. */
export function reconcile(proc: Proc, now: Now, mayStart: boolean, effects: Effect[], gate: Gate = openGate): void {
  const moment = { now, effects, gate }
  if (proc.want === 'down') {
    const live = proc.id !== null || proc.preparing
    const pending = proc.state === 'BACKOFF' || ((proc.state === 'STARTING' || proc.state === 'RUNNING') && live)
    if (!pending || (proc.next !== null && waitsWithNews(proc, moment))) return
    if (proc.next !== null) proc.recycle = null
    stepProc(proc, { type: 'stop', by: proc.wantedBy }, now, effects, gate)
  } else if (proc.state === 'RUNNING') {
    if (proc.recycle !== null) tryToReplace(proc, moment)
  } else if (mayStart && proc.deadline === null) {
    const isJob = proc.spec.care?.job !== undefined
    if (proc.state === 'STOPPED' || proc.state === 'EXITED' || (proc.state === 'FATAL' && isJob)) goOn(proc, proc.afterStop !== 'rest', moment)
    else if ((proc.state === 'BACKOFF' || proc.state === 'FATAL') && proc.hold !== null) launchIfFree(proc, proc.afterStop !== 'rest' && !isJob, moment)
  }
}
