/** Claim: while nothing is due, no timer fires, and the CPU is at most a third of supervisord's. */
import { cpuOf, wakeupsOf } from '../lib/proc.mjs'
import { now, sleep } from '../lib/stats.mjs'

/** @type {import('../run.mjs').Claim} */
export const idle = {
  id: 'idle',
  sizes: [500],
  rows: [
    { id: 'idle.cpu', title: 'idle, 500 programs: CPU', unit: 'ms/s', limits: [{ atMost: 1 / 3, of: 'supervisord' }] },
    { id: 'idle.main', title: 'idle, 500 programs: wake-ups of the main thread', unit: '1/s', limits: [{ atMost: 0.2 }] },
    { id: 'idle.all', title: 'idle, 500 programs: wake-ups of all threads', unit: '1/s' },
  ],
  settle: true,
  during: async (fleet, _size, options) => {
    if (!options.quick) await sleep(10_000) // V8 tidies its heap for some seconds after the work is done
    const pids = fleet.family()
    const begin = now()
    const [cpu, wakeups] = [cpuOf(pids), wakeupsOf(pids)]
    await sleep(options.quick ? 5000 : 20_000)
    const after = wakeupsOf(pids)
    const seconds = (now() - begin) / 1000
    return {
      'idle.cpu': (cpuOf(pids) - cpu) / seconds,
      'idle.main': (after.main - wakeups.main) / seconds,
      'idle.all': (after.all - wakeups.all) / seconds,
    }
  },
}
