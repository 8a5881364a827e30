/**
 * The workers of the instance that a mark in their environment names, the kernel's side of their resources, and the
 * files that are watched for them.
 */
import type { ControlGroups, MemoryMeter, OomWitness } from '../core/kernel-ports.ts'
import type { Processes } from '../core/ports.ts'
import type { WatchFiles } from '../core/watch.ts'
import { controlGroups } from './cgroup.ts'
import { memoryMeter } from './memory.ts'
import { oomWitness } from './oom.ts'
import { systemProcesses } from './processes.ts'

interface Machine {
  readonly processes: Processes
  readonly kernel: { readonly groups: ControlGroups; readonly witness: OomWitness; readonly meter: MemoryMeter }
  readonly watchFiles: WatchFiles
}

export function machineFor(mark: string): Machine {
  const groups = controlGroups(mark)
  return { processes: systemProcesses(groups), kernel: { groups, witness: oomWitness(groups), meter: memoryMeter }, watchFiles }
}

/** Loaded when somebody watches for the first time: most masters never do. */
const watchFiles: WatchFiles = (order, tell) => {
  let close: (() => void) | null = null
  let ended = false
  void import('./watch.ts').then((loaded) => {
    if (!ended) close = loaded.watchFiles(order, tell)
  })
  return () => {
    ended = true
    close?.()
  }
}
