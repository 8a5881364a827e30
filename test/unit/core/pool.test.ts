/** The pool: order, overflow, re-buffering, who gets what. And the header that a listener reads. */
import { describe, expect, it } from 'vitest'
import { envelopeText } from '../../../src/core/envelope.ts'
import { Pool } from '../../../src/core/pool.ts'
import type { SupervisorEvent } from '../../../src/core/supervisor-events.ts'

const tick = (when: number): SupervisorEvent => ({ type: 'TICK_5', payload: `when:${String(when)}` })
const bytes = (text: string): Uint8Array => Buffer.from(text)

function poolOf(bufferSize: number, ...members: string[]): Pool {
  const pool = new Pool('p', { events: ['TICK'], bufferSize })
  for (const name of members) {
    pool.admit(name)
    pool.hear(name, bytes('READY\n'))
  }
  return pool
}

const serials = (pool: Pool): number[] => pool.buffer.map((event) => event.serial)

describe('a pool', () => {
  it('wants what is below its subscription', () => {
    const pool = poolOf(10)
    expect(pool.wants(tick(5))).toBe(true)
    expect(pool.wants({ type: 'PROCESS_GROUP_ADDED', payload: '' })).toBe(false)
  })

  it('counts for itself, beside the serial that all pools share', () => {
    const pool = poolOf(10)
    pool.accept(tick(5), 3)
    pool.accept(tick(10), 9)
    expect(pool.buffer.map(({ serial, poolSerial }) => [serial, poolSerial])).toEqual([[3, 0], [9, 1]])
  })

  it('gives the oldest to the first that is ready, and one event to each', () => {
    const pool = poolOf(10, 'a', 'b', 'c')
    for (const serial of [0, 1, 2]) pool.accept(tick(serial), serial)
    expect(pool.dispatch(['b', 'c']).map(({ to, event }) => [to, event.serial])).toEqual([['b', 0], ['c', 1]])
    expect(pool.dispatch(['a', 'b']).map(({ to, event }) => [to, event.serial])).toEqual([['a', 2]])
    expect(pool.dispatch(['a', 'b', 'c'])).toEqual([])
  })

  it('lets the oldest go when one more comes than it holds', () => {
    const pool = poolOf(2)
    expect([0, 1, 2, 3].map((serial) => pool.accept(tick(serial), serial)?.serial ?? null)).toEqual([null, null, 0, 1])
    expect(serials(pool)).toEqual([2, 3])
  })

  it('puts what was rejected back to the head, with the same serials', () => {
    const pool = poolOf(10, 'a')
    for (const serial of [4, 5]) pool.accept(tick(serial), serial)
    pool.dispatch(['a'])
    const { heard } = pool.hear('a', bytes('RESULT 4\nFAIL'))
    expect(heard.map(({ type }) => type)).toEqual(['rejected'])
    expect(pool.buffer.map(({ serial, poolSerial }) => [serial, poolSerial])).toEqual([[4, 0], [5, 1]])
  })

  it('puts it back also from who died or broke the protocol, and lets the oldest go for it when it is full', () => {
    const pool = poolOf(1, 'a', 'b')
    pool.accept(tick(0), 0)
    pool.dispatch(['a'])
    pool.accept(tick(1), 1)
    expect(pool.dismiss('a')?.serial).toBe(1)
    expect(serials(pool)).toEqual([0])
    pool.dispatch(['b'])
    expect(pool.hear('b', bytes('RESULT x\n')).discarded).toEqual([])
    expect(serials(pool)).toEqual([0])
  })

  it('is quiet when none of its members is at work and none will ask for what waits', () => {
    const pool = poolOf(10, 'a', 'lost')
    pool.hear('lost', bytes('x'))
    expect(pool.isQuiet(['a', 'lost'])).toBe(true)
    pool.accept(tick(0), 0)
    expect([pool.isQuiet(['a']), pool.isQuiet(['lost']), pool.isQuiet([])]).toEqual([false, true, true])
    pool.dispatch(['a'])
    expect(pool.isQuiet(['a'])).toBe(false)
    pool.hear('a', bytes('RESULT 2\nOK'))
    expect(pool.isQuiet(['a'])).toBe(true)
  })

  it('begins anew with a member that starts again', () => {
    const pool = poolOf(10, 'a')
    pool.accept(tick(0), 0)
    pool.dispatch(['a'])
    pool.admit('a')
    expect([serials(pool), pool.listeners.get('a')?.state]).toEqual([[0], 'ACKNOWLEDGED'])
  })
})

describe('the text that a listener gets', () => {
  it('has its header in the order that supervisord has, and the payload as it is', () => {
    const event = { serial: 21, poolSerial: 10, type: 'PROCESS_COMMUNICATION_STDOUT', payload: 'processname:foo groupname:bar pid:123\nthe data' } as const
    expect(envelopeText(event, 'supervisor', 'listener')).toBe(
      `ver:3.0 server:supervisor serial:21 pool:listener poolserial:10 eventname:PROCESS_COMMUNICATION_STDOUT len:46\n${event.payload}`,
    )
  })

  it.each([['', 0], ['é', 1], ['日本', 2], ['a😀b', 3], ['😀', 1], ['\ud83d', 1]])('counts characters: %j has %d', (payload, length) => {
    const text = envelopeText({ serial: 0, poolSerial: 0, type: 'TICK_5', payload }, 's', 'p')
    expect(text).toContain(` len:${String(length)}\n`)
  })
})
