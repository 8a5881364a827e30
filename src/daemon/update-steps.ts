/** What an update does, in supervisorctl's words and order (removed groups, changed ones, added ones), and for the ledger. */
import type { UpdateStep } from '../api/master.ts'
import type { Plan } from '../core/diff.ts'

/** `stopped`: the groups of which something had to be stopped for it. */
export function stepsOf(plan: Plan, stopped: ReadonlySet<string>): UpdateStep[] {
  const step = (group: string, did: UpdateStep['did']): UpdateStep[] => [
    ...(stopped.has(group) ? [{ group, did: 'stopped' } as const] : []),
    { group, did },
  ]
  return [
    ...plan.removed.flatMap((name) => step(name, 'removed process group')),
    ...plan.changed.flatMap(({ group }) => step(group.name, 'updated process group')),
    ...plan.added.map(({ name }): UpdateStep => ({ group: name, did: 'added process group' })),
  ]
}

/** `update: removes a, changes b, adds c`; nothing to change is said too. */
export function planWords(plan: Plan): string {
  const parts = [
    ['removes', plan.removed],
    ['changes', plan.changed.map(({ group }) => group.name)],
    ['adds', plan.added.map(({ name }) => name)],
  ] as const
  const words = parts.flatMap(([did, names]) => (names.length === 0 ? [] : [`${did} ${names.join(' ')}`]))
  return `update: ${words.length === 0 ? 'nothing has changed' : words.join(', ')}`
}
