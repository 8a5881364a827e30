import { expect, test } from 'vitest'
import { ledgerEntry } from '../../../src/api/history.ts'
import type { LedgerEntry } from '../../../src/api/history.ts'
import type { ExitStatus, State } from '../../../src/core/model.ts'
import type { Proc } from '../../../src/core/proc.ts'
import { Bus } from '../../../src/daemon/bus.ts'
import { Ledger } from '../../../src/daemon/ledger.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import { at, code, exited, procIn, stepped } from '../core/procs.ts'
import { HandClock } from './hand-clock.ts'

class Desk {
  readonly clock = new HandClock()
  readonly bus = new Bus(this.clock, (error) => { throw error })
  readonly written: string[] = []
  readonly said: string[] = []
  errno: string | null = null
  readonly ledger = new Ledger({
    clock: this.clock,
    bus: this.bus,
    log: new MasterLog((_level, message) => this.said.push(message)),
    file: {
      append: (text) => {
        if (this.errno === null) this.written.push(text)
        return this.errno
      },
      lines: () => { throw new Error('nobody reads here') },
    },
  })

  /** Steps a process and notes what comes of it, as the shell does. */
  step(proc: Proc, ...inputs: Parameters<typeof stepped>[1][]): void {
    for (const input of inputs) {
      for (const effect of stepped(proc, input, at(5000))) {
        if (effect.type === 'event' && effect.body.type === 'process.state') this.ledger.state(effect.body, proc)
      }
    }
  }

  entries(): LedgerEntry[] {
    this.ledger.flush()
    return this.written.join('').split('\n').filter((line) => line !== '').map((line) => ledgerEntry.parse(JSON.parse(line)))
  }
}

function ends(state: State, change: Partial<Proc>, status: ExitStatus): LedgerEntry | undefined {
  const desk = new Desk()
  desk.step(procIn(state, change, { autorestart: 'unexpected' }), exited(status))
  return desk.entries().find(({ type }) => type === 'exit')
}

test('who has recycled itself, or was recycled, is read of in the history', () => {
  expect(ends('RUNNING', { planned: 'after 10 jobs' }, code(0))).toMatchObject({ code: 0, failure: false, reason: 'exit status 0, recycled itself after 10 jobs' })
  expect(ends('RUNNING', { planned: '' }, code(0))).toMatchObject({ reason: 'exit status 0, recycled itself' })
  expect(ends('STOPPING', { want: 'up', afterStop: 'again', stopBy: 'max_lifetime', reason: 'its max_lifetime is over' }, code(0))).toMatchObject({ reason: 'exit status 0, recycled: its max_lifetime is over' })
})

test('a life is written from its start to its end, with who and why', () => {
  const desk = new Desk()
  const proc = procIn('STOPPED', { incarnation: 0 }, { startsecs: 0 })
  desk.step(proc, { type: 'start', by: 'cli root' }, { type: 'spawned', id: { pid: 12, startTime: '1' } }, { type: 'stop', by: 'cli anna' }, exited(code(0)))
  expect(desk.entries()).toMatchObject([
    { type: 'start', process: 'worker', incarnation: 1, by: 'cli root' },
    { type: 'up', pid: 12 },
    { type: 'stop', pid: 12, by: 'cli anna' },
    { type: 'exit', pid: 12, code: 0, by: 'cli anna', failure: false, rests: true, reason: 'exit status 0' },
  ])
})

test('an end is told although the next incarnation is begun in the same turn', () => {
  const desk = new Desk()
  const proc = procIn('RUNNING')
  const effects = stepped(proc, exited(code(3)), at(5000))
  proc.incarnation = 2
  for (const effect of effects) if (effect.type === 'event' && effect.body.type === 'process.state') desk.ledger.state(effect.body, proc)
  expect(desk.entries()).toMatchObject([{ type: 'exit', incarnation: 1, pid: 4711, code: 3 }])
})

test('a crash is a failure, a stop is none, unless it was for the health of it', () => {
  expect(ends('RUNNING', { want: 'up' }, code(3))).toMatchObject({ failure: true, rests: false, code: 3 })
  expect(ends('RUNNING', {}, code(0))).toMatchObject({ failure: false, rests: true })
  expect(ends('STARTING', { deadline: 9000 }, code(0))).toMatchObject({ failure: true })
  expect(ends('STOPPING', { stopBy: 'cli root' }, { kind: 'signal', signal: 'SIGTERM', core: false })).toMatchObject({ failure: false, signal: 'SIGTERM', by: 'cli root' })
  for (const stopBy of ['health check', 'watchdog', 'ready_timeout']) expect(ends('STOPPING', { stopBy }, code(0))).toMatchObject({ failure: true, by: stopBy })
})

test('a spawn that fails is a failed start, and giving up is told', () => {
  const desk = new Desk()
  desk.step(procIn('STARTING', { id: null, backoff: 3 }), { type: 'spawnFailed', reason: 'no such user' })
  expect(desk.entries()).toMatchObject([{ type: 'failed', reason: 'no such user' }, { type: 'gave up', reason: expect.stringContaining('gave up after 4 tries') as string }])
})

test('events without a process, of health and of the config are written, output and ticks are not', () => {
  const desk = new Desk()
  expect(desk.bus.isWanted('tick.5') || desk.bus.isWanted('process.log')).toBe(false)
  desk.bus.publish({ type: 'master.running', by: null })
  desk.bus.publish({ type: 'process.health', group: 'shop', name: 'api', pid: 5, healthy: false, reason: 'HTTP 500' })
  desk.bus.publish({ type: 'group.added', group: 'shop' })
  desk.bus.publish({ type: 'log.dropping', group: 'shop', name: 'api', channel: 'stdout', bytes: 7, reason: 'ENOSPC' })
  desk.bus.publish({ type: 'process.survivors', group: 'shop', name: 'api', survivors: [{ pid: 9, name: 'sh' }], killed: true })
  expect(desk.entries()).toMatchObject([
    { type: 'master', reason: 'running' }, { type: 'health', process: 'shop:api', healthy: false, reason: 'HTTP 500' },
    { type: 'config', reason: 'added group shop' }, { type: 'log', process: 'shop:api' }, { type: 'survivors', reason: 'killed: sh (9)' },
  ])
  desk.ledger.close()
  expect(desk.bus.isWanted('master.running')).toBe(false)
})

test('the lines of a turn are written at once when it is over', async () => {
  const desk = new Desk()
  desk.ledger.note({ type: 'signal', process: 'web', signal: 'SIGUSR1', by: 'cli root' })
  desk.ledger.note({ type: 'config', reason: 'update: nothing has changed' })
  expect(desk.written).toEqual([])
  await new Promise(setImmediate)
  expect(desk.written).toHaveLength(1)
})

test('a ledger that cannot be written is complained of once, and so is its recovery', () => {
  const desk = new Desk()
  desk.errno = 'ENOSPC'
  for (const reason of ['a', 'b']) {
    desk.ledger.note({ type: 'other', reason })
    desk.ledger.flush()
  }
  desk.errno = null
  desk.ledger.note({ type: 'other', reason: 'c' })
  expect(desk.entries()).toMatchObject([{ reason: 'c' }])
  expect(desk.said).toEqual([expect.stringContaining('cannot write the ledger: ENOSPC'), 'the ledger can be written again'])
})
