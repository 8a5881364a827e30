import { describe, expect, it } from 'vitest'
import type { Pid, State } from '../../../src/core/model.ts'
import type { JobSpec } from '../../../src/core/care.ts'
import type { Proc, ProcInput } from '../../../src/core/proc.ts'
import { table } from '../../../src/core/process.ts'
import { newRounds } from '../../../src/core/rounds.ts'
import { at, code, entered, exited, id, kinds, procIn, signals, stepped } from './procs.ts'

type Cell = `${State} ${ProcInput['type']}`

const stop: ProcInput = { type: 'stop', by: 'ann' }
const start: ProcInput = { type: 'start', by: 'ann' }
const due: ProcInput = { type: 'due' }
const spawned: ProcInput = { type: 'spawned', id }
const recycle: ProcInput = { type: 'recycle', reason: 'r', by: 'ann', now: false }
const changed: ProcInput = { type: 'changed', reason: 'app.js changed (watch)', by: 'watch' }
const refused: ProcInput = { type: 'refused', reason: 'could not send SIGTERM: EPERM' }

function startsFrom(state: State): void {
  const proc = procIn(state)
  const effects = stepped(proc, start)
  expect(kinds(effects)).toEqual(['event', 'spawn'])
  expect(proc).toMatchObject({ state: 'STARTING', want: 'up', wantedBy: 'ann', incarnation: 2, id: null, deadline: null })
}

function stopsFrom(state: State): void {
  const proc = procIn(state, {}, { stopwait: 7000, stopsignal: 'SIGQUIT' })
  const effects = stepped(proc, stop, at(600))
  expect(signals(effects)).toEqual(['SIGQUIT to process 4711'])
  expect(proc).toMatchObject({ state: 'STOPPING', want: 'down', wantedBy: 'ann', stopBy: 'ann', deadline: 7600 })
  const group = procIn(state, {}, { stopasgroup: true })
  expect(signals(stepped(group, stop))).toEqual(['SIGTERM to group 4711'])
}

/** What went wrong with the old files does not count. */
function startsAfreshFrom(state: State): void {
  const proc = procIn(state, { crashes: 3, backoff: state === 'BACKOFF' ? 2 : 0, lastChance: true })
  const effects = stepped(proc, changed)
  expect(kinds(effects)).toEqual(['event', 'spawn'])
  expect(proc).toMatchObject({ state: 'STARTING', want: 'up', wantedBy: 'app.js changed (watch)', crashes: 0, backoff: 0, lastChance: false, restarts: 0, reason: 'being started' })
  expect(stepped(procIn(state, { leaving: true }), changed)).toEqual([])
}

function isRenewedIn(state: State): void {
  const proc = procIn(state)
  expect(signals(stepped(proc, changed))).toEqual(['SIGTERM to process 4711'])
  expect(proc).toMatchObject({ state: 'STOPPING', want: 'up', stopBy: 'watch', afterStop: 'again', reason: 'app.js changed (watch)' })
}

/** Wanted, but held back until 900: by the machine-wide limit, say. */
const held = { want: 'up', hold: 'waiting its turn', deadline: 900 } as const

function triesAgainFrom(state: State): void {
  const proc = procIn(state, held)
  expect(kinds(stepped(proc, due, at(900)))).toEqual(['event', 'spawn'])
  expect(proc).toMatchObject({ state: 'STARTING', hold: null, deadline: null, restarts: 1 })
}

function abandonsFrom(state: State): void {
  const proc = procIn(state, held)
  expect(stepped(proc, stop)).toEqual([])
  expect(proc).toMatchObject({ state, want: 'down', wantedBy: 'ann', hold: null, deadline: null })
}

function takesJobIn(state: State): void {
  const proc = procIn(state)
  stepped(proc, { type: 'busy', incarnation: 1, job: '7', lasts: 100 }, at(500))
  expect(proc.busy).toEqual({ job: '7', until: 600 })
  stepped(proc, { type: 'busy', incarnation: 1, job: null, lasts: null })
  expect(proc.busy).toBeNull()
}

function showsLifeIn(state: State): void {
  const proc = procIn(state)
  stepped(proc, { type: 'alive', incarnation: 1 }, at(700))
  expect(proc.seen).toBe(700)
  stepped(proc, { type: 'alive', incarnation: 2 }, at(800))
  expect(proc.seen).toBe(700)
}

/** A launcher's daemon. */
const daemon: Pid = { pid: 5000, startTime: '120' }
const mainPid: ProcInput = { type: 'mainPid', incarnation: 1, id: daemon }

function followsIn(state: State): void {
  const proc = procIn(state)
  const { deadline, reason } = proc
  expect(stepped(proc, mainPid)).toEqual([{ type: 'follow', proc, id: daemon, before: id }])
  expect(proc).toMatchObject({ state, id: daemon, adopted: true, deadline, reason, startedMono: 0 })
  expect(stepped(proc, mainPid)).toEqual([])
  // The launcher may end as it likes.
  expect(stepped(proc, { ...exited(code(1)), of: id })).toEqual([])
  expect(stepped(proc, { ...exited(code(1)), of: { ...daemon, startTime: '121' } })).toEqual([])
  expect(proc).toMatchObject({ state, id: daemon, exits: [] })
  stepped(proc, { ...exited({ kind: 'unknown' }), of: daemon })
  expect(proc).toMatchObject({ id: null, adopted: false, exits: [{ pid: 5000 }] })
  // Not even after the end of the process.
  expect(stepped(proc, { ...exited(code(1)), of: id })).toEqual([])
  const unborn = procIn(state, { id: null })
  expect(stepped(unborn, mainPid)).toEqual([])
  expect(unborn.id).toBeNull()
}

function losesControl(state: State): void {
  const proc = procIn(state)
  expect(entered(stepped(proc, refused))).toEqual(['UNKNOWN'])
  expect(proc).toMatchObject({ id, deadline: null, spawnError: 'could not send SIGTERM: EPERM' })
}

function escalatesBy(input: ProcInput): void {
  const proc = procIn('STOPPING', {}, { stopwait: 3000 })
  const effects = stepped(proc, input, at(1000))
  expect(signals(effects)).toEqual(['SIGKILL to process 4711'])
  expect(effects[0]).toMatchObject({ escalated: true })
  expect(proc).toMatchObject({ state: 'STOPPING', deadline: 4000 })
  expect(signals(stepped(procIn('STOPPING', {}, { killasgroup: true }), input))).toEqual(['SIGKILL to group 4711'])
  const impatient = procIn('STOPPING', {}, { stopwait: 0 })
  stepped(impatient, input, at(1000))
  expect(impatient.deadline).toBe(2000)
}

const cells: Readonly<Partial<Record<Cell, readonly [sentence: string, check: () => void]>>> = {
  'STOPPED start': ['asks for a spawn', () => startsFrom('STOPPED')],
  'EXITED start': ['asks for a spawn', () => startsFrom('EXITED')],
  'FATAL start': ['asks for a spawn', () => startsFrom('FATAL')],
  'STOPPED stop': ['forgets a start that is held back', () => abandonsFrom('STOPPED')],
  'EXITED stop': ['forgets a start that is held back', () => abandonsFrom('EXITED')],
  'FATAL stop': ['forgets the one more try', () => abandonsFrom('FATAL')],
  'STOPPED due': ['tries again', () => triesAgainFrom('STOPPED')],
  'EXITED due': ['tries again', () => triesAgainFrom('EXITED')],
  'FATAL due': ['tries once more, and that is the last chance', () => {
    triesAgainFrom('FATAL')
    const proc = procIn('FATAL', held)
    stepped(proc, due, at(900))
    stepped(proc, { type: 'spawnFailed', reason: 'no' })
    expect(proc).toMatchObject({ state: 'FATAL', reason: 'no; the one more try has failed too' })
  }],
  'STARTING mainPid': ['follows the process that goes on, and no other', () => {
    followsIn('STARTING')
    const late = procIn('STARTING', { incarnation: 2 })
    expect(stepped(late, mainPid)).toEqual([])
    expect(late.id).toBe(id)
  }],
  'RUNNING mainPid': ['follows the process that goes on, which is the one to be stopped', () => {
    followsIn('RUNNING')
    const proc = procIn('RUNNING')
    stepped(proc, mainPid)
    expect(signals(stepped(proc, stop))).toEqual(['SIGTERM to process 5000'])
  }],
  'STOPPING mainPid': ['sends the next signal to the process that goes on', () => {
    followsIn('STOPPING')
    const proc = procIn('STOPPING')
    stepped(proc, mainPid)
    expect(signals(stepped(proc, due, at(1000)))).toEqual(['SIGKILL to process 5000'])
  }],
  'STARTING start': ['takes back a stop that is held back, and nothing else', () => {
    const heldBack = procIn('STARTING', { want: 'down', hold: 'stops after web' })
    stepped(heldBack, start)
    expect(heldBack).toMatchObject({ state: 'STARTING', want: 'up', hold: null })
    const inTheGap = procIn('STARTING', { want: 'down', id: null, deadline: null })
    stepped(inTheGap, start)
    expect(inTheGap.want).toBe('down')
  }],
  'STARTING prepared': ['spawns, or has failed, unless it was abandoned', () => {
    const preparing = { id: null, deadline: null, preparing: true } as const
    expect(kinds(stepped(procIn('STARTING', preparing), { type: 'prepared', incarnation: 1, problem: null }))).toEqual(['spawn'])
    const failed = procIn('STARTING', preparing)
    expect(entered(stepped(failed, { type: 'prepared', incarnation: 1, problem: 'pre_start: exit status 1' }))).toEqual(['BACKOFF'])
    expect(failed.spawnError).toBe('pre_start: exit status 1')
    const abandoned = procIn('STARTING', preparing)
    expect(kinds(stepped(abandoned, stop))).toEqual(['abandon', 'event'])
    expect(abandoned).toMatchObject({ state: 'STOPPED', want: 'down' })
  }],
  'STARTING waiting': ['says what it waits for, until its spawn or its stop', () => {
    const waiting: ProcInput = { type: 'waiting', incarnation: 1, reason: 'waiting for tcp://db:5432 (connection refused)' }
    const proc = procIn('STARTING', { id: null, deadline: null, preparing: true })
    expect(stepped(proc, waiting)).toEqual([])
    expect(proc.hold).toBe('waiting for tcp://db:5432 (connection refused)')
    stepped(proc, { type: 'prepared', incarnation: 1, problem: null })
    expect(proc.hold).toBeNull()
    stepped(proc, waiting)
    expect(proc.hold).toBeNull() // too late: it is being spawned
    const stopped = procIn('STARTING', { id: null, deadline: null, preparing: true, hold: 'waiting for x' })
    stepped(stopped, stop)
    expect(stopped.hold).toBeNull()
  }],
  'STARTING ready': ['is remembered until startsecs have passed', () => {
    const proc = procIn('STARTING', {}, { startsecs: 1000 })
    expect(stepped(proc, { type: 'ready', incarnation: 1 }, at(500))).toEqual([])
    expect(proc).toMatchObject({ state: 'STARTING', ready: true })
    expect(entered(stepped(procIn('STARTING', {}, { startsecs: 1000 }), { type: 'ready', incarnation: 1 }, at(1000)))).toEqual(['RUNNING'])
  }],
  'STARTING alive': ['is a sign of life', () => showsLifeIn('STARTING')],
  'STARTING busy': ['takes a job', () => takesJobIn('STARTING')],
  'STARTING extend': ['moves the end of ready_timeout', () => {
    const proc = procIn('STARTING', { readyBy: 1000 })
    stepped(proc, { type: 'extend', incarnation: 1, time: 5000 }, at(900))
    expect(proc).toMatchObject({ readyBy: 5900, deadline: 5900 })
    const plain = procIn('STARTING')
    stepped(plain, { type: 'extend', incarnation: 1, time: 5000 }, at(900))
    expect(plain).toMatchObject({ readyBy: null, deadline: 1000 })
  }],
  'STARTING recycling': ['is remembered', () => plansItsEndIn('STARTING')],
  'STARTING recycle': ['stops it, to come back', () => {
    const proc = procIn('STARTING')
    expect(signals(stepped(proc, recycle))).toEqual(['SIGTERM to process 4711'])
    expect(proc).toMatchObject({ state: 'STOPPING', want: 'up', afterStop: 'again' })
  }],
  'RUNNING start': ['takes back a stop that was held', () => {
    const proc = procIn('RUNNING', { want: 'down', hold: 'stops after web' })
    expect(stepped(proc, start)).toEqual([])
    expect(proc).toMatchObject({ want: 'up', wantedBy: 'ann', hold: null })
  }],
  'RUNNING due': ['looks at its alarms: max_lifetime', () => {
    const recycle = { maxMemory: null, memoryAction: { kind: 'none' }, maxLifetime: { after: 1000, spread: 0 } } as const
    const proc = procIn('RUNNING', {}, { care: { recycle } })
    expect(signals(stepped(proc, due, at(1000)))).toEqual(['SIGTERM to process 4711'])
    expect(proc).toMatchObject({ state: 'STOPPING', reason: 'its max_lifetime is over', afterStop: 'again' })
    const young = procIn('RUNNING', {}, { care: { recycle } })
    stepped(young, due, at(999))
    expect(young).toMatchObject({ state: 'RUNNING', deadline: 1000 })
  }],
  'RUNNING ready': ['is remembered', () => {
    const proc = procIn('RUNNING')
    expect(stepped(proc, { type: 'ready', incarnation: 1 })).toEqual([])
    expect(proc.ready).toBe(true)
  }],
  'RUNNING health': ['is told, once each way, and acted on', () => {
    const by = { kind: 'tcp', host: 'h', port: 1 } as const
    const health = { by, interval: 1, timeout: 1, retries: 1, startPeriod: 0, onUnhealthy: { kind: 'signal', signal: 'SIGHUP' } } as const
    const proc = procIn('RUNNING', {}, { care: { health } })
    const ill: ProcInput = { type: 'health', incarnation: 1, problem: 'refused' }
    expect(signals(stepped(proc, ill))).toEqual(['SIGHUP to process 4711'])
    expect(stepped(proc, ill)).toEqual([])
    expect(proc).toMatchObject({ state: 'RUNNING', health: 'unhealthy', ailment: 'refused' })
  }],
  'RUNNING alive': ['is a sign of life', () => showsLifeIn('RUNNING')],
  'RUNNING busy': ['takes a job', () => takesJobIn('RUNNING')],
  'EXITED changed': ['starts by the new files', () => startsAfreshFrom('EXITED')],
  'FATAL changed': ['starts by the new files', () => startsAfreshFrom('FATAL')],
  'BACKOFF changed': ['starts by the new files, without the wait for its next try', () => startsAfreshFrom('BACKOFF')],
  'STARTING changed': ['stops it, to come back', () => isRenewedIn('STARTING')],
  'RUNNING changed': ['stops it, to come back', () => isRenewedIn('RUNNING')],
  'STOPPING busy': ['takes the news of its job', () => takesJobIn('STOPPING')],
  'STOPPING changed': ['comes back at once, if it is to come back at all', () => {
    for (const [before, after] of [['failed', 'again'], ['retry', 'again'], ['rest', 'rest']] as const) {
      const proc = procIn('STOPPING', { afterStop: before })
      expect(stepped(proc, changed)).toEqual([])
      expect(proc.afterStop).toBe(after)
    }
  }],
  'RUNNING recycling': ['is remembered', () => plansItsEndIn('RUNNING')],
  'RUNNING recycle': ['stops it, to come back, unless it is not wanted', () => {
    const proc = procIn('RUNNING')
    expect(signals(stepped(proc, recycle))).toEqual(['SIGTERM to process 4711'])
    stepped(proc, exited(code(0)))
    expect(proc).toMatchObject({ state: 'STOPPED', want: 'up', afterStop: 'again', reason: 'stopped by ann: exit status 0' })
    expect(stepped(procIn('RUNNING', { want: 'down', hold: 'x' }), recycle)).toEqual([])
  }],
  'STOPPING stop': ['does not come back after all', () => {
    const proc = procIn('STOPPING', { want: 'up', afterStop: 'again' })
    expect(stepped(proc, stop)).toEqual([])
    expect(proc).toMatchObject({ want: 'down', afterStop: 'rest', stopBy: 'ann' })
  }],
  'STOPPING prepared': ['sends the first signal, or the next when stop_command has failed', () => {
    expect(signals(stepped(procIn('STOPPING', { rung: -1 }), { type: 'prepared', incarnation: 1, problem: null }))).toEqual(['SIGTERM to process 4711'])
    const stop = { sequence: [], command: { command: 'x', argv: ['x'] }, extendMax: 0, busyWait: 0, preStopDelay: 0 }
    const failed = procIn('STOPPING', { rung: 0 }, { care: { stop } })
    expect(signals(stepped(failed, { type: 'prepared', incarnation: 1, problem: 'exit status 1' }))).toEqual(['SIGTERM to process 4711'])
  }],
  'STOPPING extend': ['gives more time, up to the bound, but not after SIGKILL', () => {
    const stop = { sequence: [], command: null, extendMax: 500, busyWait: 0, preStopDelay: 0 }
    const proc = procIn('STOPPING', { rungEnds: 1000 }, { care: { stop } })
    stepped(proc, { type: 'extend', incarnation: 1, time: 9000 })
    expect(proc.deadline).toBe(1500)
    const killed = procIn('STOPPING', { rung: 2, rungEnds: 1000 }, { care: { stop } })
    stepped(killed, { type: 'extend', incarnation: 1, time: 9000 })
    expect(killed.deadline).toBe(1000)
  }],
  'STARTING stop': ['signals, or waits for the answer of a spawn', () => {
    stopsFrom('STARTING')
    const unborn = procIn('STARTING', { id: null, deadline: null })
    expect(stepped(unborn, stop)).toEqual([])
    expect(unborn).toMatchObject({ state: 'STARTING', want: 'down', wantedBy: 'ann' })
  }],
  'STARTING spawned': ['waits for startsecs, and with none is RUNNING at once', () => {
    const proc = procIn('STARTING', { id: null, deadline: null, adopted: true }, { startsecs: 2000 })
    expect(stepped(proc, spawned, at(700))).toEqual([{ type: 'tried', proc, pid: id.pid, problem: null }])
    expect(proc).toMatchObject({ state: 'STARTING', id, deadline: 2700, startedMono: 700, startedAt: at(700).wall, adopted: false })
    for (const startsecs of [0, -1]) {
      const quick = procIn('STARTING', { id: null, deadline: null, backoff: 2, spawnError: 'x' }, { startsecs })
      expect(entered(stepped(quick, spawned))).toEqual(['RUNNING'])
      expect(quick).toMatchObject({ deadline: null, backoff: 0, spawnError: '' })
    }
  }],
  'STARTING spawnFailed': ['is BACKOFF with the reason, or FATAL after too many', () => {
    const proc = procIn('STARTING', { id: null, deadline: null })
    expect(entered(stepped(proc, { type: 'spawnFailed', reason: "can't find command 'x'" }))).toEqual(['BACKOFF'])
    expect(proc).toMatchObject({ backoff: 1, deadline: 1500, spawnError: "can't find command 'x'", exits: [] })
    const last = procIn('STARTING', { id: null, deadline: null, backoff: 3 })
    expect(entered(stepped(last, { type: 'spawnFailed', reason: 'no' }))).toEqual(['BACKOFF', 'FATAL'])
    expect(last).toMatchObject({ backoff: 0, deadline: null, spawnError: 'no' })
  }],
  'STARTING exited': ['is too quick before startsecs whatever the code, and EXITED after', () => {
    for (const status of [code(0), code(1), { kind: 'unknown' }] as const) {
      const proc = procIn('STARTING')
      const effects = stepped(proc, exited(status, ['oh']), at(900))
      expect(entered(effects)).toEqual(['BACKOFF'])
      expect(effects[0]).toMatchObject({ type: 'sweep', pid: 4711 })
      expect(proc).toMatchObject({ id: null, backoff: 1, deadline: 1900, spawnError: 'Exited too quickly (process log may have details)' })
      expect(proc.exits).toMatchObject([{ pid: 4711, uptime: 900, status, lastLines: ['oh'], wanted: false, expected: false, by: null }])
    }
    const late = procIn('STARTING', { backoff: 2 })
    expect(entered(stepped(late, exited(code(0)), at(1001)))).toEqual(['RUNNING', 'EXITED'])
    expect(late).toMatchObject({ backoff: 0, want: 'down', deadline: null })
  }],
  'STARTING due': ['has stayed up, unless nothing is up yet', () => {
    const proc = procIn('STARTING', { backoff: 1 })
    expect(entered(stepped(proc, due, at(1000)))).toEqual(['RUNNING'])
    expect(proc).toMatchObject({ deadline: null, backoff: 0 })
    expect(stepped(procIn('STARTING', { id: null }), due)).toEqual([])
  }],
  'STARTING health': ['says in its reason why it is not ready', () => {
    const proc = procIn('STARTING', { deadline: 9000, readyBy: 9000 }, { care: { ready: { by: { kind: 'tcp', host: 'h', port: 1 }, timeout: 9000 } } })
    expect(stepped(proc, { type: 'health', incarnation: 1, problem: 'connection refused' })).toEqual([])
    expect(proc).toMatchObject({ state: 'STARTING', ready: false, reason: 'waits until it is ready (tcp): connection refused' })
    expect(kinds(stepped(proc, due, at(9000)))).toEqual(['event', 'kill'])
    expect(proc).toMatchObject({ state: 'STOPPING', afterStop: 'retry', reason: 'not ready within 9 s (ready_timeout): connection refused' })
  }],
  'STARTING refused': ['is UNKNOWN', () => losesControl('STARTING')],
  'RUNNING stop': ['signals', () => stopsFrom('RUNNING')],
  'RUNNING exited': ['is EXITED, wanted again by the policy', () => {
    const again = procIn('RUNNING', {}, { autorestart: 'always' })
    expect(entered(stepped(again, exited(code(0))))).toEqual(['EXITED'])
    expect(again).toMatchObject({ want: 'up', id: null, deadline: null, spawnError: '' })
    const bad = procIn('RUNNING', {}, { autorestart: 'never' })
    stepped(bad, exited(code(9)))
    expect(bad).toMatchObject({ state: 'EXITED', want: 'down', wantedBy: 'autorestart: false', spawnError: 'Bad exit code 9' })
    const good = procIn('RUNNING')
    stepped(good, exited(code(0)))
    expect(good).toMatchObject({ state: 'EXITED', want: 'down', wantedBy: 'autorestart: unexpected' })
    const shot = procIn('RUNNING')
    stepped(shot, exited({ kind: 'signal', signal: 'SIGSEGV', core: true }))
    expect(shot).toMatchObject({ want: 'up', spawnError: 'Bad exit: terminated by SIGSEGV (core dumped)' })
    const lost = procIn('RUNNING')
    stepped(lost, exited({ kind: 'unknown' }))
    expect(lost).toMatchObject({ want: 'up', reason: 'exit status unknown, not expected, starts again' })
  }],
  'RUNNING refused': ['is UNKNOWN', () => losesControl('RUNNING')],
  'BACKOFF stop': ['is STOPPED at once, without a signal, and keeps the counter', () => {
    const proc = procIn('BACKOFF', { backoff: 2 })
    const effects = stepped(proc, stop)
    expect(entered(effects)).toEqual(['STOPPED'])
    expect(effects[0]).toMatchObject({ body: { pid: 0 } })
    expect(proc).toMatchObject({ backoff: 2, deadline: null, want: 'down', stopBy: 'ann' })
  }],
  'BACKOFF due': ['tries again', () => {
    const proc = procIn('BACKOFF', { backoff: 2 })
    expect(kinds(stepped(proc, due, at(1000)))).toEqual(['event', 'spawn'])
    expect(proc).toMatchObject({ state: 'STARTING', restarts: 1, backoff: 2, incarnation: 2, reason: 'try 3' })
  }],
  'BACKOFF giveUp': ['is FATAL', () => {
    const proc = procIn('BACKOFF')
    expect(entered(stepped(proc, { type: 'giveUp', by: 'ann' }))).toEqual(['FATAL'])
    expect(proc).toMatchObject({ backoff: 0, deadline: null })
  }],
  'STOPPING exited': ['is STOPPED whatever the code, and says who asked', () => {
    for (const status of [code(0), code(3), { kind: 'signal', signal: 'SIGKILL', core: false }] as const) {
      const proc = procIn('STOPPING')
      const effects = stepped(proc, exited(status))
      expect(entered(effects)).toEqual(['STOPPED'])
      expect(effects[0]).toMatchObject({ type: 'sweep' })
      expect(proc.exits).toMatchObject([{ wanted: true, by: 'test', expected: status.kind === 'code' && status.code === 0 }])
    }
  }],
  'STOPPING due': ['kills, no faster than once a second', () => escalatesBy(due)],
  'STOPPING looked': ['remembers where it is written what was seen of it, also with its end', () => {
    const proc = procIn('STOPPING', { reason: 'silent' })
    expect(stepped(proc, { type: 'looked', incarnation: 1, file: '/log/a.txt' })).toEqual([])
    expect(proc.reason).toBe('silent; what it was doing: /log/a.txt')
    stepped(proc, exited(code(0)))
    expect(proc.exits).toMatchObject([{ forensics: '/log/a.txt' }])
    expect(proc.reason).toContain('; what it was doing: /log/a.txt')
  }],
  'STOPPED trigger': ['runs a job once, and nothing of a service', () => { runsOnce('STOPPED') }],
  'EXITED trigger': ['runs a job once more', () => { runsOnce('EXITED') }],
  'FATAL trigger': ['runs a job once more', () => { runsOnce('FATAL') }],
  'BACKOFF trigger': ['tries the run again at once', () => {
    const proc = jobIn('BACKOFF')
    proc.rounds = { ...newRounds(), waiting: [{ id: '1', cause: 'retry', slot: 5 }], tries: 1 }
    expect(entered(stepped(proc, trigger))).toEqual(['STARTING'])
    expect(proc.rounds).toMatchObject({ current: { id: 't1', cause: 'retry', slot: 5 }, done: { id: '1', result: 'stopped' } })
  }],
  'STARTING trigger': ['lets a run wait where runs queue, and refuses it where they are skipped', () => { queues('STARTING') }],
  'RUNNING trigger': ['does as overlap says', () => {
    queues('RUNNING')
    const proc = jobIn('RUNNING', { overlap: 'replace' })
    expect(signals(stepped(proc, trigger))).toEqual(['SIGTERM to process 4711'])
    expect(proc).toMatchObject({ state: 'STOPPING', afterStop: 'again', rounds: { waiting: [{ id: 't1', cause: 'trigger' }] } })
  }],
  'STOPPING trigger': ['lets a run wait for the end of what is being replaced, not of what nobody wants', () => {
    const replaced = jobIn('STOPPING', { overlap: 'replace' }, { want: 'up', afterStop: 'again' })
    expect(signals(stepped(replaced, trigger))).toEqual([])
    expect(replaced.rounds?.waiting).toHaveLength(1)
    const unwanted = jobIn('STOPPING', { overlap: 'replace' })
    stepped(unwanted, trigger)
    expect(unwanted.rounds?.waiting).toEqual([])
  }],
  'STOPPING hurry': ['kills at once', () => escalatesBy({ type: 'hurry' })],
  'STOPPING refused': ['is UNKNOWN', () => losesControl('STOPPING')],
  'UNKNOWN exited': ['is STOPPED and not started again', () => {
    const proc = procIn('UNKNOWN', { want: 'up' })
    expect(entered(stepped(proc, exited(code(0))))).toEqual(['STOPPED'])
    expect(proc).toMatchObject({ id: null, want: 'down' })
  }],
}

function plansItsEndIn(state: State): void {
  const proc = procIn(state)
  expect(stepped(proc, { type: 'recycling', incarnation: 1, reason: 'after 10 jobs' })).toEqual([])
  expect(proc).toMatchObject({ state, planned: 'after 10 jobs' })
}

const trigger: ProcInput = { type: 'trigger', by: 'ann', id: 't1' }

function jobIn(state: State, job: Partial<JobSpec> = {}, change: Partial<Proc> = {}): Proc {
  const spec: JobSpec = { interval: null, schedule: null, timezone: null, overlap: 'skip', catchUp: 'none', spread: 0, seed: '', runTimeout: null, retries: 1, ...job }
  return procIn(state, change, { startsecs: 0, care: { job: spec } })
}

function runsOnce(state: State): void {
  const job = jobIn(state)
  const effects = stepped(job, trigger)
  expect([entered(effects), kinds(effects).at(-1)]).toEqual([['STARTING'], 'spawn'])
  expect(job).toMatchObject({ want: 'up', wantedBy: 'ann', rounds: { once: 'test', current: { id: 't1', cause: 'trigger' } } })
  expect(stepped(procIn(state), trigger)).toEqual([])
}

function queues(state: State): void {
  const queueing = jobIn(state, { overlap: 'queue' })
  expect(entered(stepped(queueing, trigger))).toEqual([])
  stepped(queueing, { ...trigger, id: 't2' } as ProcInput)
  expect(queueing.rounds?.waiting.map(({ id: one }) => one)).toEqual(['t1'])
  const skipping = jobIn(state)
  stepped(skipping, trigger)
  expect(skipping.rounds?.waiting).toEqual([])
}

const inputs: Readonly<Record<ProcInput['type'], ProcInput>> = {
  start, stop, spawned, due, refused, mainPid,
  spawnFailed: { type: 'spawnFailed', reason: 'no' },
  exited: exited(code(0)),
  hurry: { type: 'hurry' },
  giveUp: { type: 'giveUp', by: 'ann' },
  prepared: { type: 'prepared', incarnation: 1, problem: null },
  waiting: { type: 'waiting', incarnation: 1, reason: 'waiting for tcp://db:5432 (connection refused)' },
  ready: { type: 'ready', incarnation: 1 },
  health: { type: 'health', incarnation: 1, problem: null },
  looked: { type: 'looked', incarnation: 1, file: '/f' },
  alive: { type: 'alive', incarnation: 1 },
  busy: { type: 'busy', incarnation: 1, job: 'j', lasts: null },
  extend: { type: 'extend', incarnation: 1, time: 1000 },
  recycling: { type: 'recycling', incarnation: 1, reason: 'after 10 jobs' },
  recycle,
  changed,
  trigger,
}

const all = Object.entries(table).flatMap(([state, row]) =>
  Object.entries(row).map(([type, cell]) => ({ state: state as State, type: type as ProcInput['type'], cell: cell as unknown, key: `${state} ${type}` as Cell })))

describe('The table of a process', () => {
  it('has a test for each of its live cells, and none for others', () => {
    const live = all.filter(({ cell }) => typeof cell === 'function').map(({ key }) => key)
    expect(Object.keys(cells).sort()).toEqual(live.sort())
    expect(all).toHaveLength(8 * Object.keys(inputs).length)
  })

  for (const [key, [sentence, check]] of Object.entries(cells)) it(`${key}: ${sentence}`, check)

  it('changes nothing in a cell that ignores its input', () => {
    for (const { state, type, cell, key } of all) {
      if (cell !== 'ignore') continue
      const proc = procIn(state)
      const before = structuredClone(proc)
      expect(stepped(proc, inputs[type]), key).toEqual([])
      expect(proc, key).toEqual(before)
    }
  })

  it('refuses what can never happen, by name', () => {
    for (const { state, type, cell, key } of all) {
      if (cell !== 'never') continue
      const proc = procIn(state)
      expect(() => stepped(proc, inputs[type]), key).toThrow(`worker:worker: ${type} cannot happen in ${state}`)
    }
  })

  it('does nothing to escalate when there is nobody to kill', () => {
    expect(stepped(procIn('STOPPING', { id: null }), due)).toEqual([])
  })

  it('keeps ten exits, the newest last', () => {
    const proc = procIn('RUNNING')
    for (let i = 1; i <= 12; i += 1) {
      Object.assign(proc, { state: 'RUNNING', id, incarnation: i })
      stepped(proc, exited(code(i)))
    }
    expect(proc.exits.map((exit) => exit.incarnation)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  })
})
