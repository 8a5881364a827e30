import { expect, it } from 'vitest'
import { byPriority, compare } from '../../../src/core/order.ts'
import { procIn } from './procs.ts'

it('orders by priority of the group, its name, priority of the process, its name', () => {
  const ranked = [
    [5, 'b', 1, 'x'], [1, 'z', 9, 'x'], [5, 'a', 9, 'x'], [5, 'a', 1, 'y'], [5, 'a', 1, 'x'], [-1, 'q', 1, 'x'],
  ] as const
  const sorted = ranked
    .map(([groupPriority, group, priority, name]) => ({ groupPriority, proc: procIn('STOPPED', {}, { group, name, priority }) }))
    .sort(byPriority)
    .map(({ groupPriority, proc }) => `${String(groupPriority)} ${proc.group} ${String(proc.spec.priority)} ${proc.name}`)
  expect(sorted).toEqual(['-1 q 1 x', '1 z 9 x', '5 a 1 x', '5 a 1 y', '5 a 9 x', '5 b 1 x'])
})

it('compares names as Python does: capitals before small letters, and ten before two', () => {
  expect(['b', 'a2', 'B', 'a10', 'ä', 'a10'].sort(compare)).toEqual(['B', 'a10', 'a10', 'a2', 'b', 'ä'])
})
