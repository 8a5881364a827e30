/**
 * What every implementation of the Processes port owes its callers. Run against the kernel and the simulated one
 * (processes.test.ts); a world says how a child of each kind is made there and how time goes on.
 */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ExitStatus, Pid } from '../../src/core/model.ts'
import type { Processes, SpawnOrder, Survivor } from '../../src/core/ports.ts'
import { exhaust } from '../../src/lib/exhaust.ts'

/** What a child does in these tests; grandchildren live until they are killed. */
export type Kind = 'waits' | 'exits with 3' | 'ignores SIGTERM' | 'leaves a grandchild' | 'leaves a grandchild in its own group' | 'leaves a grandchild in its own session' | 'is missing'

export interface World {
  /** A new master's view of the same machine, without children of its own. */
  connect(): Processes
  order(kind: Kind, environment?: Record<string, string>): SpawnOrder
  /** Resolves when the child of this order and its grandchildren are there and have set up their signals. */
  ready(order: SpawnOrder): Promise<void>
  /** Lets the world go on until this holds. */
  until(condition: () => boolean): Promise<void>
  /** Kills whatever is left. */
  close(): void
}

/** Registers the suite. `create` makes a world of its own for each test. */
export function processesSuite(title: string, create: () => World): void {
  const open = (): World => {
    const world = create()
    onTestFinished(() => world.close())
    return world
  }

  describe(`Processes of ${title}`, () => {
    it('reports an exit code once, after spawn has returned', async () => {
      const world = open()
      const child = start(world, 'exits with 3')
      expect(child.exits).toEqual([])
      await world.until(() => child.exits.length > 0)
      const other = start(world, 'exits with 3')
      await world.until(() => other.exits.length > 0)
      expect(child.exits).toEqual([{ kind: 'code', code: 3 }])
      expect(child.processes.isAlive(child)).toBe(false)
    })

    it('reports death by a signal by its name', async () => {
      const world = open()
      const child = start(world, 'waits')
      await world.ready(child.order)
      expect(child.processes.isAlive(child)).toBe(true)
      expect(child.processes.kill(child, 'SIGTERM', 'process')).toBe('sent')
      await world.until(() => child.exits.length > 0)
      expect(child.exits).toEqual([{ kind: 'signal', signal: 'SIGTERM', core: false }])
      expect(child.processes.kill(child, 'SIGTERM', 'process')).toBe('gone')
    })

    it('kills with SIGKILL what ignores SIGTERM', async () => {
      const world = open()
      const child = start(world, 'ignores SIGTERM')
      await world.ready(child.order)
      expect(child.processes.kill(child, 'SIGTERM', 'group')).toBe('sent')
      expect(child.processes.isAlive(child)).toBe(true)
      expect(child.processes.kill(child, 'SIGKILL', 'group')).toBe('sent')
      await world.until(() => child.exits.length > 0)
      expect(child.exits).toEqual([{ kind: 'signal', signal: 'SIGKILL', core: false }])
    })

    it('touches nobody whose start time is another', async () => {
      const world = open()
      const child = start(world, 'waits')
      await world.ready(child.order)
      const stranger = { pid: child.pid, startTime: `${child.startTime}1` }
      for (const processes of [child.processes, world.connect()]) {
        expect(processes.isAlive(stranger)).toBe(false)
        expect(processes.kill(stranger, 'SIGKILL', 'process')).toBe('gone')
        expect(processes.kill(stranger, 'SIGKILL', 'group')).toBe('gone')
        expect(processes.isAlive(child)).toBe(true)
      }
    })

    it('lets another master see, signal and outlive a child', async () => {
      const world = open()
      const child = start(world, 'waits')
      await world.ready(child.order)
      const heir = world.connect()
      expect(heir.isAlive(child)).toBe(true)
      expect(heir.kill(child, 'SIGTERM', 'process')).toBe('sent')
      await world.until(() => !heir.isAlive(child))
      expect(heir.kill(child, 'SIGTERM', 'process')).toBe('gone')
    })

    it('reaches the whole group with one signal', async () => {
      const world = open()
      const child = start(world, 'leaves a grandchild')
      await world.ready(child.order)
      expect(child.processes.groupExists(child.pid)).toBe(true)
      child.processes.kill(child, 'SIGTERM', 'group')
      await world.until(() => child.exits.length > 0 && survivors(child).length === 0)
    })

    it('signals who leads no group alone, also where the group is meant', async () => {
      const world = open()
      const child = start(world, 'leaves a grandchild')
      await world.ready(child.order)
      const { processes } = child
      processes.kill(child, 'SIGKILL', 'process')
      await world.until(() => child.exits.length > 0 && survivors(child)[0]?.name === 'sleep')
      for (const survivor of survivors(child)) expect(processes.kill(survivor, 'SIGKILL', 'group')).toBe('sent')
      await world.until(() => survivors(child).length === 0)
    })

    it('finds what a dead leader has left in its group, and kills it one by one', async () => {
      const world = open()
      const child = start(world, 'leaves a grandchild')
      await world.ready(child.order)
      child.processes.kill(child, 'SIGKILL', 'process')
      await world.until(() => child.exits.length > 0)
      await world.until(() => survivors(child)[0]?.name === 'sleep')
      expect(survivors(child)).toEqual([{ pid: expect.any(Number) as number, startTime: expect.any(String) as string, name: 'sleep' }])
      expect(child.processes.groupExists(child.pid)).toBe(true)
      for (const survivor of survivors(child)) expect(child.processes.kill(survivor, 'SIGTERM', 'process')).toBe('sent')
      await world.until(() => survivors(child).length === 0)
    })

    it('finds what is left of a session in other groups, and kills it one by one', async () => {
      const world = open()
      const child = start(world, 'leaves a grandchild in its own group')
      await world.ready(child.order)
      child.processes.kill(child, 'SIGKILL', 'group')
      await world.until(() => child.exits.length > 0)
      await world.until(() => survivors(child).some(({ name }) => name === 'sleep'))
      expect(child.processes.groupExists(child.pid)).toBe(false)
      for (const survivor of survivors(child)) expect(child.processes.kill(survivor, 'SIGKILL', 'process')).toBe('sent')
      await world.until(() => survivors(child).length === 0)
    })

    it('calls nobody a survivor while the leader lives', async () => {
      const world = open()
      const child = start(world, 'leaves a grandchild')
      await world.ready(child.order)
      expect(survivors(child)).toEqual([])
      expect(exhaust(child.processes.searchSurvivors([]))).toEqual(new Map())
    })

    it('says that a command is missing and reports no exit', async () => {
      const world = open()
      const processes = world.connect()
      const order = world.order('is missing')
      const problem = { ok: false, reason: "can't find command 'no-such-command'", fault: 'NO_FILE' }
      const exits: ExitStatus[] = []
      expect(processes.findCommand(order.spec, order.environment)).toEqual(problem)
      expect(processes.spawn(order, (status) => exits.push(status))).toEqual(problem)
      const child = start(world, 'exits with 3')
      await world.until(() => child.exits.length > 0)
      expect(exits).toEqual([])
    })

    it('finds a worker before its descendants that bear its mark', async () => {
      const world = open()
      const mark = `d${process.pid}`
      const child = start(world, 'leaves a grandchild in its own session', { PATH: process.env['PATH'] ?? '', NSUP_TEST_MARK: mark })
      await world.ready(child.order)
      const marked = (): readonly Pid[] => world.connect().findMarked('NSUP_TEST_MARK', mark, [])
      await world.until(() => marked().length === 2)
      expect(marked()[0]).toMatchObject({ pid: child.pid, startTime: child.startTime })
      expect(survivors(child)).toEqual([])
      child.processes.kill(child, 'SIGKILL', 'group')
      await world.until(() => child.exits.length > 0)
      expect(survivors(child)).toEqual([])
      const [left] = marked()
      expect(marked()).toHaveLength(1)
      const fled = (...words: readonly string[]): unknown => exhaust(child.processes.searchSurvivors([child.pid], new Map([[child.pid, words]])))
      const found = new Map([[child.pid, [{ pid: left?.pid, startTime: left?.startTime, name: 'sleep', fled: true }]]])
      await world.until(() => isDeepStrictEqual(fled(`NSUP_TEST_MARK=${mark}`), found)) // its parent is not the dead leader any more
      expect(fled(`NSUP_TEST_MARK=${mark}`, 'NSUP_TEST_OTHER=1')).toEqual(new Map())
      if (left !== undefined) child.processes.kill(left, 'SIGKILL', 'process')
      await world.until(() => marked().length === 0)
    })

    it('finds children by a mark in their environment', async () => {
      const world = open()
      const mark = `m${process.pid}`
      const children = ['one', 'two'].map((name) => start(world, 'waits', { NSUP_TEST_MARK: mark, NSUP_TEST_NAME: name }))
      const other = start(world, 'waits', { NSUP_TEST_MARK: `${mark}x` })
      for (const child of [...children, other]) await world.ready(child.order)
      const found = world.connect().findMarked('NSUP_TEST_MARK', mark, ['NSUP_TEST_NAME', 'NSUP_TEST_NONE'])
      expect(found.map(({ pid, startTime, values }) => ({ pid, startTime, values }))).toEqual(
        children.map(({ pid, startTime }, index) => ({ pid, startTime, values: { NSUP_TEST_NAME: ['one', 'two'][index] } })),
      )
    })
  })
}

interface Started extends Pid {
  readonly processes: Processes
  readonly order: SpawnOrder
  readonly exits: ExitStatus[]
}

function start(world: World, kind: Kind, environment?: Record<string, string>): Started {
  const processes = world.connect()
  const order = world.order(kind, environment)
  const exits: ExitStatus[] = []
  const answer = processes.spawn(order, (status) => exits.push(status))
  if (!answer.ok) throw new Error(answer.reason)
  return { pid: answer.pid, startTime: answer.startTime, processes, order, exits }
}

function survivors({ processes, pid }: Started): readonly Survivor[] {
  return exhaust(processes.searchSurvivors([pid])).get(pid) ?? []
}
