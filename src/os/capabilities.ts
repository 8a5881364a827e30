/**
 * What this machine lacks of what a config asks for: one list, asked by `nsup check` and by the master whenever it reads
 * the config. Each entry is quick, and looks only when a process asks for what it is about.
 */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Capability } from '../core/ports.ts'

/** The entries; a room that needs something of the machine adds its own. */
export const capabilities: readonly Capability[] = [lacksCpus]

function lacksCpus({ care }: Parameters<Capability>[0]): ReturnType<Capability> {
  const asked = care?.resources?.cpuAffinity ?? null
  if (asked === null) return null
  const last = lastCpu()
  const highest = Math.max(...asked.split(/[,-]/).map(Number))
  if (highest <= last) return null
  return { severity: 'error', option: 'cpu_affinity', message: `this machine has no CPU ${String(highest)}`, hint: `its CPUs are 0-${String(last)}` }
}

/** The highest number that a CPU of this machine may have, also one that is switched off now. */
function lastCpu(): number {
  try {
    return Math.max(...readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim().split(/[,-]/).map(Number))
  } catch {
    return Math.max(1, cpus().length) - 1 // not Linux
  }
}
