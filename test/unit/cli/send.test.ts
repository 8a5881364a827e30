/** What nsup send takes for a message, and what it says where nobody can take it. */
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/lib/fault.ts'
import { command } from './harness.ts'

const sent = { send: () => ({ n: 17, to: ['a'], refused: [] }) }
const typing = (...pieces: (string | Buffer)[]): { keys: Readable } => ({ keys: Readable.from(pieces.map((piece) => Buffer.from(piece))) })

describe('nsup send', () => {
  it('takes all of standard input, as JSON or as text', async () => {
    expect((await command(['send', 'a', '-'], sent, typing('{"ta', 'ble":4}\n'))).asked).toEqual([{ method: 'send', params: { to: 'a', data: { table: 4 } } }])
    expect((await command(['send', 'a', '-'], sent, typing('one\ntw\u2028o\n'))).asked).toMatchObject([{ params: { data: 'one\ntw\u2028o' } }])
  })

  it('sends nothing of what is no text, and reads no more than a message may have', async () => {
    const torn = await command(['send', 'a', '-'], sent, typing(Buffer.from([0xff, 0xfe])))
    expect(torn).toMatchObject({ code: 2, asked: [], out: expect.stringContaining('no text in UTF-8') as unknown })
    function* endless(): Generator<Buffer> {
      for (;;) yield Buffer.alloc(64 * 1024, 'x')
    }
    const long = await command(['send', 'a', '-'], sent, { keys: Readable.from(endless()) })
    expect(long).toMatchObject({ code: 2, asked: [], out: expect.stringContaining('at most 1048576 bytes') as unknown })
    expect(await command(['send', 'a', 'x'.repeat(1024 * 1024)], sent)).toMatchObject({ code: 2, asked: [] })
  })

  it.each(['INBOX_FULL', 'NOT_RUNNING'] as const)('ends with 7 for %s: it may be tried again', async (fault) => {
    const answer = await command(['send', 'a', 'x'], { send: () => { throw new Fault(fault, 'a has no room') } })
    expect(answer).toMatchObject({ code: 7, out: expect.stringContaining('a has no room') as unknown })
  })
})
