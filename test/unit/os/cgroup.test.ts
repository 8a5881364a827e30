import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import type { CgroupSpec } from '../../../src/core/kernel-ports.ts'
import type { ExitStatus } from '../../../src/core/model.ts'
import { controlGroups, oomKillsOf } from '../../../src/os/cgroup.ts'
import { findTree, homeOf, lackOfDelegation } from '../../../src/os/cgroup-home.ts'
import { systemProcesses } from '../../../src/os/processes.ts'
import { specOf, Workshop } from './worlds.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-cgroup-'))
const workshop = new Workshop()
afterAll(() => {
  workshop.close()
  rmSync(folder, { recursive: true })
})

const bounds: CgroupSpec = { memoryMax: 512 << 20, cpuMax: '50000 100000', pidsMax: 100 }
const unbounded: CgroupSpec = { memoryMax: null, cpuMax: null, pidsMax: null }
let trees = 0

/** A folder that looks like a delegated control group with these processes in it. */
function tree(pids: readonly number[], controllers = 'cpu memory pids') {
  const own = join(folder, String(++trees))
  mkdirSync(own)
  const files = { 'cgroup.controllers': controllers, 'cgroup.type': 'domain', 'cgroup.subtree_control': '', 'cgroup.procs': pids.map((pid) => `${pid}\n`).join('') }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text)
  return { mount: folder, own }
}

describe('a control group', () => {
  it('gets its bounds, in a home that the master has left for a leaf', () => {
    const where = tree([process.pid])
    const made = controlGroups('NSUP_RUN=/run/a', () => where).prepare('shop:checkin', bounds)
    if (!made.ok) throw new Error(made.reason)
    const group = made.procs.replace('/cgroup.procs', '')
    expect(group).toMatch(/\/nsup-[0-9a-f]{8}-shop%3Acheckin$/)
    const read = (name: string): string => readFileSync(join(group, name), 'utf8')
    expect([read('memory.max'), read('cpu.max'), read('pids.max')]).toEqual([String(512 << 20), '50000 100000', '100'])
    expect(readFileSync(join(where.own, 'cgroup.subtree_control'), 'utf8')).toBe('+memory +cpu +pids')
    expect(readFileSync(join(where.own, 'nsup-master/cgroup.procs'), 'utf8')).toBe(String(process.pid))
  })

  it('is found again by the next master, who lives in the leaf, and not by that of another instance', () => {
    const where = tree([])
    const path = (mark: string, own: string): unknown => controlGroups(mark, () => ({ ...where, own })).prepare('a', unbounded)
    const first = path('NSUP_RUN=/run/a', where.own)
    expect(path('NSUP_RUN=/run/a', join(where.own, 'nsup-master'))).toEqual(first)
    expect(path('NSUP_RUN=/run/b', where.own)).not.toEqual(first)
  })

  it('is refused while a stranger is in the home: nobody else is moved', () => {
    const where = tree([process.pid, process.ppid])
    const reason = `pid ${process.ppid} is in the control group ${where.own} too, which must be the master's alone`
    expect(controlGroups('NSUP_RUN=/nobody/has/this', () => where).prepare('a', bounds)).toEqual({ ok: false, reason })
    expect(readFileSync(join(where.own, 'cgroup.subtree_control'), 'utf8')).toBe('')
    expect(existsSync(join(where.own, 'nsup-master'))).toBe(false)
  })

  it('has a name that the kernel takes, however long that of the process is', () => {
    const where = tree([])
    const groups = controlGroups('NSUP_RUN=/run/a', () => where)
    for (const last of ['1', '2']) expect(groups.prepare(`${'ä/'.repeat(100)}${last}`, unbounded)).toMatchObject({ ok: true })
    const names = readdirSync(where.own).filter((name) => name.startsWith('nsup-'))
    expect(names).toHaveLength(2)
    for (const name of names) expect(Buffer.byteLength(name)).toBeLessThan(255)
  })

  it('counts whom the kernel killed in it, in both versions', () => {
    const where = tree([])
    const groups = controlGroups('NSUP_RUN=/run/a', () => where)
    const made = groups.prepare('a', bounds)
    if (!made.ok) throw new Error(made.reason)
    expect(groups.oomKills('a')).toBe(0)
    writeFileSync(made.procs.replace('cgroup.procs', 'memory.events'), 'low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 0\n')
    expect(groups.oomKills('a')).toBe(2)
    writeFileSync(join(folder, 'memory.oom_control'), 'oom_kill_disable 0\nunder_oom 0\noom_kill 5\n')
    expect(oomKillsOf(readFileSync(join(folder, 'memory.oom_control'), 'utf8'))).toBe(5)
  })

  it('without the file that kills all has its members killed one by one', async () => {
    const child = spawn('sleep', ['600'])
    const end = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))
    const where = tree([])
    const groups = controlGroups('NSUP_RUN=/run/a', () => where)
    const made = groups.prepare('a', unbounded)
    if (!made.ok) throw new Error(made.reason)
    writeFileSync(made.procs, `${child.pid ?? 0}\n`)
    expect(groups.members('a')).toMatchObject([{ pid: child.pid, name: expect.any(String) as string }])
    expect(groups.kill('a')).toBe(true)
    expect(await end).toBe('SIGKILL')
    expect(groups.kill('nobody')).toBe(false)
  })
})

describe('what cannot be had', () => {
  it('is a controller that is not there, or a tree', () => {
    const where = tree([], 'cpu pids')
    expect(lackOfDelegation(where, bounds)).toBe(`the control group ${where.own} has no controller memory: it is not delegated, or belongs to version 1 here`)
    expect(lackOfDelegation(where, { ...bounds, memoryMax: null })).toBeNull()
    expect(lackOfDelegation('no tree', bounds)).toBe('no tree')
  })

  it('is told as a spawn error', () => {
    const where = tree([], 'cpu pids')
    const processes = systemProcesses(controlGroups('NSUP_RUN=/run/a', () => 'no tree'))
    const resources = { limits: {}, nice: null, ionice: null, oomScoreAdj: null, cpuAffinity: null, cgroup: bounds }
    const order = workshop.order(specOf(['true'], { care: { resources } }))
    expect(processes.spawn(order, () => expect.unreachable())).toEqual({ ok: false, fault: 'SPAWN_ERROR', reason: "couldn't set cgroup: no tree" })
    expect(homeOf(where)).toBe(where.own)
  })
})

describe('a worker with a control group', () => {
  const resources = { limits: {}, nice: null, ionice: null, oomScoreAdj: null, cpuAffinity: null, cgroup: unbounded }

  it('writes itself into it before anything else, and keeps its environment', async () => {
    const where = tree([])
    const groups = controlGroups('NSUP_RUN=/run/a', () => where)
    const environment = { PATH: process.env['PATH'] ?? '', 'with.dots': 'kept', PWD: '/kept' }
    const order = workshop.order(specOf([process.execPath, '-p', 'JSON.stringify(process.env)'], { care: { resources } }), environment)
    const exit = new Promise<ExitStatus>((resolve) => void systemProcesses(groups).spawn(order, resolve))
    expect(JSON.parse(await order.lines.next())).toEqual(environment)
    await exit
    const [name = ''] = readdirSync(where.own).filter((one) => one.startsWith('nsup-'))
    expect(readFileSync(join(where.own, name, 'cgroup.procs'), 'utf8')).toBe('0\n')
  })

  // Where the kernel lets this user make a real one, as it lets root on most machines; the others have what is above.
  it('cannot flee from it', async () => {
    const real = realTree()
    if (real === null) return expect(lackOfDelegation(findTree(), unbounded) ?? 'not the root of a tree').not.toBe('')
    onTestFinished(real.close)
    const groups = controlGroups('NSUP_RUN=/run/a', () => real.tree)
    const order = workshop.order(specOf(['sh', '-c', 'setsid sh -c \'echo fled; exec sleep 600\' & wait'], { care: { resources } }))
    const exit = new Promise<ExitStatus>((resolve) => void systemProcesses(groups).spawn(order, resolve))
    expect(await order.lines.next()).toBe('fled')
    expect(groups.members('shop:checkin').length).toBeGreaterThanOrEqual(2)
    expect(groups.remove('shop:checkin')).toBe(false)
    expect(groups.kill('shop:checkin')).toBe(true)
    expect(await exit).toMatchObject({ signal: 'SIGKILL' })
    while (!groups.remove('shop:checkin')) await new Promise((resolve) => setImmediate(resolve)) // the kernel takes its time with the dead
    expect(groups.members('shop:checkin')).toEqual([])
  })
})

/** A control group of its own for a test, below the one that this process is in; `null` where it may not make any. */
function realTree() {
  const found = findTree()
  if (typeof found === 'string' || lackOfDelegation(found, unbounded) !== null) return null
  const own = mkdtempSync(join(homeOf(found), 'nsup-test-'))
  return { tree: { ...found, own }, close: () => rmdirSync(own) }
}
