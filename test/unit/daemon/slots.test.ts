import { expect, it } from 'vitest'
import type { JobSpec } from '../../../src/core/care.ts'
import { newProc } from '../../../src/core/proc.ts'
import type { Proc } from '../../../src/core/proc.ts'
import { newRounds } from '../../../src/core/rounds.ts'
import type { GroupSpec } from '../../../src/core/spec.ts'
import { keptJobs, Slots } from '../../../src/daemon/slots.ts'
import { specOf } from '../../sim/random-world.ts'

const job: JobSpec = { interval: null, schedule: '0 3 * * *', timezone: 'UTC', overlap: 'skip', catchUp: 'one', spread: 0, seed: '', runTimeout: null, retries: 0 }
const nightly = specOf({ group: 'nightly', name: 'nightly', program: 'nightly', autostart: true, care: { job } })
const groups: readonly GroupSpec[] = [{ name: 'nightly', priority: 5, processes: [nightly] }]

function world(): { readonly files: Map<string, string>; readonly said: string[]; readonly ports: ConstructorParameters<typeof Slots>[0]; failing: boolean } {
  const files = new Map<string, string>()
  const said: string[] = []
  const log = { warn: (line: string): void => void said.push(line), error: (line: string): void => void said.push(line) }
  const made = {
    files, said, failing: false,
    ports: { stateDir: '/state', log, records: {
      read: (path: string) => files.get(path),
      write: (path: string, text: string | Iterable<string>) => { if (made.failing) return 'ENOSPC'; files.set(path, [...text].join('')); return null },
    } },
  }
  return made
}

function armed(slot: number, change: Partial<Proc> = {}): Proc {
  return { ...newProc(nightly, 'up', 'test', 0), rounds: { ...newRounds(), armed: true, timetable: 'UTC 0 3 * * *', slot }, ...change }
}

it('brings back the slots of jobs that catch up, when the journal knows them no more', () => {
  const { ports, files } = world()
  const proc = armed(1000)
  new Slots(ports, () => [{ proc, groupPriority: 5 }]).note([proc])
  expect(files.get('/state/slots.json')).toBe('{"version":1,"slots":{"nightly":{"timetable":"UTC 0 3 * * *","slot":1000}}}\n')
  const [back, ...others] = keptJobs(groups, () => false, 5000, ports)
  expect(others).toEqual([])
  expect(back).toMatchObject({ groupPriority: 5, proc: { want: 'up', state: 'STOPPED', rounds: { armed: true, slot: 1000 } } })
  expect(keptJobs(groups, () => true, 5000, ports)).toEqual([])
})

it('writes only what has changed, nothing of others, and forgets a job that was stopped', () => {
  const { ports, files } = world()
  let proc = armed(1000)
  const slots = new Slots(ports, () => [{ proc, groupPriority: 5 }])
  slots.note([newProc(specOf({}), 'up', 'test', 0)])
  expect(files.size).toBe(0)
  slots.note([proc])
  files.clear()
  slots.note([proc])
  expect(files.size).toBe(0)
  proc = armed(1000, { rounds: newRounds() })
  slots.note([proc])
  expect(files.get('/state/slots.json')).toBe('{"version":1,"slots":{}}\n')
})

it('says once that it cannot write, tries again, and says what it cannot read', () => {
  const place = world()
  const proc = armed(7)
  const slots = new Slots(place.ports, () => [{ proc, groupPriority: 5 }])
  place.failing = true
  slots.note([proc])
  slots.note([proc])
  expect(place.said).toEqual(['cannot write /state/slots.json: ENOSPC; catch_up would not know after a restart what was run'])
  place.failing = false
  slots.note([proc])
  expect(place.files.has('/state/slots.json')).toBe(true)
  place.files.set('/state/slots.json', '{"version":1,"slo')
  expect(keptJobs(groups, () => false, 0, place.ports)).toEqual([])
  expect(place.said[1]).toMatch(/slots\.json cannot be read, so nothing is caught up on/)
})
