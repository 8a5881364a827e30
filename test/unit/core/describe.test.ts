import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { description, localTime, uptimeWords, viewOf } from '../../../src/core/describe.ts'
import type { State } from '../../../src/core/model.ts'
import { at, code, exited, procIn, stepped } from './procs.ts'

const states: readonly State[] = ['STOPPED', 'STARTING', 'RUNNING', 'BACKOFF', 'STOPPING', 'EXITED', 'FATAL', 'UNKNOWN']

describe('A description', () => {
  beforeEach(() => void vi.stubEnv('TZ', 'UTC'))
  afterEach(() => void vi.unstubAllEnvs())

  it('is pid and uptime of who runs', () => {
    expect(description(procIn('RUNNING'), at(3_723_000))).toBe('pid 4711, uptime 1:02:03')
    expect(description(procIn('RUNNING', { startedMono: 5000 }), at(1000))).toBe('pid 4711, uptime 0:00:00')
  })

  it('is the spawn error of who waits or gave up, or a hint', () => {
    for (const state of ['BACKOFF', 'FATAL'] as const) {
      expect(description(procIn(state, { spawnError: "can't find command 'x'" }), at(0))).toBe("can't find command 'x'")
      expect(description(procIn(state), at(0))).toBe('unknown error (try "tail worker")')
      expect(description(procIn(state, {}, { group: 'shop' }), at(0))).toBe('unknown error (try "tail shop:worker")')
    }
  })

  it('is the stop time of who rests, or that it never ran', () => {
    const stoppedAt = Date.UTC(2022, 10, 22, 3, 48)
    for (const state of ['STOPPED', 'EXITED'] as const) {
      expect(description(procIn(state, { stoppedAt }), at(0))).toBe('Nov 22 03:48 AM')
      expect(description(procIn(state, { startedAt: 0 }), at(0))).toBe('Not started')
    }
  })

  it('is empty for all others', () => {
    for (const state of ['STARTING', 'STOPPING', 'UNKNOWN'] as const) expect(description(procIn(state), at(0))).toBe('')
  })
})

it('writes days before the clock', () => {
  const day = 86_400_000
  expect([0, 59_999, 3_600_000, day - 1, day + 7_384_000, 12 * day].map(uptimeWords)).toEqual([
    '0:00:00', '0:00:59', '1:00:00', '23:59:59', '1 day, 2:03:04', '12 days, 0:00:00',
  ])
  expect(uptimeWords(-5000)).toBe('0:00:00')
})

it('writes noon and midnight as twelve', () => {
  const time = (hour: number, minute: number): string => localTime(new Date(2026, 0, 5, hour, minute).getTime())
  expect([time(0, 5), time(12, 0), time(13, 59), time(23, 0)]).toEqual([
    'Jan 05 12:05 AM', 'Jan 05 12:00 PM', 'Jan 05 01:59 PM', 'Jan 05 11:00 PM',
  ])
})

describe('The view of a process', () => {
  it('has supervisord\'s code of each state', () => {
    expect(states.map((state) => viewOf(procIn(state), 1, at(0)).statecode)).toEqual([0, 10, 20, 30, 40, 100, 200, 1000])
  })

  it('has a pid and an uptime only while something runs', () => {
    expect(viewOf(procIn('RUNNING'), 1, at(700))).toMatchObject({ pid: 4711, uptime: 700 })
    expect(viewOf(procIn('EXITED'), 1, at(700))).toMatchObject({ pid: 0, uptime: 0 })
  })

  it('tells when the next try comes', () => {
    const proc = procIn('BACKOFF', { reason: 'no', backoff: 2, deadline: 2000 })
    expect(viewOf(proc, 1, at(500))).toMatchObject({ retryIn: 1500, reason: 'no; try 3 of 4 in 2 s' })
    expect(viewOf(proc, 1, at(9000))).toMatchObject({ retryIn: 0, reason: 'no; try 3 of 4 in 0 s' })
    expect(viewOf(procIn('FATAL', { reason: 'no' }), 1, at(0))).toMatchObject({ retryIn: null, reason: 'no' })
  })

  it('reports the code of the last exit, -1 for a signal, and 0 where supervisord does', () => {
    const after = (status: Parameters<typeof exited>[0]): number => {
      const proc = procIn('RUNNING')
      stepped(proc, exited(status))
      return viewOf(proc, 1, at(600)).exitstatus
    }
    expect(after(code(7))).toBe(7)
    expect(after({ kind: 'signal', signal: 'SIGKILL', core: false })).toBe(-1)
    expect(after({ kind: 'unknown' })).toBe(-1)
    expect(viewOf(procIn('STOPPED'), 1, at(0)).exitstatus).toBe(0)
    const quick = procIn('STARTING')
    stepped(quick, exited(code(7)))
    expect(viewOf(quick, 1, at(600))).toMatchObject({ state: 'BACKOFF', exitstatus: 0 })
  })

  it('shows no stderr log where stderr goes to stdout', () => {
    const log = { ...procIn('STOPPED').spec.stderr, file: '/log' }
    expect(viewOf(procIn('STOPPED', {}, { stderr: log }), 1, at(0)).stderrLogfile).toBe('/log')
    expect(viewOf(procIn('STOPPED', {}, { stderr: log, redirectStderr: true }), 1, at(0)).stderrLogfile).toBeNull()
  })
})

it('tells the next automatic start of whatever waits for one, and who wants it', () => {
  expect(viewOf(procIn('BACKOFF'), 999, at(400))).toMatchObject({ retryIn: 600, wantedBy: 'test' })
  expect(viewOf(procIn('FATAL', { want: 'up', deadline: 5000 }), 999, at(0)).retryIn).toBe(5000)
  expect(viewOf(procIn('EXITED', { want: 'up', hold: 'waiting for its restart_window', deadline: 9000 }), 999, at(0)).retryIn).toBe(9000)
  expect(viewOf(procIn('STOPPING', { want: 'up' }), 999, at(0)).retryIn).toBeNull()
})
