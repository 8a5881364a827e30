/** Capture mode: tokens wherever the chunks are cut, bounds, and what becomes of an end that never comes. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Capture } from '../../../src/lib/capture.ts'

const begin = '<!--XSUPERVISOR:BEGIN-->'
const end = '<!--XSUPERVISOR:END-->'

function run(chunks: readonly Uint8Array[], bound = 1000): { plain: string; captured: string[]; pieces: string } {
  let [plain, pieces] = ['', '']
  const captured: string[] = []
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
  const capture = new Capture(bound, {
    onPlain: (bytes) => (plain += text(bytes)),
    onPiece: (bytes) => (pieces += text(bytes)),
    onCaptured: (bytes) => captured.push(text(bytes)),
  })
  for (const chunk of chunks) capture.push(chunk)
  capture.flush()
  return { plain, captured, pieces }
}

/** Bytes that are still held in buffers. */
function held(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect() // buffers are freed beside the program: the second one waits for what the first has begun
  return process.memoryUsage().arrayBuffers
}

const whole = (text: string, bound?: number): ReturnType<typeof run> => run([Buffer.from(text, 'latin1')], bound)

describe('capture', () => {
  it('takes what stands between the tokens out of the stream', () => {
    expect(whole(`a${begin}b${end}c${begin}${end}d`)).toEqual({ plain: 'acd', captured: ['b', ''], pieces: 'b' })
  })

  it('knows an end only after a beginning, and a beginning only outside', () => {
    expect(whole(`a${end}b${begin}c${begin}d${end}e`)).toEqual({ plain: `a${end}be`, captured: [`c${begin}d`], pieces: `c${begin}d` })
  })

  it('hands on at once what cannot be a token', () => {
    let plain = ''
    const capture = new Capture(10, { onPlain: (bytes) => (plain += Buffer.from(bytes).toString()), onPiece: () => undefined, onCaptured: () => undefined })
    capture.push(Buffer.from('x\n'))
    expect(plain).toBe('x\n')
    capture.push(Buffer.from('<!--'))
    expect(plain).toBe('x\n')
    capture.push(Buffer.from('no'))
    expect(plain).toBe('x\n<!--no')
  })

  it('keeps the last bytes of what is longer than the bound', () => {
    expect(whole(`${begin}0123456789${end}`, 4).captured).toEqual(['6789'])
    expect(run([begin, '0123', '4567', '89', end].map((text) => Buffer.from(text)), 4).captured).toEqual(['6789'])
  })

  it('gives back what was never ended', () => {
    expect(whole(`a${begin}b<!--XSUP`)).toMatchObject({ plain: 'ab<!--XSUP', captured: [] })
  })

  it('does not grow by a capture that never ends, in large pieces or small ones', () => {
    const capture = new Capture(100_000, { onPlain: () => undefined, onPiece: () => undefined, onCaptured: () => undefined })
    capture.push(Buffer.from(begin))
    const before = held()
    for (let turn = 0; turn < 2000; turn++) capture.push(new Uint8Array(50_000))
    for (let turn = 0; turn < 200_000; turn++) capture.push(Buffer.from('x'))
    expect(held() - before).toBeLessThan(50_000_000) // half of what went in
  })

  it('says the same however the stream is cut, and hands on at most the bound', () => {
    const piece = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(begin, end, '<', '<!--', '<!--XSUPERVISOR:', begin.slice(0, -1), end.slice(0, -2), 'text\n') },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
    )
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 })
    fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), cuts, fc.integer({ min: 1, max: 50 }), (pieces, sizes, bound) => {
      const bytes = Buffer.from(pieces.join(''), 'latin1')
      const chunks: Uint8Array[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1
        chunks.push(bytes.subarray(at, at + size))
        at += size
      }
      const cut = run(chunks, bound)
      expect(cut).toEqual(run([bytes], bound))
      for (const text of cut.captured) expect(text.length).toBeLessThanOrEqual(bound)
    }))
  })
})
