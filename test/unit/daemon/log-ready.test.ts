import { describe, expect, it } from 'vitest'
import { readyTap } from '../../../src/daemon/log-ready.ts'
import { procIn } from '../core/procs.ts'

const care = (pattern: string): { care: { ready: { by: { kind: 'log'; pattern: string }; timeout: number } } } => ({ care: { ready: { by: { kind: 'log', pattern }, timeout: 1000 } } })

describe('Readiness by a line of output', () => {
  it('is told once for each incarnation, whatever the borders of the chunks, and not after it', () => {
    let told = 0
    const proc = procIn('STARTING', {}, care('^listening on \\d+$'))
    const tap = readyTap(proc, '^listening on \\d+$', () => { told += 1 })
    const say = (text: string): void => {
      for (const byte of Buffer.from(text)) tap(Uint8Array.of(byte))
    }
    say('starting\nlistening on port\nnot listening on 1\nlistening on 80')
    expect(told).toBe(0)
    say('\r\nlistening on 81\n')
    expect(told).toBe(1)
    proc.incarnation = 2
    say('\u001b[32mlistening on 80\u001b[0m\n')
    expect(told).toBe(2)
    Object.assign(proc, { incarnation: 3, state: 'RUNNING' })
    say('listening on 80\n')
    expect(told).toBe(2)
  })

  it('looks at the beginning of a long line only, and gives up a pattern that takes too long', () => {
    let told = 0
    const proc = procIn('STARTING', {}, care('x'))
    const late = readyTap(proc, 'ready', () => { told += 1 })
    late(Buffer.from(`${'.'.repeat(9000)}ready\n`))
    expect(told).toBe(0)
    late(Buffer.from(`${'.'.repeat(8000)}ready\n`))
    expect(told).toBe(1)
    const slow = readyTap(proc, '(a+)+$', () => { told += 1 })
    slow(Buffer.from(`${'a'.repeat(1000)}b\n`))
    expect(told).toBe(1)
  })
})
