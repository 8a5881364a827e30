import { setImmediate as turn } from 'node:timers/promises'
import type { Processes, SpawnOrder, SpawnProblem } from '../../src/core/ports.ts'
import { exhaust } from '../../src/lib/exhaust.ts'
import { systemProcesses } from '../../src/os/processes.ts'
import { FakeWorld } from '../sim/fake-processes.ts'
import type { Behaviour } from '../sim/fake-processes.ts'
import { fixture, specOf, Workshop } from '../unit/os/worlds.ts'
import type { Lines } from '../unit/os/worlds.ts'
import { expect, it } from 'vitest'
import { processesSuite } from './processes-suite.ts'
import type { Kind, World } from './processes-suite.ts'

const commands: Record<Kind, readonly string[]> = {
  waits: ['sh', '-c', 'echo ready; exec sleep 600'],
  'exits with 3': [fixture('exits-with.sh'), '3'],
  'ignores SIGTERM': [fixture('ignores-term.sh')],
  'leaves a grandchild': [fixture('forks-grandchild.sh')],
  'leaves a grandchild in its own group': [fixture('grandchild-in-own-group.sh')],
  'leaves a grandchild in its own session': ['sh', '-c', 'setsid sleep 600 & echo ready; exec sleep 600'],
  'is missing': ['no-such-command'],
}

function kernel(): World {
  const workshop = new Workshop()
  const lines = new Map<SpawnOrder, Lines>()
  const started: number[] = []
  return {
    connect() {
      const processes = systemProcesses()
      const spawn: Processes['spawn'] = (order, onExit) => {
        const answer = processes.spawn(order, onExit)
        if (answer.ok) started.push(answer.pid)
        return answer
      }
      return { ...processes, spawn }
    },
    order(kind, environment = {}) {
      const order = workshop.order(specOf(commands[kind]), { PATH: process.env['PATH'] ?? '', ...environment })
      lines.set(order, order.lines)
      return order
    },
    async ready(order) {
      const line = await lines.get(order)?.next()
      if (line === undefined) throw new Error('not an order of this world')
    },
    async until(condition) {
      while (!condition()) await turn()
    },
    close() {
      const processes = systemProcesses()
      for (const pid of started) if (processes.groupExists(pid)) process.kill(-pid, 'SIGKILL')
      for (const left of exhaust(processes.searchSurvivors(started)).values()) for (const survivor of left) processes.kill(survivor, 'SIGKILL', 'process')
      workshop.close()
    },
  }
}

const behaviours: Record<Exclude<Kind, 'is missing'>, Behaviour> = {
  waits: {},
  'exits with 3': { exit: { after: 5, status: { kind: 'code', code: 3 } } },
  'ignores SIGTERM': { on: { SIGTERM: 'ignore' } },
  'leaves a grandchild': { children: [{ name: 'sleep', group: 'same' }] },
  'leaves a grandchild in its own group': { children: [{ name: 'sleep', group: 'own' }] },
  'leaves a grandchild in its own session': { children: [{ name: 'sleep', group: 'own session' }] },
}

const missing: SpawnProblem = { ok: false, reason: "can't find command 'no-such-command'", fault: 'NO_FILE' }

function simulated(): World {
  const kindOf = new Map<unknown, Kind>()
  const world = new FakeWorld({
    command: (spec) => (kindOf.get(spec) === 'is missing' ? missing : null),
    behaviour(spec) {
      const kind = kindOf.get(spec)
      return kind === undefined || kind === 'is missing' ? missing : behaviours[kind]
    },
  })
  return {
    connect: () => world.connect().processes,
    order(kind, environment = {}) {
      const spec = specOf([kind])
      kindOf.set(spec, kind)
      return { spec, environment, stdin: 0, stdout: 1, stderr: 2 }
    },
    ready: () => Promise.resolve(),
    until(condition) {
      for (let rounds = 0; !condition(); rounds++) {
        const next = world.nextAt()
        if (next === null || rounds > 1000) throw new Error('nothing more happens, and it does not hold')
        world.advanceTo(next)
      }
      return Promise.resolve()
    },
    close: () => undefined,
  }
}

it('gives no number away in the simulated kernel while a group or a session bears it', () => {
  let first = true
  const world = new FakeWorld({
    pidSpace: 6,
    behaviour() {
      const behaviour: Behaviour = first ? { children: [{ name: 'child', group: 'same' }] } : { exit: { after: 0, status: { kind: 'code', code: 0 } } }
      first = false
      return behaviour
    },
  })
  const { processes } = world.connect()
  const spawn = (): number => {
    const answer = processes.spawn({ spec: specOf(['worker']), environment: {}, stdin: 0, stdout: 1, stderr: 2 }, () => undefined)
    world.advance(0)
    return answer.ok ? answer.pid : 0
  }
  const leader = spawn()
  world.end(leader, { kind: 'code', code: 0 })
  expect(Array.from({ length: 10 }, spawn)).not.toContain(leader)
  const [child] = exhaust(processes.searchSurvivors([leader])).get(leader) ?? []
  world.end(child?.pid ?? 0, { kind: 'code', code: 0 })
  expect(Array.from({ length: 10 }, spawn)).toContain(leader)
})

processesSuite('the kernel', kernel)
processesSuite('the simulated kernel', simulated)
