import { describe, expect, it } from 'vitest'
import type { ProcInput } from '../../../src/core/proc.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import { at, code, exited, id, procIn, stepped } from '../core/procs.ts'

/** The lines that one step of a process makes. */
function lines(proc: ReturnType<typeof procIn>, input: ProcInput, mono = 500): string[] {
  const said: string[] = []
  const log = new MasterLog((level, message) => said.push(`${level} ${message}`))
  for (const effect of stepped(proc, input, at(mono))) if (effect.type === 'event') log.event(effect.body, effect.proc)
  return said
}

describe('The log of the master has supervisord\'s line when a process', () => {
  it('has stayed up', () => {
    expect(lines(procIn('STARTING', {}, { startsecs: 1000 }), { type: 'due' }, 1000)).toEqual([
      'info success: worker entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)',
    ])
  })

  it('ended by itself, expected or not', () => {
    expect(lines(procIn('RUNNING'), exited(code(0)))).toEqual(['info exited: worker (exit status 0; expected)'])
    expect(lines(procIn('RUNNING'), exited(code(1)))).toEqual(['warn exited: worker (exit status 1; not expected)'])
    expect(lines(procIn('RUNNING'), exited({ kind: 'signal', signal: 'SIGSEGV', core: true }))).toEqual([
      'warn exited: worker (terminated by SIGSEGV (core dumped); not expected)',
    ])
  })

  it('ended too quickly, and for the last time', () => {
    expect(lines(procIn('STARTING'), exited(code(0)))).toEqual([
      'warn exited: worker (exit status 0; not expected)',
      'info backoff: worker (Exited too quickly (process log may have details))',
    ])
    expect(lines(procIn('STARTING', { backoff: 3 }), exited(code(1))).at(-1)).toBe(
      'info gave up: worker entered FATAL state, too many start retries too quickly',
    )
  })

  it('could not be spawned, with no word of an exit that never was', () => {
    const proc = procIn('STARTING', { id: null, deadline: null, incarnation: 2 })
    expect(lines(proc, { type: 'spawnFailed', reason: "can't find command 'x'" })).toEqual(["info backoff: worker (can't find command 'x')"])
  })

  it('is stopped and has stopped', () => {
    expect(lines(procIn('RUNNING'), { type: 'stop', by: 'ann' })).toEqual(['info waiting for worker to stop'])
    expect(lines(procIn('STOPPING'), exited(code(0)))).toEqual(['info stopped: worker (exit status 0)'])
    expect(lines(procIn('STOPPING'), exited({ kind: 'signal', signal: 'SIGTERM', core: false }))).toEqual(['warn stopped: worker (terminated by SIGTERM)'])
    expect(lines(procIn('BACKOFF'), { type: 'stop', by: 'ann' })).toEqual(['info stopped: worker (not running)'])
  })

  it('cannot be signalled', () => {
    expect(lines(procIn('STOPPING'), { type: 'refused', reason: 'EPERM' })).toEqual(['critical worker entered UNKNOWN state: EPERM'])
  })
})

it('gives each change of state its from, to, pid, reason, who asked, whether it is wanted, and how it has ended', () => {
  const fields: unknown[] = []
  const log = new MasterLog((_level, _message, about) => fields.push(about))
  const take = (proc: ReturnType<typeof procIn>, input: ProcInput): unknown[] => {
    for (const effect of stepped(proc, input)) if (effect.type === 'event') log.event(effect.body, effect.proc)
    return fields.splice(0)
  }
  expect(take(procIn('RUNNING', {}, { group: 'shop' }), { type: 'stop', by: 'ann' })).toEqual([
    { process: 'shop:worker', from: 'RUNNING', to: 'STOPPING', pid: id.pid, reason: 'SIGTERM sent, asked by ann', by: 'ann', want: 'down' },
  ])
  expect(take(procIn('RUNNING', {}, { autorestart: 'always' }), exited(code(1)))).toMatchObject([{ to: 'EXITED', exit: 'exit status 1', expected: false, want: 'up' }])
  expect(take(procIn('RUNNING', {}, { autorestart: 'never' }), exited(code(0)))).toMatchObject([{ to: 'EXITED', exit: 'exit status 0', expected: true, want: 'down' }])
  const [ended, backoff] = take(procIn('STARTING'), exited(code(0)))
  expect([ended, backoff]).toMatchObject([{ to: 'BACKOFF', exit: 'exit status 0', expected: false }, { to: 'BACKOFF' }])
  expect(backoff).not.toHaveProperty('exit')
})
