import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { newFleet } from '../../../src/core/roster.ts'
import type { FleetInput } from '../../../src/core/fleet.ts'
import type { Effect } from '../../../src/core/proc.ts'
import { Loop } from '../../../src/daemon/loop.ts'
import { group } from '../core/fleets.ts'
import { HandClock } from './hand-clock.ts'

class World {
  readonly fleet = newFleet()
  readonly clock = new HandClock()
  readonly done: string[] = []
  readonly crashes: unknown[] = []
  settled = 0
  onEffect: (effect: Effect) => void = () => undefined
  private pids = 100
  readonly loop: Loop = new Loop(this.fleet, {
    clock: this.clock,
    perform: (effect) => this.perform(effect),
    settled: () => (this.settled += 1),
    crashed: (error) => this.crashes.push(error),
  })

  add(...names: readonly string[]): void {
    this.loop.enqueue({ type: 'addGroup', group: group('g', 1, ...names.map((name) => ({ name }))), by: 'test' })
  }

  state(name: string): string | undefined {
    return this.fleet.groups.get('g')?.procs.get(name)?.state
  }

  private perform(effect: Effect): FleetInput | null {
    this.done.push(effect.type === 'event' ? effect.body.type : effect.type)
    this.onEffect(effect)
    if (effect.type !== 'spawn') return null
    this.pids += 1
    return { type: 'proc', proc: effect.proc, input: { type: 'spawned', id: { pid: this.pids, startTime: '1' } } }
  }
}

describe('The loop', () => {
  it('carries out an input before it returns, and what comes of it at once', () => {
    const world = new World()
    world.add('a')
    expect(world.state('a')).toBe('STARTING')
    expect(world.fleet.groups.get('g')?.procs.get('a')?.id).toEqual({ pid: 101, startTime: '1' })
  })

  it('lets a single child come first, and tells of it when that has had a moment for itself', () => {
    const world = new World()
    world.add('a')
    expect([world.done, world.settled]).toEqual([['group.added', 'spawn'], 1]) // it is written down
    world.clock.advance(1)
    expect([world.done, world.settled]).toEqual([['group.added', 'spawn', 'process.state', 'tried'], 2])
  })

  it('tells of a child at once when somebody looks, or something else happens', () => {
    const [world, seen] = [new World(), new World()]
    for (const one of [world, seen]) one.add('a')
    seen.loop.catchUp()
    expect(seen.done).toEqual(['group.added', 'spawn', 'process.state', 'tried'])
    world.loop.enqueue({ type: 'shutdown', by: 'test' })
    expect(world.done).toEqual(['group.added', 'spawn', 'process.state', 'tried', 'process.state', 'kill'])
  })

  it('arms one timer for the nearest deadline, and none when nothing is due', () => {
    const world = new World()
    expect(world.clock.armed).toEqual([])
    world.add('a', 'b')
    expect(world.done.filter((type) => type === 'spawn')).toHaveLength(2)
    world.clock.advance(1)
    expect(world.clock.armed).toEqual([999])
    world.clock.advance(1000)
    expect([world.state('a'), world.state('b')]).toEqual(['RUNNING', 'RUNNING'])
    expect(world.clock.armed).toEqual([])
  })

  it('replaces who has died before anybody is told of the death, and tells all in their order', () => {
    const world = new World()
    world.add('a')
    world.clock.advance(1001)
    const proc = world.fleet.groups.get('g')?.procs.get('a') ?? expect.fail('it is not there')
    world.done.length = 0
    world.loop.enqueue({ type: 'proc', proc, input: { type: 'exited', status: { kind: 'code', code: 1 }, lastLines: [] } })
    expect([world.done, proc.id?.pid]).toEqual([['sweep', 'spawn'], 102])
    world.clock.advance(1)
    expect(world.done).toEqual(['sweep', 'spawn', 'process.state', 'process.state', 'tried'])
  })

  it('does not so with an event listener, which is told of deaths itself', () => {
    const world = new World()
    world.loop.enqueue({ type: 'addGroup', group: group('g', 1, { name: 'a', listener: { events: ['EVENT'], bufferSize: 10 } }), by: 'test' })
    expect(world.done).toEqual(['group.added', 'process.state', 'spawn', 'tried'])
  })

  it('queues what comes while it is at work', () => {
    const world = new World()
    let asked = 0
    world.onEffect = () => {
      if (asked++ === 0) world.loop.enqueue({ type: 'shutdown', by: 'test' })
      expect(world.fleet.phase).toBe(asked === 1 ? 'running' : world.fleet.phase)
    }
    world.add('a')
    expect(world.fleet.phase).toBe('stopping')
    expect(world.state('a')).toBe('STOPPING')
  })

  it('lets others have a turn in a long row of effects, and loses none of them', async () => {
    const world = new World()
    const names = Array.from({ length: 40 }, (_, i) => `p${String(i)}`)
    world.onEffect = (effect) => {
      if (effect.type === 'spawn') world.clock.advance(1)
    }
    world.add(...names)
    const first = world.done.filter((type) => type === 'spawn').length
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(40)
    expect(world.settled).toBe(1)
    while (world.done.filter((type) => type === 'spawn').length < 40) await turn()
    expect(new Set(names.map((name) => world.state(name)))).toEqual(new Set(['STARTING']))
  })

  it('is closed for good by what must not be thrown, and says so once', () => {
    const world = new World()
    const mistake = new Error('a mistake')
    world.onEffect = () => {
      throw mistake
    }
    world.add('a')
    world.add('b')
    expect(world.crashes).toEqual([mistake])
    expect(world.clock.armed).toEqual([])
  })

  it('takes no input and has no timer once it is closed', () => {
    const world = new World()
    world.add('a')
    world.loop.close()
    expect(world.clock.armed).toEqual([])
    expect([world.done.at(-1), world.settled]).toEqual(['tried', 2]) // what was put off is not lost
    world.loop.enqueue({ type: 'shutdown', by: 'test' })
    expect(world.fleet.phase).toBe('running')
  })
})
