/** The kernel's side of the resources of workers, for the instance that a mark in their environment names. */
import type { ControlGroups, MemoryMeter, OomWitness } from '../core/kernel-ports.ts'
import { controlGroups } from './cgroup.ts'
import { memoryMeter } from './memory.ts'
import { oomWitness } from './oom.ts'

export function kernelFor(mark: string): { groups: ControlGroups; witness: OomWitness; meter: MemoryMeter } {
  const groups = controlGroups(mark)
  return { groups, witness: oomWitness(groups), meter: memoryMeter }
}
