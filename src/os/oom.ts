/**
 * Whether the kernel killed somebody for want of memory: by the counter of the control group of the worker (version 2),
 * else by the kernel's log, which names pids, else by the counter of the master's own control group (either version),
 * which says that somebody in it was killed but not who.
 */
import { closeSync, constants, openSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlGroups, OomWitness } from '../core/kernel-ports.ts'
import { errorCode } from '../lib/errno.ts'
import { quietly } from '../lib/quietly.ts'
import { oomKillsOf } from './cgroup.ts'
import { findTree } from './cgroup-home.ts'

/** Where the witness looks; tests give it files of their own. */
export interface OomSources {
  /** The log of the kernel; `null`: not readable, or its pids are those of another namespace. */
  readonly kernelLog: string | null
  /** The file with the counter of the own control group. */
  readonly counter: string | null
  /** Milliseconds since the boot. */
  readonly upTime: () => number
}

/** The first pid namespace of a machine always has this number; only there are the pids of the kernel's log ours. */
const firstPidNamespace = 'pid:[4026531836]'
/** What the clock of the kernel's log may differ from that of start times, milliseconds. */
const slack = 2000

export function oomWitness(groups: Pick<ControlGroups, 'oomKills'>, sources: OomSources = systemSources()): OomWitness {
  /** Counters of groups as they were before the present incarnation. */
  const before = new Map<string, number>()
  const victims = sources.kernelLog === null ? null : new KernelLog(sources.kernelLog)
  const counter = sources.counter === null ? null : new Counter(sources.counter)
  let shared = counter?.read() ?? 0

  return {
    expect(name) {
      before.set(name, groups.oomKills(name))
    },
    testify({ name, pid, ownGroup, age, bySigkill }) {
      if (ownGroup && bySigkill && groups.oomKills(name) > (before.get(name) ?? 0)) return true
      const killedAt = victims?.lookFor(pid)
      if (killedAt !== undefined) return killedAt >= sources.upTime() - age - slack
      if (victims?.readable === true || !bySigkill || counter === null || counter.read() <= shared) return false
      shared += 1 // one kill explains one end
      return true
    },
  }
}

/** The counter of the own control group, kept open: it is read at each end by SIGKILL, before there is a replacement. */
class Counter {
  private readonly path: string
  private fd: number | null = null
  private readonly text = Buffer.allocUnsafe(4096)

  constructor(path: string) {
    this.path = path
  }

  read(): number {
    try {
      this.fd ??= openSync(this.path, constants.O_RDONLY)
      return oomKillsOf(this.text.toString('latin1', 0, readSync(this.fd, this.text, 0, this.text.length, 0)))
    } catch {
      return 0 // not there
    }
  }
}

/** Reads the records of /dev/kmsg as they come, and keeps who was killed. */
class KernelLog {
  readable = true
  private readonly path: string
  private fd: number | null = null
  /** Milliseconds since the boot, by pid. */
  private readonly killed = new Map<number, number>()

  constructor(path: string) {
    this.path = path
  }

  /** When the kernel killed this pid for want of memory, milliseconds since the boot; `undefined`: not that it says. */
  lookFor(pid: number): number | undefined {
    this.readOn()
    const at = this.killed.get(pid)
    this.killed.delete(pid) // the number may come again
    return at
  }

  private readOn(): void {
    try {
      this.fd ??= openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK)
      const record = Buffer.allocUnsafe(8192)
      for (let length = readNext(this.fd, record); length !== 0; length = readNext(this.fd, record)) this.note(record.toString('latin1', 0, length))
    } catch {
      this.readable = false // not permitted: there are other witnesses
      if (this.fd !== null) closeSync(this.fd)
      this.fd = null
    }
  }

  /** Of /dev/kmsg a read gives one record; `priority,number,microseconds,flags;text`. */
  private note(text: string): void {
    for (const line of text.split('\n')) {
      const [, microseconds, pid] = /^\d+,\d+,(\d+),[^;]*;.*Killed process (\d+) \(/.exec(line) ?? []
      if (microseconds !== undefined && pid !== undefined) this.killed.set(Number(pid), Number(microseconds) / 1000)
    }
  }
}

/** Bytes of the next record, 0: there is none yet. Records that were overwritten meanwhile are passed over. */
function readNext(fd: number, into: Buffer): number {
  for (;;) {
    try {
      return quietly(() => readSync(fd, into, 0, into.length, null))
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EAGAIN') return 0
      if (code !== 'EPIPE') throw error
    }
  }
}

function systemSources(): OomSources {
  return { kernelLog: kernelLog(), counter: counterOf(), upTime: () => Number(readOr('/proc/uptime').split(' ', 1)[0]) * 1000 }
}

function kernelLog(): string | null {
  try {
    if (readlinkSync('/proc/self/ns/pid') !== firstPidNamespace) return null
    closeSync(openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK))
    return '/dev/kmsg'
  } catch {
    return null // no such thing, or not for this user
  }
}

/** Version 2 where it has the controller of memory, else version 1. */
function counterOf(): string | null {
  const tree = findTree()
  if (typeof tree !== 'string') {
    const path = join(tree.own, 'memory.events')
    if (readOr(path) !== '') return path
  }
  const own = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(\/.*)$/m.exec(readOr('/proc/self/cgroup'))?.[1]
  const mount = readOr('/proc/self/mountinfo').split('\n').find((line) => / - cgroup .*[ ,]memory(?:,|$)/.test(line))
  if (own === undefined || mount === undefined) return null
  const [, , , root = '/', folder = ''] = mount.split(' ')
  const path = join(folder, root === '/' ? own : own.startsWith(root) ? own.slice(root.length) : '', 'memory.oom_control')
  return readOr(path) === '' ? null : path
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // not there
  }
}
