import { describe, expect, it } from 'vitest'
import type { CareSpec, HealthSpec } from '../../../src/core/care.ts'
import type { Proc, ProcInput } from '../../../src/core/proc.ts'
import type { Probes } from '../../../src/core/probing.ts'
import { ProbeRounds } from '../../../src/daemon/probes.ts'
import { id, procIn } from '../core/procs.ts'
import { HandClock } from './hand-clock.ts'

const tcp = { kind: 'tcp', host: 'h', port: 1 } as const
const ready: CareSpec = { ready: { by: tcp, timeout: 60_000 } }
const health = (more: Partial<HealthSpec> = {}): CareSpec => ({
  health: { by: tcp, interval: 10_000, timeout: 2000, retries: 3, startPeriod: 0, onUnhealthy: { kind: 'none' }, ...more },
})

/** Rounds whose questions wait until the test answers them; what is told is applied as the core would. */
class World {
  readonly clock = new HandClock()
  readonly told: string[] = []
  readonly asked: number[] = []
  private open: ((problem: string | null) => void)[] = []
  given = 0
  readonly rounds: ProbeRounds

  constructor() {
    const probes: Probes = {
      run: (_probe, _order, onAnswer) => {
        this.asked.push(this.clock.monotonic())
        this.open.push(onAnswer)
        return () => {
          this.given += 1
          this.open = this.open.filter((one) => one !== onAnswer)
        }
      },
    }
    this.rounds = new ProbeRounds({ clock: this.clock, probes, environment: () => ({}), tell: (proc, input) => { this.tell(proc, input) } })
  }

  private tell(proc: Proc, input: ProcInput): void {
    if (input.type === 'ready') proc.ready = true
    if (input.type === 'health') Object.assign(proc, { ailment: input.problem ?? '', ...(proc.state === 'RUNNING' && { health: input.problem === null ? 'healthy' : 'unhealthy' }) })
    this.told.push(input.type === 'health' ? `${proc.name} ${input.problem ?? 'well'}` : `${proc.name} ${input.type}`)
  }

  look(...procs: readonly Proc[]): void {
    this.rounds.settled(procs.map((proc) => ({ proc })))
  }

  answer(problem: string | null): void {
    for (const one of this.open.splice(0)) one(problem)
  }

  /** Moves the clock to the next question and answers it. */
  next(problem: string | null): void {
    const [wait] = this.clock.armed
    this.clock.advance(wait ?? 0)
    this.answer(problem)
  }

  get waiting(): number {
    return this.open.length
  }
}

describe('The rounds of probes', () => {
  it('ask nobody and arm no timer where nothing is asked for', () => {
    const world = new World()
    world.look(procIn('RUNNING'), procIn('RUNNING', {}, { care: { watchdog: 1000 } }), procIn('STOPPED', {}, { care: ready }), procIn('STARTING', { id: null }, { care: ready }))
    expect(world.clock.armed).toEqual([])
  })

  it('ask a process that is starting oftener at first, tell a new reason once, and stop when it is ready', () => {
    const world = new World()
    const proc = procIn('STARTING', {}, { care: ready })
    world.look(proc)
    for (let count = 0; count < 40; count += 1) world.next('connection refused')
    const gaps = world.asked.slice(1).map((at, index) => at - (world.asked[index] ?? 0))
    expect(gaps[0]).toBe(250)
    expect(Math.max(...gaps)).toBe(2000)
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b))
    world.next('HTTP 503')
    world.next(null)
    expect(world.told).toEqual(['worker connection refused', 'worker HTTP 503', 'worker ready'])
    world.rounds.touch(proc)
    world.look(proc)
    expect(world.clock.armed).toEqual([])
  })

  it('never ask a process twice at a time, however long it takes', () => {
    const world = new World()
    world.look(procIn('RUNNING', {}, { care: health({ interval: 1000 }) }))
    world.clock.advance(1000)
    expect([world.asked.length, world.waiting]).toEqual([1, 1])
    world.clock.advance(60_000)
    expect([world.asked.length, world.waiting, world.clock.armed]).toEqual([1, 1, []])
    world.answer(null)
    world.clock.advance(1000)
    expect(world.asked).toHaveLength(2)
  })

  it('make a process unhealthy after so many failures in a row, and well again with one success', () => {
    const world = new World()
    world.look(procIn('RUNNING', {}, { care: health() }))
    for (const problem of [null, 'a', 'b', null, 'a', 'b', 'c', 'c', 'd', null, null]) world.next(problem)
    expect(world.told).toEqual(['worker well', 'worker c', 'worker d', 'worker well'])
  })

  it('do not count failures within start_period, until the first success', () => {
    const world = new World()
    const care = health({ retries: 1, startPeriod: 35_000, interval: 10_000 })
    world.look(procIn('RUNNING', { startedMono: 0 }, { care }))
    while (world.clock.monotonic() < 20_000) world.next('no')
    expect(world.told).toEqual([])
    while (world.clock.monotonic() < 35_000) world.next('no')
    expect(world.told).toEqual(['worker no'])
    const quick = new World()
    quick.look(procIn('RUNNING', { startedMono: 0 }, { care }))
    quick.next(null)
    quick.next('no')
    expect(quick.told).toEqual(['worker well', 'worker no'])
  })

  it('give up the question when the incarnation ends, and begin anew with the next one', () => {
    const world = new World()
    const proc = procIn('RUNNING', {}, { care: health({ retries: 2, interval: 1000 }) })
    world.look(proc)
    world.next('no')
    const [wait] = world.clock.armed
    world.clock.advance(wait ?? 0)
    expect(world.waiting).toBe(1)
    Object.assign(proc, { incarnation: 2 })
    world.rounds.touch(proc)
    world.rounds.settled([{ proc }])
    expect([world.given, world.waiting]).toEqual([1, 0])
    world.next('no')
    expect(world.told).toEqual([])
    world.next('no')
    expect(world.told).toEqual(['worker no'])
    Object.assign(proc, { state: 'STOPPING' })
    world.rounds.touch(proc)
    world.rounds.settled([{ proc }])
    expect(world.clock.armed).toEqual([])
  })

  it('take a worker that has not reported for too long for unwell, at that moment, and well when it reports again', () => {
    const world = new World()
    const proc = procIn('RUNNING', { id, seen: 0 }, { care: health({ by: { kind: 'report', maxAge: 15_000 }, retries: 1 }) })
    world.look(proc)
    world.clock.advance(15_000)
    expect(world.told).toEqual(['worker well'])
    world.clock.advance(2)
    expect(world.told).toEqual(['worker well', 'worker no report for 15 s'])
    proc.seen = world.clock.monotonic()
    world.clock.advance(10_000)
    expect(world.told.at(-1)).toBe('worker well')
    expect(world.asked).toEqual([])
  })

  it('spread five hundred processes over the interval, with one timer', () => {
    const world = new World()
    const procs = Array.from({ length: 500 }, (_, index) => Object.assign(procIn('RUNNING', {}, { care: health() }), { name: `p${index}` }))
    world.look(...procs)
    expect(world.clock.armed).toHaveLength(1)
    while (world.clock.monotonic() < 30_000) world.next(null)
    const buckets = Array.from({ length: 10 }, (_, second) => world.asked.filter((at) => at >= 12_000 + second * 1000 && at < 13_000 + second * 1000).length)
    expect(buckets.reduce((sum, count) => sum + count)).toBe(500)
    expect(Math.max(...buckets)).toBeLessThan(100)
  })

  it('are over when they are closed', () => {
    const world = new World()
    world.look(procIn('RUNNING', {}, { care: health() }), procIn('STARTING', {}, { care: ready }))
    world.clock.advance(1000)
    world.rounds.close()
    expect([world.waiting, world.clock.armed]).toEqual([0, []])
  })
})
