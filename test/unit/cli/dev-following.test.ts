/** What becomes of an edited config while nsup dev runs. The disk is real, the watcher, the clock and the master are not. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Following } from '../../../src/cli/dev/following.ts'
import { readList } from '../../../src/cli/dev/reading.ts'
import type { WatchNews, WatchOrder } from '../../../src/core/watch.ts'
import { HandClock } from '../daemon/hand-clock.ts'

let dir: string
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'nsup-follow-')))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

function following(text: string, { only = null as readonly string[] | null, ready = Promise.resolve(true) } = {}) {
  const at = (name: string): string => join(dir, name)
  const file = at('programs.yaml')
  writeFileSync(file, text)
  const clock = new HandClock()
  const read = () => readList(file, { env: {}, cwd: dir, logDir: at('logs') }, { only, watch: false, root: false, binds: false })
  const first = read()
  const heard: string[] = []
  const orders: WatchOrder[] = []
  const watchers = new Set<(news: WatchNews) => void>()
  const follow = new Following({
    clock, file, read, own: [at('home')],
    watchFiles: (order, tell) => {
      orders.push(order)
      watchers.add(tell)
      return () => void watchers.delete(tell)
    },
    complain: (line) => void heard.push(line.replaceAll(`${dir}/`, '')),
    say: (line, bad = false) => void heard.push(`${bad ? '! ' : ''}${line.replaceAll(`${dir}/`, '')}`),
    update: () => { heard.push('update'); return Promise.resolve() },
    list: {
      take: (specs) => void heard.push(`take ${specs.map(({ name }) => name).join()}`),
      keepOnly: (specs) => { heard.push(`keep ${specs.map(({ name }) => name).join()}`); return Promise.resolve() },
    },
  }, { groups: first.groups ?? [], sources: first.sources }, ready)
  const settled = async (): Promise<string[]> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    return heard.splice(0)
  }
  const edit = (name: string, content: string): void => {
    writeFileSync(at(name), content)
    for (const tell of watchers) tell({ kind: 'changed', path: at(name) })
  }
  return { follow, clock, edit, settled, orders, watchers, at }
}

describe('The config of nsup dev', () => {
  it('is applied once when it has been edited, with one line that says what that changes', async () => {
    const { clock, edit, settled, orders, at } = following('programs: {web: {command: cat}, old: {command: cat}}\n')
    expect(orders).toEqual([{ paths: [at('programs.yaml')], ignore: [], own: [at('home')] }])
    edit('programs.yaml', 'programs: {web: {command: cat}\n')
    clock.advance(200)
    edit('programs.yaml', 'programs: {web: {command: cat x}, db: {command: cat}}\n')
    clock.advance(299)
    expect(await settled()).toEqual([])
    clock.advance(1)
    expect(await settled()).toEqual(['programs.yaml changed (watch): removes old; changes web; adds db', 'take db,web', 'update', 'keep db,web'])
    expect(clock.armed).toEqual([])
  })

  it('is left as it was when it cannot be run, and every problem is shown', async () => {
    const { clock, edit, settled } = following('programs: {web: {command: cat}}\n', { only: ['web'] })
    edit('programs.yaml', 'programs:\n  web: {command: cat, startsec: 1}\n  db: {command: cat, stopwaitsecs: soon}\n')
    clock.advance(300)
    expect(await settled()).toEqual([
      expect.stringMatching(/^programs\.yaml:2:\d+: error: .*startsec/), expect.stringMatching(/^programs\.yaml:3:\d+: error: .*stopwaitsecs/),
      '! programs.yaml changed (watch): programs.yaml cannot be run as it is; the last good list goes on',
    ])
    edit('programs.yaml', 'programs: {wbe: {command: cat}}\n')
    clock.advance(300)
    expect(await settled()).toEqual(['! programs.yaml changed (watch): --only web: there is no program, group or process of that name (did you mean wbe?); the last good list goes on'])
    edit('programs.yaml', 'programs: {web: {command: cat}}\n')
    clock.advance(300)
    expect((await settled())[0]).toBe('programs.yaml changed (watch): nothing that runs is concerned')
  })

  it('is watched with all that it includes, also with what is not there yet, and what an edit adds', async () => {
    const { clock, edit, settled, orders, watchers, follow, at } = following('include: [conf.d/*.yaml]\nprograms: {web: {command: cat}}\n')
    expect(orders.at(-1)?.paths).toEqual(['programs.yaml', 'conf.d/*.yaml'].map(at))
    mkdirSync(at('conf.d'))
    writeFileSync(at('web.env'), 'A=1\n')
    edit('conf.d/db.yaml', 'programs: {db: {command: cat, env_file: ../web.env}}\n')
    clock.advance(300)
    expect((await settled())[0]).toBe('conf.d/db.yaml changed (watch): adds db')
    expect([orders.at(-1)?.paths, watchers.size]).toEqual([['programs.yaml', 'conf.d/*.yaml', 'web.env'].map(at), 1])
    edit('web.env', 'A=2\n')
    follow.close()
    clock.advance(1000)
    expect([await settled(), watchers.size]).toEqual([[], 0])
  })

  it('is not applied before the master runs, nor where it cannot start', async () => {
    let begin: (runs: boolean) => void = () => undefined
    const waiting = following('programs: {web: {command: cat}}\n', { ready: new Promise((resolve) => { begin = resolve }) })
    waiting.edit('programs.yaml', 'programs: {web: {command: cat}, db: {command: cat}}\n')
    waiting.clock.advance(300)
    expect(await waiting.settled()).toEqual([])
    begin(true)
    expect(await waiting.settled()).toContain('update')
    const refused = following('programs: {web: {command: cat}}\n', { ready: Promise.resolve(false) })
    refused.edit('programs.yaml', 'programs: {db: {command: cat}}\n')
    refused.clock.advance(300)
    expect([await refused.settled(), refused.watchers.size]).toEqual([[], 0])
  })
})
