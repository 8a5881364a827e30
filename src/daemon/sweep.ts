/**
 * Looks for what a dead leader left behind in its process group and session, tells it by name and pid, and kills
 * it where the spec says so. The group is looked at right away (one system call) so that a replacement finds the
 * port free; the whole of /proc is read once for many leaders, a little later.
 */
import type { EventBody } from '../core/events.ts'
import type { Clock, Processes, Survivor } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { Bus } from './bus.ts'
import type { MasterLog } from './master-log.ts'

/** After a stop the person who asked is waiting; after a crash it can wait, and others may crash too. */
const delayAfterStop = 0
const delayAfterCrash = 250

export class Sweeper {
  private readonly pending = new Map<number, Proc>()
  private cancelAlarm: (() => void) | null = null
  private delay = Infinity
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
  sweep(proc: Proc, pid: number, wanted: boolean): void {
    if (pid === 0) return
    this.pending.set(pid, proc)
    if (this.processes.groupExists(pid)) this.look()
    else this.arm(wanted ? delayAfterStop : delayAfterCrash)
  }

  /** Looks at once for all that are pending. */
  look(): void {
    this.close()
    if (this.pending.size === 0) return
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

  private arm(delay: number): void {
    if (this.cancelAlarm !== null && this.delay <= delay) return
    this.close()
    this.delay = delay
    this.cancelAlarm = this.clock.after(delay, () => {
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
