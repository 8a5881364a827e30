/** Claim: 500 programs and their master are gone within 3 × the floor. */

/** @type {import('../run.mjs').Claim} */
export const stop = {
  id: 'stop',
  sizes: [100, 500],
  rows: [
    { id: 'stop.100', title: 'stop all 100: until the master is gone', unit: 'ms' },
    { id: 'stop.500', title: 'stop all 500', unit: 'ms', limits: [{ atMost: 3, of: 'floor' }] },
  ],
  during: async () => ({}),
  atEnd: (stopMs, size) => ({ [`stop.${size}`]: stopMs }),
}
