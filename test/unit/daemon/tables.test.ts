import { describe, expect, it } from 'vitest'
import { TableProblem } from '../../../src/core/table-problem.ts'
import type { TableRequest } from '../../../src/core/table-request.ts'
import type { Column, TableSpec } from '../../../src/core/table-spec.ts'
import { Tables } from '../../../src/daemon/tables.ts'
import { Fault } from '../../../src/lib/fault.ts'
import { Killed, MemoryDisk } from '../../fixtures/memory-disk.ts'
import { HandClock } from './hand-clock.ts'

const value: Column = { name: 'value', type: { kind: 'int' } }
const note: Column = { name: 'note', type: { kind: 'string', max: 8 } }
const spec = (name: string, more: Partial<TableSpec> = {}): TableSpec => ({ name, columns: [value], rowsMax: 10, persist: false, ...more })

/** Masters one after another on one disk. */
class World {
  readonly clock = new HandClock()
  disk = new MemoryDisk()
  readonly said: string[] = []
  tables: Tables

  constructor(...specs: TableSpec[]) {
    this.tables = this.start(specs)
  }

  start(specs: readonly TableSpec[]): Tables {
    const say = (sentence: string): void => { this.said.push(sentence) }
    this.tables = new Tables({ clock: this.clock, files: this.disk, log: { info: say, warn: say, error: (sentence) => { say(`error: ${sentence}`) } }, stateDir: '/state', runDir: '/run' })
    this.tables.open(specs)
    return this.tables
  }

  do(name: string, op: string, words: TableRequest = {}): unknown {
    const answer = this.tables.operate(name, { op, ...words })
    return answer instanceof TableProblem ? answer.code : answer
  }

  refused(...specs: TableSpec[]): string {
    try {
      this.tables.propose({ tables: specs })
    } catch (error) {
      if (error instanceof Fault) return error.detail ?? ''
      throw error
    }
    this.tables.accept()
    return 'accepted'
  }
}

describe('The shared tables of a master', () => {
  it('are for those programs that name them', () => {
    const { tables } = new World(spec('counters'), spec('locks'))
    const ask = (words: TableRequest): unknown => {
      const answer = tables.operateFor(['counters'], words)
      return answer instanceof TableProblem ? [answer.code, answer.message] : answer
    }
    expect(ask({ name: 'counters', op: 'incr', key: 'a' })).toBe(1)
    expect(ask({ name: 'locks', op: 'incr', key: 'a' })).toEqual(['NOT_ALLOWED', "this program may not use the table locks: add it to the program's tables in the config"])
    expect(ask({ name: 'conters', op: 'incr', key: 'a' })).toEqual(['NO_TABLE', "there is no table 'conters': did you mean counters?"])
    expect(ask({ op: 'incr', key: 'a' })).toEqual(['BAD_REQUEST', 'name must be the name of a table'])
    expect(tables.operate('none', { op: 'count' })).toBeInstanceOf(TableProblem)
  })

  it('outlive a master that is killed where they are kept on the disk, and else a hand-over alone', () => {
    const specs = [spec('kept', { persist: true }), spec('light')]
    const world = new World(...specs)
    for (const name of ['kept', 'light']) world.do(name, 'incr', { key: 'a' })
    world.start(specs) // the one before was killed
    expect([world.do('kept', 'incr', { key: 'a' }), world.do('light', 'incr', { key: 'a' })]).toEqual([2, 1])
    world.tables.close(true)
    world.start(specs)
    expect([world.do('kept', 'incr', { key: 'a' }), world.do('light', 'incr', { key: 'a' })]).toEqual([3, 2])
    world.start(specs) // what was handed over is not handed over again
    expect([world.do('kept', 'incr', { key: 'a' }), world.do('light', 'incr', { key: 'a' })]).toEqual([4, 1])
    world.tables.close(false)
    world.start(specs)
    expect([world.do('kept', 'count'), world.do('light', 'count')]).toEqual([1, 0])
    expect(world.said).toEqual([])
  })

  it('let rows expire by one timer, and by none while nothing expires', () => {
    const world = new World(spec('a'), spec('b', { persist: true }))
    world.do('a', 'incr', { key: 'x' })
    expect(world.clock.armed).toEqual([])
    world.do('a', 'set', { key: 'x', row: {}, ttl_s: 60 })
    world.do('a', 'set', { key: 'y', row: {}, ttl_s: 10 })
    world.do('a', 'set', { key: 'z', row: {}, ttl_s: 60 })
    expect(world.clock.armed).toEqual([10_000])
    world.clock.advance(10_000)
    expect([world.clock.armed, world.do('a', 'count')]).toEqual([[50_000], 2])
    world.clock.advance(50_000)
    expect([world.clock.armed, world.do('a', 'count')]).toEqual([[], 0])
    world.do('a', 'set', { key: 'x', row: {}, ttl_s: 90 * 86_400 })
    expect(world.clock.armed).toEqual([86_400_000]) // longer than a timer of Node may be
    world.tables.close(false)
    expect(world.clock.armed).toEqual([])
  })

  it('keep the end of a row over masters, by the time of the wall', () => {
    const world = new World(spec('a', { persist: true }))
    world.do('a', 'set', { key: 'x', row: {}, ttl_s: 60 })
    world.clock.advance(59_999)
    expect(world.start([spec('a', { persist: true })]).list()).toMatchObject([{ rows: 1 }])
    world.clock.advance(1)
    expect(world.do('a', 'exists', { key: 'x' })).toBe(false)
  })

  it('change with the config as far as no row loses anything', () => {
    const world = new World(spec('a', { persist: true, columns: [value, note] }), spec('b'))
    world.do('a', 'set', { key: 'x', row: { value: 1, note: 'n' } })
    expect(world.refused(spec('a', { persist: true }), spec('b'))).toBe("the table a cannot be changed: the row 'x' has something in the column note, which is no more (remove such rows, or all: nsup table a clear)")
    expect(world.do('a', 'get', { key: 'x' })).toEqual({ value: 1, note: 'n' })
    expect(world.refused(spec('a', { persist: true, columns: [note, value, { name: 'more', type: { kind: 'bool' } }], rowsMax: 1 }), spec('c'))).toBe('accepted')
    expect([world.do('a', 'get', { key: 'x' }), world.do('a', 'incr', { key: 'y' }), world.do('b', 'count'), world.do('c', 'count')]).toEqual([{ note: 'n', value: 1, more: false }, 'TABLE_FULL', 'NO_TABLE', 0])
    expect(world.said).toEqual(['the table b is no longer in the config; what it held (0 rows) is gone'])
    world.clock.advance(10)
    const after = spec('a', { persist: true, columns: [note, value, { name: 'more', type: { kind: 'bool' } }], rowsMax: 1 })
    expect(world.start([after]).operate('a', { op: 'get', key: 'x' })).toEqual({ note: 'n', value: 1, more: false })
  })

  it('go to the disk and leave it when the config says so', () => {
    const world = new World(spec('a'))
    world.do('a', 'incr', { key: 'x' })
    world.refused(spec('a', { persist: true }))
    for (const time of [1, 1]) world.clock.advance(time) // the steps of a snapshot
    world.start([spec('a', { persist: true })])
    expect(world.do('a', 'incr', { key: 'x' })).toBe(2)
    world.refused(spec('a'))
    expect([world.do('a', 'incr', { key: 'x' }), [...world.disk.files.keys()]]).toEqual([3, []])
    world.refused(spec('a', { persist: true }))
    world.refused()
    expect(world.said).toEqual(['the table a is no longer in the config; what it held (1 row) stays in /state/tables/a'])
    expect(world.refused(spec('a', { persist: true }))).toBe('accepted')
  })

  it('stay as they were, and say so, when a master starts with a config that they do not fit', () => {
    const world = new World(spec('a', { persist: true, columns: [value, note] }))
    world.do('a', 'set', { key: 'x', row: { note: 'n' } })
    world.start([spec('a', { persist: true })])
    expect(world.do('a', 'get', { key: 'x' })).toEqual({ value: 0, note: 'n' })
    const problem = "it is as it was before the config changed: the row 'x' has something in the column note, which is no more"
    expect([world.tables.list()[0]?.problem, world.said]).toEqual([problem, [`table a: ${problem}`]])
    world.do('a', 'clear')
    expect(world.refused(spec('a', { persist: true }))).toBe('accepted')
    expect([world.do('a', 'set', { key: 'x', row: { note: 'n' } }), world.tables.list()[0]?.problem]).toEqual(['NO_COLUMN', null])
  })

  it('say in the list and in the log that the disk is full, and that it is not any more', () => {
    const world = new World(spec('a', { persist: true }))
    world.disk.room = 0
    expect(world.do('a', 'incr', { key: 'x' })).toBe(1)
    expect(world.tables.list()[0]?.problem).toBe('it is only in memory, because it cannot be written: ENOSPC')
    world.disk.room = Infinity
    world.clock.advance(1000)
    world.clock.advance(10)
    expect([world.tables.list()[0]?.problem, world.said]).toEqual([null, [
      'table a: it cannot be written and is only in memory from now on, which is tried again: ENOSPC', 'table a: it is on the disk again',
    ]])
  })

  it('are not served while they cannot be read, and lose nothing by it; all else goes on', () => {
    const specs = [spec('a', { persist: true }), spec('b', { persist: true })]
    const world = new World(...specs)
    for (const name of ['a', 'b']) world.do(name, 'incr', { key: 'x' })
    world.tables.close(true)
    world.disk.unreadable.set('/state/tables/a/journal.1', 'EACCES')
    const before = new Map(world.disk.files)
    world.start(specs)
    const reason = 'is not served, because /state/tables/a/journal.1 cannot be read: EACCES; make it readable, or move it away to go on without what is in it, then: nsup update'
    expect(world.tables.operateFor(['a'], { name: 'a', op: 'set', key: 'x', row: {} })).toEqual(new TableProblem('TABLE_UNREADABLE', `the table a ${reason}`))
    expect(world.tables.operateFor([], { name: 'a', op: 'count' })).toMatchObject({ code: 'NOT_ALLOWED' })
    expect([world.do('a', 'clear'), world.do('b', 'get', { key: 'x' })]).toEqual(['TABLE_UNREADABLE', { value: 1 }])
    expect(world.tables.list()).toMatchObject([{ spec: { name: 'a' }, rows: null, problem: `it ${reason}` }, { rows: 1, problem: null }])
    expect([world.refused(...specs, spec('c')), world.do('c', 'count'), world.said]).toEqual(['accepted', 0, [`error: table a: it ${reason}`]]) // said once
    world.tables.close(true)
    expect(world.disk.files).toEqual(before)
    world.start(specs)
    world.disk.unreadable.clear()
    expect([world.refused(...specs), world.do('a', 'get', { key: 'x' }), world.said.at(-1)]).toEqual(['accepted', { value: 1 }, 'table a: it can be read again'])
    world.disk.unreadable.set('/state/tables/c', 'EIO') // the folder itself: there may be journals in it
    expect([world.refused(...specs, spec('c', { persist: true })), world.do('c', 'count'), world.refused(...specs), world.do('c', 'count')]).toEqual(['accepted', 'TABLE_UNREADABLE', 'accepted', 'NO_TABLE'])
  })

  it('keep their rows when a master hands over to one whose config has changed persist, either way', () => {
    const world = new World(spec('a'))
    world.do('a', 'set', { key: 'x', row: { value: 7 }, ttl_s: 60 })
    for (const persist of [true, false, true]) {
      world.tables.close(true)
      world.start([spec('a', { persist })])
      expect([world.do('a', 'get', { key: 'x' }), [...world.disk.files.keys()]]).toEqual([{ value: 7 }, persist ? ['/state/tables/a/snapshot'] : []])
    }
    world.do('a', 'incr', { key: 'x' })
    world.start([spec('a', { persist: true })]) // the one before was killed
    expect(world.do('a', 'get', { key: 'x' })).toEqual({ value: 8 })
    world.clock.advance(60_000)
    expect([world.do('a', 'count'), world.said]).toEqual([0, []])
  })

  it('lose no row on the way to the disk, wherever the master is killed', () => {
    const world = new World(spec('a'))
    world.do('a', 'incr', { key: 'x' })
    world.tables.close(true)
    const handed = world.disk
    for (let killAfter = 0, killed = true; killed; killAfter += 1) {
      world.disk = new MemoryDisk(handed.files)
      world.disk.killAfter = killAfter
      try {
        world.start([spec('a', { persist: true })])
        killed = false
      } catch (error) {
        if (!(error instanceof Killed)) throw error
      }
      world.disk = new MemoryDisk(world.disk.files)
      world.start([spec('a', { persist: true })])
      expect(world.do('a', 'get', { key: 'x' })).toEqual({ value: 1 })
    }
    expect(world.said).toEqual([])
  })

  it('leave what was handed over where it is until a full disk has taken it', () => {
    const world = new World(spec('a'))
    world.do('a', 'incr', { key: 'x' })
    world.tables.close(true)
    world.disk.room = 0
    world.start([spec('a', { persist: true })])
    expect([world.do('a', 'count'), world.tables.list()[0]?.problem]).toEqual([1, 'it is only in memory, because it cannot be written: ENOSPC'])
    world.start([spec('a', { persist: true })]) // the one before was killed
    expect(world.do('a', 'count')).toBe(1)
  })

  it('say how much of what was kept is damaged', () => {
    const world = new World(spec('a', { persist: true }))
    world.do('a', 'incr', { key: 'x' })
    const file = '/state/tables/a/journal.1'
    world.disk.files.set(file, `${world.disk.files.get(file) ?? ''}12345678 ["y",[`)
    world.start([spec('a', { persist: true })])
    expect([world.do('a', 'count'), world.said]).toEqual([1, ['table a: 1 line of what was kept of it had been cut or damaged and is left out']])
  })
})
