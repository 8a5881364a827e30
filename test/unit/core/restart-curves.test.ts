import { expect, it } from 'vitest'
import type { CareSpec, RestartSpec } from '../../../src/core/care.ts'
import { nextDeadline, step } from '../../../src/core/fleet.ts'
import { at, code } from './procs.ts'
import { group, TestFleet } from './fleets.ts'

const restart = (policy: Partial<RestartSpec>): CareSpec => ({
  restart: { delay: 0, backoff: null, reset: 60_000, limit: null, retryAfter: null, noRestartOn: [], window: null, ...policy },
})

/** When a program that lives so long each time is started, on the virtual clock, until it is given up or `count` starts. */
function starts(care: CareSpec | undefined, life: number, count: number, more = {}): number[] {
  const fleet = new TestFleet()
  const seen: number[] = []
  const note = (): void => {
    if (fleet.proc('a').id !== null && seen.at(-1) !== fleet.proc('a').startedMono) seen.push(fleet.proc('a').startedMono)
  }
  fleet.do({ type: 'addGroup', group: group('g', 1, { name: 'a', startsecs: 1000, startretries: 99, autorestart: 'always', ...more, ...(care !== undefined && { care }) }), by: 'test' })
  note()
  for (let turn = 0; turn < 1000 && seen.length < count; turn += 1) {
    const end = fleet.proc('a').id === null ? Infinity : fleet.proc('a').startedMono + life
    const next = Math.min(end, nextDeadline(fleet.fleet) ?? Infinity)
    if (next === Infinity) break
    fleet.later(next - fleet.now)
    if (next === end) fleet.end('a', code(1))
    note()
  }
  return seen
}

it.each<[string, CareSpec | undefined, number, readonly number[], object?]>([
  ['one second more after each failed start, as supervisord', undefined, 0, [0, 1000, 3000, 6000, 10_000]],
  ['at once after RUNNING, as supervisord', undefined, 1500, [0, 1500, 3000, 4500, 6000]],
  ['restart_delay after RUNNING', restart({ delay: 250 }), 1500, [0, 1750, 3500, 5250, 7000]],
  ['restart_backoff after failed starts', restart({ backoff: { initial: 100, factor: 2, max: 500, jitter: 0 } }), 0, [0, 100, 300, 700, 1200, 1700]],
  ['restart_backoff after RUNNING', restart({ backoff: { initial: 100, factor: 3, max: 1000, jitter: 0 } }), 1500, [0, 1600, 3400, 5800, 8300]],
  ['restart_backoff forgotten after restart_reset', restart({ backoff: { initial: 100, factor: 3, max: 1000, jitter: 0 }, reset: 1500 }), 1500, [0, 1600, 3200, 4800]],
  ['restart_limit, and one try each restart_retry_after', restart({ limit: { count: 2, per: 60_000 }, retryAfter: 5000 }), 1500, [0, 1500, 3000, 9500, 11_000, 12_500, 19_000]],
  ['the end with restart_limit alone', restart({ limit: { count: 2, per: 60_000 } }), 1500, [0, 1500, 3000]],
  ['on and on where the failures are rarer than restart_limit', restart({ limit: { count: 2, per: 3000 } }), 1500, [0, 1500, 3000, 4500, 6000]],
  ['restart_limit for ends that are no failures, too', restart({ limit: { count: 2, per: 60_000 } }), 1500, [0, 1500, 3000], { exitcodes: [1] }],
  ['the end of startretries, and half-open tries', restart({ retryAfter: 5000 }), 0, [0, 1000, 6000, 11_000], { startretries: 1 }],
])('starts follow each other by %s', (_, care, life, expected, more) => {
  expect(starts(care, life, expected.length + (expected.length === 3 ? 1 : 0), more)).toEqual(expected)
})

it('a failed start counts as a failure for the restart after the next RUNNING', () => {
  const fleet = new TestFleet()
  fleet.do({ type: 'addGroup', group: group('g', 1, { name: 'a', startsecs: 1000, autorestart: 'always', care: restart({ backoff: { initial: 100, factor: 2, max: 9000, jitter: 0 } }) }), by: 'test' })
  const delays: number[] = []
  for (const life of [0, 0, 1500, 0]) {
    if (life > 0) fleet.later(life)
    fleet.end('a', code(1))
    delays.push((fleet.proc('a').deadline ?? 0) - fleet.now)
    fleet.later(delays.at(-1) ?? 0)
  }
  expect(delays).toEqual([100, 200, 400, 800])
})

it('jitter spreads the delays of many, within its bound, and is the same each time', () => {
  const care = restart({ backoff: { initial: 1000, factor: 1, max: 1000, jitter: 0.2 } })
  const delays = Array.from({ length: 50 }, (_, i) => {
    const fleet = new TestFleet()
    const name = `p${String(i)}`
    fleet.run(group('g', 1, { name, startsecs: 0, autorestart: 'always', care }))
    fleet.end(name, code(1))
    return (fleet.proc(name).deadline ?? 0) - fleet.now
  })
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(800)
  expect(Math.max(...delays)).toBeLessThanOrEqual(1200)
  expect(new Set(delays).size).toBeGreaterThan(30)
})

it('no second, wherever it begins, sees more restarts than restart_burst', () => {
  const fleet = new TestFleet()
  fleet.fleet.breaker.burst = 7
  const names = Array.from({ length: 30 }, (_, i) => `p${String(i)}`)
  fleet.run(...names.map((name) => group(name, 1, { name, startsecs: 0, autorestart: 'always' as const })))
  const times: number[] = []
  for (const name of names) {
    fleet.now += 30
    fleet.end(name, code(1))
  }
  for (let due = nextDeadline(fleet.fleet); due !== null; due = nextDeadline(fleet.fleet)) {
    fleet.now = due
    fleet.do({ type: 'clock' })
  }
  for (const name of names) times.push(fleet.proc(name).startedMono)
  times.sort((a, b) => a - b)
  expect(times.filter((time, i) => i >= 7 && time - (times[i - 7] ?? 0) < 1000)).toEqual([])
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(5000)
  expect(step(fleet.fleet, { type: 'clock' }, at(fleet.now))).toEqual([])
})
