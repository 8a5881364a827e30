/** The workers of the instance that a mark in their environment names, and the kernel's side of their resources. */
import type { ControlGroups, MemoryMeter, OomWitness } from '../core/kernel-ports.ts'
import type { Processes } from '../core/ports.ts'
import { controlGroups } from './cgroup.ts'
import { memoryMeter } from './memory.ts'
import { oomWitness } from './oom.ts'
import { systemProcesses } from './processes.ts'

export function machineFor(mark: string): { processes: Processes; kernel: { groups: ControlGroups; witness: OomWitness; meter: MemoryMeter } } {
  const groups = controlGroups(mark)
  return { processes: systemProcesses(groups), kernel: { groups, witness: oomWitness(groups), meter: memoryMeter } }
}
