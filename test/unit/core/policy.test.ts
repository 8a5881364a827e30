import { expect, it } from 'vitest'
import { backoffDelay, gaveUp, isExpected, restartsAfter } from '../../../src/core/policy.ts'
import { specOf } from '../../sim/random-world.ts'
import { at, code, entered, exited, id, procIn, stepped } from './procs.ts'

it('waits one second more after each failure', () => {
  expect([1, 2, 3, 10].map((failures) => backoffDelay(failures))).toEqual([1000, 2000, 3000, 10_000])
})

it('starts startretries + 1 times, then gives up', () => {
  for (const startretries of [0, 1, 3]) {
    const proc = procIn('STOPPED', {}, { startretries })
    const waits: number[] = []
    let starts = 1
    stepped(proc, { type: 'start', by: 'ann' }, at(0))
    for (let now = 0; ; starts += 1) {
      const states = entered(stepped(proc, { type: 'spawnFailed', reason: 'no' }, at(now)))
      if (states.includes('FATAL')) break
      waits.push((proc.deadline ?? NaN) - now)
      now = proc.deadline ?? NaN
      stepped(proc, { type: 'due' }, at(now))
    }
    expect(starts).toBe(startretries + 1)
    expect(waits).toEqual([1000, 2000, 3000].slice(0, startretries))
    expect(proc).toMatchObject({ state: 'FATAL', backoff: 0, want: 'up' })
    expect(proc.reason).toBe(`no; gave up after ${startretries === 0 ? '1 try' : `${String(startretries + 1)} tries`}`)
  }
  expect(gaveUp(3, specOf({ startretries: 3 }))).toBe(false)
  expect(gaveUp(4, specOf({ startretries: 3 }))).toBe(true)
})

it('forgets failures once the process is RUNNING, but not when a stop ends the waiting', () => {
  const proc = procIn('STARTING', { backoff: 3 })
  stepped(proc, { type: 'due' }, at(1000))
  expect(proc.backoff).toBe(0)
  const stopped = procIn('BACKOFF', { backoff: 3 })
  stepped(stopped, { type: 'stop', by: 'ann' })
  stepped(stopped, { type: 'start', by: 'ann' })
  expect(entered(stepped(stopped, { type: 'spawnFailed', reason: 'no' }))).toEqual(['BACKOFF', 'FATAL'])
})

it('expects only codes of exitcodes, never a signal nor an unknown end', () => {
  const spec = specOf({ exitcodes: [0, 2] })
  expect([0, 1, 2].map((value) => isExpected(code(value), spec))).toEqual([true, false, true])
  expect(isExpected({ kind: 'signal', signal: 'SIGTERM', core: false }, spec)).toBe(false)
  expect(isExpected({ kind: 'unknown' }, spec)).toBe(false)
})

it('restarts by autorestart', () => {
  const after = (autorestart: 'always' | 'never' | 'unexpected') =>
    [code(0), code(1), { kind: 'unknown' } as const].map((status) => restartsAfter(status, specOf({ autorestart })))
  expect(after('always')).toEqual([true, true, true])
  expect(after('never')).toEqual([false, false, false])
  expect(after('unexpected')).toEqual([false, true, true])
})

it('with startsecs 0 calls a quick exit EXITED, so that autorestart follows at once', () => {
  const proc = procIn('STARTING', { id: null, deadline: null }, { startsecs: 0, autorestart: 'always' })
  stepped(proc, { type: 'spawned', id }, at(5))
  expect(entered(stepped(proc, exited(code(1)), at(5)))).toEqual(['EXITED'])
  expect(proc.want).toBe('up')
})
