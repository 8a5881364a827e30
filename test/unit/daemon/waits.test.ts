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

describe('Who waits for a condition', () => {
  const cared = { care: { health: { by: { kind: 'tcp', host: 'localhost', port: 1 }, interval: 1, timeout: 1, retries: 1, startPeriod: 0, onUnhealthy: { kind: 'none' } } } } as const

  it('waits for readiness through failed tries and holds', async () => {
    const waits = new Waits()
    const proc = procIn('STOPPED', { want: 'up', hold: 'waiting for db (STOPPED)' })
    const ready = waits.until(proc, 'ready')
    waits.settled()
    enter(waits, proc, 'STARTING', 'BACKOFF')
    waits.settled()
    enter(waits, proc, 'STARTING', 'RUNNING')
    await expect(ready).resolves.toMatchObject({ result: 'OK' })
  })

  it('hears that a program was up for less than a turn', async () => {
    const waits = new Waits()
    const proc = procIn('STARTING')
    const ready = waits.until(proc, 'ready')
    enter(waits, proc, 'RUNNING', 'EXITED')
    await expect(ready).resolves.toMatchObject({ result: 'OK' })
  })

  it('is told when it has been given up, or is not wanted any more', async () => {
    const waits = new Waits()
    const fatal = procIn('BACKOFF')
    const unwanted = procIn('STOPPED', { want: 'up', hold: 'waiting for db (STOPPED)' })
    const answers = [waits.until(fatal, 'ready'), waits.until(unwanted, 'healthy')]
    Object.assign(fatal, { reason: 'no such file; gave up after 4 tries' })
    enter(waits, fatal, 'FATAL')
    Object.assign(unwanted, { want: 'down', hold: null })
    waits.settled()
    await expect(Promise.all(answers)).resolves.toMatchObject([
      { result: 'SPAWN_ERROR', description: 'no such file; gave up after 4 tries' },
      { result: 'ABNORMAL_TERMINATION' },
    ])
  })

  it('is not told that a process is healthy before its check has said so', async () => {
    const waits = new Waits()
    const proc = procIn('RUNNING', {}, cared)
    const answers: string[] = []
    const healthy = waits.until(proc, 'healthy').then(({ result }) => answers.push(result))
    proc.health = 'unhealthy'
    waits.settled()
    await Promise.resolve()
    expect(answers).toEqual([])
    proc.health = 'healthy'
    waits.settled()
    await healthy
    expect(answers).toEqual(['OK'])
  })

  it('takes for stopped only what is not about to come back', async () => {
    const waits = new Waits()
    expect(await waits.until(procIn('FATAL'), 'stopped')).toMatchObject({ result: 'OK' })
    const proc = procIn('EXITED', { want: 'up' })
    const gone = new AbortController()
    const stopped = waits.until(proc, 'stopped', gone.signal)
    waits.settled()
    gone.abort()
    await expect(stopped).resolves.toMatchObject({ result: 'TIMEOUT', description: expect.stringMatching(/^it is EXITED/) as string })
  })

  it('hears of the end of the incarnation that runs, whatever follows it', async () => {
    const waits = new Waits()
    const proc = procIn('RUNNING')
    const exited = waits.until(proc, 'exited')
    waits.settled()
    Object.assign(proc, { id: null, exits: [{ incarnation: 1, status: { kind: 'code', code: 3 } }] })
    enter(waits, proc, 'EXITED')
    proc.incarnation = 2
    enter(waits, proc, 'STARTING')
    await expect(exited).resolves.toMatchObject({ result: 'OK', description: 'exit status 3' })
  })

  it('has an answer when the time is over: how far it is, and what holds it', async () => {
    const proc = procIn('STOPPED', { want: 'up', hold: 'waiting for db (BACKOFF: exit status 1)' })
    await expect(new Waits().until(proc, 'ready', AbortSignal.abort())).resolves.toMatchObject({
      result: 'TIMEOUT', description: 'it is STOPPED: waiting for db (BACKOFF: exit status 1)',
    })
  })

  it('is told when the process has left', async () => {
    const waits = new Waits()
    const proc = procIn('RUNNING')
    const stopped = waits.until(proc, 'stopped')
    waits.forgotten(proc)
    await expect(stopped).resolves.toMatchObject({ result: 'BAD_NAME' })
  })
})

it('A plain start that is held ends when somebody takes it back', async () => {
  const waits = new Waits()
  const proc = procIn('STOPPED', { want: 'up', hold: 'waiting for db (STOPPED)' })
  const up = waits.untilUp(proc)
  waits.settled()
  Object.assign(proc, { want: 'down', hold: null, reason: 'not started' })
  waits.settled()
  await expect(up).resolves.toMatchObject({ result: 'ABNORMAL_TERMINATION' })
})

describe('A start that is held', () => {
  it.each(['untilUp', 'untilReady'] as const)('has failed as soon as what it waits for does not come any more (%s)', async (how) => {
    let lost: string | null = null
    const waits = new Waits(() => lost)
    const proc = procIn('STOPPED', { want: 'up', hold: 'waiting for db (BACKOFF: exit status 1)' })
    const up = how === 'untilUp' ? waits.untilUp(proc) : waits.until(proc, 'ready')
    const answers: unknown[] = []
    const told = up.then((outcome) => answers.push(outcome))
    waits.settled()
    await Promise.resolve()
    expect(answers).toEqual([])
    lost = 'db'
    proc.hold = 'waiting for db (FATAL: exit status 1)'
    waits.settled()
    await told
    expect(answers).toMatchObject([{ result: 'SPAWN_ERROR', dependency: 'db', description: 'waiting for db (FATAL: exit status 1); that does not come by itself any more' }])
  })

  it('may be stopped all the same: what is waited for is the end', async () => {
    await expect(new Waits(() => 'db').until(procIn('STOPPED', { want: 'down' }), 'stopped')).resolves.toMatchObject({ result: 'OK' })
  })
})
