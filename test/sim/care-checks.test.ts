/** The checks of the simulation can fail: each of them is shown what it must not let pass. */
import { expect, it } from 'vitest'
import type { CareSpec } from '../../src/core/care.ts'
import type { Effect, Proc } from '../../src/core/proc.ts'
import { enlist, newFleet } from '../../src/core/roster.ts'
import type { Fleet } from '../../src/core/roster.ts'
import { at, procIn } from '../unit/core/procs.ts'
import { CareChecks } from './care-checks.ts'

function world(...procs: readonly Proc[]): { fleet: Fleet; checks: CareChecks } {
  const fleet = newFleet()
  for (const proc of procs) enlist(fleet, proc, 1)
  return { fleet, checks: new CareChecks(fleet) }
}

const named = (name: string, program: string, state: Parameters<typeof procIn>[0], change: Partial<Proc> = {}, care?: CareSpec): Proc =>
  procIn(state, { group: 'g', name, ...change }, { group: 'g', name, program, ...(care !== undefined && { care }) })

function enters(proc: Proc, to: Proc['state'], by: string | null = null): Effect {
  const { group, name, state: from } = proc
  return { type: 'event', proc, body: { type: 'process.state', group, name, from, to, pid: 0, tries: 0, expected: false, reason: '', by } }
}

const needsDb: CareSpec = { dependsOn: [{ on: 'db', condition: 'ready', required: true }] }

it('notices a start before its condition, also when that comes later in the same step', () => {
  const [db, web] = [named('db', 'db', 'STARTING'), named('web', 'web', 'STOPPED', { want: 'up' }, needsDb)]
  expect(world(db, web).checks.judge([enters(web, 'STARTING'), enters(db, 'RUNNING')], at(0)).join()).toContain('g:web starts before db is ready')
  expect(world(db, web).checks.judge([enters(db, 'RUNNING'), enters(web, 'STARTING')], at(0))).toEqual([])
})

it('notices a start while all are stopped', () => {
  const one = named('a', 'a', 'STOPPED')
  const { fleet, checks } = world(one)
  fleet.phase = 'stopping'
  expect(checks.judge([enters(one, 'STARTING')], at(0))).toEqual(['g:a is started while all are stopped'])
})

it('notices one restart too many in a second, and lets those pass that somebody has asked for', () => {
  const one = named('a', 'a', 'EXITED', { want: 'up' })
  const { fleet, checks } = world(one)
  fleet.breaker.burst = 2
  const restartAt = (mono: number, automatic = true): string[] => {
    if (automatic) one.restarts += 1
    return checks.judge([enters(one, 'STARTING')], at(mono))
  }
  expect([restartAt(0), restartAt(900), restartAt(950, false), restartAt(1000)].flat()).toEqual([])
  expect(restartAt(1899)).toEqual(['more than 2 restarts in a second, from 900 to 1899'])
})

it('notices a restart outside its window', () => {
  const date = new Date(at(0).wall)
  const minute = date.getHours() * 60 + date.getMinutes()
  const window = { from: (minute + 5) % 1440, to: (minute + 6) % 1440 }
  const one = named('a', 'a', 'EXITED', { want: 'up' }, { restart: { delay: 0, backoff: null, reset: 0, limit: null, retryAfter: null, noRestartOn: [], window } })
  const { checks } = world(one)
  one.restarts += 1
  expect(checks.judge([enters(one, 'STARTING')], at(0))).toEqual(['g:a is restarted outside its window'])
})

it('notices siblings that are replaced together', () => {
  const [a, b] = [named('a', 'p', 'RUNNING'), named('b', 'p', 'RUNNING')]
  const { checks } = world(a, b)
  expect(checks.judge([enters(a, 'STOPPING', 'max_lifetime')], at(0))).toEqual([])
  a.state = 'STOPPING'
  checks.judge([], at(0))
  expect(checks.judge([enters(b, 'STOPPING', 'max_memory')], at(0))).toEqual(['b is replaced while its sibling a is down'])
})

it('notices a stop without an end', () => {
  const one = named('a', 'a', 'STOPPING')
  const { checks } = world(one)
  expect(checks.judge([], at(0))).toEqual([])
  expect(checks.judge([], at(60_000))).toEqual(['a has been STOPPING for 60000 ms'])
})
