import { describe, expect, it } from 'vitest'
import type { CareSpec, Condition, RestartSpec, StopSpec } from '../../../src/core/care.ts'
import { holdNow, lostDependency } from '../../../src/core/gate.ts'
import type { ProcInput } from '../../../src/core/proc.ts'
import { at, code } from './procs.ts'
import { group, plan, TestFleet } from './fleets.ts'

const needs = (on: string, condition: Condition = 'ready', required = true): CareSpec => ({ dependsOn: [{ on, condition, required }] })
const restart = (policy: Partial<RestartSpec>): CareSpec => ({
  restart: { delay: 0, backoff: null, reset: 60_000, limit: null, retryAfter: null, noRestartOn: [], window: null, ...policy },
})
const stopping = (change: Partial<StopSpec>): CareSpec => ({ stop: { sequence: [], command: null, extendMax: 0, busyWait: 0, preStopDelay: 0, ...change } })
const stop: ProcInput = { type: 'stop', by: 'ann' }
const start: ProcInput = { type: 'start', by: 'ann' }
const hook = { command: 'x', argv: ['x'], timeout: 3000, user: null }
const one = (name: string, care?: CareSpec, more = {}) => group(name, 1, { name, program: name, startsecs: 0, ...(care !== undefined && { care }), ...more })

describe('Who waits for another', () => {
  it('is told when that tries again, second by second', () => {
    const fleet = new TestFleet()
    fleet.run(one('db', undefined, { startsecs: 1000 }), one('web', needs('db', 'ready')))
    fleet.end('db', code(1))
    fleet.tell(fleet.proc('web'), stop)
    fleet.end('web')
    fleet.end('db', code(1))
    fleet.tell(fleet.proc('web'), start)
    fleet.now += 400
    expect(holdNow(fleet.fleet, fleet.proc('web'), at(fleet.now))).toBe('waiting for db (BACKOFF: Exited too quickly (process log may have details), retry in 1 s)')
  })

  it('can be stopped while it waits, and says so', () => {
    const fleet = new TestFleet()
    fleet.run(one('db', undefined, { autostart: false, startsecs: 1000 }))
    fleet.do({ type: 'addGroup', group: one('web', needs('db')), by: 'test' })
    fleet.tell(fleet.proc('web'), stop)
    expect(fleet.proc('web')).toMatchObject({ state: 'STOPPED', want: 'down', hold: null })
    expect(fleet.proc('web').reason).toContain('not started: stopped by ann while it waited, waiting for db')
    fleet.later(2000)
    expect(fleet.states()).toEqual(['db RUNNING', 'web STOPPED'])
  })

  it('waits on for one that is about to be stopped or replaced, although it still runs', () => {
    const fleet = new TestFleet()
    fleet.run(one('db'), one('web', needs('db')), one('api', needs('db'), { autostart: false }))
    fleet.tell(fleet.proc('web'), stop)
    fleet.tell(fleet.proc('db'), stop)
    expect(fleet.proc('db').hold).toBe('stops after web, which depends on it')
    fleet.tell(fleet.proc('api'), start)
    expect(fleet.proc('db')).toMatchObject({ state: 'RUNNING', want: 'up', hold: null, wantedBy: 'needed by api, ann' })
    expect(fleet.proc('api').state).toBe('RUNNING')
  })

  it('has the one that had been given up started again when somebody asks', () => {
    const fleet = new TestFleet()
    fleet.run(one('db', undefined, { startsecs: 1000, startretries: 0 }))
    fleet.end('db', code(1))
    fleet.end('db', code(1))
    expect(fleet.proc('db').state).toBe('FATAL')
    fleet.do({ type: 'addGroup', group: one('web', needs('db'), { autostart: false }), by: 'test' })
    fleet.tell(fleet.proc('web'), start)
    expect(fleet.states()).toEqual(['db STARTING', 'web STOPPED'])
  })

  it('leaves alone who has failed in the life of a new master, unless somebody asks later on', () => {
    const fleet = new TestFleet()
    fleet.run(one('db', undefined, { startsecs: 1000, startretries: 0 }), one('web', needs('db')))
    fleet.end('db', code(1))
    fleet.end('db', code(1))
    const { since } = fleet.proc('db')
    fleet.tell(fleet.proc('web'), stop)
    fleet.end('web')
    fleet.tell(fleet.proc('web'), { ...start, endedSince: since })
    expect(fleet.states()).toEqual(['db FATAL', 'web STOPPED'])
    fleet.tell(fleet.proc('web'), { ...start, endedSince: since + 1 })
    expect(fleet.states()).toEqual(['db STARTING', 'web STOPPED'])
  })

  it('knows who of those before it does not come by itself any more, and has patience with the others', () => {
    const fleet = new TestFleet()
    const retry = restart({ retryAfter: 60_000 })
    fleet.run(one('db', undefined, { startsecs: 1000, startretries: 1 }), one('mid', needs('db'), { autostart: false }), one('web', needs('mid'), { autostart: false }))
    fleet.end('db', code(1))
    fleet.end('db', code(1))
    fleet.tell(fleet.proc('web'), start)
    const lost = (): string | null => lostDependency(fleet.fleet, fleet.proc('web'))
    expect([fleet.proc('db').state, lost()]).toEqual(['BACKOFF', null])
    fleet.later(1000)
    fleet.end('db', code(1))
    expect([fleet.proc('db').state, lost()]).toEqual(['FATAL', 'db'])
    fleet.do({ type: 'apply', plan: plan({ changed: [{ group: one('db', retry, { startsecs: 1000, startretries: 1 }), restart: new Set(['db']) }] }), by: 'update' })
    for (const wait of [0, 1000]) {
      fleet.later(wait)
      expect(lost()).toBe(null)
      fleet.end('db', code(1))
    }
    expect([fleet.proc('db').state, lost()]).toEqual(['FATAL', null])
    fleet.tell(fleet.proc('db'), stop)
    expect(lost()).toBe('db')
    fleet.tell(fleet.proc('db'), start)
    expect(lost()).toBe(null)
    fleet.later(1000)
    expect([fleet.states(), lost()]).toEqual([['db RUNNING', 'mid RUNNING', 'web RUNNING'], null])
  })

  it('does not start by an earlier success of one that is to run again', () => {
    const fleet = new TestFleet()
    fleet.run(one('migrate', undefined, { autorestart: 'unexpected' }), one('web', needs('migrate', 'completed'), { autostart: false }))
    fleet.end('migrate', code(0))
    fleet.do({ type: 'apply', plan: plan({ changed: [{ group: one('migrate', undefined, { command: 'new' }), restart: new Set(['migrate']) }] }), by: 'update' })
    fleet.tell(fleet.proc('web'), start)
    expect(fleet.states()).toEqual(['migrate RUNNING', 'web STOPPED'])
    fleet.end('migrate', code(0))
    expect(fleet.proc('web').state).toBe('RUNNING')
  })

  it('calls what its new words need, and starts by none of the old', () => {
    const fleet = new TestFleet()
    fleet.run(one('db', undefined, { autostart: false, startsecs: 1000 }), one('web'))
    fleet.do({ type: 'apply', plan: plan({ changed: [{ group: one('web', needs('db'), { command: 'new' }), restart: new Set(['web']) }] }), by: 'update' })
    fleet.end('web')
    expect(fleet.states()).toEqual(['db STARTING', 'web STOPPED'])
    fleet.later(1000)
    expect(fleet.proc('web')).toMatchObject({ state: 'RUNNING', spec: { command: 'new' } })
  })

  it('never waits for its own siblings, nor in a circle that half an update has made', () => {
    const fleet = new TestFleet()
    fleet.run(group('g', 1, ...['p0', 'p1'].map((name) => ({ name, program: 'p', startsecs: 0, care: needs('g') }))))
    expect(fleet.states()).toEqual(['p0 RUNNING', 'p1 RUNNING'])
    const turned = new TestFleet()
    turned.run(one('a', needs('b')), one('b', needs('a')))
    expect(turned.states()).toEqual(['a RUNNING', 'b RUNNING'])
    turned.do({ type: 'shutdown', by: 'ann' })
    for (const name of ['a', 'b', 'a', 'b']) if (turned.proc(name).state === 'STOPPING') turned.end(name)
    expect(turned.fleet.phase).toBe('drained')
  })
})

describe('What is held back from its stop', () => {
  it('stops when the last who needs it has left the config', () => {
    const fleet = new TestFleet()
    fleet.run(one('db'), one('web', needs('db')))
    fleet.do({ type: 'apply', plan: plan({ removed: ['web', 'db'] }), by: 'update' })
    expect(fleet.signalled()).toEqual(['web SIGTERM'])
    fleet.end('web')
    expect(fleet.signalled()).toEqual(['web SIGTERM', 'db SIGTERM'])
  })

  it('gets neither grace nor patience when a shutdown has no time left', () => {
    const fleet = new TestFleet()
    fleet.run(one('db'), one('web', needs('db')))
    fleet.do({ type: 'shutdown', by: 'ann' })
    fleet.do({ type: 'hurry' })
    expect(fleet.signalled()).toEqual(['web SIGTERM', 'web SIGKILL', 'db SIGTERM', 'db SIGKILL'])
    expect(fleet.proc('web').reason).toBe('SIGKILL sent: no time is left')
  })

  it('takes back the stop when it is started, but not that of a config change', () => {
    const fleet = new TestFleet()
    fleet.run(one('db'), one('web', needs('db')))
    const changed = [{ group: one('db', undefined, { command: 'new' }), restart: new Set(['db']) }, { group: one('web', needs('db'), { command: 'new' }), restart: new Set(['web']) }]
    fleet.do({ type: 'apply', plan: plan({ changed }), by: 'update' })
    fleet.tell(fleet.proc('db'), start)
    fleet.end('web')
    fleet.end('db')
    expect(fleet.states()).toEqual(['db RUNNING', 'web RUNNING'])
    expect(fleet.proc('db')).toMatchObject({ next: null, spec: { command: 'new' }, incarnation: 2 })
  })
})

describe('A shutdown', () => {
  it('starts nothing any more: not what waits, not what is being prepared, not what is to be tried again', () => {
    const fleet = new TestFleet()
    fleet.run(one('top', undefined, { priority: 9 }), group('low', 0, { name: 'low', startsecs: 1000, startretries: 9 }))
    fleet.do({ type: 'addGroup', group: group('hooked', 0, { name: 'hooked', care: { hooks: { pre_start: hook } } }), by: 'test' })
    fleet.tell(fleet.proc('low'), stop)
    fleet.end('low')
    fleet.tell(fleet.proc('low'), start)
    fleet.end('low', code(1))
    expect(fleet.states()).toEqual(['hooked STARTING', 'low BACKOFF', 'top RUNNING'])
    fleet.do({ type: 'shutdown', by: 'ann' })
    expect(fleet.proc('hooked')).toMatchObject({ state: 'STOPPED', preparing: false })
    fleet.later(5000)
    expect(fleet.proc('low').hold).toBe('not started: the master is shutting down')
    fleet.end('top')
    expect(fleet.states()).toEqual(['hooked STOPPED', 'low FATAL', 'top STOPPED'])
    expect(fleet.fleet.phase).toBe('drained')
  })
})

it('A start that is held when a shutdown begins is given up, and comes with the next master if it starts by itself', () => {
  const fleet = new TestFleet()
  fleet.run(one('db', undefined, { autostart: false, startsecs: 1000 }))
  fleet.do({ type: 'addGroup', group: one('web', needs('db')), by: 'test' })
  fleet.do({ type: 'shutdown', by: 'ann' })
  expect(fleet.proc('web')).toMatchObject({ state: 'STOPPED', want: 'down', hold: null, wantedBy: 'shutdown, ann' })
})

describe('A replacement', () => {
  it('outside the restart window waits for it without taking anything down, unless a person asks', () => {
    const fleet = new TestFleet()
    const minute = new Date(at(0).wall).getHours() * 60 + new Date(at(0).wall).getMinutes()
    const care = { ...restart({ window: { from: (minute + 60) % 1440, to: (minute + 90) % 1440 } }), recycle: { maxMemory: null, memoryAction: { kind: 'restart' }, maxLifetime: { after: 60_000, spread: 0 } } } as const
    fleet.run(one('a', care, { autorestart: 'always' }))
    fleet.later(60_000)
    expect(fleet.proc('a')).toMatchObject({ state: 'RUNNING' })
    expect(fleet.proc('a').hold).toMatch(/^waiting for its restart_window, \d\d:\d\d$/)
    for (let i = 0; i < 11; i += 1) fleet.later(300_000)
    expect(fleet.proc('a').state).toBe('RUNNING')
    fleet.later(300_000)
    expect(fleet.proc('a').state).toBe('STOPPING')
    fleet.end('a')
    expect(fleet.proc('a').state).toBe('RUNNING')
    const other = new TestFleet()
    other.run(one('a', care))
    other.tell(other.proc('a'), { type: 'recycle', reason: 'restart asked for by ann', by: 'ann', now: false })
    other.end('a')
    expect(other.proc('a')).toMatchObject({ state: 'RUNNING', incarnation: 2 })
  })

  it('does not make the loop spin while a job is over its time and a sibling is down', () => {
    const fleet = new TestFleet()
    fleet.run(group('g', 1, { name: 'a', program: 'p', startsecs: 0, care: stopping({ busyWait: 1000 }) }, { name: 'b', program: 'p', startsecs: 5000, care: stopping({ busyWait: 1000 }) }))
    fleet.tell(fleet.proc('a'), { type: 'busy', incarnation: 1, job: '7', lasts: null })
    fleet.tell(fleet.proc('a'), { type: 'recycle', reason: 'r', by: 'max_memory', now: false })
    fleet.later(1000)
    expect(fleet.proc('a')).toMatchObject({ state: 'RUNNING', deadline: null, hold: 'waiting until g:b is up again' })
    fleet.later(2000)
    expect(fleet.states()).toEqual(['a STOPPING', 'b RUNNING'])
  })
})

describe('What people read of a stop', () => {
  it('names the first rung, and keeps what was wrong when SIGKILL had to follow', () => {
    const fleet = new TestFleet()
    fleet.run(one('a', stopping({ sequence: [{ signal: 'SIGINT', wait: 500 }] })), one('b', { hooks: { pre_stop: hook } }))
    for (const name of ['a', 'b']) fleet.tell(fleet.proc(name), stop)
    expect([fleet.proc('a').reason, fleet.proc('b').reason]).toEqual(['SIGINT sent, asked by ann', 'pre_stop first, then the stop, asked by ann'])
    const late = new TestFleet()
    late.do({ type: 'addGroup', group: one('c', { ready: { by: { kind: 'report' }, timeout: 1000 } }, { stopwait: 2000 }), by: 'test' })
    late.later(1000)
    late.later(2000)
    late.end('c', { kind: 'signal', signal: 'SIGKILL', core: false })
    expect(late.proc('c').spawnError).toBe('not ready within 1 s (ready_timeout); SIGKILL sent: it did not stop within 2 s')
  })

  it('abandons a pre_stop that has had its time, and goes on', () => {
    const fleet = new TestFleet()
    fleet.run(one('a', { hooks: { pre_stop: hook } }))
    fleet.tell(fleet.proc('a'), stop)
    fleet.effects.length = 0
    fleet.later(4000)
    expect(fleet.effects.map(({ type }) => type)).toEqual(['abandon', 'kill'])
  })
})
