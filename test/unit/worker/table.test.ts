/** The shared tables of the SDK: what each call asks, and what it makes of the answer. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { inbox } from '../../../src/worker/inbox.ts'
import { table } from '../../../src/worker/table.ts'

afterEach(() => { vi.restoreAllMocks() })

/** Answers every request with the next of these; what was asked is as it is written. */
function answering(...answers: unknown[]): unknown[] {
  const asked: unknown[] = []
  vi.spyOn(inbox, 'request').mockImplementation((word, words) => {
    asked.push([word, JSON.parse(JSON.stringify(words))])
    return Promise.resolve(answers.shift())
  })
  return asked
}

describe('table()', () => {
  const sessions = table<{ user: string; seen: number }>('sessions')

  it.each<[call: () => Promise<unknown>, words: object, answer: unknown, gives: unknown]>([
    [() => sessions.get('a'), { op: 'get', key: 'a' }, null, null],
    [() => sessions.get('a', 'seen'), { op: 'get', key: 'a', column: 'seen' }, 5, 5],
    [() => sessions.set('a', { user: 'x' }), { op: 'set', key: 'a', row: { user: 'x' } }, true, undefined],
    [() => sessions.set('a', {}, { ttl: 1500 }), { op: 'set', key: 'a', row: {}, ttl_s: 1.5 }, true, undefined],
    [() => sessions.set('a', {}, { ttl: null }), { op: 'set', key: 'a', row: {}, ttl_s: null }, true, undefined],
    [() => sessions.incr('a'), { op: 'incr', key: 'a', by: 1 }, 7, 7],
    [() => sessions.incr('a', 3, { column: 'seen', ttl: 60_000 }), { op: 'incr', key: 'a', by: 3, column: 'seen', ttl_s: 60 }, 7, 7],
    [() => sessions.decr('a', 2), { op: 'decr', key: 'a', by: 2 }, 5, 5],
    [() => sessions.del('a'), { op: 'del', key: 'a' }, true, true],
    [() => sessions.del('a', { user: 'x' }), { op: 'del', key: 'a', expect: { user: 'x' } }, false, false],
    [() => sessions.exists('a'), { op: 'exists', key: 'a' }, true, true],
    [() => sessions.compareAndSet('a', null, { user: 'x' }, { ttl: 1 }), { op: 'cas', key: 'a', expect: null, row: { user: 'x' }, ttl_s: 0.001 }, true, true],
    [() => sessions.count(), { op: 'count' }, 3, 3],
    [() => sessions.clear(), { op: 'clear' }, true, undefined],
  ])('asks for %s', async (call, words, answer, gives) => {
    const asked = answering(answer)
    expect(await call()).toEqual(gives)
    expect(asked).toEqual([['table', { name: 'sessions', ...words }]])
  })

  it('scans page by page until the last, also over an empty one', async () => {
    const asked = answering({ rows: [{ key: 'a', row: { user: 'x' }, ttl_s: 1.5 }], cursor: 7 }, { rows: [], cursor: 9 }, { rows: [{ key: 'b', row: { user: 'y' }, ttl_s: null }], cursor: null })
    const rows = []
    for await (const row of sessions.scan({ prefix: 'u' })) rows.push(row)
    expect(rows).toEqual([{ key: 'a', row: { user: 'x' }, ttl: 1500 }, { key: 'b', row: { user: 'y' }, ttl: null }])
    expect(asked).toEqual([0, 7, 9].map((cursor) => ['table', { name: 'sessions', op: 'scan', prefix: 'u', cursor, limit: 500 }]))
  })

  it('says that there is nobody to ask outside of nsup', async () => {
    await expect(sessions.incr('a')).rejects.toMatchObject({ code: 'NO_MASTER', message: expect.stringContaining('there is no nsup to ask') as string })
  })
})
