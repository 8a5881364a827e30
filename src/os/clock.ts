/** The real clock: monotonic time decides, wall time is for people. */
import { performance } from 'node:perf_hooks'
import type { Clock } from '../core/ports.ts'

/** The clock of this machine. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after: (delay, callback) => {
    // More than a timer of Node can have: who is called too early looks at the time and asks again.
    const timer = setTimeout(callback, Math.min(delay, 2_000_000_000))
    return () => {
      clearTimeout(timer)
    }
  },
}
