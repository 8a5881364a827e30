/** Claim: the master with 500 programs holds at most 1.6 × the floor's PSS, and a program costs at most 40 kB. */
import { memoryOf } from '../lib/proc.mjs'

const kinds = /** @type {const} */ (['rss', 'pss', 'anonymous'])

/** @type {import('../run.mjs').Claim} */
export const memory = {
  id: 'memory',
  sizes: [1, 100, 500],
  rows: [
    ...[1, 100, 500].flatMap((size) => kinds.map((kind) => ({
      id: `${kind}.${size}`,
      title: `${kind === 'anonymous' ? 'anonymous memory' : kind.toUpperCase()}, ${size} program${size > 1 ? 's' : ''}`,
      unit: 'MB',
      ...(kind === 'pss' && size === 500 ? { limits: [{ atMost: 1.6, of: 'floor' }] } : {}),
    }))),
    { id: 'marginal', title: 'RSS that one more program costs (of 500)', unit: 'kB', limits: [{ atMost: 40 }] },
  ],
  settle: true,
  during: async (fleet, size) => {
    const kB = memoryOf(fleet.family())
    return Object.fromEntries(kinds.map((kind) => [`${kind}.${size}`, kB[kind] / 1000]))
  },
  derive: (results, contender) => {
    const cost = ((results.median('rss.500', contender) - results.median('rss.1', contender)) * 1000) / 499
    return Number.isNaN(cost) ? {} : { marginal: cost }
  },
}
