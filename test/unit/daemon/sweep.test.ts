import { describe, expect, it } from 'vitest'
import type { MasterEvent } from '../../../src/core/events.ts'
import { AdoptedWatch } from '../../../src/daemon/adopted-watch.ts'
import { Bus } from '../../../src/daemon/bus.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import { Sweeper } from '../../../src/daemon/sweep.ts'
import { namespec } from '../../../src/core/spec.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { FakeWorld } from '../../sim/fake-processes.ts'
import { specOf } from '../../sim/random-world.ts'
import { procIn } from '../core/procs.ts'
import { HandClock } from './hand-clock.ts'

/** A leader that has died and left a child that ignores everything but SIGKILL. */
function orphaned(change: Partial<ProcessSpec>, group: 'same' | 'own' | 'own session', wanted = false) {
  const world = new FakeWorld({ behaviour: () => ({ children: [{ name: 'child', group, on: { SIGTERM: 'ignore' } }] }) })
  const { processes } = world.connect()
  const { clock } = world
  const events: MasterEvent[] = []
  const lines: string[] = []
  const bus = new Bus(clock, (error) => {
    throw error
  })
  bus.subscribe((event) => events.push(event))
  const sweeper = new Sweeper(clock, processes, bus, new MasterLog((level, message) => lines.push(`${level} ${message}`)), '/run/x')
  const proc = procIn('STOPPED', {}, change)
  const environment = { NSUP_RUN: '/run/x', NSUP_PROCESS: namespec(proc.group, proc.name), NSUP_INCARNATION: '1' }
  const spawned = processes.spawn({ spec: specOf(change), environment, stdin: 0, stdout: 1, stderr: 2 }, () => undefined)
  if (!spawned.ok) throw new Error(spawned.reason)
  world.end(spawned.pid, { kind: 'code', code: 0 })
  proc.exits = [{ incarnation: 1, pid: spawned.pid, status: { kind: 'code', code: 0 }, startedAt: 0, endedAt: 0, uptime: 0, wanted, by: null, expected: true, lastLines: [] }]
  proc.incarnation = 2 // the next one is there already
  return { world, sweeper, proc, leader: spawned.pid, events, lines }
}

describe('The sweeper', () => {
  it('tells a moment later what is left of a group, and leaves it alone where the config says so', () => {
    const { world, sweeper, proc, leader, events, lines } = orphaned({ killSurvivors: false }, 'same')
    sweeper.sweep(proc, leader)
    expect(events).toEqual([])
    world.advance(100)
    expect(events).toMatchObject([{ type: 'process.survivors', name: 'worker', survivors: [{ pid: 3, name: 'child' }], killed: false }])
    expect(lines).toEqual(['warn worker: left behind: child (3)'])
    expect(world.living()).toHaveLength(1)
  })

  it('kills it at once where the config says so: a replacement finds the place free', () => {
    const { world, sweeper, proc, leader, events } = orphaned({ killSurvivors: true }, 'same')
    sweeper.sweep(proc, leader)
    expect(events).toMatchObject([{ killed: true }])
    expect(world.living()).toEqual([])
  })

  it('looks for other groups of the session a moment later, once for all who died meanwhile', () => {
    const { world, sweeper, proc, leader, events } = orphaned({ killSurvivors: true }, 'own')
    sweeper.sweep(proc, leader)
    expect(events).toEqual([])
    world.advance(100)
    expect(events).toHaveLength(1)
    expect(world.living()).toEqual([])
    expect(world.nextAt()).toBeNull()
  })

  it('finds who has fled to a session of its own, and kills it where the config says so', () => {
    const { world, sweeper, proc, leader, events } = orphaned({ killSurvivors: true }, 'own session')
    sweeper.sweep(proc, leader)
    world.advance(100)
    expect(events).toMatchObject([{ type: 'process.survivors', survivors: [{ name: 'child' }], killed: true }])
    expect(world.living()).toEqual([])
  })

  it('kills who has fled with killasgroup if somebody asked for the stop, and else tells of it', () => {
    for (const [wanted, killasgroup] of [[true, true], [false, true], [true, false]] as const) {
      const { world, sweeper, proc, leader, events, lines } = orphaned({ killSurvivors: false, killasgroup }, 'own session', wanted)
      sweeper.sweep(proc, leader)
      world.advance(100)
      const killed = wanted && killasgroup
      expect(events).toMatchObject([{ killed }])
      expect(lines).toEqual([`warn worker: ${killed ? 'killed what it left behind' : 'left behind'}: child (3)`])
      expect(world.living()).toHaveLength(killed ? 0 : 1)
    }
  })

  it('leaves a group alone that INI leaves alone, also where it kills who has fled', () => {
    const { world, sweeper, proc, leader, events } = orphaned({ killSurvivors: false, killasgroup: true }, 'same', true)
    sweeper.sweep(proc, leader)
    world.advance(100)
    expect(events).toMatchObject([{ killed: false }])
    expect(world.living()).toHaveLength(1)
  })

  it('touches nobody of another incarnation', () => {
    const { world, sweeper, proc, leader, events } = orphaned({ killSurvivors: true }, 'own session')
    proc.exits = proc.exits.map((exit) => ({ ...exit, incarnation: 5 }))
    sweeper.sweep(proc, leader)
    world.advance(100)
    expect(events).toEqual([])
    expect(world.living()).toHaveLength(1)
  })

  it('does not look twice in a row: the second of two leaders waits for its turn', () => {
    const { world, sweeper, proc, leader, events } = orphaned({ killSurvivors: true }, 'same')
    sweeper.look()
    sweeper.sweep(proc, leader)
    sweeper.sweep(proc, leader + 1000)
    expect(events).toHaveLength(1)
    world.advance(100)
    expect(world.nextAt()).toBeNull()
  })

  it('looks no more once it is closed, and at all that is pending when it is told to', () => {
    const { world, sweeper, proc, leader, events } = orphaned({}, 'own')
    sweeper.sweep(proc, leader)
    sweeper.close()
    world.advance(10_000)
    expect(events).toEqual([])
    sweeper.look()
    expect(events).toHaveLength(1)
  })
})

describe('A launcher that lives on when the process that it named has ended', () => {
  /** `pid` of the launcher, which is in nobody's group but its own. */
  function survived(change: Partial<ProcessSpec>) {
    const parts = orphaned(change, 'same')
    const { world, sweeper, proc } = parts
    const launcher = world.connect().processes.spawn({ spec: specOf({ name: 'launcher' }), environment: {}, stdin: 0, stdout: 1, stderr: 2 }, () => undefined)
    if (!launcher.ok) throw new Error(launcher.reason)
    sweeper.remember(proc, launcher)
    sweeper.remember(proc, launcher)
    return { ...parts, launcher }
  }

  it('is killed where what is left is killed', () => {
    const { world, sweeper, proc, leader, launcher } = survived({ killSurvivors: true })
    sweeper.sweep(proc, leader)
    expect(world.living().map(({ pid }) => pid)).not.toContain(launcher.pid)
  })

  it('is told once, and not again with the next incarnation', () => {
    const { world, sweeper, proc, leader, launcher, events } = survived({ argv: ['/usr/sbin/launch'] })
    sweeper.sweep(proc, leader)
    world.advance(100)
    expect(events).toMatchObject([{ survivors: expect.arrayContaining([{ pid: launcher.pid, name: 'launch' }]) as unknown, killed: false }])
    const [told] = events
    if (told?.type !== 'process.survivors') throw new Error('nothing was told')
    expect(told.survivors.filter(({ pid }) => pid === launcher.pid)).toHaveLength(1)
    sweeper.sweep(proc, launcher.pid + 100)
    world.advance(100)
    expect(events).toHaveLength(1)
  })
})

describe('The watch over adopted processes', () => {
  it('notices an end within half a second, tells it once, and has no timer when nobody is left', () => {
    const world = new FakeWorld({ behaviour: () => ({}) })
    const { processes } = world.connect()
    const gone: string[] = []
    const clock = new HandClock()
    const watch = new AdoptedWatch(clock, processes, (proc) => {
      proc.id = null
      gone.push(proc.name)
    })
    const procs = ['a', 'b'].map((name) => {
      const spawned = processes.spawn({ spec: specOf({ name }), environment: {}, stdin: 0, stdout: 1, stderr: 2 }, () => undefined)
      if (!spawned.ok) throw new Error(spawned.reason)
      const proc = procIn('RUNNING', { id: { pid: spawned.pid, startTime: spawned.startTime } }, { name })
      if (proc.id !== null) watch.add(proc, proc.id)
      return proc
    })
    world.end(procs[0]?.id?.pid ?? 0, { kind: 'code', code: 0 })
    clock.advance(499)
    expect(gone).toEqual([])
    clock.advance(1)
    expect(gone).toEqual(['a'])
    expect(clock.armed).toEqual([500])
    world.end(procs[1]?.id?.pid ?? 0, { kind: 'code', code: 0 })
    watch.look()
    watch.look()
    expect(gone).toEqual(['a', 'b'])
    expect(clock.armed).toEqual([])
  })
})
