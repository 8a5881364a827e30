import { afterEach, expect, it } from 'vitest'
import { handleSignals } from '../../../src/daemon/signals.ts'

const names = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTTIN', 'SIGTTOU'] as const
const before = new Map(names.map((name) => [name, process.listeners(name)]))

afterEach(() => {
  for (const name of names) {
    for (const listener of process.listeners(name)) if (!before.get(name)?.includes(listener)) process.off(name, listener)
  }
})

/** What the handlers ask for when these come, each at its time in milliseconds. Nothing is really sent. */
function asked(...coming: readonly (readonly [time: number, name: (typeof names)[number]])[]): string[] {
  const done: string[] = []
  let now = 0
  const note = (what: string) => (signal?: string) => void done.push(signal === undefined ? what : `${what} ${signal}`)
  handleSignals(
    { exit: note('exit'), hurry: note('hurry'), ignored: note('ignored'), hangup: () => note('hangup')(), relayUsr1: () => note('relay')(), reopenLogs: () => note('reopen')() },
    () => now,
  )
  for (const [time, name] of coming) {
    now = time
    for (const listener of process.listeners(name)) if (!before.get(name)?.includes(listener)) listener(name)
  }
  return done
}

it('takes TERM, INT and QUIT as a wish to exit', () => {
  expect(asked([0, 'SIGTERM'], [10, 'SIGINT'])).toEqual(['exit SIGTERM', 'exit SIGINT'])
})

it('is in a hurry at the third within two seconds, and only then', () => {
  expect(asked([0, 'SIGTERM'], [1000, 'SIGQUIT'], [2000, 'SIGINT'])).toEqual(['exit SIGTERM', 'exit SIGQUIT', 'hurry SIGINT'])
  expect(asked([0, 'SIGTERM'], [1000, 'SIGTERM'], [2001, 'SIGTERM'], [2900, 'SIGTERM']).at(-2)).toBe('exit SIGTERM')
})

it('tells the others apart', () => {
  expect(asked([0, 'SIGHUP'], [0, 'SIGUSR1'], [0, 'SIGUSR2'], [0, 'SIGTTIN'], [0, 'SIGTTOU'])).toEqual([
    'hangup', 'relay', 'reopen', 'ignored SIGTTIN', 'ignored SIGTTOU',
  ])
})
