/**
 * The workers of the instance that a mark in their environment names, the kernel's side of their resources, and the
 * files that are watched for them.
 */
import type { ControlGroups, MemoryMeter, OomWitness } from '../core/kernel-ports.ts'
import type { Processes } from '../core/ports.ts'
import type { WatchFiles } from '../core/watch.ts'
import { errorCode } from '../lib/errno.ts'
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
  return { processes: systemProcesses(groups), kernel: { groups, witness: oomWitness(groups), meter: memoryMeter }, watchFiles: watchLater(() => import('./watch.ts')) }
}

/** Loaded when somebody watches for the first time: most masters never do. What is wrong with loading it must not end them. */
export function watchLater(load: () => Promise<{ readonly watchFiles: WatchFiles }>): WatchFiles {
  return (order, tell) => {
    let close: (() => void) | null = null
    let ended = false
    const since = Date.now() // what changes while it is being loaded counts
    load().then(({ watchFiles }) => {
      if (!ended) close = watchFiles(order, tell, since)
    }, (error: unknown) => {
      const reason = `nothing is watched, since a part of nsup cannot be loaded (${errorCode(error)}): it may have been upgraded, and a new master is needed (nsup shutdown --keep-workers, then nsupd)`
      if (!ended) tell({ kind: 'problem', reason, again: false })
    })
    return () => {
      ended = true
      close?.()
    }
  }
}
