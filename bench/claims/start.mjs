/** Claim: 500 programs are up within 1.5 × the floor, and sooner than under supervisord. */

/** @type {import('../run.mjs').Claim} */
export const start = {
  id: 'start',
  sizes: [1, 100, 500],
  rows: [
    { id: 'start.1', title: 'start 1: launch of the master until the child runs', unit: 'ms' },
    { id: 'start.100', title: 'start 100', unit: 'ms' },
    { id: 'start.500', title: 'start 500', unit: 'ms', limits: [{ atMost: 1.5, of: 'floor' }, { atMost: 1, of: 'supervisord' }] },
  ],
  during: async (fleet, size) => ({ [`start.${size}`]: fleet.startMs }),
}
