/** The small parts of the SDK, each alone: options, waits, jobs in hand, the shutdown that several take part in. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { JobsInHand } from '../../../src/worker/in-hand.ts'
import { aCount, aFunction, aPath, aShare, aTime, checkOptions } from '../../../src/worker/options.ts'
import { Shutdown } from '../../../src/worker/shutdown.ts'
import type { Participant } from '../../../src/worker/shutdown.ts'
import { retryDelay, sleepUntil } from '../../../src/worker/waiting.ts'
import { report } from '../../../src/worker/report.ts'
import { onMessage } from '../../../src/worker/messages.ts'
import { drainHttp } from '../../../src/worker/drain-http.ts'

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

describe('options', () => {
  const rows = { next: aFunction, idleSleep: aTime, concurrency: aCount, jitter: aShare, path: aPath }
  it.each<[unknown, string]>([
    [null, 'of: the options are an object, not null'],
    [{ next: 1 }, 'of: next must be a function, not 1'],
    [{}, 'of: next is missing, a function'],
    [{ next: Date, idlesleep: 4 }, 'of: there is no option idlesleep; did you mean idleSleep?'],
    [{ next: Date, concurency: 4 }, 'of: there is no option concurency; did you mean concurrency?'],
    [{ next: Date, nonsense: 4 }, 'of: there is no option nonsense; there are next, idleSleep, concurrency, jitter, path'],
    [{ next: Date, idleSleep: '4s' }, 'of: idleSleep must be a time in milliseconds, from 0 to 2147483647, not "4s"'],
    [{ next: Date, idleSleep: Infinity }, 'not Infinity'],
    [{ next: Date, concurrency: 0 }, 'of: concurrency must be a whole number from 1 on, not 0'],
    [{ next: Date, concurrency: 1.5 }, 'not 1.5'],
    [{ next: Date, jitter: 2 }, 'of: jitter must be a number from 0 to 1, not 2'],
    [{ next: Date, path: 'ready' }, "of: path must be a path such as '/ready', or null, not \"ready\""],
    [{ next: Date, path: {} }, 'not an object'],
    [{ next: Date, toString: 1 }, 'of: there is no option toString'],
  ])('%j are refused', (given, sentence) => {
    expect(() => { checkOptions('of', given, rows, ['next']) }).toThrow(sentence)
  })

  it('may be left out, or undefined', () => {
    expect(() => { checkOptions('of', { next: Date, idleSleep: undefined, path: null, concurrency: 4 }, rows, ['next']) }).not.toThrow()
  })

  it('of drainHttp say what to give instead', () => {
    const server = { listening: false, emit: Date, close: Date }
    expect(() => { drainHttp({ server } as never) }).toThrow('give its property server')
    expect(() => { drainHttp((() => undefined) as never) }).toThrow('give what app.listen() returns')
    expect(() => { drainHttp(7 as never) }).toThrow('must be a server of node:http, https or http2')
    expect(() => { drainHttp(server as never, { drainDelay: 40_000 }) }).toThrow('leaves no time before the timeout')
  })

  it('of onMessage are a function and what goes with it', () => {
    expect(() => { onMessage(7 as never) }).toThrow('onMessage: the first argument must be a function that takes a message, not 7')
    expect(() => { onMessage(() => undefined, { wrk: false } as never) }).toThrow('onMessage: there is no option wrk; did you mean work?')
    expect(() => { onMessage(() => undefined, { work: 1 as never }) }).toThrow('work must be true or false, not 1')
  })

  it('of report are times in milliseconds', () => {
    expect(() => { report.extend(0) }).toThrow('extend is a time in milliseconds')
    expect(() => { report.busy('a', { lasts: NaN }) }).toThrow('lasts is a time')
    expect(() => { report.busy('a', { lasts: 1000 }) }).not.toThrow()
  })
})

describe('a wait', () => {
  it('is over when its time is, or when somebody asks to stop', async () => {
    const stop = new AbortController()
    const [short, long] = [sleepUntil(1000, stop.signal), sleepUntil(3_600_000, stop.signal)]
    await vi.advanceTimersByTimeAsync(1000)
    expect(await short).toBe(true)
    stop.abort()
    expect(await long).toBe(false)
    expect(await sleepUntil(1000, stop.signal)).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('after errors grows up to half a minute', () => {
    expect([1, 2, 3, 6, 7, 99].map(retryDelay)).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000])
  })
})

describe('the jobs in hand', () => {
  it('are counted as they end, and the last one makes idle only if no other comes at once', async () => {
    const busy: boolean[] = []
    const hand = new JobsInHand((is) => busy.push(is))
    let release = (): void => undefined
    const first = hand.run('a', () => new Promise<void>((resolve) => (release = resolve)))
    const second = hand.run('b', () => 7)
    await second
    expect(hand.list()).toMatchObject([{ job: 'a', since: new Date(Date.now()).toISOString() }])
    expect([hand.size, hand.processed, hand.failed]).toEqual([1, 1, 0])
    release()
    await first
    const third = hand.run('c', () => 8)
    await third
    await hand.empty()
    expect(busy).toEqual([true, false])
    expect([hand.size, hand.processed, hand.lastActivity]).toEqual([0, 3, new Date(Date.now()).toISOString()])
  })
})

describe('a shutdown', () => {
  interface World {
    readonly said: string[]
    readonly left: number[]
    readonly shutdown: Shutdown
    readonly signal: (name: NodeJS.Signals) => void
  }

  function world(): World {
    const said: string[] = []
    const left: number[] = []
    const listeners: ((name: NodeJS.Signals) => void)[] = []
    const shutdown = new Shutdown({
      signals: { on: (_, listener) => listeners.push(listener) },
      say: (message, fields) => said.push(`${message} ${JSON.stringify(fields?.['processed_count'] ?? fields?.['is_processing'])}`),
      complain: (message, fields) => said.push(`${message} ${JSON.stringify(fields)}`),
      leave: (code) => left.push(code),
    })
    return { said, left, shutdown, signal: (name) => { listeners[0]?.(name) } }
  }

  const participant = (drained: Promise<void>, more: Partial<Participant> = {}): Participant => ({
    timeout: 1000, isProcessing: () => false, processed: () => 2, left: () => ({ jobs_left: ['a'] }), drain: () => drained, ...more,
  })

  it('waits for all who take part, and counts what all have done', async () => {
    const { said, left, shutdown, signal } = world()
    let finish = (): void => undefined
    shutdown.join(participant(Promise.resolve()))
    shutdown.join(participant(new Promise((resolve) => (finish = resolve)), { isProcessing: () => true }))
    signal('SIGTERM')
    signal('SIGTERM')
    await vi.advanceTimersByTimeAsync(999)
    expect(left).toEqual([])
    expect(shutdown.signal.aborted).toBe(true)
    finish()
    await vi.advanceTimersByTimeAsync(0)
    expect(left).toEqual([0])
    expect(said).toEqual(['Worker received shutdown signal true', 'Worker ignored repeated signal true', 'Worker gracefully shutdown 4'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends with 1 after the timeout of the one that is not done, once', async () => {
    const { said, left, shutdown, signal } = world()
    shutdown.join(participant(Promise.resolve(), { timeout: 10 }))
    shutdown.join(participant(new Promise(() => undefined)))
    signal('SIGINT')
    await vi.advanceTimersByTimeAsync(5000)
    expect(left).toEqual([1])
    expect(said.at(-1)).toContain('Worker shutdown timed out {"error":"not done within 1 s","processed_count":4,"jobs_left":["a"]')
  })

  it('is no second one when the worker recycles itself, and a signal meanwhile changes nothing', async () => {
    const { said, left, shutdown, signal } = world()
    shutdown.join(participant(Promise.resolve()))
    shutdown.recycle('after 10 jobs')
    signal('SIGTERM')
    shutdown.recycle('after 10 jobs')
    await vi.advanceTimersByTimeAsync(0)
    expect(left).toEqual([0])
    expect(said.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['Worker recycles', 'Worker ignored', 'Worker gracefully'])
  })
})
