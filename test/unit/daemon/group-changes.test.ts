/** What an update takes out, and what it must not take out: nobody could tell it whether that is still wanted. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { changesRestart, sameSpec } from '../../../src/config/changes.ts'
import { instanceOf } from '../../../src/config/instance.ts'
import { step } from '../../../src/core/fleet.ts'
import { newFleet } from '../../../src/core/roster.ts'
import { ByHandFile } from '../../../src/daemon/by-hand-file.ts'
import { ConfigSource } from '../../../src/daemon/config-source.ts'
import { GroupChanges } from '../../../src/daemon/group-changes.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import { Waits } from '../../../src/daemon/waits.ts'
import type { StreamsOf } from '../../../src/daemon/streams.ts'
import { writeRecord } from '../../../src/os/records.ts'
import { textFiles } from '../../../src/os/replace-file.ts'
import { at } from '../core/procs.ts'
import { group } from '../core/fleets.ts'

let dir: string
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'nsup-changes-')))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

/** The changes of a master that has begun with this config and this list, and in whose fleet these groups run. */
function begun(config: string, byHand: string, running: readonly string[]) {
  const file = join(dir, 'programs.yaml')
  const write = (text: string): void => { writeFileSync(file, text) }
  write(config)
  const instance = instanceOf(file, { NSUP_HOME: join(dir, 'home') })
  const list = join(instance.stateDir, 'by-hand.json')
  writeRecord(list, byHand)
  const source = new ConfigSource(file, instance, () => ({ env: {}, cwd: dir, logDir: dir }), new ByHandFile(instance.stateDir, textFiles))
  const fleet = newFleet()
  const said: string[] = []
  step(fleet, { type: 'apply', plan: { added: running.map((name) => group(name, 999, { group: name, name, autostart: false })), changed: [], removed: [] }, by: 'test' }, at(0))
  const read = source.reread(() => undefined).groups
  const changes = new GroupChanges({
    ...{ fleet, waits: new Waits(), comparison: { differs: (a, b) => !sameSpec(a, b), needsRestart: changesRestart }, tables: { accept: () => undefined } },
    streams: { prepare: () => undefined } as unknown as StreamsOf,
    ledger: { note: () => undefined },
    log: new MasterLog((level, text) => void said.push(`${level} ${text}`)),
    programList: { source },
    readGroups: () => source.reread(() => undefined).groups,
    enqueue: (...inputs) => { for (const input of inputs) step(fleet, input, at(0)) },
  }, read)
  return { changes, fleet, write, list, said, active: () => [...fleet.groups.keys()].sort() }
}

const added = (name: string, options = {}): string => JSON.stringify({ version: 1, programs: [{ name, command: 'cat', directory: null, environment: {}, options }] })

it('leaves what may have been added by hand while the list of that could never be read, says why, and takes out what the config had', async () => {
  const { changes, write, list, said, active } = begun('programs: {web: {command: cat}, db: {command: cat}}\n', '{"version": 1, "progr', ['web', 'db', 'api', 'old'])
  write('programs: {web: {command: cat}}\n')
  expect(changes.reread().removed).toEqual(['db'])
  const { kept, steps } = await changes.update([], 'me')
  expect([steps.filter(({ group: name }) => name !== 'web'), active()]).toEqual([[{ group: 'db', did: 'removed process group' }], ['api', 'old', 'web']])
  expect(kept).toEqual(['api', 'old'].map((name) => ({ group: name, reason: expect.stringMatching(/by-hand\.json cannot be read \(it is no JSON\)/) as string })))
  expect(said).toContainEqual(expect.stringMatching(/^warn update: api is left as it is: .*by-hand\.json cannot be read/))
  expect((await changes.update(['web'], 'me')).kept).toEqual([])
  writeRecord(list, added('api'))
  expect((await changes.update([], 'me')).kept).toEqual([])
  expect(active()).toEqual(['api', 'web'])
})

it('leaves a program alone that was added by hand and whose options cannot be read any more', async () => {
  const { changes, list, active } = begun('programs: {}\n', added('api'), ['api', 'gone'])
  writeRecord(list, added('api', { stopwaitsecs: 'soon' }))
  const { kept } = await changes.update([], 'me')
  expect([kept.map(({ group: name }) => name), active()]).toEqual([['api'], ['api']])
  expect(kept[0]?.reason).toMatch(/^api was added by hand and cannot be read any more \(/)
  rmSync(list)
  writeRecord(list, JSON.stringify({ version: 1, programs: [] }))
  await changes.update([], 'me')
  expect(active()).toEqual([])
})
