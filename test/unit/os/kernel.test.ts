import { expect, it } from 'vitest'
import type { WatchNews } from '../../../src/core/watch.ts'
import { watchLater } from '../../../src/os/kernel.ts'

const order = { paths: ['/srv'], ignore: [], own: [] }

it('tells that nothing is watched when the watcher cannot be loaded, as after an upgrade, and throws nothing', async () => {
  const gone = Object.assign(new Error('Cannot find module watch.js'), { code: 'ERR_MODULE_NOT_FOUND' })
  const told = await new Promise<WatchNews>((resolve) => {
    watchLater(() => Promise.reject(gone))(order, resolve)
  })
  expect(told).toEqual({ kind: 'problem', again: false, reason: expect.stringContaining('ERR_MODULE_NOT_FOUND') as string })
})

it('watches nothing when the watch has ended before it was loaded', async () => {
  const begun: unknown[] = []
  const loaded = Promise.resolve({ watchFiles: () => {
    begun.push('watch')
    return () => undefined
  } })
  watchLater(() => loaded)(order, () => begun.push('news'))()
  await loaded
  await Promise.resolve()
  expect(begun).toEqual([])
})

it('counts what changes while the watcher is being loaded', async () => {
  const before = Date.now()
  const since = await new Promise<number | undefined>((resolve) => {
    watchLater(() => Promise.resolve({ watchFiles: (_order, _tell, from) => {
      resolve(from)
      return () => undefined
    } }))(order, () => undefined)
  })
  expect(since).toBeGreaterThanOrEqual(before)
})
