/** A signal that the master passes on, and who is left out because it would be his death. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { CareSpec } from '../../../src/core/care.ts'
import type { State } from '../../../src/core/model.ts'
import { newFleet } from '../../../src/core/roster.ts'
import type { Fleet } from '../../../src/core/roster.ts'
import { relaySignal } from '../../../src/daemon/relay.ts'
import { procIn } from '../core/procs.ts'

type Handles = boolean | 'perhaps' | null

let fleet: Fleet
let handlers: Map<number, Handles>
let said: string[]

beforeEach(() => {
  fleet = newFleet()
  handlers = new Map()
  said = []
})

function add(name: string, handles: Handles, care?: CareSpec, state: State = 'RUNNING'): void {
  const pid = 100 + handlers.size
  handlers.set(pid, handles)
  const proc = procIn(state, {}, { group: name, program: name, name, ...(care !== undefined && { care }) })
  if (proc.id !== null) proc.id = { pid, startTime: '1' }
  fleet.groups.set(name, { name, priority: 999, procs: new Map([[name, proc]]) })
}

function relay(kill: (pid: number) => 'sent' | 'gone' | { failed: string } = () => 'sent'): void {
  const processes = { handles: ({ pid }: { pid: number }) => handlers.get(pid) ?? null, kill: ({ pid }: { pid: number }) => kill(pid) }
  const log = { error: (sentence: string) => said.push(`error: ${sentence}`), warn: (sentence: string) => said.push(sentence) }
  relaySignal(fleet, 'SIGUSR1', { processes, log }, { note: ({ process, signal }) => said.push(`${String(signal)} to ${String(process)}`) })
}

describe('a signal that is passed on', () => {
  it('goes to who has a handler, and to all where nobody can tell', () => {
    add('hears', true)
    add('unknown', null)
    add('starts', true, undefined, 'STARTING')
    add('off', true, undefined, 'STOPPED')
    relay()
    expect(said).toEqual(['SIGUSR1 to hears', 'SIGUSR1 to unknown'])
  })

  it('is kept from who would die of it, and one line says from whom and why', () => {
    add('deaf', false)
    add('hears', true)
    add('php', 'perhaps')
    add('php_that_reports', 'perhaps', { report: true })
    add('php_that_is_asked', 'perhaps', { healthSignal: 'SIGUSR1' })
    add('php_by_another', 'perhaps', { report: true, healthSignal: 'SIGUSR2' })
    add('still', false)
    relay()
    expect(said.toSorted()).toEqual([
      'SIGUSR1 to hears', 'SIGUSR1 to php_that_is_asked', 'SIGUSR1 to php_that_reports',
      'SIGUSR1 was not sent to who would die of it: deaf, still (no handler); php, php_by_another (PHP hides whether its program has a handler: say health_signal=USR1 if it has)',
    ])
  })

  it('names ten of hundreds', () => {
    for (let n = 100; n < 300; n += 1) add(`w${String(n)}`, false)
    relay()
    expect(said).toEqual([expect.stringMatching(/: w100, w101, .*w109 and 190 more \(no handler\)$/)])
  })

  it('says who cannot be reached, and nothing of who is gone', () => {
    add('mine', true)
    add('gone', true)
    relay((pid) => (pid === 100 ? { failed: 'EPERM' } : 'gone'))
    expect(said).toEqual(['error: could not send SIGUSR1 to mine: EPERM'])
  })
})
