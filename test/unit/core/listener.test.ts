/** The protocol of one listener: tokens however they are cut, violations, and what is in doubt after a master's death. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Envelope } from '../../../src/core/envelope.ts'
import { Listener } from '../../../src/core/listener.ts'
import type { Heard } from '../../../src/core/listener.ts'

const event = (serial: number): Envelope => ({ serial, poolSerial: serial, type: 'TICK_5', payload: 'when:5' })
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const words = (heard: readonly Heard[]): string[] => heard.map((one) => (one.type === 'ready' ? 'ready' : `${one.type} ${String(one.event?.serial ?? 'nothing')}`))

/** A listener that got event 1. */
function busy(): Listener {
  const listener = new Listener()
  listener.hear(bytes('READY\n'))
  listener.send(event(1))
  return listener
}

/** What a listener does with a text in these pieces: each time that it is READY it gets the next event. */
function life(pieces: readonly Uint8Array[]): { heard: string[]; state: string; held: number } {
  const listener = new Listener()
  const heard: string[] = []
  let next = 0
  for (const piece of pieces) {
    // An event arrives at the moment of READY, so that the cut of the chunks does not decide what was sent when.
    for (const byte of piece) {
      heard.push(...words(listener.hear(Uint8Array.of(byte))))
      if (listener.state === 'READY') listener.send(event(next++))
    }
  }
  return { heard, state: listener.state, held: listener.record().pending.length }
}

describe('a listener', () => {
  it('is ready, gets an event, accepts it, and is ready again', () => {
    const listener = new Listener()
    expect(listener.state).toBe('ACKNOWLEDGED')
    expect(words(listener.hear(bytes('READY\n')))).toEqual(['ready'])
    listener.send(event(7))
    expect(listener.state).toBe('BUSY')
    expect(words(listener.hear(bytes('RESULT 2\nOKREADY\n')))).toEqual(['accepted 7', 'ready'])
    expect(listener.state).toBe('READY')
  })

  it.each(['RESULT 4\nFAIL', 'RESULT 0\n', 'RESULT 3\nOK!', 'RESULT 2\nok', 'RESULT 2\nKO', 'RESULT 5\nOK\0\0\0', `RESULT 100000\n${'x'.repeat(100_000)}`])('rejects by %j', (text) => {
    const listener = busy()
    expect(words(listener.hear(bytes(text.slice(0, -1))))).toEqual([])
    expect(words(listener.hear(bytes(text.slice(-1))))).toEqual(['rejected 1'])
    expect(listener.state).toBe('ACKNOWLEDGED')
  })

  it.each(['RESULT +2\nOK', 'RESULT  2 \nOK', 'result:2\nOK', 'XXXXXXX2\nOK'])('accepts by %j: what stands before the number is not looked at', (text) => {
    expect(words(busy().hear(bytes(text)))).toEqual(['accepted 1'])
  })

  it.each(['RESULT x\n', 'RESULT \n', '\n', 'RESULT -1\n', 'RESULT 2 2\n', 'RESULT 99999999999999999999\n', 'READY\n', 'x'.repeat(1025)])('violates the protocol by %j, and gives its event back', (text) => {
    const listener = busy()
    expect(words(listener.hear(bytes(text)))).toEqual(['violated 1'])
    expect([listener.state, listener.event]).toEqual(['UNKNOWN', null])
    expect(listener.hear(bytes('READY\nREADY\n'))).toEqual([])
  })

  it('violates it by a first word that is not READY, as soon as that is certain', () => {
    const listener = new Listener()
    expect(listener.hear(bytes('hello'))).toEqual([])
    expect(words(listener.hear(bytes('!')))).toEqual(['violated nothing'])
  })

  it('violates it by anything while it is READY', () => {
    const listener = new Listener()
    expect(words(listener.hear(bytes('READY\nx')))).toEqual(['ready', 'violated nothing'])
    expect(listener.record().pending).toBe('')
  })

  it('says the same however its output is cut, keeps no more than a token, and never throws', () => {
    const token = fc.constantFrom('READY\n', 'RESULT 2\nOK', 'RESULT 4\nFAIL', 'RESULT 0\n', 'RESULT 12\nREADY\nRESULT', 'RESULT x\n', 'READY', '\n')
    const text = fc.array(fc.oneof({ weight: 5, arbitrary: token.map(bytes) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) }), { maxLength: 20 })
    fc.assert(fc.property(text, fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 30 }), (tokens, cuts) => {
      const whole = Buffer.concat(tokens)
      const expected = life([whole])
      expect(expected.held).toBeLessThanOrEqual(1025)
      // Chunks of every size, without a READY in the middle of one that an event would have to follow at once.
      const listener = new Listener()
      const heard: string[] = []
      let next = 0
      let at = 0
      for (let turn = 0; at < whole.length; turn++) {
        const limit = endOfReady(whole, at, (cuts[turn % cuts.length] ?? 0) + 1)
        heard.push(...words(listener.hear(whole.subarray(at, limit))))
        at = limit
        if (listener.state === 'READY') listener.send(event(next++))
      }
      expect([heard, listener.state]).toEqual([expected.heard, expected.state])
    }))
  })

  it('does not grow by a result that never ends', () => {
    const listener = busy()
    listener.hear(bytes('RESULT 9007199254740991\n'))
    for (let turn = 0; turn < 100; turn++) listener.hear(new Uint8Array(64 * 1024))
    expect(JSON.stringify(listener.record()).length).toBeLessThan(200)
  })
})

/** The end of a chunk of at most `size` bytes from `at` on, no later than the next READY line. */
function endOfReady(whole: Buffer, at: number, size: number): number {
  for (let end = at + 1; end <= Math.min(at + size, whole.length); end++) {
    if (whole.subarray(Math.max(0, end - 6), end).toString('latin1') === 'READY\n') return end
  }
  return Math.min(at + size, whole.length)
}

describe('a listener that an earlier master began with', () => {
  const again = (listener: Listener, sure = false): Listener =>
    Listener.restored(JSON.parse(JSON.stringify(listener.record())) as ReturnType<Listener['record']>, listener.event, sure)

  it.each([0, 3, 7, 9, 10, 11])('goes on where it was, also after %d bytes of its answer', (cut) => {
    const before = busy()
    before.hear(bytes('RESULT 2\nOK'.slice(0, cut)))
    const after = again(before)
    expect(words(after.hear(bytes(`${'RESULT 2\nOK'.slice(cut)}READY\n`)))).toEqual(cut === 11 ? ['ready'] : ['accepted 1', 'ready'])
  })

  it('has its event sent again when its answer died with the master', () => {
    expect(words(again(busy()).hear(bytes('READY\n')))).toEqual(['unanswered 1', 'ready'])
  })

  it.each(['EADY\n', 'LT 2\nOK', 'ADY\n'])('may begin with the rest of a token that died with the master: %j', (rest) => {
    const after = again(busy())
    expect(words(after.hear(bytes(rest)))).toEqual([])
    expect(after.doubt()?.serial).toBe(1)
    expect(words(after.hear(bytes('RESULT 2\nOKREADY\n')))).toEqual(['accepted 1', 'ready'])
  })

  it.each(['OKREADY\n', 'LT 2\nOKREADY\n', 'T 2\nOKREADY\n', '\nOKREADY\n'])('has its event sent again as soon as it asks after such a rest: %j', (rest) => {
    expect(words(again(busy()).hear(bytes(rest)))).toEqual(['unanswered 1', 'ready'])
  })

  it('asks again after an answer to an event that this master knows nothing of', () => {
    expect(words(again(new Listener()).hear(bytes('RESULT 2\nOKREADY\n')))).toEqual(['ready'])
  })

  it('is judged as strictly as ever when the earlier master ended in order', () => {
    expect(words(again(busy(), true).hear(bytes('READY\n')))).toEqual(['violated 1'])
    expect(again(busy(), true).doubt()).toBeNull()
  })

  it('is strict again as soon as it has got something', () => {
    const after = again(busy())
    after.hear(bytes('RESULT 2\nOKREADY\n'))
    after.send(event(2))
    expect(words(after.hear(bytes('READY\n')))).toEqual(['violated 2'])
    expect(after.doubt()).toBeNull()
  })

  it('has its event sent once more when it stays silent, whether it had got it or not', () => {
    const after = again(busy())
    expect(after.doubt()?.serial).toBe(1)
    expect(after.doubt()).toBeNull()
    expect(words(after.hear(bytes('RESULT 2\nOKREADY\n')))).toEqual(['accepted 1', 'ready'])
    expect(words(after.hear(bytes('RESULT 2\nOKREADY\n')))).toEqual(['ready'])
    expect(words(after.hear(bytes('RESULT 2\nOKREADY\n')))).toEqual(['violated nothing'])
  })

  it('is taken for READY when it stays silent without an event, and may still say so itself', () => {
    const after = again(new Listener())
    expect([after.doubt(), after.state]).toEqual([null, 'READY'])
    after.send(event(3))
    expect(words(after.hear(bytes('READY\nRESULT 2\nOKREADY\n')))).toEqual(['accepted 3', 'ready'])
  })

  it('is not in doubt when it was READY or UNKNOWN', () => {
    const ready = new Listener()
    ready.hear(bytes('READY\n'))
    expect([again(ready).doubt(), again(ready).state]).toEqual([null, 'READY'])
    const lost = new Listener()
    lost.hear(bytes('rubbish\n'))
    expect([again(lost).doubt(), again(lost).state]).toEqual([null, 'UNKNOWN'])
  })
})
