import { describe, expect, it } from 'vitest'
import { shortPath, watchPlan } from '../../../src/core/watch.ts'
import { newPace, noteChange, restartDue, takeRestart } from '../../../src/core/watch-pace.ts'
import type { Pace } from '../../../src/core/watch-pace.ts'

describe('What counts for a watch', () => {
  const plan = (paths: readonly string[], ignore: readonly string[] = [], own: readonly string[] = []) => watchPlan({ paths, ignore, own })

  it.each([
    ['/a/src', '/a/src/x.js', true], ['/a/src', '/a/src/b/c/x.js', true], ['/a/src', '/a/srcx/x.js', false], ['/a/src', '/a/x.js', false],
    ['/a/x.js', '/a/x.js', true], ['/a/.env', '/a/.env', true], ['/a/.config', '/a/.config/x', true], ['/a', '/a/.config/x', false],
    ['/a/*.js', '/a/x.js', true], ['/a/*.js', '/a/b/x.js', false], ['/a/*.js', '/a/x.ts', false], ['/a/*/x.[jt]s', '/a/b/x.ts', true],
    ['/a/**/*.js', '/a/x.js', true], ['/a/**/*.js', '/a/b/c/x.js', true], ['/a/**', '/a/b/c', true], ['/a/**/test/*.js', '/a/b/test/x.js', true],
    ['/a/**/test/*.js', '/a/b/x.js', false], ['/a/*/.env', '/a/b/.env', true], ['/a/?.js', '/a/xy.js', false],
  ])('%s with %s: %s', (path, file, counts) => {
    expect(plan([path]).counts(file)).toBe(counts)
  })

  it('leaves out what nobody wants a restart for, in any folder, unless it was named itself', () => {
    const files = ['.git/HEAD', 'node_modules/x/index.js', 'b/node_modules/x.js', 'x.log', 'logs/x.log.1', 'x.log.2.gz', '__pycache__/x.pyc', 'x.js~', '4913', '.x.swp', 'x.pid']
    expect(files.filter((file) => plan(['/a']).counts(`/a/${file}`))).toEqual([])
    expect(plan(['/a/node_modules/mine']).counts('/a/node_modules/mine/x.js')).toBe(true)
    expect(plan(['/a/*/node_modules/mine/*.js']).counts('/a/b/node_modules/mine/x.js')).toBe(true)
  })

  it('leaves out what the config says, by name everywhere and by path with all below it', () => {
    const { counts, enters } = plan(['/a'], ['dist', '*.tmp', '/a/src/generated', '/a/**/cache'])
    expect(['/a/dist/x.js', '/a/b/dist/x.js', '/a/b/x.tmp', '/a/src/generated/b/x.js', '/a/b/c/cache/x'].filter(counts)).toEqual([])
    expect(['/a/distx', '/a/generated/x.js', '/a/src/x.js'].filter(counts)).toHaveLength(3)
    expect(['/a/dist', '/a/src/generated', '/a/b/cache'].filter(enters)).toEqual([])
  })

  it('leaves out what the master writes, rotated or not', () => {
    const { counts, enters } = plan(['/a'], [], ['/a/run', '/a/out.txt'])
    expect([counts('/a/out.txt'), counts('/a/out.txt.1'), counts('/a/run/x'), enters('/a/run'), counts('/a/out.txtx')]).toEqual([false, false, false, false, true])
  })

  it('enters only the folders that can hold something, and those on the way', () => {
    const { roots, enters } = plan(['/a/src/*/x.js', '/b/lib', '/a/src/*.ts'])
    expect(roots).toEqual(['/a/src', '/b/lib'])
    expect([enters('/a'), enters('/a/src/one'), enters('/a/src/one/two'), enters('/b'), enters('/b/lib/x/y'), enters('/c')]).toEqual([true, true, false, true, true, false])
  })

  it('shows paths without the folder that they are in', () => {
    expect([shortPath('/a/src/x.js', '/a'), shortPath('/b/x.js', '/a'), shortPath('/x', '/')]).toEqual(['src/x.js', '/b/x.js', 'x'])
  })
})

describe('The pace of restarts by watch', () => {
  const delay = 300
  /** Changes at these times; the restarts that come of them, up to the last time and the calm after it. */
  function play(pace: Pace, changes: readonly (readonly [at: number, file: string])[], counts = true) {
    const restarts: { readonly at: number; readonly reason: string; readonly storm: string | null }[] = []
    const until = (time: number): void => {
      for (let due = restartDue(pace, delay); due !== null && due <= time; due = restartDue(pace, delay)) restarts.push({ at: due, ...takeRestart(pace, delay, due, counts) })
    }
    for (const [at, file] of changes) {
      until(at - 1)
      noteChange(pace, file, at)
    }
    until(Infinity)
    return restarts
  }
  const every = (ms: number, count: number, file: string, from = 0) => Array.from({ length: count }, (_, i) => [from + i * ms, file] as const)

  it('makes one restart of many changes, when it has been quiet for the delay', () => {
    const checkout = Array.from({ length: 5000 }, (_, i) => [i / 10, `src/${String(i)}.js`] as const)
    const restarts = play(newPace(), checkout)
    expect(restarts).toEqual([{ at: 499.9 + delay, reason: 'src/0.js and at least 100 others changed (watch)', storm: null }])
    expect(play(newPace(), [[0, 'a'], [10, 'a'], [20, 'b']])[0]?.reason).toBe('a and 1 other changed (watch)')
  })

  it('does not wait for ever where it never gets quiet', () => {
    const restarts = play(newPace(), every(200, 100, 'a'))
    expect(restarts[0]?.at).toBe(20 * delay)
    expect(restarts.length).toBeGreaterThan(2)
  })

  it('lets a developer save every few seconds for a while', () => {
    expect(play(newPace(), every(7000, 60, 'a')).map(({ storm }) => storm).filter((storm) => storm !== null)).toEqual([])
  })

  it('damps a program that writes its own files, says so once with the file, and is patient again later', () => {
    const pace = newPace()
    const loop = play(pace, every(1500, 200, 'out.json'))
    const storms = loop.filter(({ storm }) => storm !== null)
    expect(storms.map(({ storm }) => storm)).toEqual([expect.stringMatching(/^10 restarts by watch within 60 s: .*out\.json changed most \(10 times\)/)])
    const at = loop.indexOf(storms[0] ?? loop[0] as never)
    const gaps = loop.slice(at).map((one, i, all) => one.at - (all[i - 1]?.at ?? one.at)).slice(1)
    expect(gaps.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 60_000])
    expect(Math.max(...gaps)).toBe(60_000)
    const later = play(pace, every(5000, 3, 'a', 1_000_000))
    expect(later.map(({ at: time }) => time - 1_000_000)).toEqual([300, 5300, 10_300])
  })

  it('counts nothing while there is nobody to be restarted', () => {
    expect(play(newPace(), every(1000, 100, 'a'), false).filter(({ storm }) => storm !== null)).toEqual([])
  })

  it('remembers a bounded number of files', () => {
    const pace = newPace()
    for (let i = 0; i < 10_000; i += 1) noteChange(pace, String(i), i)
    expect([pace.counts.size, pace.others.size]).toEqual([100, 100])
  })
})
