import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTimezone, nextSlot, scheduleProblem, slotsBetween } from '../../../src/core/schedule.ts'

/** The next slots, as ISO times. */
function slots(schedule: string, timezone: string | null, from: string, count: number): string[] {
  const found: string[] = []
  for (let at = nextSlot({ schedule, timezone }, Date.parse(from)); at !== null && found.length < count; at = nextSlot({ schedule, timezone }, at)) found.push(new Date(at).toISOString().slice(5, 19))
  return found
}

describe('nextSlot', () => {
  it('counts on the clock of the time zone', () => {
    expect(slots('0 3 * * *', 'Europe/Berlin', '2026-01-10T12:00:00Z', 2)).toEqual(['01-11T02:00:00', '01-12T02:00:00'])
    expect(slots('0 3 * * *', 'UTC', '2026-01-10T03:00:00Z', 1)).toEqual(['01-11T03:00:00'])
    expect(slots('*/20 * * * * *', 'UTC', '2026-01-10T03:00:00Z', 3)).toEqual(['01-10T03:00:20', '01-10T03:00:40', '01-10T03:01:00'])
    expect(slots('@daily', 'Asia/Kolkata', '2026-01-10T00:00:00Z', 1)).toEqual(['01-10T18:30:00'])
  })

  it('takes the zone of the machine where none is named', () => {
    const local = nextSlot({ schedule: '30 2 * * *', timezone: null }, Date.UTC(2026, 0, 10, 12))
    expect(new Date(local ?? 0).getHours() * 60 + new Date(local ?? 0).getMinutes()).toBe(150)
  })

  it.each([
    ['one slot', '30 2 * * *', ['03-29T01:00:00', '03-30T00:30:00']],
    ['several slots', '15,45 2 * * *', ['03-29T01:00:00', '03-30T00:15:00', '03-30T00:45:00']],
    ['a slot before and one in it', '30 1,2 * * *', ['03-29T00:30:00', '03-29T01:00:00', '03-29T23:30:00']],
    ['one in it and one at its end', '0 2,3 * * *', ['03-29T01:00:00', '03-30T00:00:00', '03-30T01:00:00']],
  ])('runs once at the end of a gap that has swallowed %s', (_, schedule, expected) => {
    expect(slots(schedule, 'Europe/Berlin', '2026-03-28T12:00:00Z', expected.length)).toEqual(expected)
  })

  it('makes nothing up in a gap for what comes every hour', () => {
    expect(slots('15,45 * * * *', 'Europe/Berlin', '2026-03-29T00:20:00Z', 3)).toEqual(['03-29T00:45:00', '03-29T01:15:00', '03-29T01:45:00'])
    expect(slots('30 */2 * * *', 'Europe/Berlin', '2026-03-28T22:00:00Z', 2)).toEqual(['03-28T23:30:00', '03-29T02:30:00'])
  })

  it('runs a named hour that comes twice in its first pass only', () => {
    expect(slots('0,30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 3)).toEqual(['10-25T00:00:00', '10-25T00:30:00', '10-26T01:00:00'])
    expect(slots('0,30 2 * * *', 'Europe/Berlin', '2026-10-25T01:10:00Z', 1)).toEqual(['10-26T01:00:00'])
    expect(slots('30 2,3 * * *', 'Europe/Berlin', '2026-10-25T00:00:00Z', 2)).toEqual(['10-25T00:30:00', '10-25T02:30:00'])
  })

  it('goes on through an hour that comes twice where it comes every hour', () => {
    expect(slots('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:45:00Z', 6)).toEqual(['10-25T00:00:00', '10-25T00:30:00', '10-25T01:00:00', '10-25T01:30:00', '10-25T02:00:00', '10-25T02:30:00'])
    expect(slots('50 * * * *', 'Europe/Berlin', '2026-10-25T00:55:00Z', 2)).toEqual(['10-25T01:50:00', '10-25T02:50:00'])
  })

  it('knows clocks that are put back by half an hour, and a day that was left out', () => {
    expect(slots('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T12:00:00Z', 2)).toEqual(['04-04T14:45:00', '04-05T15:15:00'])
    expect(slots('0 12 * * *', 'Pacific/Apia', '2011-12-29T00:00:00Z', 3)).toEqual(['12-29T22:00:00', '12-30T10:00:00', '12-30T22:00:00'])
  })

  it('always goes forward, and by no more than an hour where it comes every hour', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC', 'Asia/Kolkata']
    fc.assert(fc.property(fc.constantFrom(...zones), fc.constantFrom('*/7 * * * *', '59 * * * *', '30 2 * * *', '*/20 1-3 * * *'), fc.integer({ min: Date.UTC(2025, 0), max: Date.UTC(2027, 0) }), (timezone, schedule, from) => {
      const at = nextSlot({ schedule, timezone }, from) ?? 0
      expect(at).toBeGreaterThan(from)
      expect(at - from).toBeLessThanOrEqual(schedule.includes(' * * * *') ? 5_400_000 : 26 * 3_600_000)
    }), { numRuns: 400 })
  })
})

describe('slotsBetween', () => {
  it('gives the newest, and says that there were more', () => {
    const table = { schedule: '*/5 * * * *', timezone: 'UTC' }
    const noon = Date.UTC(2026, 0, 1, 12)
    expect(slotsBetween(table, noon, noon + 599_999, 10)).toEqual({ slots: [noon + 300_000], more: false })
    expect(slotsBetween(table, noon, noon + 600_000, 10)).toEqual({ slots: [noon + 300_000, noon + 600_000], more: false })
    expect(slotsBetween(table, noon - 30 * 86_400_000, noon, 2)).toEqual({ slots: [noon - 300_000, noon], more: true })
    expect(slotsBetween(table, noon, noon - 1, 2)).toEqual({ slots: [], more: false })
  })
})

describe('A schedule that is wrong', () => {
  it.each([
    ['* * * *', /has 4 fields/], ['61 * * * *', /minute: 61/], ['0 0 30 2 *', /never comes/], ['@dayly', /@daily/], ['x * * * *', /cannot be read/], ['', /has 0 fields/],
    ['0 0 1 1 * 2020 1', /has 7 fields/],
  ])('is told: %s', (text, reason) => {
    expect(scheduleProblem(text)).toMatch(reason)
  })

  it('is none of these', () => {
    for (const text of ['*/5 * * * *', '0 0 29 2 *', '@hourly', '0 0 * * MON#2', '*/10 * * * * *', ' 0 3 * * 1-5 ']) expect(scheduleProblem(text)).toBeNull()
    expect([isTimezone('Europe/Berlin'), isTimezone('Europe/Berln'), isTimezone('UTC')]).toEqual([true, false, true])
  })
})
