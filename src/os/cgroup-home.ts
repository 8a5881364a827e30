/**
 * Where in the tree of control groups (version 2) this process may make some of its own, and what is in the way. A group
 * with processes in it cannot bound its children, so the master, and who else of its workers is there, moves to a leaf.
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { CgroupSpec } from '../core/kernel-ports.ts'
import { errorCode } from '../lib/errno.ts'

/** The tree as it is mounted, and the group that this process is in. Absolute paths. */
export interface CgroupTree {
  readonly mount: string
  readonly own: string
}

/** Name of the leaf in which a master lives that bounds its workers. */
const leaf = 'nsup-master'

/** The tree that this process sees; a sentence where there is none. */
export function findTree(): CgroupTree | string {
  const own = /^0::(\/.*)$/m.exec(read('/proc/self/cgroup'))?.[1]
  const mounts = read('/proc/self/mountinfo').split('\n').filter((line) => line.includes(' - cgroup2 '))
  if (own === undefined || mounts.length === 0) return 'no control groups of version 2 (cgroup2) are mounted here'
  for (const line of mounts) {
    const [, , , root = '/', mount = ''] = line.split(' ')
    if (root === '/') return { mount, own: join(mount, own) }
    if (own === root || own.startsWith(`${root}/`)) return { mount, own: join(mount, own.slice(root.length)) }
  }
  return 'the control group of this process is not in what is mounted here'
}

/** The group in which those of workers are made. */
export function homeOf({ own }: CgroupTree): string {
  return basename(own) === leaf ? dirname(own) : own
}

/** The controllers that bounds need. */
function controllersOf({ memoryMax, cpuMax, pidsMax }: CgroupSpec): string[] {
  return [memoryMax === null ? [] : ['memory'], cpuMax === null ? [] : ['cpu'], pidsMax === null ? [] : ['pids']].flat()
}

/** Why these bounds cannot be set here; `null`: they can, as far as one sees without trying. */
export function lackOfDelegation(tree: CgroupTree | string, bounds: CgroupSpec): string | null {
  if (typeof tree === 'string') return tree
  const home = homeOf(tree)
  const known = words(join(home, 'cgroup.controllers'))
  const missing = controllersOf(bounds).filter((one) => !known.includes(one))
  if (missing.length > 0) return `the control group ${home} has no controller ${missing.join(', ')}: it is not delegated, or belongs to version 1 here`
  for (const path of [home, join(home, 'cgroup.procs'), join(home, 'cgroup.subtree_control')]) {
    try {
      accessSync(path, constants.W_OK)
    } catch (error) {
      return `the control group ${home} is not delegated to this user (${errorCode(error)})`
    }
  }
  return null
}

/** Lets the home bound its children; a sentence when that cannot be. `isOurs`: who may be moved out of the way. */
export function openHome(tree: CgroupTree, bounds: CgroupSpec, isOurs: (pid: number) => boolean): string | null {
  const home = homeOf(tree)
  const control = join(home, 'cgroup.subtree_control')
  const wanted = controllersOf(bounds).filter((one) => !words(control).includes(one))
  if (wanted.length === 0) return null
  try {
    // Only the root of all has no such file, and only it may have processes of its own.
    const stranger = existsSync(join(home, 'cgroup.type')) ? moveOut(home, isOurs) : null
    if (stranger !== null) return `pid ${String(stranger)} is in the control group ${home} too, which must be the master's alone`
    writeFileSync(control, wanted.map((one) => `+${one}`).join(' '))
    return null
  } catch (error) {
    return `the control group ${home} cannot bound others: ${errorCode(error)}`
  }
}

/** The pid that is none of ours; `null` when all have been moved. */
function moveOut(home: string, isOurs: (pid: number) => boolean): number | null {
  const pids = words(join(home, 'cgroup.procs')).map(Number)
  const stranger = pids.find((pid) => !isOurs(pid))
  if (stranger !== undefined) return stranger
  mkdirSync(join(home, leaf), { recursive: true })
  for (const pid of pids) writeFileSync(join(home, leaf, 'cgroup.procs'), String(pid))
  return null
}

function words(path: string): string[] {
  return read(path).split(/\s+/).filter((word) => word !== '')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // not there: nothing in it
  }
}
