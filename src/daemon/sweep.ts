/**
 * Looks for what a dead leader left behind in its process group and session, tells it by name and pid, and kills
 * it where the spec says so. A look reads all of /proc, so one serves many leaders: it comes a moment after the first
 * of them, or at once when a replacement must find the place free, but never one right after the other.
 */
import type { EventBody } from '../core/events.ts'
import type { Clock, Processes, Survivor } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { Bus } from './bus.ts'
import type { MasterLog } from './master-log.ts'

/** Milliseconds from an end to the look for what it left behind, and between two looks. */
const delay = 100

export class Sweeper {
  private readonly pending = new Map<number, Proc>()
  private cancelAlarm: (() => void) | null = null
  private lastLook = -Infinity
  private readonly clock: Clock
  private readonly processes: Processes
  private readonly bus: Bus
  private readonly log: MasterLog

  constructor(clock: Clock, processes: Processes, bus: Bus, log: MasterLog) {
    this.clock = clock
    this.processes = processes
    this.bus = bus
    this.log = log
  }

  /** `pid` led the process's group and session and is gone. */
  sweep(proc: Proc, pid: number): void {
    if (pid === 0) return
    this.pending.set(pid, proc)
    const inTheWay = proc.spec.killSurvivors && this.processes.groupExists(pid)
    if (inTheWay && this.clock.monotonic() - this.lastLook >= delay) this.look()
    else this.arm()
  }

  /** Looks at once for all that are pending. */
  look(): void {
    this.close()
    if (this.pending.size === 0) return
    this.lastLook = this.clock.monotonic()
    const leaders = new Map(this.pending)
    this.pending.clear()
    for (const [leader, survivors] of this.processes.survivors([...leaders.keys()])) {
      const proc = leaders.get(leader)
      if (proc !== undefined && survivors.length > 0) this.tell(proc, survivors)
    }
  }

  /** Looks no more by itself. */
  close(): void {
    this.cancelAlarm?.()
    this.cancelAlarm = null
  }

  private arm(): void {
    this.cancelAlarm ??= this.clock.after(delay, () => {
      this.look()
    })
  }

  private tell(proc: Proc, survivors: readonly Survivor[]): void {
    const killed = proc.spec.killSurvivors
    if (killed) for (const survivor of survivors) this.processes.kill(survivor, 'SIGKILL', 'process')
    const names = survivors.map(({ name, pid }) => `${name} (${String(pid)})`).join(', ')
    const what = killed ? 'killed what it left behind' : 'left behind'
    this.log.warn(`${proc.name}: ${what}: ${names}`, { process: namespec(proc.group, proc.name) })
    const { group, name } = proc
    const body: EventBody = {
      type: 'process.survivors',
      group,
      name,
      survivors: survivors.map((survivor) => ({ pid: survivor.pid, name: survivor.name })),
      killed,
    }
    this.bus.publish(body)
  }
}
