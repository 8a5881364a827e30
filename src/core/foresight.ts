/** What can be said of a config before any of it runs: how long a shutdown of all of it may take. */
import { stopMax } from './ladder.ts'
import { newProc } from './proc.ts'
import { enlist, linksOf, newFleet, ranked } from './roster.ts'
import { standardTimeout } from './shutdown.ts'
import type { GroupSpec } from './spec.ts'

/** Milliseconds until a master that was told to end has no patience left, if all of these run. */
export function shutdownTime(groups: readonly GroupSpec[]): number {
  const fleet = newFleet()
  for (const { priority, processes } of groups) for (const spec of processes) enlist(fleet, newProc(spec, 'up', '', 0), priority)
  return standardTimeout(ranked(fleet), linksOf(fleet), stopMax)
}
