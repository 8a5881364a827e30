import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { RecycleSpec } from '../../../src/core/care.ts'
import type { FleetInput } from '../../../src/core/fleet.ts'
import type { MemoryMeter } from '../../../src/core/kernel-ports.ts'
import type { Proc } from '../../../src/core/proc.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import { MemoryWatch } from '../../../src/daemon/memory-watch.ts'
import { procIn } from '../core/procs.ts'
import { HandClock } from './hand-clock.ts'

const mega = 1_048_576
const recycle: RecycleSpec = { maxMemory: 512 * mega, memoryAction: { kind: 'restart' }, maxLifetime: null }

function watching(procs: readonly Proc[]) {
  const clock = new HandClock()
  const inputs: FleetInput[] = []
  const lines: string[] = []
  const signals: string[] = []
  const sizes = { resident: 0, precise: 0 }
  let asked = 0
  const meter: MemoryMeter = {
    *survey(leaders) {
      yield
      return new Map(leaders.map((pid) => [pid, { resident: sizes.resident * mega, parts: [{ pid, resident: sizes.resident * mega }] }]))
    },
    precise: () => {
      asked += 1
      return Promise.resolve(sizes.precise * mega)
    },
  }
  const watch = new MemoryWatch({
    ...{ clock, meter, log: new MasterLog((level, message) => lines.push(`${level} ${message}`)) },
    processes: { kill: (_target, signal) => (signals.push(signal), 'sent') },
    enqueue: (input) => inputs.push(input),
  })
  watch.settled(procs.map((proc) => ({ proc })))
  const look = async (): Promise<void> => {
    clock.advance(5000)
    await turn()
  }
  return { watch, clock, inputs, lines, signals, sizes, look, asked: () => asked }
}

const running = (change: Partial<RecycleSpec> = {}): Proc => procIn('RUNNING', {}, { care: { recycle: { ...recycle, ...change } } })

describe('The watch over memory', () => {
  it('has no timer for programs that have no bound, or that do not run', () => {
    expect(watching([procIn('RUNNING'), procIn('RUNNING', {}, { care: { report: true } }), procIn('STOPPED', {}, { care: { recycle } }), running({ maxMemory: null })]).clock.armed).toEqual([])
  })

  it('has a process replaced that is over its bound twice in a row, once and with the sizes', async () => {
    const proc = running()
    const { sizes, look, inputs, lines } = watching([proc])
    Object.assign(sizes, { resident: 700, precise: 612 })
    await look()
    expect(inputs).toEqual([])
    await look()
    const reason = 'uses 612 MB, max_memory is 512 MB'
    expect(inputs).toEqual([{ type: 'proc', proc, input: { type: 'recycle', reason, by: 'max_memory', now: false } }])
    expect(lines).toEqual([`warn worker: ${reason}: it is to be replaced`])
    await look()
    expect(inputs).toHaveLength(1)
  })

  it('forgives a peak, and whoever came after it', async () => {
    const proc = running()
    const { sizes, look, inputs } = watching([proc])
    for (const precise of [600, 500, 600]) {
      Object.assign(sizes, { resident: 700, precise })
      await look()
    }
    proc.incarnation += 1
    await look()
    expect(inputs).toEqual([])
    await look()
    expect(inputs).toHaveLength(1)
  })

  it('does not ask for more than the resident sizes where these are below the bound', async () => {
    const { sizes, look, asked } = watching([running()])
    sizes.resident = 512
    await look()
    await look()
    expect(asked()).toBe(0)
    sizes.resident = 513
    await look()
    expect(asked()).toBe(1)
  })

  it('sends a signal where that is asked for, again only after it has been below', async () => {
    const { sizes, look, signals, inputs } = watching([running({ memoryAction: { kind: 'signal', signal: 'SIGUSR2' } })])
    Object.assign(sizes, { resident: 700, precise: 612 })
    for (let looks = 0; looks < 4; looks += 1) await look()
    expect(signals).toEqual(['SIGUSR2'])
    sizes.resident = 1
    await look()
    sizes.resident = 700
    await look()
    await look()
    expect(signals).toEqual(['SIGUSR2', 'SIGUSR2'])
    expect(inputs).toEqual([])
  })

  it('only says so where nothing else is asked for', async () => {
    const { sizes, look, signals, inputs, lines } = watching([running({ memoryAction: { kind: 'none' } })])
    Object.assign(sizes, { resident: 700, precise: 612 })
    await look()
    await look()
    expect([signals, inputs]).toEqual([[], []])
    expect(lines).toEqual(['warn worker: uses 612 MB, max_memory is 512 MB'])
  })

  it('shows of those with a bound what it measures, and of others what was measured', async () => {
    const [bound, free] = [running(), procIn('RUNNING', { id: { pid: 12, startTime: '1' } })]
    const { watch, sizes } = watching([bound, free])
    Object.assign(sizes, { resident: 300, precise: 200 })
    const measured = new Map([bound, free].map(({ id }) => [id?.pid ?? 0, { cpu: 1, memory: 5 }]))
    const shown = await watch.refine(Promise.resolve(measured))
    expect([...shown]).toEqual([[bound.id?.pid, { cpu: 1, memory: 200 * mega }], [12, { cpu: 1, memory: 5 }]])
  })

  it('stops when none is left that runs, begins again with the next, and not after its end', async () => {
    const proc = running()
    const { watch, clock, look } = watching([proc])
    expect(clock.armed).toEqual([5000])
    proc.state = 'EXITED'
    await look()
    expect(clock.armed).toEqual([])
    proc.state = 'RUNNING'
    watch.changed(proc)
    expect(clock.armed).toEqual([5000])
    watch.close()
    watch.changed(proc)
    expect(clock.armed).toEqual([])
  })
})
