import { describe, expect, it } from 'vitest'
import { parseSignal, signalName, signalNumber } from '../../../src/lib/signals.ts'

describe('signals', () => {
  it.each([
    ['TERM', 'SIGTERM'], [' sigusr1 ', 'SIGUSR1'], ['15', 'SIGTERM'], ['+1', 'SIGHUP'], ['17', 'SIGCHLD'], ['6', 'SIGABRT'], ['0', 'SIG0'],
  ])('reads %j', (text, name) => {
    expect(parseSignal(text)).toBe(name)
  })
  it.each(['', 'NOSUCH', '-1', '99', '1.5', 'RTMIN+1', 'toString'])('refuses %j', (text) => {
    expect(parseSignal(text)).toBeUndefined()
  })
  it('knows on Linux the two real-time signals that supervisord knows, and no other', () => {
    expect(signalName(35)).toBeUndefined()
    if (process.platform !== 'linux') return
    expect([parseSignal('rtmin'), parseSignal('64'), parseSignal('CLD'), signalName(35)]).toEqual(['SIGRTMIN', 'SIGRTMAX', 'SIGCLD', undefined])
    expect([signalNumber('SIGRTMIN'), signalNumber('SIGRTMAX'), signalNumber('SIGCLD'), signalNumber('SIG0')]).toEqual([34, 64, 17, 0])
  })
})
