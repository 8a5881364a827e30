import { describe, expect, it } from 'vitest'
import type { HookName, HookSpec, StopSpec } from '../../../src/core/care.ts'
import type { EventBody, StateEvent } from '../../../src/core/events.ts'
import type { ExitRecord, State } from '../../../src/core/model.ts'
import type { Proc, ProcInput } from '../../../src/core/proc.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { Hooks } from '../../../src/daemon/hooks.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import type { ProcStreams } from '../../../src/daemon/streams.ts'
import { procIn } from '../core/procs.ts'
import { FakeOutside } from './fake-outside.ts'
import { HandClock } from './hand-clock.ts'

const hook = (more: Partial<HookSpec> = {}): HookSpec => ({ command: 'do it', argv: ['do', 'it'], timeout: 5000, user: null, ...more })
const stop = (argv: readonly string[]): StopSpec => ({ sequence: [], command: { command: '', argv }, extendMax: 0, busyWait: 0, preStopDelay: 0 })

function world(marked: readonly { readonly pid: number; readonly values: Readonly<Record<string, string>> }[] = []) {
  const clock = new HandClock()
  const outside = new FakeOutside()
  const inputs: ProcInput[] = []
  const lines: string[] = []
  const noted: string[] = []
  const killed: number[] = []
  const opened = new Set<Proc>()
  const streams = { note: (line: string) => noted.push(line) > 0 } as unknown as ProcStreams
  const hooks = new Hooks({
    clock, outside,
    processes: {
      findMarked: (name, value) => (name === 'NSUP_HOOK_RUN' && value === '/run/n' ? marked.map((one) => ({ ...one, startTime: '1' })) : []),
      kill: ({ pid }) => {
        killed.push(pid)
        return 'sent'
      },
    },
    streams: {
      get: (proc) => (opened.has(proc) ? streams : undefined),
      open: (proc) => {
        opened.add(proc)
        return streams
      },
    },
    log: new MasterLog((level, message) => lines.push(`${level} ${message}`)),
    environment: { inherited: { PATH: '/bin', HOME: '/root' }, serverUrl: 'unix:///run/n.sock', runDir: '/run/n' },
    runDir: '/run/n',
    enqueue: (_proc, input) => inputs.push(input),
  })
  return { clock, outside, hooks, inputs, lines, noted, killed }
}

function hooked(names: readonly HookName[], state: State = 'RUNNING', spec: Partial<ProcessSpec> = {}): Proc {
  return procIn(state, {}, { care: { hooks: Object.fromEntries(names.map((name) => [name, hook()])) }, ...spec })
}

function exitOf(proc: Proc, change: Partial<ExitRecord> = {}): ExitRecord {
  const base = { incarnation: proc.incarnation, pid: 77, startedAt: 0, endedAt: 1, uptime: 1500, wanted: false, by: null, expected: false, lastLines: [] }
  return { ...base, status: { kind: 'code', code: 3 }, ...change }
}

function state(from: State, to: State, change: Partial<StateEvent> = {}): EventBody {
  return { type: 'process.state', group: 'worker', name: 'worker', from, to, pid: 4711, tries: 0, expected: false, reason: 'because', by: null, ...change }
}

describe('What comes before a start', () => {
  it('is waited for: first each address, with its reason, then pre_start', () => {
    const { hooks, outside, inputs, clock } = world()
    const proc = procIn('STARTING', { preparing: true, id: null }, { care: { waitFor: ['tcp://db:5432', 'unix:///s'], hooks: { pre_start: hook() } } })
    hooks.prepare(proc, 'start')
    outside.looks[0]?.answer('connection refused')
    expect(inputs).toEqual([{ type: 'waiting', incarnation: 1, reason: 'waiting for tcp://db:5432 (connection refused)' }])
    clock.advance(999)
    expect(outside.looks).toHaveLength(1)
    clock.advance(1)
    outside.looks[1]?.answer('connection refused')
    expect(inputs).toHaveLength(1) // nothing new to tell
    clock.advance(1000)
    outside.looks[2]?.answer(null)
    expect(outside.looks[3]?.address).toBe('unix:///s')
    expect(outside.runs).toEqual([])
    outside.looks[3]?.answer(null)
    expect(inputs.slice(1)).toEqual([{ type: 'waiting', incarnation: 1, reason: null }])
    outside.runs[0]?.end(null)
    expect(inputs.slice(2)).toEqual([{ type: 'prepared', incarnation: 1, problem: null }])
    expect(clock.armed).toEqual([])
    expect(hooks.idle).toBe(true)
  })

  it('tries an address once a second for all who wait for it, and no more when nobody does', () => {
    const { hooks, outside, inputs, clock } = world()
    const procs = ['a', 'b'].map((name) => procIn('STARTING', { preparing: true, id: null }, { name, care: { waitFor: ['tcp://db:1'] } }))
    for (const proc of procs) hooks.prepare(proc, 'start')
    expect(outside.looks).toHaveLength(1)
    outside.looks[0]?.answer('no answer')
    expect(inputs).toHaveLength(2)
    for (const proc of procs) hooks.abandon(proc)
    expect(clock.armed).toEqual([])
  })

  it('has failed with what pre_start said last', () => {
    const { hooks, outside, inputs, lines, noted } = world()
    const proc = procIn('STARTING', { preparing: true, id: null }, { environment: { TOKEN: 'swordfish' }, care: { hooks: { pre_start: hook() } } })
    hooks.prepare(proc, 'start')
    outside.runs[0]?.order.onLine('no database for swordfish')
    outside.runs[0]?.end('exit status 2')
    expect(inputs).toEqual([{ type: 'prepared', incarnation: 1, problem: 'pre_start has failed: exit status 2 (no database for swordfish)' }])
    expect(noted).toEqual(['[pre_start] no database for swordfish'])
    expect(lines).toEqual(['warn pre_start of worker has failed: exit status 2 (no database for [redacted])'])
  })

  it('ends when the start is not wanted any more, and says nothing then', () => {
    const { hooks, outside, inputs } = world()
    const proc = procIn('STARTING', { preparing: true, id: null }, { care: { hooks: { pre_start: hook() } } })
    hooks.prepare(proc, 'start')
    hooks.abandon(proc)
    expect(outside.runs[0]?.killed).toBe(true)
    proc.incarnation = 2
    hooks.prepare(proc, 'start')
    expect(outside.runs).toHaveLength(1) // the first one has not ended yet
    outside.runs[0]?.end('it was terminated by SIGKILL')
    expect(outside.runs).toHaveLength(2)
    outside.runs[1]?.end(null)
    expect(inputs).toEqual([{ type: 'prepared', incarnation: 2, problem: null }])
  })

  it('never runs beside what the last master began for the same start', () => {
    const values = { NSUP_PROCESS: 'worker', NSUP_EVENT: 'pre_start', NSUP_INCARNATION: '1' }
    const others = [{ ...values, NSUP_INCARNATION: '0' }, { ...values, NSUP_PROCESS: 'other' }, { ...values, NSUP_EVENT: 'post_start' }]
    const { hooks, outside, killed, lines } = world([{ pid: 31, values }, ...others.map((one, i) => ({ pid: 40 + i, values: one }))])
    hooks.prepare(procIn('STARTING', { preparing: true, id: null }, { care: { hooks: { pre_start: hook() } } }), 'start')
    expect(killed).toEqual([31])
    expect(lines).toEqual(['warn pre_start of worker that the last master began is killed (pid 31): it begins anew'])
    expect(outside.runs).toHaveLength(1)
  })
})

describe('What comes before a stop', () => {
  it('is pre_stop, and where asked a command in place of the signal, each with its own answer', () => {
    const { hooks, outside, inputs } = world()
    const proc = procIn('STOPPING', { rung: -1 }, { stopwait: 7000, care: { hooks: { pre_stop: hook() }, stop: stop(['bye']) } })
    hooks.prepare(proc, 'stop')
    hooks.prepare(proc, 'stop_command') // pre_stop had taken too long
    outside.runs[0]?.end('it was killed: it did not end within 5 s')
    expect(inputs).toEqual([])
    expect(outside.runs[1]?.order).toMatchObject({ argv: ['bye'], timeout: 7000 })
    expect(outside.runs[1]?.order.environment).toMatchObject({ NSUP_EVENT: 'stop_command', NSUP_PID: '4711' })
    outside.runs[1]?.end('exit status 1')
    expect(inputs).toEqual([{ type: 'prepared', incarnation: 1, problem: 'stop_command has failed: exit status 1' }])
  })
})

describe('Hooks that follow', () => {
  it('run once for each thing that happens, and for nothing else', () => {
    const all: readonly HookName[] = ['post_start', 'post_stop', 'on_exit', 'on_fatal', 'on_unhealthy']
    const ran = (happen: (hooks: Hooks, proc: Proc) => void): (string | undefined)[] => {
      const { hooks, outside } = world()
      const proc = hooked(all)
      proc.exits = [exitOf(proc)]
      happen(hooks, proc)
      return outside.runs.map(({ order }) => order.environment['NSUP_EVENT'])
    }
    const health = (healthy: boolean): EventBody => ({ type: 'process.health', group: 'worker', name: 'worker', pid: 1, healthy, reason: '' })
    expect(ran((hooks, proc) => { hooks.event(state('STARTING', 'RUNNING'), proc) })).toEqual(['post_start'])
    expect(ran((hooks, proc) => { hooks.event(state('STOPPING', 'STOPPED'), proc) })).toEqual(['post_stop'])
    expect(ran((hooks, proc) => { hooks.event(state('BACKOFF', 'STOPPED'), proc) })).toEqual([])
    expect(ran((hooks, proc) => { hooks.event(state('BACKOFF', 'FATAL'), proc) })).toEqual(['on_fatal'])
    expect(ran((hooks, proc) => { hooks.event(state('RUNNING', 'EXITED'), proc) })).toEqual([])
    expect(ran((hooks, proc) => { hooks.exited(proc) })).toEqual(['on_exit'])
    expect(ran((hooks, proc) => { hooks.event(health(false), proc) })).toEqual(['on_unhealthy'])
    expect(ran((hooks, proc) => { hooks.event(health(true), proc) })).toEqual([])
  })

  it('are told what has happened, also when the next incarnation is on its way by then', () => {
    const { hooks, outside } = world()
    const proc = hooked(['on_exit'], 'STARTING', { group: 'g', name: 'a', program: 'p', directory: '/tmp', umask: 0o27, user: 'www-data', environment: { SECRET: 's' } })
    proc.exits = [exitOf(proc, { status: { kind: 'signal', signal: 'SIGSEGV', core: false } })]
    proc.incarnation = 2
    hooks.exited(proc)
    const [run] = outside.runs
    expect(run?.order).toMatchObject({ argv: ['do', 'it'], timeout: 5000, directory: '/tmp', umask: 0o27, user: 'www-data', output: '/run/n/p/g:a/on_exit.fifo' })
    expect(run?.order.environment).toMatchObject({
      ...{ NSUP_PROCESS: 'g:a', NSUP_GROUP: 'g', NSUP_PROGRAM: 'p', NSUP_EVENT: 'on_exit', NSUP_INCARNATION: '1', NSUP_PID: '77' },
      ...{ NSUP_EXIT_CODE: '', NSUP_EXIT_SIGNAL: 'SIGSEGV', NSUP_UPTIME: '1.500', NSUP_REASON: 'terminated by SIGSEGV', SECRET: 's' },
    })
    // Neither may the next master take a hook for a worker that it has lost.
    expect(run?.order.environment).toMatchObject({ NSUP_RUN: '', NSUP_HOOK_RUN: '/run/n' })
    expect(run?.order.environment['PATH']).toBe('/bin')
  })

  it('run at most sixteen at once, one after the other of one process, and say what is left out', () => {
    const { hooks, outside, lines } = world()
    const procs = Array.from({ length: 300 }, (_, i) => hooked(['post_start'], 'RUNNING', { group: 'g', name: `p${String(i)}` }))
    const one = procs[0]
    if (one === undefined) throw new Error('no process')
    for (const proc of [one, ...procs]) hooks.event(state('STARTING', 'RUNNING'), proc)
    expect(outside.runs).toHaveLength(16)
    expect(new Set(outside.runs.map(({ order }) => order.output)).size).toBe(16)
    expect(lines).toEqual([expect.stringMatching(/^warn too many hooks are waiting: post_start of g:p\d+ is left out/)])
    for (let at = 0; at < outside.runs.length; at += 1) outside.runs[at]?.end(null)
    expect(outside.runs).toHaveLength(16 + 256)
    expect(lines.slice(1)).toEqual(['warn 29 hooks were left out because too many were waiting'])
    expect(hooks.idle).toBe(true)
  })

  it('do not keep a start or a stop waiting', () => {
    const { hooks, outside, inputs } = world()
    for (let i = 0; i < 20; i += 1) hooks.event(state('BACKOFF', 'FATAL'), hooked(['on_fatal'], 'FATAL', { group: 'g', name: `p${String(i)}` }))
    hooks.prepare(hooked(['pre_stop'], 'STOPPING'), 'stop')
    outside.runs.find(({ order }) => order.environment['NSUP_EVENT'] === 'pre_stop')?.end(null)
    expect(inputs).toEqual([{ type: 'prepared', incarnation: 1, problem: null }])
  })

  it('are waited for at the end, but not for ever', async () => {
    const { hooks, outside, lines } = world()
    const proc = hooked(['post_stop'])
    proc.exits = [exitOf(proc)]
    hooks.event(state('STOPPING', 'STOPPED'), proc)
    hooks.event(state('STOPPING', 'STOPPED'), proc)
    expect(hooks.idle).toBe(false)
    const ended = hooks.ended()
    hooks.hurry()
    expect(outside.runs.map(({ killed }) => killed)).toEqual([true])
    outside.runs[0]?.end('it was terminated by SIGKILL')
    await ended
    expect(outside.runs).toHaveLength(1)
    expect(lines.slice(0, 2)).toEqual(['warn 1 hooks were left out: the master ends', 'warn 1 hooks are killed: the master ends'])
  })

  it('speak in the log of the master when their process has left', () => {
    const { hooks, outside, noted, lines } = world()
    const proc = hooked(['post_stop'], 'STOPPED', { environment: { PASSWORD: 'swordfish' } })
    proc.exits = [exitOf(proc)]
    hooks.event(state('STOPPING', 'STOPPED'), proc)
    hooks.forget(proc)
    outside.runs[0]?.order.onLine('bye swordfish')
    expect(noted).toEqual([])
    expect(lines).toEqual(['info worker: [post_stop] bye [redacted]'])
  })
})
