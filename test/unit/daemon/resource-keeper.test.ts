import { describe, expect, it } from 'vitest'
import type { ResourceSpec } from '../../../src/core/care.ts'
import type { Dead } from '../../../src/core/kernel-ports.ts'
import type { Survivor } from '../../../src/core/ports.ts'
import type { Proc } from '../../../src/core/proc.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import { ResourceKeeper } from '../../../src/daemon/resource-keeper.ts'
import { plainKernel } from '../../sim/fake-kernel.ts'
import { FakeWorld } from '../../sim/fake-processes.ts'
import { procIn } from '../core/procs.ts'
import { HandClock } from './hand-clock.ts'

const resources: ResourceSpec = {
  limits: {}, nice: null, ionice: null, oomScoreAdj: null, cpuAffinity: null, cgroup: { memoryMax: 1, cpuMax: null, pidsMax: null },
}
const left: Survivor = { pid: 99, startTime: '7', name: 'child' }

function keeping() {
  const clock = new HandClock()
  const did: string[] = []
  const asked: Dead[] = []
  const groups = new Map<string, Survivor[]>()
  const keeper = new ResourceKeeper({
    clock,
    processes: new FakeWorld({ behaviour: () => ({}) }).connect().processes,
    log: new MasterLog(() => undefined),
    kernel: {
      ...plainKernel,
      groups: {
        ...plainKernel.groups,
        kill: (name) => (did.push(`kill ${name}`), true),
        members: (name) => groups.get(name) ?? [],
        remove: (name) => ((groups.get(name) ?? []).length === 0 ? (did.push(`remove ${name}`), true) : false),
      },
      witness: { expect: (name) => void did.push(`expect ${name}`), testify: (dead) => (asked.push(dead), true) },
    },
    sweeper: {
      sweep: (proc, pid) => void did.push(`look for ${proc.name} ${pid}`),
      tell: (proc, survivors, killed) => void did.push(`tell of ${proc.name}: ${survivors.map(({ pid }) => pid).join()}${killed ? ', killed' : ''}`),
    },
    enqueue: () => undefined,
  })
  return { keeper, clock, did, asked, groups }
}

const grouped = (state: 'RUNNING' | 'STOPPED', spec: Partial<ProcessSpec> = {}): Proc => procIn(state, {}, { group: 'g', name: 'w', ...spec, care: { resources } })

describe('The keeper of resources', () => {
  it('does nothing for a worker without a control group but look for what it left behind', () => {
    const { keeper, did, clock } = keeping()
    const proc = procIn('STOPPED')
    keeper.beforeSpawn(proc)
    keeper.kill(proc)
    keeper.sweep(proc, 12)
    expect(did).toEqual(['look for worker 12'])
    expect(clock.armed).toEqual([])
  })

  it('kills the whole group at a SIGKILL, and what is left in it where the config says so', () => {
    for (const killSurvivors of [true, false]) {
      const { keeper, did, groups } = keeping()
      const proc = grouped('STOPPED', { killSurvivors, killasgroup: false })
      keeper.kill(proc)
      expect(did.splice(0)).toEqual([`kill ${proc.group}:${proc.name}`])
      groups.set(`${proc.group}:${proc.name}`, [left])
      keeper.sweep(proc, 12)
      expect(did).toEqual([...(killSurvivors ? [`kill ${proc.group}:${proc.name}`] : []), `tell of ${proc.name}: 99${killSurvivors ? ', killed' : ''}`])
    }
  })

  it('removes a group as soon as the last has left it, and not while its process is up again', () => {
    const { keeper, did, groups, clock } = keeping()
    const proc = grouped('STOPPED')
    const name = `${proc.group}:${proc.name}`
    groups.set(name, [left])
    keeper.sweep(proc, 12)
    did.length = 0
    clock.advance(100)
    expect(did).toEqual([])
    groups.set(name, [])
    clock.advance(100)
    expect(did).toEqual([`remove ${name}`])
    expect(clock.armed).toEqual([])
    const up = grouped('RUNNING')
    keeper.sweep(up, 13)
    expect(did).toEqual([`remove ${name}`, `tell of ${up.name}: `])
    expect(clock.armed).toEqual([])
  })

  it('does not try forever', () => {
    const { keeper, groups, clock } = keeping()
    const proc = grouped('STOPPED')
    groups.set(`${proc.group}:${proc.name}`, [left])
    keeper.sweep(proc, 12)
    for (let tries = 0; tries < 60; tries += 1) clock.advance(100)
    expect(clock.armed).toEqual([])
  })

  it('asks for a witness only of ends that may have been the kernel\'s doing', () => {
    const { keeper, asked } = keeping()
    const proc = grouped('RUNNING')
    expect(keeper.wasOom(proc, { kind: 'code', code: 137 })).toBe(false)
    expect(keeper.wasOom(proc, { kind: 'signal', signal: 'SIGSEGV', core: true })).toBe(false)
    expect(asked).toEqual([])
    expect(keeper.wasOom(proc, { kind: 'signal', signal: 'SIGKILL', core: false })).toBe(true)
    expect(keeper.wasOom(proc, { kind: 'unknown' })).toBe(true)
    expect(asked).toMatchObject([{ pid: proc.id?.pid, ownGroup: true, bySigkill: true }, { bySigkill: false }])
  })
})
