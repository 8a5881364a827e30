/**
 * Looks for what a dead leader left behind in its process group and session, or what fled from them with its marks in the
 * environment, tells it by name and pid, and kills it where the spec says so. A look reads all of /proc, so one serves many leaders: it comes a moment after the first
 * of them, or at once when a replacement must find the place free, but never one right after the other.
 */
import { basename } from 'node:path'
import type { EventBody } from '../core/events.ts'
import type { Pid } from '../core/model.ts'
import type { Clock, Processes, Survivor } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { Bus } from './bus.ts'
import { marksOf } from './environment.ts'
import type { MasterLog } from './master-log.ts'

/** Milliseconds from an end to the look for what it left behind, and between two looks. */
const delay = 100

/** A leader that is gone. */
interface Gone {
  readonly proc: Proc
  /** What its descendants have in their environment, whatever group and session they made. */
  readonly marks: readonly string[]
  /** Who was spawned, and named another process as the one that goes on: a child of this master, if it is there still. */
  readonly launchers: readonly Survivor[]
  /** Kill those who fled, too. */
  readonly killsFled: boolean
}

interface Search {
  readonly leaders: ReadonlyMap<number, Gone>
  readonly steps: Iterator<undefined, ReadonlyMap<number, readonly Survivor[]>>
}

export class Sweeper {
  private readonly pending = new Map<number, Gone>()
  private cancelAlarm: (() => void) | null = null
  private lastLook = -Infinity
  private readonly launchers = new WeakMap<Proc, Survivor[]>()
  /** The look that is going on. */
  private search: Search | null = null
  private readonly clock: Clock
  private readonly processes: Processes
  private readonly bus: Bus
  private readonly log: MasterLog

  private readonly runDir: string

  /** `runDir`: by its name, workers and their descendants are known. */
  constructor(clock: Clock, processes: Processes, bus: Bus, log: MasterLog, runDir: string) {
    this.runDir = runDir
    this.clock = clock
    this.processes = processes
    this.bus = bus
    this.log = log
  }

  /** This one was the process until it named another one: when that ends, it should be gone as well. */
  remember(proc: Proc, { pid, startTime }: Pid): void {
    const name = basename(proc.spec.argv[0] ?? '')
    const others = (this.launchers.get(proc) ?? []).filter((one) => one.pid !== pid)
    this.launchers.set(proc, [...others, { pid, startTime, name, fled: true }])
  }

  /** `pid` led the process's group and session and is gone. */
  sweep(proc: Proc, pid: number): void {
    if (pid === 0) return
    this.pending.set(pid, this.gone(proc, pid))
    const inTheWay = proc.spec.killSurvivors && this.processes.groupExists(pid)
    if (inTheWay && this.clock.monotonic() - this.lastLook >= delay) this.look()
    else if (this.search === null) this.arm(delay)
  }

  /** Looks at once for all that are pending, and ends the look that is going on. */
  look(): void {
    this.close()
    const going = this.search
    if (going !== null) while (!this.step(going));
    const search = this.begin()
    if (search !== null) while (!this.step(search));
  }

  /** Looks no more by itself. */
  close(): void {
    this.cancelAlarm?.()
    this.cancelAlarm = null
  }

  private arm(after: number): void {
    this.cancelAlarm ??= this.clock.after(after, () => {
      this.cancelAlarm = null
      this.walk()
    })
  }

  /** One step of the look; all of /proc in one go would keep a crashed worker waiting for its replacement. */
  private walk(): void {
    const search = this.search ?? this.begin()
    if (search === null) return
    const done = this.step(search)
    if (!done) this.arm(0)
    else if (this.pending.size > 0) this.arm(delay)
  }

  private begin(): Search | null {
    if (this.pending.size === 0) return null
    this.lastLook = this.clock.monotonic()
    const leaders = new Map(this.pending)
    this.pending.clear()
    this.search = { leaders, steps: this.processes.searchSurvivors([...leaders.keys()], new Map([...leaders].map(([pid, { marks }]) => [pid, marks]))) }
    return this.search
  }

  /** True when it was the last one. */
  private step({ leaders, steps }: Search): boolean {
    const step = steps.next()
    if (step.done !== true) return false
    this.search = null
    for (const [leader, { proc, killsFled, launchers }] of leaders) {
      const survivors = [...(step.value.get(leader) ?? []), ...launchers.filter((launcher) => this.processes.isAlive(launcher))]
      const { killSurvivors } = proc.spec
      this.tell(proc, survivors.filter(({ fled }) => killsFled === killSurvivors || fled !== true), killSurvivors)
      this.tell(proc, survivors.filter(({ fled }) => killsFled !== killSurvivors && fled === true), killsFled)
    }
    return true
  }

  private gone(proc: Proc, pid: number): Gone {
    const { spec } = proc
    const end = proc.exits.findLast((exit) => exit.pid === pid)
    const marks = marksOf(proc, this.runDir, end?.incarnation ?? proc.incarnation)
    const launchers = this.launchers.get(proc) ?? []
    this.launchers.delete(proc)
    // Who ended by itself may have meant to leave a daemon; YAML's default says that it did not.
    return { proc, marks, launchers, killsFled: spec.killSurvivors || (spec.killasgroup && end?.wanted === true) }
  }

  /** Says what was left behind, and kills it if that is wanted. */
  tell(proc: Proc, survivors: readonly Survivor[], killed: boolean): void {
    if (survivors.length === 0) return
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
