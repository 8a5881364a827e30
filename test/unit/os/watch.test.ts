import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect, it, vi } from 'vitest'
import type { WatchNews } from '../../../src/core/watch.ts'
import { watchWithin } from '../../../src/os/watch.ts'

const made: FakeWatcher[] = []
const births = new EventEmitter()

class FakeWatcher extends EventEmitter {
  closed = false
  watched: Record<string, string[]> = {}
  getWatched(): Record<string, string[]> {
    return this.watched
  }
  add(): void {
    births.emit('add')
  }
  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }
}

vi.mock('chokidar', () => ({
  watch: () => {
    const watcher = new FakeWatcher()
    made.push(watcher)
    return watcher
  },
}))

it('says which limit of the kernel is reached and how to raise it, and tries again', async () => {
  const heard: WatchNews[] = []
  const close = watchWithin({ many: 10, max: 20, again: 1 }, { paths: [tmpdir()], ignore: [], own: [] }, (news) => heard.push(news))
  const again = once(births, 'add')
  made[0]?.emit('error', Object.assign(new Error('no space'), { code: 'ENOSPC' }))
  expect(heard).toEqual([{ kind: 'problem', again: true, reason: expect.stringMatching(/ENOSPC/) as string }])
  if (process.platform === 'linux') expect(heard[0]).toMatchObject({ reason: expect.stringContaining('sysctl fs.inotify.max_user_watches=') as string })
  await again
  expect(made.map(({ closed }) => closed)).toEqual([true, false])
  // What the first one tells late is of no interest.
  made[0]?.emit('all', 'change', `${tmpdir()}/x`)
  made[1]?.emit('all', 'change', `${tmpdir()}/y`)
  made[1]?.emit('error', Object.assign(new Error('may not'), { code: 'EIO' }))
  expect(heard.slice(1)).toEqual([{ kind: 'changed', path: `${tmpdir()}/y` }, { kind: 'problem', again: false, reason: 'not all of it is watched: may not' }])
  close()
  expect(made.every(({ closed }) => closed)).toBe(true)
})

it('tells what has changed since the time that it is given, also before it began', () => {
  const heard: WatchNews[] = []
  const close = watchWithin({ many: 10, max: 20, again: 1 }, { paths: [tmpdir()], ignore: [], own: [] }, (news) => heard.push(news), 5000)
  made.at(-1)?.emit('all', 'add', `${tmpdir()}/old`, { ctimeMs: 5000.4 })
  made.at(-1)?.emit('all', 'add', `${tmpdir()}/new`, { ctimeMs: 5001 })
  close()
  expect(heard).toEqual([{ kind: 'changed', path: `${tmpdir()}/new` }])
})

it('looks once more when all is watched: what has changed between a look and its watch is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nsup-watch-'))
  try {
    const file = join(folder, 'edited')
    writeFileSync(file, '')
    const heard: WatchNews[] = []
    const since = (time: number): void => {
      const close = watchWithin({ many: 10, max: 20, again: 1 }, { paths: [folder], ignore: [], own: [] }, (news) => heard.push(news), time)
      const watcher = made.at(-1)
      if (watcher !== undefined) watcher.watched = { [dirname(folder)]: [basename(folder)], [folder]: ['edited', 'gone'] }
      watcher?.emit('ready')
      close()
    }
    since(Date.now() + 60_000)
    expect(heard).toEqual([])
    since(0)
    expect(heard).toEqual([{ kind: 'changed', path: file }])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
