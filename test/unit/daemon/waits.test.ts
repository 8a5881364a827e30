import { describe, expect, it } from 'vitest'
import type { State } from '../../../src/core/model.ts'
import type { Proc } from '../../../src/core/proc.ts'
import { Waits } from '../../../src/daemon/waits.ts'
import { procIn } from '../core/procs.ts'

function enter(waits: Waits, proc: Proc, ...states: readonly State[]): void {
  for (const state of states) {
    proc.state = state
    waits.changed(proc, state)
  }
}

describe('Who waits for a process to come up', () => {
  const cases: readonly (readonly [states: readonly State[], outcome: { result: string; description: string }])[] = [
    [['STARTING', 'RUNNING'], { result: 'OK', description: 'OK' }],
    [['STARTING', 'BACKOFF'], { result: 'SPAWN_ERROR', description: 'no such file' }],
    [['FATAL'], { result: 'SPAWN_ERROR', description: 'no such file' }],
    [['STARTING', 'STOPPING'], { result: 'ABNORMAL_TERMINATION', description: 'why' }],
    [['EXITED'], { result: 'ABNORMAL_TERMINATION', description: 'why' }],
    [['UNKNOWN'], { result: 'ABNORMAL_TERMINATION', description: 'why' }],
  ]
  it.each(cases)('has the answer after %j', async (states, outcome) => {
    const waits = new Waits()
    const proc = procIn('STOPPED', { spawnError: 'no such file', reason: 'why' })
    const up = waits.untilUp(proc)
    enter(waits, proc, ...states)
    await expect(up).resolves.toMatchObject(outcome)
  })
})

describe('Who waits for a process to go down', () => {
  it('need not wait for one that rests', async () => {
    await expect(new Waits().untilDown(procIn('EXITED'))).resolves.toMatchObject({ result: 'OK', name: 'worker' })
  })

  it('has the answer when it rests, and not before', async () => {
    const waits = new Waits()
    const proc = procIn('RUNNING')
    const answers: string[] = []
    const down = waits.untilDown(proc).then(({ result }) => answers.push(result))
    enter(waits, proc, 'STOPPING')
    await Promise.resolve()
    expect(answers).toEqual([])
    enter(waits, proc, 'STOPPED')
    await down
    expect(answers).toEqual(['OK'])
  })

  it('shares the wait with others, each of whom may go away', async () => {
    const waits = new Waits()
    const proc = procIn('STOPPING')
    const gone = new AbortController()
    const [first, second] = [waits.untilDown(proc, gone.signal), waits.untilDown(proc)]
    gone.abort()
    await expect(first).rejects.toThrow('worker is STOPPING')
    enter(waits, proc, 'STOPPED')
    await expect(second).resolves.toMatchObject({ result: 'OK' })
  })

  it('does not wait at all when it has gone away already', async () => {
    await expect(new Waits().untilDown(procIn('STOPPING'), AbortSignal.abort())).rejects.toMatchObject({ fault: 'TIMEOUT' })
  })
})
