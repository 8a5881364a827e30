/**
 * What the master does about the resources of its workers beside spawning them: kills and removes their control groups,
 * asks whether the kernel killed them, watches their memory. Workers that ask for none of it cost nothing here.
 */
import type { ControlGroups, MemoryMeter, OomWitness } from '../core/kernel-ports.ts'
import type { FleetInput } from '../core/fleet.ts'
import type { ExitStatus } from '../core/model.ts'
import type { Clock, Processes } from '../core/ports.ts'
import { rests } from '../core/proc.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { MasterLog } from './master-log.ts'
import { MemoryWatch } from './memory-watch.ts'
import type { Sweeper } from './sweep.ts'

/** The kernel's side of it. */
export interface Kernel {
  readonly groups: ControlGroups
  readonly witness: OomWitness
  readonly meter: MemoryMeter
}

interface KeeperPorts {
  readonly clock: Clock
  readonly processes: Processes
  readonly log: MasterLog
  readonly kernel: Kernel
  readonly sweeper: Pick<Sweeper, 'sweep' | 'tell'>
  readonly enqueue: (input: FleetInput) => void
}

/** Milliseconds between two tries to remove a group whose processes are on their way out, and how many tries. */
const patience = 100
const tries = 50

export class ResourceKeeper {
  readonly memory: MemoryWatch
  private readonly ports: KeeperPorts
  /** Groups of processes that have ended, with the tries that are left. */
  private readonly leaving = new Map<Proc, number>()
  private cancelAlarm: (() => void) | null = null

  constructor(ports: KeeperPorts) {
    this.ports = ports
    this.memory = new MemoryWatch({ ...ports, meter: ports.kernel.meter })
  }

  beforeSpawn(proc: Proc): void {
    if (hasGroup(proc)) this.ports.kernel.witness.expect(nameOf(proc))
  }

  /** True if the kernel has ended this incarnation for want of memory. To be asked while the process is still known. */
  wasOom(proc: Proc, status: ExitStatus): boolean {
    const bySigkill = status.kind === 'signal' && status.signal === 'SIGKILL'
    if (proc.id === null || (!bySigkill && status.kind !== 'unknown')) return false
    const age = Math.max(0, this.ports.clock.monotonic() - proc.startedMono)
    return this.ports.kernel.witness.testify({ name: nameOf(proc), pid: proc.id.pid, ownGroup: hasGroup(proc), age, bySigkill })
  }

  /** A process is being killed for good: nobody in its control group escapes. */
  kill(proc: Proc): void {
    if (hasGroup(proc)) this.ports.kernel.groups.kill(nameOf(proc))
  }

  /** The leader is gone. Nobody can have fled from a control group; all others are looked for. */
  sweep(proc: Proc, pid: number): void {
    const { sweeper, kernel } = this.ports
    if (!hasGroup(proc)) return sweeper.sweep(proc, pid)
    const name = nameOf(proc)
    const { killSurvivors, killasgroup } = proc.spec
    const killed = killSurvivors || (killasgroup && proc.exits.at(-1)?.wanted === true)
    const left = kernel.groups.members(name).filter((member) => member.pid !== pid)
    // At once: a replacement will be in the same group.
    if (killed && left.length > 0) kernel.groups.kill(name)
    sweeper.tell(proc, left, killed)
    this.leaving.set(proc, tries)
    this.removeAll()
  }

  close(): void {
    this.memory.close()
    this.removeAll()
    this.cancelAlarm?.()
    this.cancelAlarm = null
  }

  /** Those who are up again keep theirs; the others' go as soon as the last has left. */
  private removeAll(): void {
    for (const [proc, left] of this.leaving) {
      if (left === 0 || (!rests(proc) && proc.state !== 'BACKOFF') || this.ports.kernel.groups.remove(nameOf(proc))) this.leaving.delete(proc)
      else this.leaving.set(proc, left - 1)
    }
    if (this.leaving.size === 0) return
    this.cancelAlarm ??= this.ports.clock.after(patience, () => {
      this.cancelAlarm = null
      this.removeAll()
    })
  }
}

function hasGroup(proc: Proc): boolean {
  return (proc.spec.care?.resources?.cgroup ?? null) !== null
}

function nameOf(proc: Proc): string {
  return namespec(proc.group, proc.name)
}
