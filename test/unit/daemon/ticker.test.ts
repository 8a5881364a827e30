/** Ticks at the boundaries of wall time, and no timer while nobody wants them; the bus that knows who wants what. */
import { describe, expect, it } from 'vitest'
import type { MasterEvent } from '../../../src/core/events.ts'
import type { Clock } from '../../../src/core/ports.ts'
import { Bus } from '../../../src/daemon/bus.ts'
import { Ticker } from '../../../src/daemon/ticker.ts'

class World {
  wall = 1_000_000_003_000
  timer: { readonly at: number; readonly run: () => void } | null = null
  readonly seen: string[] = []
  readonly clock: Clock = {
    monotonic: () => this.wall,
    wall: () => this.wall,
    after: (delay, run) => {
      const timer = (this.timer = { at: this.wall + delay, run })
      return () => (this.timer = this.timer === timer ? null : this.timer)
    },
  }
  readonly bus = new Bus(this.clock, (error) => {
    throw error
  })
  readonly ticker = new Ticker(this.clock, this.bus)

  constructor() {
    this.bus.onInterest = () => this.ticker.look()
  }

  listen(...types: MasterEvent['type'][]): () => void {
    return this.bus.subscribe((event) => this.seen.push(`${event.type} ${'when' in event ? String(event.when) : ''}`), (type) => types.includes(type))
  }

  /** Sets the wall clock; a timer does not notice. */
  jump(by: number): void {
    this.wall += by
    if (this.timer !== null) this.timer = { ...this.timer, at: this.timer.at + by }
  }

  /** Lets the armed timer fire, `early` milliseconds before its time. */
  fire(early = 0): void {
    const { timer } = this
    if (timer === null) throw new Error('no timer is armed')
    this.timer = null
    this.wall = timer.at - early
    timer.run()
  }
}

describe('ticks', () => {
  it('come at multiples of the period, the first at the next one', () => {
    const world = new World()
    world.listen('tick.5')
    world.fire()
    world.fire()
    expect(world.seen).toEqual(['tick.5 1000000005', 'tick.5 1000000010'])
  })

  it('of several periods share one timer and come in order', () => {
    const world = new World()
    world.wall = 3_599_000
    world.listen('tick.3600', 'tick.60', 'tick.5')
    world.fire()
    expect(world.seen).toEqual(['tick.5 3600', 'tick.60 3600', 'tick.3600 3600'])
    expect((world.timer?.at ?? 0) - world.wall).toBe(5000)
  })

  it('need no timer while nobody wants them, and only the longest that is wanted', () => {
    const world = new World()
    world.listen('process.state')
    expect(world.timer).toBeNull()
    const leave = world.listen('tick.5')
    world.listen('tick.3600')
    leave()
    expect((world.timer?.at ?? 0) % 3_600_000).toBe(0)
    world.ticker.close()
    expect(world.timer).toBeNull()
  })

  it('do not come twice when a timer is early, and go on after a jump of the clock', () => {
    const world = new World()
    world.listen('tick.5')
    world.fire(1)
    expect(world.seen).toEqual([])
    world.fire()
    world.jump(-3_600_000)
    world.fire()
    expect(world.seen).toEqual(['tick.5 1000000005', 'tick.5 999996410'])
  })
})

describe('the bus', () => {
  it('hands each listener what it wants, and says whether somebody wants a type', () => {
    const world = new World()
    const leave = world.listen('process.log')
    expect([world.bus.isWanted('process.log'), world.bus.isWanted('process.state')]).toEqual([true, false])
    world.bus.publish({ type: 'master.running', by: null })
    world.bus.publish({ type: 'process.log', group: 'g', name: 'p', pid: 1, channel: 'stdout', text: 'x' })
    expect(world.seen).toEqual(['process.log '])
    leave()
    expect(world.bus.isWanted('process.log')).toBe(false)
  })

  it('keeps the last 200 events, but no output, no ticks', () => {
    const world = new World()
    for (let i = 0; i < 1000; i++) world.bus.publish({ type: 'group.added', group: String(i) })
    world.bus.publish({ type: 'tick.5', when: 5 })
    world.bus.publish({ type: 'process.log', group: 'g', name: 'p', pid: 1, channel: 'stdout', text: 'x' })
    const recent = world.bus.recent()
    expect(recent).toHaveLength(200)
    expect(recent.at(-1)).toMatchObject({ group: '999', serial: 1000 })
  })
})
