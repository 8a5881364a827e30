import { describe, expect, it } from 'vitest'
import type { CareSpec, RestartSpec } from '../../../src/core/care.ts'
import type { ProcInput } from '../../../src/core/proc.ts'
import { code } from './procs.ts'
import { group, plan, TestFleet } from './fleets.ts'

const restart = (policy: Partial<RestartSpec>): CareSpec => ({
  restart: { delay: 0, backoff: null, reset: 60_000, limit: null, retryAfter: null, noRestartOn: [], window: null, ...policy },
})
const told = (type: 'ready' | 'alive', incarnation = 1): ProcInput => ({ type, incarnation })

describe('A process that is given up', () => {
  const causes = (fleet: TestFleet): unknown[] =>
    fleet.effects.flatMap((effect) => (effect.type === 'event' && effect.body.type === 'process.state' && effect.body.to === 'FATAL' ? [effect.body.cause] : []))

  it('tells a crash loop and a shutdown from starts that have failed', () => {
    const fleet = new TestFleet()
    const care = restart({ limit: { count: 0, per: 60_000 } })
    fleet.do({ type: 'addGroup', group: group('g', 1, { name: 'loops', startsecs: 0, care }, { name: 'fails', startretries: 0 }, { name: 'tries' }), by: 'test' })
    fleet.end('fails', code(1))
    expect(causes(fleet)).toEqual([undefined])
    fleet.end('loops', code(1))
    expect(causes(fleet)).toEqual([undefined, 'crash_loop'])
    fleet.end('tries', code(1))
    fleet.do({ type: 'shutdown', by: 'test' })
    expect(causes(fleet)).toEqual([undefined, 'crash_loop', 'shutdown'])
  })
})

describe('A process that says when it is ready', () => {
  const care: CareSpec = { ready: { by: { kind: 'report' }, timeout: 10_000 } }

  it('is RUNNING when it is ready and startsecs have passed, in either order', () => {
    const fleet = new TestFleet()
    fleet.do({ type: 'addGroup', group: group('g', 1, { name: 'early', startsecs: 1000, care }, { name: 'late', startsecs: 1000, care }), by: 'test' })
    fleet.tell(fleet.proc('early'), told('ready'))
    expect(fleet.proc('early').state).toBe('STARTING')
    fleet.later(1000)
    expect(fleet.states()).toEqual(['early RUNNING', 'late STARTING'])
    expect(fleet.proc('late').reason).toBe('waits until it is ready (report)')
    fleet.later(3000)
    fleet.tell(fleet.proc('late'), told('ready'))
    expect(fleet.proc('late').state).toBe('RUNNING')
  })

  it('has failed to start when it is not ready in time, and is tried again', () => {
    const fleet = new TestFleet()
    fleet.do({ type: 'addGroup', group: group('g', 1, { name: 'a', startsecs: 1000, care }), by: 'test' })
    fleet.later(1000)
    fleet.later(8999)
    expect(fleet.proc('a').state).toBe('STARTING')
    fleet.later(1)
    expect(fleet.proc('a')).toMatchObject({ state: 'STOPPING', want: 'up', reason: 'not ready within 10 s (ready_timeout)' })
    fleet.end('a', { kind: 'signal', signal: 'SIGTERM', core: false })
    expect(fleet.proc('a')).toMatchObject({ state: 'BACKOFF', backoff: 1, spawnError: 'not ready within 10 s (ready_timeout)' })
    fleet.later(1000)
    expect(fleet.proc('a')).toMatchObject({ state: 'STARTING', incarnation: 2 })
  })

  it('gets more time when it asks for it, and what an earlier incarnation says counts for nothing', () => {
    const fleet = new TestFleet()
    fleet.do({ type: 'addGroup', group: group('g', 1, { name: 'a', startsecs: 0, care }), by: 'test' })
    fleet.later(9000)
    fleet.tell(fleet.proc('a'), { type: 'extend', incarnation: 1, time: 5000 })
    fleet.later(4000)
    expect(fleet.proc('a').state).toBe('STARTING')
    fleet.tell(fleet.proc('a'), told('ready', 0))
    expect(fleet.proc('a').state).toBe('STARTING')
    fleet.later(1000)
    expect(fleet.proc('a').state).toBe('STOPPING')
  })
})

describe('The restart policy', () => {
  it('waits longer from failure to failure, and forgets them after a good while', () => {
    const fleet = new TestFleet()
    const care = restart({ backoff: { initial: 500, factor: 3, max: 5000, jitter: 0 }, reset: 60_000 })
    fleet.run(group('g', 1, { name: 'a', startsecs: 1000, autorestart: 'unexpected', care }))
    const delays: number[] = []
    for (let i = 0; i < 4; i += 1) {
      fleet.end('a', code(1))
      expect(fleet.proc('a').state).toBe('BACKOFF')
      delays.push((fleet.proc('a').deadline ?? 0) - fleet.now)
      fleet.later(delays.at(-1) ?? 0)
      fleet.later(1000)
    }
    expect(delays).toEqual([500, 1500, 4500, 5000])
    fleet.later(60_000)
    fleet.end('a', code(1))
    expect((fleet.proc('a').deadline ?? 0) - fleet.now).toBe(500)
  })

  it('gives up a crash loop, and tries once more later', () => {
    const fleet = new TestFleet()
    const care = restart({ limit: { count: 2, per: 60_000 }, retryAfter: 30_000 })
    fleet.run(group('g', 1, { name: 'a', startsecs: 0, autorestart: 'always', care }))
    for (let i = 0; i < 2; i += 1) fleet.end('a', code(1))
    expect(fleet.proc('a').state).toBe('RUNNING')
    fleet.end('a', code(1))
    expect(fleet.proc('a')).toMatchObject({ state: 'FATAL', spawnError: 'crash loop: more than 2 restarts within 60 s (restart_limit)' })
    fleet.later(30_000)
    expect(fleet.proc('a').state).toBe('RUNNING')
  })

  it('starts nothing again after the codes and signals that say so', () => {
    const fleet = new TestFleet()
    const care = restart({ noRestartOn: [78, 'SIGSEGV'] })
    const spec = { startsecs: 0, autorestart: 'always', care } as const
    fleet.run(group('g', 1, { name: 'a', ...spec }, { name: 'b', ...spec }, { name: 'c', ...spec }))
    fleet.end('a', code(78))
    fleet.end('b', { kind: 'signal', signal: 'SIGSEGV', core: true })
    fleet.end('c', code(1))
    expect(fleet.states()).toEqual(['a EXITED', 'b EXITED', 'c RUNNING'])
  })

  it('lets at most so many come back in a second, by priority, over all programs', () => {
    const fleet = new TestFleet()
    fleet.fleet.breaker = { burst: 10, recent: [] }
    const names = Array.from({ length: 50 }, (_, i) => `p${String(i).padStart(2, '0')}`)
    fleet.run(...names.map((name, i) => group(name, 50 - i, { name, startsecs: 0, autorestart: 'always' as const })))
    for (const name of names) fleet.end(name, code(1))
    const up = (): number => fleet.states().filter((line) => line.endsWith('RUNNING')).length
    const seen = [up()]
    for (let second = 0; second < 4; second += 1) {
      for (let i = 0; i < 10; i += 1) fleet.later(100)
      seen.push(up())
    }
    expect(seen).toEqual([10, 20, 30, 40, 50])
    expect(fleet.proc('p49').restarts).toBe(1)
  })
})

describe('The stop ladder', () => {
  it('climbs from rung to rung, and a worker may ask for more time within the bound', () => {
    const fleet = new TestFleet()
    const stop = { sequence: [{ signal: 'SIGTERM', wait: 3000 }, { signal: 'SIGINT', wait: 1000 }], command: null, extendMax: 2000, busyWait: 0, preStopDelay: 0 } as const
    fleet.run(group('g', 1, { name: 'a', startsecs: 0, care: { stop } }))
    fleet.tell(fleet.proc('a'), { type: 'stop', by: 'ann' })
    fleet.later(2000)
    fleet.tell(fleet.proc('a'), { type: 'extend', incarnation: 1, time: 60_000 })
    fleet.later(2999)
    expect(fleet.signalled()).toEqual(['a SIGTERM'])
    fleet.later(1)
    fleet.later(1000)
    expect(fleet.signalled()).toEqual(['a SIGTERM', 'a SIGINT', 'a SIGKILL'])
    fleet.end('a', { kind: 'signal', signal: 'SIGKILL', core: false })
    expect(fleet.proc('a').state).toBe('STOPPED')
  })

  it('does what comes before the first signal, and gives load balancers their time', () => {
    const fleet = new TestFleet()
    const hook = { command: 'x', argv: ['x'], timeout: 5000, user: null }
    const stop = { sequence: [], command: null, extendMax: 0, busyWait: 0, preStopDelay: 2000 } as const
    fleet.run(group('g', 1, { name: 'a', startsecs: 0, care: { stop, hooks: { pre_stop: hook } } }))
    const effects = fleet.tell(fleet.proc('a'), { type: 'stop', by: 'ann' })
    expect(effects.at(-1)).toMatchObject({ type: 'prepare', step: 'stop' })
    fleet.tell(fleet.proc('a'), { type: 'prepared', incarnation: 1, problem: null })
    expect(fleet.signalled()).toEqual([])
    fleet.later(2000)
    expect(fleet.signalled()).toEqual(['a SIGTERM'])
  })
})

describe('Dependencies', () => {
  const needs = (on: string, condition: 'started' | 'ready' | 'completed'): CareSpec => ({ dependsOn: [{ on, condition, required: true }] })

  it('are started first, called if need be, and say what is waited for', () => {
    const fleet = new TestFleet()
    fleet.do({
      type: 'addGroup', by: 'test',
      group: group('g', 1, { name: 'web', program: 'web', startsecs: 1000, care: needs('db', 'ready') }, { name: 'db', program: 'db', startsecs: 1000, autostart: false }),
    })
    expect(fleet.states()).toEqual(['db STARTING', 'web STOPPED'])
    expect(fleet.proc('web').hold).toBe('waiting for g:db (STARTING: has to stay up for 1 s (startsecs))')
    expect(fleet.proc('db').wantedBy).toBe('needed by g:web, autostart, test')
    fleet.later(1000)
    expect(fleet.states()).toEqual(['db RUNNING', 'web STARTING'])
  })

  it('may have to complete, and a failure is shown to who waits', () => {
    const fleet = new TestFleet()
    fleet.do({
      type: 'addGroup', by: 'test',
      group: group('g', 1, { name: 'web', program: 'web', care: needs('migrate', 'completed') }, { name: 'migrate', program: 'migrate', startsecs: 0, autorestart: 'never' }),
    })
    fleet.end('migrate', code(3))
    expect(fleet.proc('web').hold).toBe('waiting for g:migrate (EXITED: exit status 3, not expected)')
    fleet.tell(fleet.proc('migrate'), { type: 'start', by: 'ann' })
    fleet.end('migrate', code(0))
    expect(fleet.proc('web').state).toBe('STARTING')
  })

  it('are stopped after who needs them, whatever the order of the requests and the priorities', () => {
    const fleet = new TestFleet()
    fleet.run(group('db', 900, { name: 'db', program: 'db' }), group('web', 1, { name: 'web', program: 'web', care: needs('db', 'ready') }))
    fleet.later(2000)
    fleet.effects.length = 0
    fleet.do({ type: 'shutdown', by: 'ann' })
    expect(fleet.signalled()).toEqual(['web SIGTERM'])
    expect(fleet.proc('db').hold).toBe('stops after web, which depends on it')
    fleet.end('web')
    expect(fleet.signalled()).toEqual(['web SIGTERM', 'db SIGTERM'])
    fleet.end('db')
    expect(fleet.fleet.phase).toBe('drained')
  })

  it('take who asked for it with them when they are restarted', () => {
    const fleet = new TestFleet()
    fleet.run(group('db', 1, { name: 'db', program: 'db', startsecs: 0, autorestart: 'always' }), group('web', 2, { name: 'web', program: 'web', startsecs: 0, care: { ...needs('db', 'ready'), dependsRestart: true } }))
    fleet.end('db', code(1))
    expect(fleet.states()).toEqual(['db RUNNING', 'web STOPPING'])
    fleet.end('web')
    expect(fleet.proc('web')).toMatchObject({ state: 'RUNNING', incarnation: 2 })
  })
})

describe('A process that is not well', () => {
  it('is given time when a watchdog is set on it while it runs', () => {
    const fleet = new TestFleet()
    fleet.run(group('g', 1, { name: 'a', startsecs: 0, care: { report: true } }))
    fleet.later(60_000)
    const watched = group('g', 1, { name: 'a', startsecs: 0, care: { report: true, watchdog: 5000 } })
    fleet.do({ type: 'apply', plan: plan({ changed: [{ group: watched, restart: new Set() }] }), by: 'ann' })
    fleet.later(4999)
    expect(fleet.proc('a').state).toBe('RUNNING')
    fleet.later(1)
    expect(fleet.proc('a').state).toBe('STOPPING')
  })

  it('is aborted when its watchdog hears nothing, after somebody has looked at it', () => {
    const fleet = new TestFleet()
    fleet.run(group('g', 1, { name: 'a', startsecs: 0, care: { watchdog: 5000 } }))
    fleet.later(2000)
    fleet.tell(fleet.proc('a'), told('alive'))
    fleet.later(4999)
    expect(fleet.proc('a').state).toBe('RUNNING')
    const effects = fleet.later(1)
    expect(effects.at(-1)).toMatchObject({ type: 'kill', signal: 'SIGABRT', forensics: 'silent for 5 s (watchdog)' })
    fleet.later(2000 + fleet.proc('a').spec.stopwait)
    expect(fleet.signalled()).toEqual(['a SIGABRT', 'a SIGKILL'])
    fleet.end('a', { kind: 'signal', signal: 'SIGKILL', core: false })
    expect(fleet.proc('a').incarnation).toBe(2)
  })

  it('is restarted when it is unhealthy, and says why', () => {
    const fleet = new TestFleet()
    const health = { by: { kind: 'tcp', host: 'h', port: 1 }, interval: 1000, timeout: 1000, retries: 3, startPeriod: 0, onUnhealthy: { kind: 'restart' } } as const
    fleet.run(group('g', 1, { name: 'a', startsecs: 0, care: { health } }))
    fleet.tell(fleet.proc('a'), { type: 'health', incarnation: 1, problem: null })
    fleet.tell(fleet.proc('a'), { type: 'health', incarnation: 1, problem: 'connection refused' })
    expect(fleet.proc('a')).toMatchObject({ state: 'STOPPING', reason: 'unhealthy: connection refused', want: 'up' })
    expect(fleet.events().filter(({ type }) => type === 'process.health')).toMatchObject([{ healthy: true }, { healthy: false, reason: 'connection refused' }])
    fleet.end('a')
    expect(fleet.proc('a')).toMatchObject({ state: 'RUNNING', incarnation: 2 })
  })
})

describe('A process that is due to be replaced', () => {
  const lifetime: CareSpec = { recycle: { maxMemory: null, memoryAction: { kind: 'restart' }, maxLifetime: { after: 60_000, spread: 0 } } }

  it('never goes together with a sibling', () => {
    const fleet = new TestFleet()
    fleet.run(group('g', 1, { name: 'a', program: 'p', startsecs: 1000, care: lifetime }, { name: 'b', program: 'p', startsecs: 1000, care: lifetime }))
    fleet.later(58_000)
    expect(fleet.states()).toEqual(['a STOPPING', 'b RUNNING'])
    expect(fleet.proc('b').hold).toBe('waiting until g:a is up again')
    fleet.end('a')
    expect(fleet.states()).toEqual(['a STARTING', 'b RUNNING'])
    fleet.later(1000)
    expect(fleet.states()).toEqual(['a RUNNING', 'b STOPPING'])
  })

  it('may finish its job, but not for ever', () => {
    const fleet = new TestFleet()
    const care: CareSpec = { stop: { sequence: [], command: null, extendMax: 0, busyWait: 10_000, preStopDelay: 0 } }
    fleet.run(group('g', 1, { name: 'a', startsecs: 0, care }, { name: 'b', startsecs: 0, care }))
    const recycle: ProcInput = { type: 'recycle', reason: 'r', by: 'ann', now: false }
    for (const name of ['a', 'b']) {
      fleet.tell(fleet.proc(name), { type: 'busy', incarnation: 1, job: '7', lasts: null })
      fleet.tell(fleet.proc(name), recycle)
    }
    expect(fleet.proc('a').hold).toBe('r; waits until job 7 is done')
    fleet.tell(fleet.proc('a'), { type: 'busy', incarnation: 1, job: null, lasts: null })
    expect(fleet.states()).toEqual(['a STOPPING', 'b RUNNING'])
    fleet.later(10_000)
    expect(fleet.states()).toEqual(['a STOPPING', 'b STOPPING'])
  })

  it('may finish its job before a new config takes its place, but not before a stop', () => {
    const fleet = new TestFleet()
    const care: CareSpec = { stop: { sequence: [], command: null, extendMax: 0, busyWait: 10_000, preStopDelay: 0 } }
    const members = (command: string) => group('g', 1, ...['a', 'b', 'c', 'd'].map((name) => ({ name, command, startsecs: 0, care })))
    fleet.run(members('one'))
    for (const name of ['a', 'b', 'c']) fleet.tell(fleet.proc(name), { type: 'busy', incarnation: 1, job: '7', lasts: null })
    fleet.do({ type: 'apply', plan: plan({ changed: [{ group: members('two'), restart: new Set(['a', 'b', 'c', 'd']) }] }), by: 'ann' })
    expect(fleet.states()).toEqual(['a RUNNING', 'b RUNNING', 'c RUNNING', 'd STOPPING'])
    expect(fleet.proc('a').hold).toBe('replacement asked for by ann; waits until job 7 is done')
    fleet.tell(fleet.proc('a'), { type: 'busy', incarnation: 1, job: null, lasts: null })
    fleet.tell(fleet.proc('b'), { type: 'stop', by: 'bob' })
    expect(fleet.states()).toEqual(['a STOPPING', 'b STOPPING', 'c RUNNING', 'd STOPPING'])
    fleet.later(10_000)
    expect(fleet.states()).toEqual(['a STOPPING', 'b STOPPING', 'c STOPPING', 'd STOPPING'])
    for (const name of ['a', 'b', 'c', 'd']) fleet.end(name)
    expect(fleet.states()).toEqual(['a RUNNING', 'b STOPPED', 'c RUNNING', 'd RUNNING'])
    expect(['a', 'b'].map((name) => fleet.proc(name).spec.command)).toEqual(['two', 'two'])
  })
})
