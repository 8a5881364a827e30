/** A kernel without control groups, whose processes use no memory: for tests that are about something else. */
import type { Kernel } from '../../src/daemon/resource-keeper.ts'

export const plainKernel: Kernel = {
  groups: {
    prepare: () => ({ ok: false, reason: 'there are none' }),
    kill: () => false,
    members: () => [],
    remove: () => true,
    oomKills: () => 0,
  },
  witness: { expect: () => undefined, testify: () => false },
  meter: {
    survey: (leaders) => ({ next: () => ({ done: true, value: new Map(leaders.map((pid) => [pid, { resident: 0, parts: [] }])) }) }),
    precise: () => Promise.resolve(0),
  },
}
