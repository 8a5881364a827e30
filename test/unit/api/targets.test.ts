import { expect, test } from 'vitest'
import { resolveOne, resolveTargets } from '../../../src/api/targets.ts'
import { Fault } from '../../../src/lib/fault.ts'
import { fakeView } from '../../fixtures/fake-master.ts'

const views = [
  fakeView('shop', 'checkin_0', { program: 'checkin', spec: { priority: 2 } }),
  fakeView('shop', 'checkin_1', { program: 'checkin', spec: { priority: 2 } }),
  fakeView('shop', 'web', { spec: { priority: 1 } }),
  fakeView('db', 'db', { groupPriority: 1 }),
  fakeView('a', 'worker'),
  fakeView('b', 'worker'),
]

function names(targets: string[], options = {}): string[] {
  return resolveTargets(views, targets, options).matched.map(view => view.namespec)
}

test('all means everything, in the order of group priority, process priority and name', () => {
  expect(names(['all'])).toEqual(['db', 'a:worker', 'b:worker', 'shop:web', 'shop:checkin_0', 'shop:checkin_1'])
})

test('each process is matched once, however often it is named', () => {
  expect(names(['shop:web', 'web', 'shop:*', 'shop:'])).toEqual(['shop:web', 'shop:checkin_0', 'shop:checkin_1'])
})

test.each([
  ['db', ['db']],
  ['web', ['shop:web']],
  ['shop', ['shop:web', 'shop:checkin_0', 'shop:checkin_1']],
  ['checkin', ['shop:checkin_0', 'shop:checkin_1']],
  ['shop:checkin', ['shop:checkin_0', 'shop:checkin_1']],
  ['check*', ['shop:checkin_0', 'shop:checkin_1']],
  ['*:work?r', ['a:worker', 'b:worker']],
  ['sh?p:', ['shop:web', 'shop:checkin_0', 'shop:checkin_1']],
  ['*_1', ['shop:checkin_1']],
])('%s means %j', (target, expected) => {
  expect(names([target])).toEqual(expected)
})

test('strictly, only what supervisord understands is resolved', () => {
  expect(names(['db'], { strict: true })).toEqual(['db'])
  expect(names(['shop:*'], { strict: true })).toHaveLength(3)
  for (const target of ['shop', 'web', 'checkin', 'check*', 'all']) expect(names([target], { strict: true })).toEqual([])
})

test('what is not found is told with its kind and the nearest name', () => {
  const { matched, missing } = resolveTargets(views, ['nochkin', 'chekin', './web.js', 'shpo:*', 'shop:wbe', 'zzz*'])
  expect(matched).toEqual([])
  expect(missing).toEqual([
    { target: 'nochkin', kind: 'process', suggestion: 'checkin' },
    { target: 'chekin', kind: 'process', suggestion: 'checkin' },
    { target: './web.js', kind: 'process', suggestion: 'web' },
    { target: 'shpo:*', kind: 'group', suggestion: 'shop:*' },
    { target: 'shop:wbe', kind: 'process', suggestion: 'shop:web' },
    { target: 'zzz*', kind: 'process', suggestion: null },
  ])
})

test('a process name that several groups have is not guessed', () => {
  expect(resolveTargets(views, ['worker'])).toEqual({
    matched: [],
    missing: [{ target: 'worker', kind: 'process', suggestion: 'a:worker or b:worker' }],
  })
})

test('what the numbered processes of one program have in common means all of them', () => {
  const of = (group: string, ...all: readonly string[]): ReturnType<typeof fakeView>[] => all.map((name) => fakeView(group, name, { program: `${group}-program` }))
  const numbered = [...of('a', 'shop_checkin_00', 'shop_checkin_01'), ...of('b', 'mixed_0', 'odd'), ...of('c', 'same_0'), ...of('d', 'same_1'), ...of('e', 'w_10', 'w_11')]
  const found = (target: string): string[] => resolveTargets(numbered, [target]).matched.map((view) => view.name)
  expect(found('shop_checkin')).toEqual(['shop_checkin_00', 'shop_checkin_01'])
  expect(found('w')).toEqual(['w_10', 'w_11'])
  // The beginning of a number, part of a program, several programs.
  for (const target of ['shop_checkin_0', 'w_1', 'shop', 'mixed', 'same']) expect(found(target), target).toEqual([])
})

test('a group without processes is known', () => {
  expect(resolveTargets(views, ['empty:*'], { groups: ['empty'] })).toEqual({ matched: [], missing: [] })
})

test('one process is demanded where one is needed', () => {
  expect(resolveOne(views, 'web').namespec).toBe('shop:web')
  expect(() => resolveOne(views, 'shop')).toThrow(Fault)
  expect(() => resolveOne(views, 'shop')).toThrow(/means 3 processes \(shop:web/)
  expect(() => resolveOne(views, 'wbe')).toThrow('did you mean web?')
})
