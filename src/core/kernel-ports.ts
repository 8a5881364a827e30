/** What the kernel knows of workers beside their pids: control groups, memory, and whom it killed for want of it. */
import type { ResourceSpec } from './care.ts'
import type { Pid } from './model.ts'
import type { Survivor } from './ports.ts'

/** Bounds of a control group. */
export type CgroupSpec = NonNullable<ResourceSpec['cgroup']>

/** Control groups of version 2, one for each process that asks for one, by its `group:name`. They outlive a master. */
export interface ControlGroups {
  /** Makes the group with these bounds, if it is not there yet; the file that who wants to be in it writes 0 to. */
  prepare(name: string, bounds: CgroupSpec): { readonly ok: true; readonly procs: string } | { readonly ok: false; readonly reason: string }
  /** Kills all that is in it at once; false where there is no such group. */
  kill(name: string): boolean
  members(name: string): readonly Survivor[]
  /** Removes the group if nobody is in it; true when it is not there any more. */
  remove(name: string): boolean
  /** How often the kernel has killed somebody in it for want of memory. */
  oomKills(name: string): number
}

/** Somebody who has died by SIGKILL, or nobody knows how. */
export interface Dead {
  readonly name: string
  readonly pid: number
  /** It had a control group of its own. */
  readonly ownGroup: boolean
  /** Milliseconds since it was started. */
  readonly age: number
  /** It is known that SIGKILL ended it. */
  readonly bySigkill: boolean
}

/** Finds out whether an end by SIGKILL was the kernel's doing. */
export interface OomWitness {
  /** A process with a control group of its own is about to be spawned. */
  expect(name: string): void
  /** True if the kernel killed it for want of memory; false: nothing says so. */
  testify(dead: Dead): boolean
}

/** How much memory a process and its descendants use. */
export interface MemoryMeter {
  /** A look at all processes; `next` goes on by a fraction of a millisecond. */
  survey(leaders: readonly number[]): Iterator<undefined, ReadonlyMap<number, Usage>>
  /** Proportional set size of these processes, bytes; what cannot be read counts with its resident size. */
  precise(usage: Usage): Promise<number>
}

/** A process with its descendants, the resident bytes of each and of all: at least what `precise` would say. */
export interface Usage {
  readonly resident: number
  readonly parts: readonly { readonly pid: Pid['pid']; readonly resident: number }[]
}
