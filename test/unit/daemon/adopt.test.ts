import { describe, expect, it } from 'vitest'
import { newProc } from '../../../src/core/proc.ts'
import type { Proc } from '../../../src/core/proc.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { adopt } from '../../../src/daemon/adopt.ts'
import { statusOf } from '../../../src/daemon/snapshot.ts'
import { FakeWorld } from '../../sim/fake-processes.ts'
import { specOf } from '../../sim/random-world.ts'
import { at } from '../core/procs.ts'

/** What the next master makes of one process that the last one left like this. `now`: its spec in the config today. */
function adopted(left: Partial<Proc>, options: { readonly alive?: boolean; readonly now?: Partial<ProcessSpec> | null; readonly bootId?: string; readonly mark?: number } = {}) {
  const world = new FakeWorld({ behaviour: () => ({}) })
  const { processes } = world.connect()
  const environment: Record<string, string> = options.mark === undefined ? {} : { NSUP_RUN: '/run', NSUP_PROCESS: 'worker', NSUP_INCARNATION: String(options.mark) }
  const spawned = processes.spawn({ spec: specOf({}), environment, stdin: 0, stdout: 1, stderr: 2 }, () => undefined)
  if (!spawned.ok) throw new Error(spawned.reason)
  const id = { pid: spawned.pid, startTime: spawned.startTime }
  world.advance(5000)
  if (options.alive === false) world.end(spawned.pid, { kind: 'code', code: 0 })
  const proc: Proc = { ...newProc(specOf({}), 'up', 'autostart', at(0).wall), incarnation: 1, startedAt: at(0).wall, id, ...left }
  const configured = options.now === null ? [] : [{ name: 'worker', priority: 1, processes: [specOf(options.now ?? {})] }]
  const remembered = [{ status: statusOf(proc, 1, options.bootId ?? 'boot', 0), spec: proc.spec, exits: [] }]
  return adopt({ remembered, configured, processes, bootId: 'boot', runDir: '/run' }, at(5000))
}

describe('The next master', () => {
  it('takes over what runs, with its true age, whatever the wall clock has done meanwhile', () => {
    expect(adopted({ state: 'RUNNING' })).toMatchObject([{ fate: 'alive', proc: { state: 'RUNNING', adopted: true, startedMono: 0, incarnation: 1 } }])
    expect(adopted({ state: 'RUNNING', startedAt: at(0).wall + 3_600_000 })).toMatchObject([{ proc: { startedMono: 0 } }])
  })

  it('sees that a process has died, and takes no namesake of its number for it', () => {
    expect(adopted({ state: 'RUNNING' }, { alive: false })).toMatchObject([{ fate: 'died' }])
    expect(adopted({ state: 'RUNNING', id: { pid: 2, startTime: 'another' } })).toMatchObject([{ fate: 'died' }])
  })

  it('forgets that a shutdown, which was cut short, gave up what waited for its next try', () => {
    const left = { state: 'FATAL', id: null, want: 'down', wantedBy: 'shutdown, signal SIGTERM' } as const
    expect(adopted(left)).toMatchObject([{ fate: 'rest', proc: { state: 'STOPPED', want: 'up' } }])
    expect(adopted({ ...left, wantedBy: 'cli ann' })).toMatchObject([{ proc: { state: 'FATAL', want: 'down' } }])
  })

  it('believes nothing of another boot', () => {
    expect(adopted({ state: 'RUNNING' }, { bootId: 'earlier' })).toEqual([])
  })

  it('finds by its mark what was spawned just before its pid could be written', () => {
    expect(adopted({ state: 'STARTING', id: null, incarnation: 2 }, { mark: 2 })).toMatchObject([
      { fate: 'alive', proc: { state: 'STARTING', incarnation: 2, id: { pid: 2 }, startedMono: 0, deadline: 1000 } },
    ])
    expect(adopted({ state: 'RUNNING' }, { mark: 1 })).toMatchObject([{ proc: { state: 'RUNNING', incarnation: 1 } }])
  })

  it('asks again for who was about to be spawned, and lets who waited wait anew', () => {
    expect(adopted({ state: 'STARTING', id: null, incarnation: 2 })).toMatchObject([{ fate: 'rest', proc: { state: 'STOPPED', want: 'up', incarnation: 1 } }])
    expect(adopted({ state: 'BACKOFF', id: null, backoff: 2 })).toMatchObject([{ proc: { state: 'BACKOFF', deadline: 7000 } }])
  })

  it('gives a whole grace period to who was being stopped', () => {
    expect(adopted({ state: 'STOPPING', want: 'down', spec: specOf({ stopwait: 3000 }) })).toMatchObject([{ proc: { state: 'STOPPING', deadline: 8000, want: 'down' } }])
  })

  it('keeps a stop that somebody asked for, but not one of a shutdown that never ended', () => {
    const down: Partial<Proc> = { state: 'STOPPED', id: null, want: 'down' }
    expect(adopted({ ...down, wantedBy: 'cli ann' })).toMatchObject([{ proc: { want: 'down' } }])
    expect(adopted({ ...down, wantedBy: 'shutdown, signal SIGTERM' })).toMatchObject([{ proc: { want: 'up' } }])
    expect(adopted({ ...down, wantedBy: 'shutdown, signal SIGTERM' }, { now: { autostart: false } })).toMatchObject([{ proc: { want: 'down' } }])
  })

  it('goes on with a restart that was under way', () => {
    const next = { spec: specOf({ command: 'two' }), up: true }
    expect(adopted({ state: 'STOPPING', want: 'down', next })).toMatchObject([{ proc: { state: 'STOPPING', want: 'up' } }])
  })

  it('forgets what rests and is in no config, but never what runs', () => {
    expect(adopted({ state: 'EXITED', id: null, want: 'down' }, { now: null })).toEqual([])
    expect(adopted({ state: 'RUNNING' }, { now: null })).toMatchObject([{ fate: 'alive' }])
  })

  it('takes the settings of today for what rests, and leaves what runs as it is', () => {
    const now = { command: 'two' }
    expect(adopted({ state: 'FATAL', id: null }, { now })).toMatchObject([{ proc: { spec: now } }])
    expect(adopted({ state: 'RUNNING' }, { now })).toMatchObject([{ proc: { spec: { command: 'worker' } } }])
  })
})
