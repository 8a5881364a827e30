/** What a journal remembers for the next master, and when it forgets. */
import { beforeEach, describe, expect, it } from 'vitest'
import { newFleet, enlist, ranked } from '../../../src/core/roster.ts'
import type { Fleet } from '../../../src/core/roster.ts'
import { Journal, remembered } from '../../../src/daemon/journal.ts'
import type { RecordStore } from '../../../src/daemon/snapshot.ts'
import { procIn } from '../core/procs.ts'

let files: Map<string, string>
let disk: string | null
let failures: (string | null)[]
let fleet: Fleet

const store: RecordStore = {
  write: (path, pieces) => {
    if (disk === null) files.set(path, typeof pieces === 'string' ? pieces : [...pieces].join(''))
    return disk
  },
  append: (path, text) => {
    if (disk === null) files.set(path, (files.get(path) ?? '') + text)
    return disk
  },
  read: (path) => files.get(path),
  list: () => [],
  remove: () => undefined,
  removeFile: (path) => { files.delete(path) },
}

beforeEach(() => {
  files = new Map()
  disk = null
  failures = []
  fleet = newFleet()
})

const journal = (): Journal => new Journal({
  ...{ runDir: '/run', bootId: 'boot', store, wall: () => 0, fleet: () => ranked(fleet), priorityOf: () => 999 },
  onFailure: (errno) => failures.push(errno),
})
const names = (): string[] => remembered('/run', store).map(({ spec }) => spec?.name ?? '')

/** A master that had this process, and was killed. */
function lastMaster(): void {
  const proc = procIn('EXITED', { incarnation: 3 }, { group: 'b', name: 'b' })
  enlist(fleet, proc, 999)
  const old = journal()
  old.touch(proc)
  old.flush(false)
  expect(names()).toEqual(['b'])
  fleet = newFleet()
}

describe('the journal of a master that has taken over', () => {
  it('forgets who is not there any more, also if nobody is', () => {
    lastMaster()
    const now = journal()
    now.takenOver()
    now.flush(false)
    expect([names(), failures]).toEqual([[], []])
    files.set('/run/journal.jsonl', 'touched')
    now.flush(false)
    expect(files.get('/run/journal.jsonl')).toBe('touched')
  })

  it('tries that again when the disk was full', () => {
    lastMaster()
    const now = journal()
    now.takenOver()
    disk = 'ENOSPC'
    now.flush(false)
    now.flush(false)
    expect([names(), failures]).toEqual([['b'], ['ENOSPC']])
    disk = null
    now.flush(false)
    expect([names(), failures]).toEqual([[], ['ENOSPC', null]])
  })

  it('is left as it is by one that has not taken over, or is about to end', () => {
    lastMaster()
    journal().flush(false)
    const now = journal()
    now.takenOver()
    now.flush(true)
    expect(names()).toEqual(['b'])
  })
})
