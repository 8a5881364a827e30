import { expect, it } from 'vitest'
import { enlist, newFleet } from '../../../src/core/roster.ts'
import type { Fleet } from '../../../src/core/roster.ts'
import { brokenInvariants } from '../../../src/core/invariants.ts'
import type { State } from '../../../src/core/model.ts'
import type { Proc } from '../../../src/core/proc.ts'
import { specOf } from '../../sim/random-world.ts'
import { at, code, exited, id, procIn, stepped } from './procs.ts'

function fleetOf(proc: Proc, phase: Fleet['phase'] = 'running'): Fleet {
  const fleet = newFleet()
  enlist(fleet, proc, 1)
  fleet.phase = phase
  return fleet
}

it('finds nothing wrong with a process in any state', () => {
  const states: readonly State[] = ['STOPPED', 'STARTING', 'RUNNING', 'BACKOFF', 'STOPPING', 'EXITED', 'FATAL', 'UNKNOWN']
  for (const state of states) expect(brokenInvariants(fleetOf(procIn(state))), state).toEqual([])
})

const next = { spec: specOf({}), up: true }
const exits = (): Proc['exits'] => {
  const proc = procIn('RUNNING')
  stepped(proc, exited(code(0)), at(1))
  return proc.exits
}

const broken: readonly (readonly [rule: string, state: State, change: Partial<Proc>])[] = [
  ['a process that rests or waits has no pid', 'EXITED', { id }],
  ['a process that rests or waits has no pid', 'BACKOFF', { id }],
  ['who runs or stops has a pid', 'RUNNING', { id: null }],
  ['who runs or stops has a pid', 'UNKNOWN', { id: null }],
  ['who waits for a retry or for its end has a deadline', 'BACKOFF', { deadline: null }],
  ['who waits for a retry or for its end has a deadline', 'STOPPING', { deadline: null }],
  ['who was spawned and is not up yet has a deadline', 'STARTING', { deadline: null }],
  ['who was spawned and is not up yet has a deadline', 'STARTING', { id: null }],
  ['who rests has no deadline but to be held until then', 'STOPPED', { deadline: 1 }],
  ['who was given up has no deadline but the one more try', 'FATAL', { deadline: 1 }],
  ['who runs has no deadline but an alarm', 'RUNNING', { deadline: 1 }],
  ['who is not wanted is not held back from a start', 'STOPPED', { hold: 'waiting' }],
  ['who is not wanted does not run on', 'RUNNING', { want: 'down' }],
  ['who is not wanted does not run on', 'STARTING', { want: 'down' }],
  ['who is wanted is on its way', 'STOPPED', { want: 'up' }],
  ['a change waits only for a process that still runs', 'STOPPED', { next }],
  ['who leaves and rests is gone', 'EXITED', { leaving: true }],
  ['who is prepared has not been spawned', 'STARTING', { preparing: true }],
  ['who is prepared has not been spawned', 'BACKOFF', { preparing: true }],
  ['who is held is told why', 'BACKOFF', { hold: '' }],
  ['who is held is on no way', 'STOPPING', { hold: 'waiting' }],
  ['a replacement belongs to who runs', 'STOPPED', { recycle: { reason: 'r', by: 'ann', latest: null } }],
  ['at most ten exits are kept', 'RUNNING', { exits: Array.from({ length: 11 }, () => exits()).flat() }],
  ['an exit belongs to an incarnation that was', 'STOPPED', { exits: exits(), incarnation: 0 }],
]

it.each(broken)('notices that %s does not hold in %s', (rule, state, change) => {
  expect(brokenInvariants(fleetOf(procIn(state, change)))).toContain(`worker:worker is ${state}: ${rule}`)
})

it('notices a drained fleet in which something runs', () => {
  expect(brokenInvariants(fleetOf(procIn('RUNNING'), 'drained'))).toContain('a drained fleet has nothing that runs')
})

it('lets who is wanted rest during a shutdown', () => {
  expect(brokenInvariants(fleetOf(procIn('STOPPED', { want: 'up' }), 'stopping'))).toEqual([])
})

it('notices who is left waiting though what it waits for is there', () => {
  const web = procIn('STOPPED', { group: 'web', name: 'web', want: 'up', hold: 'waiting for db' }, { group: 'web', name: 'web', program: 'web', care: { dependsOn: [{ on: 'db', condition: 'ready', required: true }] } })
  const fleet = fleetOf(web)
  enlist(fleet, procIn('RUNNING', { group: 'db', name: 'db' }, { group: 'db', name: 'db', program: 'db' }), 1)
  expect(brokenInvariants(fleet)).toEqual(['web:web is left waiting though its conditions hold'])
})
