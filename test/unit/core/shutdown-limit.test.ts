import { describe, expect, it } from 'vitest'
import { nextDeadline } from '../../../src/core/fleet.ts'
import type { CareSpec } from '../../../src/core/care.ts'
import { group, TestFleet } from './fleets.ts'

const shutdown = { type: 'shutdown', by: 'ann' } as const

function fleetOf(limits: { shutdownTimeout: number | 'auto' | null; forceDelay: number | null }): TestFleet {
  const world = new TestFleet()
  Object.assign(world.fleet, limits)
  return world
}

const leftBy = (world: TestFleet): string[][] => world.effects.flatMap((effect) => (effect.type === 'drained' ? [effect.left.map(({ name }) => name)] : []))

describe('The limit of a shutdown', () => {
  it('is 30 s above what all tiers together may take, each as long as its slowest', () => {
    const care: CareSpec = {
      hooks: { pre_stop: { command: 'x', argv: ['x'], timeout: 4000, user: null } },
      stop: { sequence: [{ signal: 'SIGTERM', wait: 3000 }, { signal: 'SIGINT', wait: 2000 }, { signal: 'SIGKILL', wait: 0 }], command: null, extendMax: 500, busyWait: 0, preStopDelay: 250 },
    }
    const world = fleetOf({ shutdownTimeout: 'auto', forceDelay: null })
    world.run(group('a', 1, { name: 'a0', stopwait: 7000 }, { name: 'a1', stopwait: 9000 }), group('b', 9, { name: 'b0', stopwait: 1, care }), group('c', 9, { name: 'c0', autostart: false, stopwait: 99_000 }))
    world.do(shutdown)
    expect(world.fleet.hurryAt).toBe(world.now + 9000 + (4000 + 1000 + 250 + 3000 + 2000 + 500) + 30_000)
  })

  it('counts who is needed after those that need it', () => {
    const dependsOn = [{ on: 'db', condition: 'started', required: true }] as const
    const world = fleetOf({ shutdownTimeout: 'auto', forceDelay: null })
    world.run(group('db', 1, { name: 'db', stopwait: 5000 }), group('web', 1, { name: 'web', stopwait: 8000, care: { dependsOn } }), group('api', 1, { name: 'api', stopwait: 6000, care: { dependsOn } }))
    world.do(shutdown)
    expect(world.fleet.hurryAt).toBe(world.now + 13_000 + 30_000)
  })

  it('ends all grace, also of the tiers whose turn has not come', () => {
    const world = fleetOf({ shutdownTimeout: 20_000, forceDelay: 5000 })
    world.run(group('a', 1, { name: 'a0', stopwait: 3000 }), group('b', 9, { name: 'b0', stopwait: 600_000 }))
    world.do(shutdown)
    expect(nextDeadline(world.fleet)).toBe(world.now + 20_000)
    world.later(19_999)
    expect(world.signalled()).toEqual(['b0 SIGTERM'])
    world.later(1)
    expect(world.signalled().slice(1)).toEqual(['b0 SIGKILL', 'a0 SIGTERM', 'a0 SIGKILL'])
    world.end('a0')
    world.end('b0')
    expect([world.fleet.phase, ...leftBy(world)]).toEqual(['drained', []])
  })

  it('leaves what SIGKILL does not end within force_delay, and says whom', () => {
    const world = fleetOf({ shutdownTimeout: 20_000, forceDelay: 5000 })
    world.run(group('a', 1, { name: 'a0' }, { name: 'a1' }))
    world.do(shutdown)
    world.later(20_000)
    world.end('a0')
    world.later(4999)
    expect(leftBy(world)).toEqual([])
    world.later(1)
    expect([world.fleet.phase, ...leftBy(world)]).toEqual(['left', ['a1']])
    world.later(60_000)
    world.end('a1')
    expect(leftBy(world)).toHaveLength(1)
  })

  it('comes sooner for who is in a hurry, tier after tier', () => {
    const world = fleetOf({ shutdownTimeout: 600_000, forceDelay: 5000 })
    world.run(group('a', 1, { name: 'a0' }), group('b', 9, { name: 'b0' }))
    world.do(shutdown)
    world.do({ type: 'hurry' })
    expect(world.signalled()).toEqual(['b0 SIGTERM', 'b0 SIGKILL'])
    world.later(5000)
    expect(world.signalled()).toContain('a0 SIGKILL')
    world.end('a0')
    world.later(5000)
    expect(leftBy(world)).toEqual([['b0']])
  })

  it('is none where the config says so: then SIGKILL is repeated for as long as it takes', () => {
    const world = fleetOf({ shutdownTimeout: null, forceDelay: null })
    world.run(group('a', 1, { name: 'a0', stopwait: 1000 }))
    world.do(shutdown)
    for (let second = 0; second < 3600; second += 1) world.later(1000)
    expect([world.fleet.phase, ...leftBy(world)]).toEqual(['stopping'])
    world.end('a0')
    expect(world.fleet.phase).toBe('drained')
  })

  it('does not concern a hurry while nothing is shut down', () => {
    const world = fleetOf({ shutdownTimeout: 'auto', forceDelay: 5000 })
    world.run(group('a', 1, { name: 'a0' }))
    world.do({ type: 'hurry' })
    world.later(60_000)
    expect([world.fleet.hurryAt, world.proc('a0').state]).toEqual([null, 'RUNNING'])
  })
})
