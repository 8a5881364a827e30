/** A worker that says that it is about to end, as planned, and does so. */
import { describe, expect, it } from 'vitest'
import type { CareSpec, RestartSpec } from '../../../src/core/care.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { group, TestFleet } from './fleets.ts'
import { code, entered, exited, procIn, stepped } from './procs.ts'

const strict: Partial<RestartSpec> = { delay: 9000, backoff: { initial: 1000, factor: 2, max: 60_000, jitter: 0 }, limit: { count: 1, per: 600_000 } }
const care: CareSpec = { restart: { delay: 0, backoff: null, reset: 60_000, limit: null, retryAfter: null, noRestartOn: [0], window: null, ...strict } }

function fleetOf(spec: Partial<ProcessSpec>): TestFleet {
  const fleet = new TestFleet()
  fleet.do({ type: 'addGroup', group: group('g', 1, { name: 'a', startsecs: 1000, ...spec }), by: 'test' })
  return fleet
}

function recycle(fleet: TestFleet): void {
  const proc = fleet.proc('a')
  fleet.tell(proc, { type: 'recycling', incarnation: proc.incarnation, reason: 'after 10 jobs' })
  fleet.end('a', code(0))
}

describe('a worker that recycles itself', () => {
  it.each(['never', 'unexpected', 'always'] as const)('comes back at once with autorestart %s, however often, and within startsecs', (autorestart) => {
    const fleet = fleetOf({ autorestart, startretries: 0, care })
    fleet.fleet.breaker.burst = 1
    for (let times = 1; times <= 5; times += 1) {
      fleet.later(200)
      recycle(fleet)
      expect(fleet.proc('a')).toMatchObject({ state: 'STARTING', incarnation: times + 1, restarts: times, crashes: 0, backoff: 0, comebacks: [], planned: null })
    }
    expect(fleet.fleet.breaker.recent).toEqual([])
    expect(fleet.proc('a').exits.every(({ expected, wanted }) => expected && !wanted)).toBe(true)
  })

  it('waits a moment if it does nothing else', () => {
    const fleet = fleetOf({})
    recycle(fleet)
    expect(fleet.proc('a')).toMatchObject({ state: 'EXITED', deadline: 100 })
    expect(fleet.proc('a').hold).toContain('recycled itself')
    fleet.later(100)
    expect(fleet.proc('a')).toMatchObject({ state: 'STARTING', incarnation: 2 })
  })

  it('says why it has ended, and passes through RUNNING, which listeners expect', () => {
    const proc = procIn('STARTING', { planned: 'after 10 jobs' })
    expect(entered(stepped(proc, exited(code(0))))).toEqual(['RUNNING', 'EXITED'])
    expect(proc.reason).toBe('recycled itself after 10 jobs: exit status 0, starts again')
  })

  it('has crashed if it ends otherwise than it has told', () => {
    const proc = procIn('RUNNING', { planned: 'after 10 jobs' }, { autorestart: 'always', care })
    stepped(proc, exited(code(1)))
    expect(proc).toMatchObject({ state: 'BACKOFF', crashes: 1, planned: null })
  })

  it('has failed to start if it was to be ready first', () => {
    const proc = procIn('STARTING', { planned: 'after 10 jobs' }, { care: { ready: { by: { kind: 'report' }, timeout: 60_000 } } })
    expect(entered(stepped(proc, exited(code(0))))).toEqual(['BACKOFF'])
  })

  it('is believed if nobody has seen how it ended, since it was adopted', () => {
    const proc = procIn('RUNNING', { planned: 'after 10 jobs', adopted: true }, { autorestart: 'never' })
    stepped(proc, exited({ kind: 'unknown' }))
    expect(proc).toMatchObject({ state: 'EXITED', want: 'up', crashes: 0 })
  })

  it('stays down if somebody has stopped it', () => {
    const fleet = fleetOf({ autorestart: 'always' })
    fleet.later(2000)
    const proc = fleet.proc('a')
    fleet.tell(proc, { type: 'recycling', incarnation: 1, reason: 'after 10 jobs' })
    fleet.tell(proc, { type: 'stop', by: 'ann' })
    fleet.end('a', code(0))
    expect(proc).toMatchObject({ state: 'STOPPED', want: 'down', planned: null })
  })
})

it('an end that was planned says in the history why, whoever has planned it, and no other one does', () => {
  const lifetime: CareSpec = { recycle: { maxMemory: null, memoryAction: { kind: 'none' }, maxLifetime: { after: 5000, spread: 0 } } }
  const fleet = fleetOf({ autorestart: 'always', startsecs: 0, care: lifetime })
  fleet.later(200)
  recycle(fleet)
  fleet.later(5000)
  fleet.end('a', code(0))
  fleet.tell(fleet.proc('a'), { type: 'recycle', reason: 'restart asked for by ann', by: 'ann', now: true })
  fleet.end('a', code(0))
  fleet.tell(fleet.proc('a'), { type: 'recycle', reason: 'db was restarted (depends_restart)', by: 'depends_restart', now: true })
  fleet.tell(fleet.proc('a'), { type: 'stop', by: 'ann' })
  fleet.end('a', code(0))
  expect(fleet.proc('a').exits.map(({ recycled, by }) => [recycled, by])).toEqual([['after 10 jobs', null], ['its max_lifetime is over', 'max_lifetime'], [undefined, 'ann'], [undefined, 'ann']])
})

it('a job that was in hand when its worker died is named', () => {
  const proc = procIn('RUNNING', { busy: { job: 'table 4', until: null } })
  stepped(proc, exited({ kind: 'signal', signal: 'SIGKILL', core: false }))
  expect(proc.exits[0]).toMatchObject({ job: 'table 4' })
  expect(proc.reason).toContain('terminated by SIGKILL, with job table 4 in hand')
  const nameless = procIn('RUNNING', { busy: { job: '', until: null } })
  stepped(nameless, exited(code(1)))
  expect(nameless.reason).toContain('exit status 1, with a job in hand')
  const orderly = procIn('STOPPING', { busy: { job: 'table 4', until: null } })
  stepped(orderly, exited(code(0)))
  expect(orderly.exits[0]).not.toHaveProperty('job')
  // It was done while its worker was being stopped; how that ended may be known to nobody.
  const adopted = procIn('STOPPING', { busy: { job: 'table 4', until: null } })
  stepped(adopted, { type: 'busy', incarnation: adopted.incarnation, job: null, lasts: null })
  stepped(adopted, exited({ kind: 'unknown' }))
  expect(adopted.exits[0]).not.toHaveProperty('job')
})
