import { describe, expect, it } from 'vitest'
import type { FleetInput } from '../../../src/core/fleet.ts'
import type { Proc } from '../../../src/core/proc.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import type { WatchFiles, WatchSpec } from '../../../src/core/watch.ts'
import { FileWatches } from '../../../src/daemon/file-watches.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import { procIn } from '../core/procs.ts'
import { HandClock } from './hand-clock.ts'

const watch: WatchSpec = { base: '/app', paths: ['/app/src'], ignore: [], delay: 300 }
const program = (name: string, change: Partial<WatchSpec> = {}, spec: Partial<ProcessSpec> = {}): Partial<ProcessSpec> => ({ program: name, care: { watch: { ...watch, ...change } }, ...spec })

function watching(...procs: readonly Proc[]) {
  const clock = new HandClock()
  const inputs: FleetInput[] = []
  const lines: string[] = []
  const open: { order: Parameters<WatchFiles>[0]; tell: Parameters<WatchFiles>[1] }[] = []
  let opened = 0
  const watches = new FileWatches({
    ...{ clock, own: ['/run/x', null], config: '/app/programs.yaml', log: new MasterLog((level, message) => lines.push(`${level} ${message}`)) },
    enqueue: (input) => inputs.push(input),
    watchFiles: (order, tell) => {
      const one = { order, tell }
      open.push(one)
      opened += 1
      return () => void open.splice(open.indexOf(one), 1)
    },
  })
  const settle = (...now: readonly Proc[]): void => { watches.settled(now.map((proc) => ({ proc }))) }
  settle(...procs)
  const change = (path: string): void => { for (const { tell } of [...open]) tell({ kind: 'changed', path }) }
  const restarted = (): string[] => inputs.splice(0).map((input) => (input.type === 'proc' && input.input.type === 'changed' ? `${input.proc.spec.program} ${input.proc.state}: ${input.input.reason}` : input.type))
  return { watches, clock, lines, open, settle, change, restarted, opened: () => opened }
}

describe('The watch over files', () => {
  it('looks at nothing where no program asks, and at one thing once for all who do', () => {
    expect(watching(procIn('RUNNING'), procIn('RUNNING', {}, { care: { report: true } })).open).toEqual([])
    const { open } = watching(procIn('RUNNING', {}, program('a')), procIn('RUNNING', {}, program('b', { delay: 50 })), procIn('RUNNING', {}, program('c', { paths: ['/app/lib'] })))
    expect(open.map(({ order }) => order.paths)).toEqual([['/app/src'], ['/app/lib']])
  })

  it('looks away from the config, unless a program names it', () => {
    const { open } = watching(procIn('RUNNING', {}, program('a', { paths: ['/app'] })), procIn('RUNNING', {}, program('b', { paths: ['/app', '/app/programs.yaml'] })))
    expect(open.map(({ order }) => order.own.includes('/app/programs.yaml'))).toEqual([true, false])
  })

  it('restarts all processes of a program after its own delay, once for many changes', () => {
    const { clock, change, restarted, lines } = watching(procIn('RUNNING', {}, program('a')), procIn('BACKOFF', {}, program('a')), procIn('FATAL', {}, program('b', { delay: 1000 })))
    change('/app/src/x.js')
    clock.advance(200)
    change('/app/src/y.js')
    clock.advance(299)
    expect(restarted()).toEqual([])
    clock.advance(1)
    expect(restarted()).toEqual(['a RUNNING: src/x.js and 1 other changed (watch)', 'a BACKOFF: src/x.js and 1 other changed (watch)'])
    clock.advance(700)
    expect(restarted()).toEqual(['b FATAL: src/x.js and 1 other changed (watch)'])
    expect(lines).toEqual(['info a: src/x.js and 1 other changed (watch)', 'info b: src/x.js and 1 other changed (watch)'])
    expect(clock.armed).toEqual([])
  })

  it('leaves alone who was stopped, is being stopped, or is a job that waits for its time', () => {
    const job = { interval: 1000 } as never
    const down = procIn('STOPPING')
    const { clock, change, restarted, lines } = watching(
      procIn('STOPPED', {}, program('a')), procIn('STOPPING', { want: 'down' }, program('a')), procIn('EXITED', { want: 'up' }, program('b', {}, { care: { watch, job } })), down,
    )
    change('/app/src/x.js')
    clock.advance(300)
    expect([restarted(), lines]).toEqual([[], []])
  })

  it('follows the config: what nobody watches any more is closed, what is the same stays, and forgets no change', () => {
    const [a, b] = [procIn('RUNNING', {}, program('a')), procIn('RUNNING', {}, program('b', { paths: ['/app/lib'] }))]
    const { open, settle, opened, change, clock, restarted, watches } = watching(a, b)
    change('/app/src/x.js')
    settle(a)
    expect([open.map(({ order }) => order.paths), opened()]).toEqual([[['/app/src']], 2])
    clock.advance(300)
    expect(restarted()).toEqual(['a RUNNING: src/x.js changed (watch)'])
    change('/app/src/x.js')
    a.spec = { ...a.spec, care: {} }
    settle(a)
    expect([open, clock.armed]).toEqual([[], []])
    settle(b)
    watches.close()
    expect(open).toEqual([])
  })

  it('says what cannot be watched, what costs, and when it damps', () => {
    const a = procIn('RUNNING', {}, program('a'))
    const { open, lines, change, clock } = watching(a)
    open[0]?.tell({ kind: 'problem', reason: '/app/src does not exist', again: true })
    open[0]?.tell({ kind: 'many', entries: 5000 })
    expect(lines.splice(0)).toEqual(['warn watch of a: /app/src does not exist', expect.stringMatching(/^warn watch of a: 5000 files and folders and more: .*watch_ignore/)])
    for (let i = 0; i < 30; i += 1) {
      change('/app/src/out.json')
      clock.advance(1000)
    }
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([expect.stringContaining('src/out.json changed most')])
  })
})
