/** The lull before listeners are stopped: over when they are quiet, or when it has lasted long enough, once. */
import { expect, it } from 'vitest'
import { Lull } from '../../../src/daemon/lull.ts'
import { HandClock } from './hand-clock.ts'

class Desk {
  readonly clock = new HandClock()
  readonly listeners = { quiet: false, onQuiet: null as (() => void) | null, isQuiet: () => this.listeners.quiet }
  ends = 0
  readonly lull = new Lull(this.clock, this.listeners, () => void (this.ends += 1))

  async begin(): Promise<void> {
    this.lull.begin()
    expect(this.ends).toBe(0)
    await Promise.resolve()
  }
}

it('is over as soon as the listeners are quiet', async () => {
  const desk = new Desk()
  await desk.begin()
  desk.lull.begin()
  expect(desk.ends).toBe(0)
  desk.listeners.onQuiet?.()
  desk.listeners.onQuiet?.()
  desk.clock.advance(5000)
  expect(desk.ends).toBe(1)
})

it('is over at once, though not in the same turn, when they are quiet already', async () => {
  const desk = new Desk()
  desk.listeners.quiet = true
  await desk.begin()
  expect(desk.ends).toBe(1)
})

it('waits a second for one that does not finish, and may come again', () => {
  const desk = new Desk()
  for (const turn of [1, 2]) {
    desk.lull.begin()
    desk.clock.advance(999)
    expect(desk.ends).toBe(turn - 1)
    desk.clock.advance(1)
    expect(desk.ends).toBe(turn)
  }
})

it('does not end any more when it is closed', async () => {
  const desk = new Desk()
  await desk.begin()
  desk.lull.close()
  desk.clock.advance(5000)
  expect([desk.ends, desk.listeners.onQuiet]).toEqual([0, null])
})
