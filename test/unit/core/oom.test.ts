import { describe, expect, it } from 'vitest'
import type { Effect, ProcInput } from '../../../src/core/proc.ts'
import { stepProc } from '../../../src/core/process.ts'
import { at, procIn } from './procs.ts'

const killed: ProcInput = { type: 'exited', status: { kind: 'signal', signal: 'SIGKILL', core: false }, lastLines: [], oom: true }

describe('an end by the OOM killer', () => {
  it('is named in the record, in the reason and in the event', () => {
    const proc = procIn('RUNNING')
    const effects: Effect[] = []
    stepProc(proc, killed, at(5000), effects)
    expect(proc.exits).toMatchObject([{ oom: true, status: { signal: 'SIGKILL' } }])
    expect(proc.spawnError).toBe('Bad exit: terminated by SIGKILL (the OOM killer)')
    const told = effects.flatMap((effect) => (effect.type === 'event' ? [effect.body] : []))
    expect(told[0]).toMatchObject({ to: 'EXITED', cause: 'oom', reason: expect.stringContaining('terminated by SIGKILL (the OOM killer)') as string })
  })

  it('is named also when it comes before startsecs have passed', () => {
    const proc = procIn('STARTING')
    const effects: Effect[] = []
    stepProc(proc, killed, at(10), effects)
    expect(proc).toMatchObject({ state: 'BACKOFF', reason: 'Exited too quickly: terminated by SIGKILL (the OOM killer)' })
    expect(effects).toContainEqual(expect.objectContaining({ type: 'event', body: expect.objectContaining({ to: 'BACKOFF', cause: 'oom' }) as unknown }))
  })

  it('is not claimed where nothing says so', () => {
    const proc = procIn('RUNNING')
    stepProc(proc, { type: 'exited', status: { kind: 'signal', signal: 'SIGKILL', core: false }, lastLines: [] }, at(5000), [])
    expect(proc.exits[0]).not.toHaveProperty('oom')
    expect(proc.spawnError).toBe('Bad exit: terminated by SIGKILL')
  })
})
