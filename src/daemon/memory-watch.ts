/**
 * Watches the memory of programs that have a `max_memory`, and only of those: one timer while one of them runs, one look
 * for all, in steps. Who is over its bound in two looks running is replaced when its siblings are up, or gets a signal.
 * What it knows begins anew with the next master.
 */
import type { MemoryMeter, Usage } from '../core/kernel-ports.ts'
import type { FleetInput } from '../core/fleet.ts'
import type { Clock, Processes } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import { exhaust } from '../lib/exhaust.ts'
import type { MasterLog } from './master-log.ts'

/** Milliseconds between two looks. */
const interval = 5000
/** Looks in a row that must find it over its bound: a peak is none. */
const looksNeeded = 2

interface MemoryWatchPorts {
  readonly clock: Clock
  readonly processes: Pick<Processes, 'kill'>
  readonly meter: MemoryMeter
  readonly log: MasterLog
  readonly enqueue: (input: FleetInput) => void
}

type Ranked = readonly { readonly proc: Proc }[]

export class MemoryWatch {
  private readonly ports: MemoryWatchPorts
  /** How often in a row it was over its bound. */
  private readonly over = new WeakMap<Proc, { readonly incarnation: number; readonly looks: number }>()
  private order: Ranked = []
  private cancelAlarm: (() => void) | null = null
  private looking = false
  private closed = false

  constructor(ports: MemoryWatchPorts) {
    this.ports = ports
  }

  /** A process has come up. */
  changed(proc: Proc): void {
    if (isWatched(proc)) this.arm(interval)
  }

  /** `order` is another list whenever processes have come, gone or got other specs. */
  settled(order: Ranked): void {
    if (order === this.order) return
    this.order = order
    if (order.some(({ proc }) => isWatched(proc))) this.arm(interval)
  }

  /** What is shown of the memory of those with a bound is what the bound is for: the tree, not the process alone. */
  async refine<T extends { readonly memory: number }>(measured: Promise<ReadonlyMap<number, T>>): Promise<ReadonlyMap<number, T>> {
    const all = new Map(await measured)
    const pids = this.watched().map(({ id }) => id?.pid ?? 0).filter((pid) => all.has(pid))
    if (pids.length === 0) return all
    for (const [pid, usage] of exhaust(this.ports.meter.survey(pids))) {
      const one = all.get(pid)
      if (one !== undefined) all.set(pid, { ...one, memory: await this.ports.meter.precise(usage) })
    }
    return all
  }

  close(): void {
    this.closed = true
    this.cancelAlarm?.()
    this.cancelAlarm = null
  }

  private arm(delay: number, act: () => void = () => { this.look() }): void {
    if (this.closed || (this.looking && delay === interval)) return
    this.cancelAlarm ??= this.ports.clock.after(delay, () => {
      this.cancelAlarm = null
      act()
    })
  }

  private watched(): Proc[] {
    return this.order.map(({ proc }) => proc).filter(isWatched)
  }

  private look(): void {
    const watched = this.watched()
    if (watched.length === 0) return // the next that comes up arms it again
    this.looking = true
    this.step(this.ports.meter.survey(watched.map((proc) => proc.id?.pid ?? 0)))
  }

  private step(survey: ReturnType<MemoryMeter['survey']>): void {
    const step = survey.next()
    if (step.done !== true) {
      this.arm(0, () => { this.step(survey) })
      return
    }
    void this.judgeAll(step.value).finally(() => {
      this.looking = false
      this.arm(interval)
    })
  }

  private async judgeAll(found: ReadonlyMap<number, Usage>): Promise<void> {
    for (const proc of this.watched()) {
      const { id, incarnation } = proc
      const usage = found.get(id?.pid ?? 0)
      const bound = boundOf(proc)
      if (usage === undefined) continue
      // What is shared counts several times in the resident sizes: they are too much at worst.
      const bytes = usage.resident <= bound ? usage.resident : await this.ports.meter.precise(usage)
      if (proc.incarnation === incarnation && isWatched(proc) && !this.closed) this.judge(proc, bytes)
    }
  }

  private judge(proc: Proc, bytes: number): void {
    const before = this.over.get(proc)
    const looks = before?.incarnation === proc.incarnation ? before.looks : 0
    if (bytes <= boundOf(proc)) {
      this.over.delete(proc)
      return
    }
    this.over.set(proc, { incarnation: proc.incarnation, looks: looks + 1 })
    if (looks + 1 === looksNeeded) this.act(proc, `uses ${megabytes(bytes)}, max_memory is ${megabytes(boundOf(proc))}`)
  }

  private act(proc: Proc, reason: string): void {
    const { log, enqueue, processes } = this.ports
    const action = proc.spec.care?.recycle?.memoryAction ?? { kind: 'none' }
    const fields = { process: namespec(proc.group, proc.name), pid: proc.id?.pid ?? 0 }
    if (action.kind === 'restart') {
      log.warn(`${proc.name}: ${reason}: it is to be replaced`, fields)
      enqueue({ type: 'proc', proc, input: { type: 'recycle', reason, by: 'max_memory', now: false } })
      return
    }
    log.warn(`${proc.name}: ${reason}${action.kind === 'signal' ? `: it gets ${action.signal}` : ''}`, fields)
    if (action.kind === 'none' || proc.id === null) return
    const answer = processes.kill(proc.id, action.signal, 'process')
    if (typeof answer === 'object') log.error(`could not send ${action.signal} to ${proc.name}: ${answer.failed}`, fields)
  }
}

/** Only who is RUNNING can be replaced without being held for failed; who is still starting is looked at afterwards. */
function isWatched(proc: Proc): boolean {
  return proc.state === 'RUNNING' && proc.id !== null && proc.spec.care?.recycle?.maxMemory != null
}

function boundOf(proc: Proc): number {
  return proc.spec.care?.recycle?.maxMemory ?? Infinity
}

function megabytes(bytes: number): string {
  return `${String(Math.round(bytes / 1_048_576))} MB`
}
