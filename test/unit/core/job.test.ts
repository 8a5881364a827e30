/** Jobs in a fleet on a clock of its own: when they run, how their runs end, what others make of them. */
import { describe, expect, it } from 'vitest'
import type { CareSpec, JobSpec } from '../../../src/core/care.ts'
import { viewOf } from '../../../src/core/describe.ts'
import { conditionHolds } from '../../../src/core/dependencies.ts'
import type { GroupSpec } from '../../../src/core/spec.ts'
import { at, code } from './procs.ts'
import { group, TestFleet } from './fleets.ts'

const plain: JobSpec = { interval: null, schedule: null, timezone: 'UTC', overlap: 'skip', catchUp: 'none', spread: 0, seed: '', runTimeout: null, retries: 0 }

function jobs(job: Partial<JobSpec>, care: Partial<CareSpec> = {}): GroupSpec {
  return group('j', 1, { name: 'j', startsecs: 0, autorestart: 'never', care: { ...care, job: { ...plain, ...job } } })
}

function fleetOf(job: Partial<JobSpec>, care: Partial<CareSpec> = {}): TestFleet {
  const fleet = new TestFleet()
  fleet.do({ type: 'addGroup', group: jobs(job, care), by: 'test' })
  return fleet
}

/** The wall time of the fleet is 22:13:20 UTC at its beginning: this is so long after it. */
const untilNextMinute = 40_000

const shown = (fleet: TestFleet): string => viewOf(fleet.proc('j'), 1, at(fleet.now)).description
const began = (fleet: TestFleet): string[] => fleet.events().flatMap((body) => (body.type === 'process.state' && body.to === 'STARTING' ? [body.reason] : []))
const told = (fleet: TestFleet): string[] => fleet.events().flatMap((body) => (body.type === 'process.run' ? [`${body.what}${body.what === 'ended' ? ` ${body.result ?? ''}` : ''}`] : []))

describe('An interval', () => {
  it('runs at once, and again so long after the end of a run', () => {
    const fleet = fleetOf({ interval: 60_000 })
    fleet.later(5000)
    expect(fleet.states()).toEqual(['j RUNNING'])
    fleet.end('j')
    expect([fleet.states(), shown(fleet)]).toEqual([['j EXITED'], 'next run in 60 s'])
    fleet.later(59_999)
    expect(fleet.states()).toEqual(['j EXITED'])
    fleet.later(1)
    expect([began(fleet), fleet.proc('j').restarts]).toEqual([['being run: start', 'being run: interval'], 0])
  })

  it('waits while it is stopped, and runs at once when it is started', () => {
    const fleet = fleetOf({ interval: 60_000 })
    fleet.end('j')
    fleet.tell(fleet.proc('j'), { type: 'start', by: 'ann' })
    expect(fleet.states()).toEqual(['j EXITED'])
    fleet.tell(fleet.proc('j'), { type: 'stop', by: 'ann' })
    fleet.later(600_000)
    expect([fleet.states(), fleet.proc('j').reason]).toEqual([['j STOPPED'], 'stopped by ann between its runs'])
    fleet.tell(fleet.proc('j'), { type: 'start', by: 'ann' })
    expect(fleet.states()).toEqual(['j RUNNING'])
  })

  it('is put off by a part of spread, which is another one for each run', () => {
    const waits = [0, 1, 2].map((_, run) => {
      const fleet = fleetOf({ interval: 60_000, spread: 30_000, seed: 'host' })
      for (let i = 0; i < run; i += 1) {
        fleet.end('j')
        fleet.later(90_000)
      }
      fleet.end('j')
      return (fleet.proc('j').deadline ?? 0) - fleet.now
    })
    for (const wait of waits) expect(wait >= 60_000 && wait <= 90_000).toBe(true)
    expect(new Set(waits).size).toBe(3)
  })
})

describe('A schedule', () => {
  it('runs at its first slot and not before, and looks at the clock once a minute', () => {
    const fleet = fleetOf({ schedule: '15 * * * *' })
    expect([fleet.states(), shown(fleet), fleet.proc('j').deadline]).toEqual([['j STOPPED'], 'next run in 100 s', 60_000])
    fleet.later(60_000)
    expect(fleet.proc('j').deadline).toBe(100_000)
    fleet.later(40_000)
    expect(began(fleet)).toHaveLength(1)
    fleet.end('j', code(3))
    expect(shown(fleet)).toBe('exit status 3, not expected; next run in 1 h')
  })

  it.each([['skip', 1, ['armed', 'skipped', 'skipped', 'ended ok']], ['queue', 2, ['armed', 'queued', 'skipped', 'ended ok']]] as const)('has a slot that meets a run: %s', (overlap, runs, events) => {
    const fleet = fleetOf({ schedule: '* * * * *', overlap })
    fleet.later(untilNextMinute)
    fleet.later(60_000)
    fleet.later(60_000)
    fleet.end('j')
    expect([told(fleet), began(fleet).length]).toEqual([events, runs])
  })

  it('has a slot replace the run that it meets', () => {
    const fleet = fleetOf({ schedule: '* * * * *', overlap: 'replace' })
    fleet.later(untilNextMinute)
    fleet.later(60_000)
    expect([fleet.states(), fleet.signalled()]).toEqual([['j STOPPING'], ['j SIGTERM']])
    fleet.end('j')
    expect([fleet.states(), told(fleet).at(-1)]).toEqual([['j RUNNING'], 'ended stopped'])
  })

  it.each([['none', 0], ['one', 1], ['all', 100]] as const)('catches up on what a machine that slept has missed: %s', (catchUp, runs) => {
    const fleet = fleetOf({ schedule: '*/2 * * * *', catchUp })
    fleet.later(1)
    // A look that comes a day and a bit late, between two slots.
    fleet.later(86_400_000 + untilNextMinute + 90_000)
    for (let i = 0; fleet.proc('j').state === 'RUNNING'; i += 1) fleet.end('j')
    expect(began(fleet)).toHaveLength(runs)
    if (runs > 0) expect(began(fleet)[0]).toMatch(/catch-up, slot/)
    expect(fleet.proc('j').rounds?.skipped).toBe([100, 99, 0][['none', 'one', 'all'].indexOf(catchUp)])
  })
})

describe('A run', () => {
  it('that fails is tried again as often as retries say, and then rests with what was wrong', () => {
    const fleet = fleetOf({ interval: 600_000, retries: 2 })
    fleet.end('j', code(1))
    expect([fleet.states(), viewOf(fleet.proc('j'), 1, at(fleet.now)).reason]).toEqual([['j BACKOFF'], 'exit status 1, not expected; retry 1 of 2 in 1 s'])
    expect(viewOf(fleet.proc('j'), 1, at(fleet.now)).task).toMatchObject({ cause: null, waiting: 0 })
    fleet.later(1000)
    fleet.end('j', code(1))
    fleet.later(2000)
    fleet.end('j', code(1))
    expect([fleet.states(), shown(fleet)]).toEqual([['j EXITED'], 'exit status 1, not expected; 2 retries have failed too; next run in 10 min'])
    fleet.later(600_000)
    fleet.end('j')
    expect([shown(fleet), fleet.proc('j').exits.map(({ run }) => `${run?.cause ?? ''} ${run?.result ?? ''}`)]).toEqual(['next run in 10 min', ['start failed', 'retry failed', 'retry failed', 'interval ok']])
  })

  it('is not tried again after what no_restart_on names', () => {
    const restart = { delay: 0, backoff: null, reset: 0, limit: null, retryAfter: null, noRestartOn: [78], window: null }
    const fleet = fleetOf({ retries: 5 }, { restart })
    fleet.end('j', code(78))
    expect(fleet.states()).toEqual(['j EXITED'])
  })

  it('that takes too long is stopped, and has failed', () => {
    const fleet = fleetOf({ interval: 60_000, runTimeout: 5000 })
    fleet.later(5000)
    expect(fleet.signalled()).toEqual(['j SIGTERM'])
    fleet.end('j', { kind: 'signal', signal: 'SIGTERM', core: false })
    expect([fleet.states(), shown(fleet), told(fleet)]).toEqual([['j EXITED'], 'ran longer than 5 s (run_timeout): terminated by SIGTERM; next run in 60 s', ['ended timeout']])
  })

  it('of a oneshot is the only one, and what could not even be begun is given up', () => {
    const fleet = fleetOf({})
    fleet.end('j')
    fleet.later(86_400_000)
    expect([fleet.states(), fleet.proc('j').want, conditionHolds(fleet.proc('j'), 'completed')]).toEqual([['j EXITED'], 'down', true])
    fleet.tell(fleet.proc('j'), { type: 'start', by: 'ann' })
    expect(conditionHolds(fleet.proc('j'), 'completed')).toBe(false)
    fleet.end('j', code(1))
    expect([conditionHolds(fleet.proc('j'), 'completed'), shown(fleet)]).toEqual([false, 'exit status 1, not expected'])
  })

  it('that somebody has asked for leaves a stopped job stopped', () => {
    const fleet = fleetOf({ schedule: '0 3 * * *' })
    fleet.tell(fleet.proc('j'), { type: 'stop', by: 'ann' })
    fleet.tell(fleet.proc('j'), { type: 'trigger', by: 'bob', id: 't' })
    fleet.end('j', code(4))
    expect(fleet.proc('j')).toMatchObject({ state: 'EXITED', want: 'down', wantedBy: 'ann', deadline: null, rounds: { done: { id: 't', result: 'failed', code: 4 } } })
  })

  it('while it is held is one run, however often it was asked for', () => {
    const fleet = fleetOf({ schedule: '0 3 * * *' }, { dependsOn: [{ on: 'w', condition: 'started', required: true }] })
    for (const id of ['t1', 't2', 't3']) fleet.tell(fleet.proc('j'), { type: 'trigger', by: 'bob', id })
    expect(fleet.proc('j').rounds?.waiting.map(({ id }) => id)).toEqual(['t1'])
  })
})

describe('Who waits for a job to complete', () => {
  const needs = group('w', 1, { name: 'w', startsecs: 0, care: { dependsOn: [{ on: 'j', condition: 'completed', required: true }] } })

  it('starts when its run was good, also while it waits for the next one', () => {
    const fleet = fleetOf({ interval: 60_000 })
    fleet.do({ type: 'addGroup', group: needs, by: 'test' })
    expect(fleet.proc('w').hold).toBe('waiting for j to complete')
    fleet.end('j')
    expect(fleet.states()).toEqual(['j EXITED', 'w RUNNING'])
  })

  it('is told how it has failed', () => {
    const fleet = fleetOf({})
    fleet.do({ type: 'addGroup', group: needs, by: 'test' })
    fleet.end('j', code(2))
    expect(fleet.proc('w').hold).toBe('waiting for j (EXITED: exit status 2, not expected)')
  })
})
