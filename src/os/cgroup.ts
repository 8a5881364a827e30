/**
 * The control groups of workers that ask for one: named after the instance and the process, so that the next master
 * finds them again; bounds, killing all that is in one, removing it when it is empty. Where they are made: cgroup-home.ts.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CgroupSpec, ControlGroups } from '../core/kernel-ports.ts'
import type { Survivor } from '../core/ports.ts'
import { errorCode } from '../lib/errno.ts'
import { findTree, homeOf, openHome } from './cgroup-home.ts'
import type { CgroupTree } from './cgroup-home.ts'
import type { Link } from './exec-chain.ts'
import { environmentOf, statOf } from './proc.ts'

/** As long as a name may be, with some room for what stands before it. */
const nameMax = 180

/** The control groups of the instance that this mark (a word of its workers' environment) belongs to. */
export function controlGroups(mark: string, find: () => CgroupTree | string = findTree): ControlGroups {
  let found: CgroupTree | string | undefined
  const tree = (): CgroupTree | string => (found ??= find())
  const instance = createHash('sha256').update(mark).digest('hex').slice(0, 8)
  const pathIn = (where: CgroupTree, name: string): string => join(homeOf(where), `nsup-${instance}-${shortened(encodeURIComponent(name))}`)
  const pathOf = (name: string): string | null => {
    const where = tree()
    return typeof where === 'string' ? null : pathIn(where, name)
  }
  const isOurs = (pid: number): boolean => pid === process.pid || environmentOf(pid).includes(mark)

  return {
    prepare(name, bounds) {
      const where = tree()
      if (typeof where === 'string') return { ok: false, reason: where }
      const path = pathIn(where, name)
      const reason = openHome(where, bounds, isOurs) ?? bound(path, bounds)
      return reason === null ? { ok: true, procs: join(path, 'cgroup.procs') } : { ok: false, reason }
    },
    kill(name) {
      const path = pathOf(name)
      return path !== null && existsSync(path) && killAll(path)
    },
    members(name) {
      const path = pathOf(name)
      return path === null ? [] : membersOf(path)
    },
    remove(name) {
      const path = pathOf(name)
      return path === null || remove(path)
    },
    oomKills(name) {
      const path = pathOf(name)
      return path === null ? 0 : oomKillsOf(readOr(join(path, 'memory.events')))
    },
  }
}

/** A shell that enters a group and execs, and `env`, which gives back what shells change of the environment. */
export function entryLinks(procs: string, environment: Readonly<Record<string, string>>): Link[] {
  const restored: string[] = []
  for (const name of ['PWD', 'OLDPWD', 'SHLVL', '_']) if (environment[name] === undefined) restored.push('-u', name)
  // Not its own entries only: what all workers have in common is inherited.
  for (const name in environment) {
    const changed = ['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name) || !/^[A-Za-z_]\w*$/.test(name)
    if (changed) restored.push(`${name}=${environment[name] ?? ''}`)
  }
  return [{ tool: 'sh', words: ['-c', 'echo 0 > "$0" && exec "$@"', procs] }, { tool: 'env', words: restored }]
}

function shortened(name: string): string {
  return name.length <= nameMax ? name : `${name.slice(0, nameMax - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

function bound(path: string, { memoryMax, cpuMax, pidsMax }: CgroupSpec): string | null {
  try {
    mkdirSync(path, { recursive: true })
    for (const [file, value] of [['memory.max', memoryMax], ['cpu.max', cpuMax], ['pids.max', pidsMax]] as const) {
      const bounds = join(path, file)
      if (value !== null || existsSync(bounds)) writeFileSync(bounds, String(value ?? 'max'))
    }
    return null
  } catch (error) {
    return `the control group ${path} cannot be made: ${errorCode(error)}`
  }
}

/** Before Linux 5.14 there is no such file: one by one then, until a look finds nobody who was not killed before. */
function killAll(path: string): boolean {
  const all = join(path, 'cgroup.kill')
  if (existsSync(all)) {
    writeFileSync(all, '1')
    return true
  }
  const killed = new Set<number>()
  for (let fresh = pidsIn(path); fresh.length > 0; fresh = pidsIn(path).filter((pid) => !killed.has(pid))) {
    for (const pid of fresh) {
      killed.add(pid)
      killOne(pid)
    }
  }
  return true
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

function membersOf(path: string): Survivor[] {
  return pidsIn(path).flatMap((pid) => {
    const stat = statOf(pid)
    return stat === undefined || /^[ZX]/.test(stat.state) ? [] : [{ pid, startTime: stat.startTime, name: stat.name }]
  })
}

function pidsIn(path: string): number[] {
  return readOr(join(path, 'cgroup.procs')).split('\n').map(Number).filter((pid) => pid > 0)
}

function remove(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    return errorCode(error) === 'ENOENT' // else: somebody is still in it
  }
}

/** The counter in the text of memory.events (version 2) or memory.oom_control (version 1). */
export function oomKillsOf(text: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // not there
  }
}
