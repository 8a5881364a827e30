import { describe, expect, it, test } from 'vitest'
import { Reckoning } from '../../../src/api/history.ts'
import type { LedgerEntry } from '../../../src/api/history.ts'
import { historyOf } from '../../../src/api/ledger-reading.ts'
import { FakeMaster, fakeView } from '../../fixtures/fake-master.ts'

const web = { process: 'web' }
const start = (at: number): LedgerEntry => ({ at, type: 'start', ...web })
const up = (at: number): LedgerEntry => ({ at, type: 'up', ...web })
const crash = (at: number): LedgerEntry => ({ at, type: 'exit', failure: true, rests: false, ...web })
const stop = (at: number): LedgerEntry => ({ at, type: 'exit', failure: false, rests: true, ...web })

function reckoned(entries: readonly LedgerEntry[], from: number, to: number): unknown {
  const reckoning = new Reckoning(from)
  for (const entry of entries) reckoning.add(entry)
  return reckoning.accounts(to)
}

describe('The reckoning', () => {
  it('takes for available the time in RUNNING of the time that it was to run', () => {
    expect(reckoned([start(0), up(100), crash(400), start(400), up(500), stop(900)], 0, 5000)).toEqual([
      { process: 'web', starts: 2, failures: 1, up: 700, down: 200, availability: 700 / 900, mtbf: 700 },
    ])
  })

  it('counts what still goes on', () => {
    expect(reckoned([start(0), up(100)], 0, 1100)).toMatchObject([{ up: 1000, down: 100, mtbf: null }])
    expect(reckoned([start(0), { at: 50, type: 'failed', ...web }, { at: 60, type: 'gave up', ...web }], 0, 1000)).toMatchObject([
      { up: 0, down: 1000, availability: 0, failures: 1, mtbf: 0 },
    ])
  })

  it('begins with the period, and knows how things stood then', () => {
    expect(reckoned([start(0), up(100), crash(200), up(300), crash(2000), up(2100)], 1000, 3000)).toEqual([
      { process: 'web', starts: 0, failures: 1, up: 1900, down: 100, availability: 0.95, mtbf: 1900 },
    ])
  })

  it('has no availability for what was never to run, and takes a stop before the start back', () => {
    expect(reckoned([stop(5)], 100, 1000)).toMatchObject([{ availability: null, up: 0, down: 0 }])
    expect(reckoned([start(0), { at: 10, type: 'stop', rests: true, ...web }], 0, 1000)).toMatchObject([{ down: 10 }])
  })

  it('counts no time for what was taken out of the config', () => {
    const removed: LedgerEntry = { at: 300, type: 'config', reason: 'removed group web' }
    expect(reckoned([start(0), { at: 100, type: 'gave up', ...web }, removed], 0, 5000)).toMatchObject([{ down: 300 }])
    expect(reckoned([start(0), { at: 100, type: 'gave up', process: 'other:web' }, removed], 0, 5000)).toMatchObject([{ process: 'other:web', down: 4900 }, {}])
  })

  it('counts no time for a clock that was set back', () => {
    expect(reckoned([start(1000), up(1000), crash(500), up(600)], 0, 1100)).toMatchObject([{ up: 100, down: 0 }])
  })
})

const now = 100_000

function ledgerOf(...entries: readonly (LedgerEntry | string)[]): FakeMaster {
  const master = new FakeMaster([fakeView('web', 'web'), fakeView('shop', 'api')])
  master.ledger = entries.map(entry => (typeof entry === 'string' ? entry : JSON.stringify(entry)))
  return master
}

const asked = { targets: ['all'], since: 50_000, limit: 10 }

test('the ledger is read over cut lines and lines that are not understood', async () => {
  const master = ledgerOf('{"at":1,"ty', start(60_000), '{"at":2,"type":"unheard of"}', '', up(61_000))
  expect((await historyOf(master, asked, now)).entries).toEqual([start(60_000), up(61_000)])
})

test('what is older than the period is reckoned with and not shown', async () => {
  const { entries, accounts, since } = await historyOf(ledgerOf(start(1000), up(2000), crash(60_000)), asked, now)
  expect(since).toBe(50_000)
  expect(entries).toEqual([crash(60_000)])
  expect(accounts).toMatchObject([{ process: 'web', up: 10_000, down: 40_000 }])
})

test('the newest are shown when there are too many, and all are reckoned', async () => {
  const many = Array.from({ length: 45 }, (_, index) => crash(60_000 + index))
  const { entries, earlier, accounts } = await historyOf(ledgerOf(...many), asked, now)
  expect([entries.length, entries[0]?.at, earlier]).toEqual([10, 60_035, 35])
  expect(accounts).toMatchObject([{ failures: 45 }])
  expect((await historyOf(ledgerOf(...many), { ...asked, limit: 0 }, now))).toMatchObject({ entries: [], earlier: 45 })
})

test('a name means its processes only, also one that is not in the config any more', async () => {
  const master = ledgerOf(start(60_000), { at: 60_001, type: 'up', process: 'shop:api' }, { at: 60_002, type: 'up', process: 'old:one' }, { at: 60_003, type: 'master' })
  const read = async (...targets: string[]): Promise<unknown> => {
    const { entries, missing } = await historyOf(master, { ...asked, targets }, now)
    return [entries.map(({ at }) => at - 60_000), missing.map(({ target }) => target)]
  }
  expect(await read('web')).toEqual([[0], []])
  expect(await read('shop')).toEqual([[1], []])
  expect(await read('old:*', 'nobody')).toEqual([[2], ['nobody']])
  expect(await read('all')).toEqual([[0, 1, 2, 3], []])
})

test('the account of one process that is asked for by name ends with its group', async () => {
  const master = ledgerOf(start(60_000), { at: 70_000, type: 'config', reason: 'removed group web' })
  expect((await historyOf(master, { ...asked, targets: ['web'] }, now)).accounts).toMatchObject([{ process: 'web', down: 10_000 }])
})
