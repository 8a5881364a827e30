import { describe, expect, it } from 'vitest'
import { nextDeadline } from '../../../src/core/fleet.ts'
import { activeGroups, ranked } from '../../../src/core/roster.ts'
import { specOf } from '../../sim/random-world.ts'
import { group, plan, TestFleet } from './fleets.ts'
import { code } from './procs.ts'

const shutdown = { type: 'shutdown', by: 'ann' } as const

describe('A shutdown', () => {
  it('takes groups by descending priority, equal ones together, and the next when all of these rest', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }), group('b', 5, { name: 'b0', priority: 1 }, { name: 'b1', priority: 2 }), group('c', 5, { name: 'c0' }))
    world.do(shutdown)
    expect(world.signalled()).toEqual(['c0 SIGTERM', 'b1 SIGTERM', 'b0 SIGTERM'])
    world.end('c0')
    world.end('b1')
    expect(world.signalled()).toHaveLength(3)
    world.end('b0')
    expect(world.signalled().slice(3)).toEqual(['a0 SIGTERM'])
    expect(world.fleet.phase).toBe('stopping')
    world.end('a0')
    expect(world.fleet.phase).toBe('drained')
    expect(world.effects.filter((effect) => effect.type === 'drained')).toHaveLength(1)
  })

  it('gives up who waits for a retry, and goes on at once when nothing else is in a tier', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }), group('b', 9, { name: 'b0' }))
    world.end('b0', code(1))
    world.end('b0', code(1))
    expect(world.states()).toEqual(['a0 RUNNING', 'b0 BACKOFF'])
    world.do(shutdown)
    expect(world.states()).toEqual(['a0 STOPPING', 'b0 FATAL'])
  })

  it('starts nothing: no crash is followed by a start, no request and no config adds one', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0', autorestart: 'always' }, { name: 'idle', autostart: false }), group('b', 9, { name: 'b0' }))
    world.do(shutdown)
    world.end('a0', code(1))
    world.tell(world.proc('idle'), { type: 'start', by: 'bob' })
    world.do({ type: 'addGroup', group: group('new', 1, { name: 'n0' }), by: 'bob' })
    world.do({ type: 'apply', plan: plan({ changed: [{ group: group('a', 1, { name: 'a0', command: 'two' }), restart: new Set(['a0']) }] }), by: 'bob' })
    world.later(60_000)
    expect(world.effects.filter((effect) => effect.type === 'spawn')).toEqual([])
    expect(world.proc('n0').state).toBe('STOPPED')
    expect(world.proc('a0')).toMatchObject({ state: 'EXITED', want: 'up', spec: { command: 'two' } })
  })

  it('is over at once when nothing runs, and a second one is no other', () => {
    const world = new TestFleet()
    world.do(shutdown)
    world.do({ type: 'shutdown', by: 'bob' })
    expect(world.effects.map(({ type }) => type)).toEqual(['drained'])
    expect(world.fleet.stopBy).toBe('shutdown, ann')
  })

  it('escalates after stopwait, and when it is hurried only what is being stopped', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }), group('b', 9, { name: 'b0', stopwait: 5000 }))
    world.do(shutdown)
    world.later(4999)
    expect(world.signalled()).toEqual(['b0 SIGTERM'])
    world.later(1)
    world.do({ type: 'hurry' })
    expect(world.signalled()).toEqual(['b0 SIGTERM', 'b0 SIGKILL', 'b0 SIGKILL'])
  })

  it('once hurried has no grace for the groups that come later either', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }, { name: 'a1' }), group('b', 9, { name: 'b0' }))
    world.do(shutdown)
    world.do({ type: 'hurry' })
    world.end('b0')
    expect(world.signalled().slice(2)).toEqual(['a1 SIGTERM', 'a1 SIGKILL', 'a0 SIGTERM', 'a0 SIGKILL'])
    world.end('a1')
    expect(world.signalled()).toHaveLength(6)
  })

  it('lets event listeners be quiet before it stops them, tier after tier, unless it is hurried', () => {
    const listener = { events: ['EVENT'], bufferSize: 10 }
    const world = new TestFleet()
    world.run(group('a', -2, { name: 'a0', listener }), group('b', -1, { name: 'b0', listener }, { name: 'b1', listener }), group('c', 9, { name: 'c0' }))
    world.do({ type: 'quiet' })
    world.do(shutdown)
    expect(world.fleet.lull).toBe('none')
    world.end('c0')
    expect([world.fleet.lull, ...world.signalled()]).toEqual(['due', 'c0 SIGTERM'])
    world.later(60_000)
    expect(world.signalled()).toHaveLength(1)
    world.do({ type: 'quiet' })
    expect([world.fleet.lull, ...world.signalled().slice(1)]).toEqual(['none', 'b1 SIGTERM', 'b0 SIGTERM'])
    world.end('b1')
    world.end('b0')
    expect(world.fleet.lull).toBe('due')
    world.do({ type: 'hurry' })
    expect(world.signalled().slice(3)).toEqual(['a0 SIGTERM', 'a0 SIGKILL'])
  })

  it('waits for a stop that came while the spawn was being carried out', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0', autostart: false }))
    const proc = world.proc('a0')
    proc.state = 'STARTING'
    proc.want = 'up'
    proc.incarnation = 1
    world.do(shutdown)
    expect(world.fleet.phase).toBe('stopping')
    world.tell(proc, { type: 'spawned', id: { pid: 7, startTime: '7' } })
    expect(world.signalled()).toEqual(['a0 SIGTERM'])
    world.end('a0')
    expect(world.fleet.phase).toBe('drained')
  })
})

describe('A change of the config', () => {
  it('removes a group when its last member rests, and says so once', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }, { name: 'a1', autostart: false }))
    world.do({ type: 'apply', plan: plan({ removed: ['a'] }), by: 'bob' })
    expect(world.states()).toEqual(['a0 STOPPING'])
    expect(activeGroups(world.fleet)).toEqual([{ name: 'a', priority: 1, processes: [] }])
    world.end('a0')
    expect(world.fleet.groups.size).toBe(0)
    expect(world.events().filter(({ type }) => type === 'group.removed')).toEqual([{ type: 'group.removed', group: 'a' }])
    expect(world.effects.filter(({ type }) => type === 'forget')).toHaveLength(2)
  })

  it('removes a group without members, and takes no notice of one that is not there', () => {
    const world = new TestFleet()
    world.run(group('empty', 1))
    world.do({ type: 'removeGroup', name: 'empty' })
    world.do({ type: 'removeGroup', name: 'nobody' })
    expect(world.events()).toEqual([{ type: 'group.removed', group: 'empty' }])
  })

  it('restarts a member with its new spec as soon as the old one rests', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }, { name: 'a1' }))
    const wanted = group('a', 2, { name: 'a0', command: 'two' }, { name: 'a1', stopwait: 1 })
    world.do({ type: 'apply', plan: plan({ changed: [{ group: wanted, restart: new Set(['a0']) }] }), by: 'bob' })
    expect(world.proc('a1').spec.stopwait).toBe(1)
    expect(world.proc('a0').spec.command).toBe('worker')
    expect(activeGroups(world.fleet)).toEqual([wanted])
    world.end('a0')
    expect(world.proc('a0')).toMatchObject({ state: 'STARTING', want: 'up', next: null, spec: { command: 'two' } })
    expect(ranked(world.fleet).map((one) => one.groupPriority)).toEqual([2, 2])
  })

  it('leaves a member down that somebody stops while the old one ends', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }))
    world.do({ type: 'apply', plan: plan({ changed: [{ group: group('a', 1, { name: 'a0', command: 'two' }), restart: new Set(['a0']) }] }), by: 'bob' })
    world.tell(world.proc('a0'), { type: 'stop', by: 'ann' })
    world.end('a0')
    expect(world.proc('a0')).toMatchObject({ state: 'STOPPED', want: 'down', wantedBy: 'ann', reason: 'stopped by ann: exit status 0', spec: { command: 'two' } })
  })

  it('leaves a member down that was down and does not start by itself', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0', autostart: false }))
    world.do({ type: 'apply', plan: plan({ changed: [{ group: group('a', 1, { name: 'a0', autostart: false, command: 'two' }), restart: new Set(['a0']) }] }), by: 'bob' })
    expect(world.proc('a0')).toMatchObject({ state: 'STOPPED', spec: { command: 'two' }, next: null })
  })

  it('brings back a member that was leaving, with the newest spec of several', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }))
    world.do({ type: 'apply', plan: plan({ removed: ['a'] }), by: 'bob' })
    world.do({ type: 'apply', plan: plan({ added: [group('a', 1, { name: 'a0', command: 'two', autostart: false })] }), by: 'bob' })
    world.do({ type: 'apply', plan: plan({ changed: [{ group: group('a', 1, { name: 'a0', command: 'three' }), restart: new Set(['a0']) }] }), by: 'bob' })
    expect(world.proc('a0')).toMatchObject({ state: 'STOPPING', leaving: false })
    world.end('a0')
    expect(world.proc('a0')).toMatchObject({ state: 'STARTING', spec: { command: 'three' } })
  })

  it('brings back a single member that was leaving a group that stayed', () => {
    const world = new TestFleet()
    const [both, one] = [group('a', 1, { name: 'a0' }, { name: 'a1' }), group('a', 1, { name: 'a1' })]
    world.run(both)
    world.do({ type: 'apply', plan: plan({ changed: [{ group: one, restart: new Set() }] }), by: 'bob' })
    world.do({ type: 'apply', plan: plan({ changed: [{ group: both, restart: new Set() }] }), by: 'bob' })
    world.end('a0')
    expect(world.states()).toEqual(['a0 STARTING', 'a1 RUNNING'])
  })

  it('forgets no newer change while an older one waits for its restart', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }))
    const two = { name: 'a0', command: 'two' }
    world.do({ type: 'apply', plan: plan({ changed: [{ group: group('a', 1, two), restart: new Set(['a0']) }] }), by: 'bob' })
    world.do({ type: 'apply', plan: plan({ changed: [{ group: group('a', 1, { ...two, stopwait: 1 }), restart: new Set() }] }), by: 'bob' })
    world.end('a0')
    expect(world.proc('a0')).toMatchObject({ state: 'STARTING', spec: { command: 'two', stopwait: 1 } })
  })

  it('lets members go that are gone from their group and admits new ones', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }, { name: 'a1' }))
    world.do({ type: 'apply', plan: plan({ changed: [{ group: group('a', 1, { name: 'a1' }, { name: 'a2' }), restart: new Set() }] }), by: 'bob' })
    expect(world.states()).toEqual(['a0 STOPPING', 'a1 RUNNING', 'a2 STARTING'])
    world.end('a0')
    expect(world.states()).toEqual(['a1 RUNNING', 'a2 STARTING'])
  })

  it('does not forget a member whose end nobody has seen', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }))
    world.tell(world.proc('a0'), { type: 'refused', reason: 'EPERM' })
    world.do({ type: 'removeGroup', name: 'a' })
    expect(world.states()).toEqual(['a0 UNKNOWN'])
    world.end('a0')
    expect(world.states()).toEqual([])
  })
})

describe('A fleet', () => {
  it('starts by ascending priority of groups, then of processes', () => {
    const world = new TestFleet()
    const groups = [group('z', 5, { name: 'z0' }), group('a', 9, { name: 'late' }, { name: 'early', priority: 1 }), group('y', 5, { name: 'off', autostart: false })]
    world.do({ type: 'apply', plan: plan({ added: groups }), by: 'test' })
    expect(world.effects.flatMap((effect) => (effect.type === 'spawn' ? [effect.proc.name] : []))).toEqual(['z0', 'early', 'late'])
    expect(world.proc('off').reason).toBe('not started: autostart is off')
  })

  it('knows the nearest deadline, and has none when nothing is due', () => {
    const world = new TestFleet()
    world.do({ type: 'addGroup', group: group('a', 1, { name: 'a0', startsecs: 5000 }, { name: 'a1', startsecs: 3000 }), by: 'test' })
    expect(nextDeadline(world.fleet)).toBe(3000)
    world.later(3000)
    expect(nextDeadline(world.fleet)).toBe(5000)
    world.later(2000)
    expect(nextDeadline(world.fleet)).toBeNull()
  })

  it('counts restarts that nobody asked for, and no others', () => {
    const world = new TestFleet()
    world.run({ name: 'a', priority: 1, processes: [specOf({ group: 'a', name: 'a0', autorestart: 'always' })] })
    expect(world.proc('a0').restarts).toBe(0)
    world.end('a0', code(0))
    expect(world.proc('a0')).toMatchObject({ state: 'STARTING', restarts: 1 })
    world.end('a0', code(0))
    world.later(1000)
    expect(world.proc('a0').restarts).toBe(2)
    world.tell(world.proc('a0'), { type: 'stop', by: 'ann' })
    world.end('a0')
    world.tell(world.proc('a0'), { type: 'start', by: 'ann' })
    expect(world.proc('a0').restarts).toBe(2)
  })

  it('loses a start that comes while a process is being stopped', () => {
    const world = new TestFleet()
    world.run(group('a', 1, { name: 'a0' }))
    world.tell(world.proc('a0'), { type: 'stop', by: 'ann' })
    world.tell(world.proc('a0'), { type: 'start', by: 'bob' })
    world.end('a0')
    expect(world.states()).toEqual(['a0 STOPPED'])
  })
})
