/**
 * What this machine lacks of what a config asks for: one list, asked by `nsup check` and by the master whenever it reads
 * the config. Each entry is quick, and looks only when a process asks for what it is about.
 */
import type { Capability } from '../core/ports.ts'
import { lacksNotify } from './lacks-notify.ts'
import { lacksResources } from './lacks-resources.ts'

/** The entries; a room that needs something of the machine adds its own. */
export const capabilities: readonly Capability[] = [lacksNotify, lacksResources]

/**
 * The same for a master: it warns where the check refuses. After a reboot into less than there was, what can run shall
 * run; the process that cannot have what it asks for says so when it is to be spawned.
 */
export const warnings: readonly Capability[] = capabilities.map((lacks) => (spec) => {
  const lack = lacks(spec)
  return lack === null ? null : { ...lack, severity: 'warning' }
})
