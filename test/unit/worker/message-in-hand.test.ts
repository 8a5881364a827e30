/** When the master is told of the message in hand, on a clock of its own; and of it beside a job. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AtWork } from '../../../src/worker/at-work.ts'
import { MessageInHand } from '../../../src/worker/message-in-hand.ts'

let told: (string | null)[] = []
let own = 0
let hand = new MessageInHand()

beforeEach(() => {
  vi.useFakeTimers()
  told = []
  own = 0
  hand = new MessageInHand()
  hand.tellBy({ tell: (job) => told.push(job), ownWords: () => own })
})
afterEach(() => { vi.useRealTimers() })

/** Handles one message, which takes so long. */
async function handle(n: number, ms: number, isLast = false): Promise<void> {
  hand.begin({ n, from: 'a' })
  if (ms > 0) await vi.advanceTimersByTimeAsync(ms)
  hand.end()
  if (isLast) {
    hand.rest()
    await vi.advanceTimersByTimeAsync(0)
  }
}

describe('the message in hand', () => {
  it('is told when it takes long, and its end when no other waits', async () => {
    const since = new Date().toISOString()
    hand.begin({ n: 7, from: 'a' })
    await vi.advanceTimersByTimeAsync(4)
    expect(told).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(told).toEqual(['7'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect([told, hand.message?.n, hand.since, vi.getTimerCount()]).toEqual([['7'], 7, since, 0])
    hand.end()
    hand.rest()
    expect([told, hand.message, hand.since]).toEqual([['7'], null, null])
    await vi.advanceTimersByTimeAsync(0)
    expect(told).toEqual(['7', null])
  })

  it('is not told while thousands of small ones go by, at the price of a timer now and then', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    for (let n = 1; n <= 10_000; n += 1) await handle(n, n % 100 === 0 ? 1 : 0)
    expect(told).toEqual([])
    expect(timers.mock.calls.length).toBeLessThanOrEqual(21)
    await handle(10_001, 0, true)
    await vi.advanceTimersByTimeAsync(10)
    expect([told, vi.getTimerCount()]).toEqual([[], 0])
  })

  it('is told at once after one that took long, without an idle in between', async () => {
    await handle(1, 100)
    hand.begin({ n: 2, from: 'a' })
    expect(told).toEqual(['1', '2'])
    await vi.advanceTimersByTimeAsync(100)
    hand.end()
    hand.rest()
    hand.begin({ n: 3, from: 'a' })
    await vi.advanceTimersByTimeAsync(0)
    expect(told).toEqual(['1', '2', '3'])
    await vi.advanceTimersByTimeAsync(100)
    hand.end()
    hand.rest()
    await vi.advanceTimersByTimeAsync(0)
    expect(told).toEqual(['1', '2', '3', null])
  })

  it('is idle when small ones follow a long one on and on', async () => {
    await handle(1, 100)
    for (let n = 2; n <= 1000; n += 1) await handle(n, 1)
    expect(told).toEqual(['1', '2', null])
  })

  it('is not told when the program has a better word for it', async () => {
    hand.begin({ n: 1, from: 'a' })
    own += 1
    await vi.advanceTimersByTimeAsync(100)
    hand.end()
    hand.rest()
    await vi.advanceTimersByTimeAsync(0)
    expect(told).toEqual([])
    await handle(2, 100, true)
    expect(told).toEqual(['2', null])
  })

  it('is nobody else\'s affair unless messages are the work', async () => {
    const silent = new MessageInHand()
    silent.begin({ n: 1, from: 'a' })
    expect([silent.message?.n, vi.getTimerCount()]).toEqual([1, 0])
    await vi.advanceTimersByTimeAsync(100)
    silent.end()
    silent.rest()
    expect([silent.message, vi.getTimerCount()]).toEqual([null, 0])
  })
})

it('a job and a message in hand are one word, and the worker is idle without both', () => {
  const words: unknown[] = []
  const work = new AtWork({ write: (word, options) => { words.push(word); return options?.instead === 'job' ? 'sent' : 'lost' } })
  work.tell('jobs', 'table 4')
  work.tell('message', '17')
  work.tell('jobs', null)
  work.tell('jobs', 'table 5')
  work.tell('message', null)
  work.tell('jobs', 'table 6', true)
  work.tell('jobs', null)
  const busy = ['table 4', 'table 4, 17', '17', '17, table 5', 'table 5', 'table 6'].map((job) => ({ busy: { job } }))
  expect(words).toEqual([...busy.slice(0, -1), { idle: true, ...busy.at(-1) }, { idle: true }])
})
