import { expect, it } from 'vitest'
import { planChanges, restrict } from '../../../src/core/diff.ts'
import type { Comparison } from '../../../src/core/diff.ts'
import type { GroupSpec } from '../../../src/core/spec.ts'
import { specOf } from '../../sim/random-world.ts'

const comparison: Comparison = {
  differs: (a, b) => JSON.stringify(a) !== JSON.stringify(b),
  needsRestart: (a, b) => a.command !== b.command,
}

function group(name: string, processes: Readonly<Record<string, Partial<ReturnType<typeof specOf>>>>, priority = 1): GroupSpec {
  return { name, priority, processes: Object.entries(processes).map(([own, change]) => specOf({ group: name, name: own, ...change })) }
}

it('finds nothing to do where nothing differs, in whatever order members stand', () => {
  const plan = planChanges([group('g', { a: {}, b: {} })], [group('g', { b: {}, a: {} })], comparison)
  expect(plan).toEqual({ added: [], changed: [], removed: [] })
})

it('sorts what is removed, and keeps what is added in the order of the config', () => {
  const plan = planChanges([group('z', {}), group('B', {}), group('a', {})], [group('y', {}), group('c', {})], comparison)
  expect(plan.removed).toEqual(['B', 'a', 'z'])
  expect(plan.added.map(({ name }) => name)).toEqual(['y', 'c'])
})

it('restarts only the members that cannot have the change otherwise', () => {
  const before = [group('g', { a: {}, b: {}, c: {} })]
  const after = [group('g', { a: { command: 'new' }, b: { stopwait: 1 }, c: {}, d: {} })]
  const [change, ...more] = planChanges(before, after, comparison).changed
  expect(more).toEqual([])
  expect([...(change?.restart ?? [])]).toEqual(['a'])
  expect(change?.group).toBe(after[0])
})

it('sees a change of priority, a member less, and a member renamed', () => {
  const before = [group('g', { a: {}, b: {} })]
  for (const after of [group('g', { a: {}, b: {} }, 2), group('g', { a: {} }), group('g', { a: {}, c: {} })]) {
    const plan = planChanges(before, [after], comparison)
    expect(plan.changed.map((one) => [...one.restart])).toEqual([[]])
  }
})

it('is restricted to the groups that are named, and to none when none is', () => {
  const plan = planChanges([group('a', {}), group('b', { x: {} })], [group('b', {}), group('c', {})], comparison)
  expect(restrict(plan, [])).toBe(plan)
  expect(restrict(plan, ['b', 'nobody'])).toMatchObject({ added: [], removed: [], changed: [{ group: { name: 'b' } }] })
  expect(restrict(plan, ['a', 'c'])).toMatchObject({ added: [{ name: 'c' }], removed: ['a'], changed: [] })
})
