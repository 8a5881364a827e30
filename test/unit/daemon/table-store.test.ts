import fc from 'fast-check'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { TableStore } from '../../../src/daemon/table-store.ts'
import { loadTable } from '../../../src/daemon/table-loading.ts'
import { Table } from '../../../src/core/table.ts'
import type { TableSpec, Values } from '../../../src/core/table-spec.ts'
import { Unreadable } from '../../../src/core/table-files.ts'
import type { TableFiles } from '../../../src/core/table-files.ts'
import { tableFiles } from '../../../src/os/table-files.ts'
import { Killed, MemoryDisk } from '../../fixtures/memory-disk.ts'
import { HandClock } from './hand-clock.ts'

const spec: TableSpec = {
  name: 't', rowsMax: 1000, persist: true,
  columns: [{ name: 'value', type: { kind: 'int' } }, { name: 'note', type: { kind: 'string', max: 64 } }],
}
const now = 1000
const folder = '/t'

type State = Readonly<Record<string, Values>>

function stateOf(table: Table | null): State {
  const rows = [...table?.rows() ?? []].filter((row) => row.expires > now)
  return Object.fromEntries(rows.map((row) => [row.key, { ...table?.valuesOf(row), expires: row.expires }]))
}

/** Opens what is kept, as a master does at its start. */
function open(files: TableFiles, clock = new HandClock(), told: (string | null)[] = []): { table: Table; store: TableStore; damaged: number } {
  const loaded = loadTable(spec, folder, files, now)
  const table = new Table(spec)
  for (const row of loaded.table?.rows() ?? []) table.restore(row.key, row.values, row.expires)
  return { table, store: new TableStore(table, loaded, { folder, files, clock, onFailure: (errno) => told.push(errno) }), damaged: loaded.damaged }
}

const key = fc.constantFrom('a', 'b', 'c', 'dé')
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('set' as const), key, value: fc.integer({ min: 0, max: 99 }), note: fc.constantFrom('', 'ö\n"x"'), ttl: fc.constantFrom(undefined, 5000) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('del' as const), key }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constantFrom('clear' as const, 'compact' as const, 'reopen' as const) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('time' as const) }) },
)

describe('What is kept of a table', () => {
  it('is, wherever the master is killed, all that was answered and at most the one change that was not', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 3000 }), (steps, killAfter) => {
      const disk = new MemoryDisk()
      disk.killAfter = killAfter
      let answered: State = {}
      let begun: State = {}
      try {
        const clock = new HandClock()
        let { table, store } = open(disk, clock)
        for (const one of steps) {
          if (one.op === 'set') table.set(one.key, { value: one.value, note: one.note }, now, one.ttl)
          else if (one.op === 'del') table.remove(one.key, now)
          else if (one.op === 'clear') table.clear()
          begun = stateOf(table)
          store.flush()
          answered = begun
          if (one.op === 'compact') store.compact()
          else if (one.op === 'time') clock.advance(1)
          else if (one.op === 'reopen') {
            store.close();
            ({ table, store } = open(disk, clock))
          }
        }
      } catch (error) {
        if (!(error instanceof Killed)) throw error
      }
      const found = open(new MemoryDisk(disk.files))
      expect([answered, begun]).toContainEqual(stateOf(found.table))
      expect(found.damaged).toBeLessThanOrEqual(2)
    }), { numRuns: 300 })
  })

  it('loses the last line alone when that is cut at any byte, and says so', () => {
    const disk = new MemoryDisk()
    const { table, store } = open(disk)
    for (const name of ['a', 'b', 'c']) {
      table.set(name, { value: 1, note: 'é' }, now)
      store.flush()
    }
    const whole = disk.files.get(`${folder}/journal.1`) ?? ''
    const last = whole.trimEnd().lastIndexOf('\n') + 1
    for (let length = last + 1; length < whole.length - 1; length += 1) {
      const found = open(new MemoryDisk(new Map([[`${folder}/journal.1`, whole.slice(0, length)]])))
      expect([Object.keys(stateOf(found.table)), found.damaged]).toEqual([['a', 'b'], 1])
    }
    // A damaged bit in between costs its own line only.
    const spoilt = `${whole.slice(0, last - 4)}#${whole.slice(last - 3)}`
    expect(Object.keys(stateOf(open(new MemoryDisk(new Map([[`${folder}/journal.1`, spoilt]]))).table))).toEqual(['a', 'c'])
  })

  it('is made small again when the journal has grown, beside the work', () => {
    const disk = new MemoryDisk()
    const clock = new HandClock()
    const { table, store } = open(disk, clock)
    for (let at = 0; at < 12_000; at += 1) {
      table.set(`k${String(at % 700)}`, { value: at, note: 'n'.repeat(60) }, now)
      store.flush()
      if (at % 50 === 0) clock.advance(1)
    }
    clock.advance(10)
    const size = [...disk.files.values()].reduce((sum, text) => sum + text.length, 0)
    expect(size).toBeLessThan(1.3 * 1024 * 1024)
    expect(stateOf(open(disk).table)).toEqual(stateOf(table))
  })

  it('goes on in memory when the disk is full, and is all on the disk when that has room again', () => {
    const disk = new MemoryDisk()
    const clock = new HandClock()
    const told: (string | null)[] = []
    const { table, store } = open(disk, clock, told)
    table.set('a', { value: 1 }, now)
    store.flush()
    disk.room = 10
    for (const name of ['b', 'c']) {
      table.set(name, { value: 2 }, now)
      store.flush()
    }
    clock.advance(5000)
    expect([told, store.failing, clock.armed.length]).toEqual([['ENOSPC'], 'ENOSPC', 1])
    expect(Object.keys(stateOf(open(new MemoryDisk(disk.files)).table))).toEqual(['a'])
    disk.room = Infinity
    clock.advance(60_000)
    clock.advance(10)
    table.set('d', { value: 3 }, now)
    store.flush()
    expect([told, store.failing]).toEqual([['ENOSPC', null], null])
    expect(stateOf(open(disk).table)).toEqual(stateOf(table))
    expect(clock.armed).toHaveLength(1) // the disk is asked to keep it, and then nothing is due
    clock.advance(1000)
    expect(clock.armed).toEqual([])
  })

  it('makes one last try when the master ends', () => {
    const disk = new MemoryDisk()
    const { table, store } = open(disk)
    disk.room = 0
    table.set('a', { value: 1 }, now)
    store.flush()
    disk.room = Infinity
    store.close()
    expect(Object.keys(stateOf(open(disk).table))).toEqual(['a'])
  })
})

describe('The files of a table', () => {
  const home = mkdtempSync(join(tmpdir(), 'nsup-tables-'))
  afterAll(() => { rmSync(home, { recursive: true, force: true }) })

  it('are private, and read line by line whatever their length', () => {
    const path = join(home, 'deep', 't', 'journal.1')
    const file = tableFiles.create(path)
    if (typeof file === 'string') throw new Error(file)
    const texts = ['short', 'é'.repeat(300_000), '', 'cut']
    expect(file.append(texts.join('\n'))).toBe(null)
    file.close()
    expect([...tableFiles.lines(path)].map((line) => Buffer.from(line).toString())).toEqual(texts)
    expect([statSync(path).mode & 0o777, statSync(join(home, 'deep', 't')).mode & 0o777]).toEqual([0o600, 0o700])
    expect([...tableFiles.lines(join(home, 'none'))]).toEqual([])
    expect(tableFiles.list(join(home, 'none'))).toEqual([])
  })

  it('say what goes wrong by an errno name', () => {
    const path = join(home, 'file')
    writeFileSync(path, '')
    expect(tableFiles.create(join(path, 'a', 'b'))).toBe('ENOTDIR')
    expect(tableFiles.rename(join(home, 'none'), path)).toBe('ENOENT')
    expect(() => [...tableFiles.lines(home)]).toThrow(new Unreadable(home, 'EISDIR'))
    expect(() => [...tableFiles.lines(join(path, 'a'))]).toThrow(new Unreadable(join(path, 'a'), 'ENOTDIR'))
    expect(() => tableFiles.list(path)).toThrow(new Unreadable(path, 'ENOTDIR'))
    expect(tableFiles.remove(join(home, 'deep'))).toBe(null)
    expect(tableFiles.remove(join(home, 'x'.repeat(300)))).not.toBe(null) // not every Node names this errno
    expect(readdirSync(home)).toEqual(['file'])
  })

  it('are closed after a sync that was on its way', async () => {
    const file = tableFiles.create(join(home, 'synced'))
    if (typeof file === 'string') throw new Error(file)
    file.append('x')
    const synced = new Promise((resolve) => { file.sync(resolve) })
    file.close()
    expect(await synced).toBe(null)
    expect(file.append('y')).toBe('EBADF')
  })
})
