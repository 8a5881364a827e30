/** The real clock: monotonic time decides, wall time is for people. */
import { performance } from 'node:perf_hooks'
import type { Clock } from '../core/ports.ts'

/** The clock of this machine. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
}
