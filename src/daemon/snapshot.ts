/**
 * What one process leaves on disk so that the next master can take it over: `status.json` at every change,
 * `spec.json` when what it was started with changes, `exits.json` when it has ended. No behaviour: see adopt.ts.
 */
import { join } from 'node:path'
import * as z from 'zod'
import { rests } from '../core/fleet.ts'
import { stateCodes } from '../core/model.ts'
import type { ExitRecord, State } from '../core/model.ts'
import type { Proc } from '../core/proc.ts'
import type { ProcessSpec } from '../core/spec.ts'

const stateNames = Object.keys(stateCodes) as [State, ...State[]]

const statusSchema = z.object({
  version: z.literal(1),
  bootId: z.string(),
  group: z.string(),
  groupPriority: z.number(),
  name: z.string(),
  state: z.enum(stateNames),
  want: z.enum(['up', 'down']),
  wantedBy: z.string(),
  pid: z.int(),
  startTime: z.string(),
  incarnation: z.int(),
  backoff: z.int(),
  startedAt: z.number(),
  stoppedAt: z.number(),
  since: z.number(),
  spawnError: z.string(),
  reason: z.string(),
  stopBy: z.string().nullable(),
  restarts: z.int(),
  /** When it was written, epoch milliseconds. */
  at: z.number(),
})

export type Status = z.infer<typeof statusSchema>

/** How records are written and read; `write` returns an errno name or `null`. */
export interface RecordStore {
  write(path: string, text: string): string | null
  read(path: string): string | undefined
  list(folder: string): string[]
  /** Removes a folder with all that is in it. */
  remove(folder: string): void
  removeFile(path: string): void
}

/** The folder of a process below the run folder. */
export function processFolder(runDir: string, group: string, name: string): string {
  return join(runDir, 'p', `${encodeURIComponent(group)}:${encodeURIComponent(name)}`)
}

export class Snapshots {
  private readonly dirty = new Set<Proc>()
  private readonly specs = new WeakMap<Proc, ProcessSpec>()
  private readonly exits = new WeakMap<Proc, readonly ExitRecord[]>()
  private readonly runDir: string
  private readonly bootId: string
  private readonly store: RecordStore
  private readonly onFailure: (errno: string | null) => void
  private failing = false

  /** `onFailure` is told when records cannot be written, and `null` when they can again. */
  constructor(at: { runDir: string; bootId: string }, store: RecordStore, onFailure: (errno: string | null) => void) {
    this.runDir = at.runDir
    this.bootId = at.bootId
    this.store = store
    this.onFailure = onFailure
  }

  /** Remembers that this process has changed. */
  touch(proc: Proc): void {
    this.dirty.add(proc)
  }

  /** The process is no more: nothing of it is kept. */
  forget(proc: Proc): void {
    this.dirty.delete(proc)
    this.store.remove(processFolder(this.runDir, proc.group, proc.name))
  }

  /** The whole is over: removes what was written. The folders stay, with the FIFOs that the next master will need. */
  conclude(proc: Proc): void {
    this.dirty.delete(proc)
    const folder = processFolder(this.runDir, proc.group, proc.name)
    const written = ['status.json', ...(this.specs.has(proc) ? ['spec.json'] : []), ...(this.exits.has(proc) ? ['exits.json'] : [])]
    for (const name of written) this.store.removeFile(join(folder, name))
  }

  /**
   * Writes what has changed since the last time. What cannot be written stays marked. While everything is `ending`,
   * who rests is left out: what is on disk says that it was being stopped, and is about to be removed.
   */
  flush(priorityOf: (proc: Proc) => number, wall: number, ending: boolean): void {
    if (this.dirty.size === 0) return
    let failure: string | null = null
    for (const proc of this.dirty) {
      if (ending && rests(proc)) continue
      const errno = this.write(proc, priorityOf(proc), wall)
      if (errno === null) this.dirty.delete(proc)
      else failure = errno
    }
    if ((failure !== null) === this.failing) return
    this.failing = failure !== null
    this.onFailure(failure)
  }

  private write(proc: Proc, groupPriority: number, wall: number): string | null {
    const folder = processFolder(this.runDir, proc.group, proc.name)
    if (this.specs.get(proc) !== proc.spec && proc.incarnation > 0) {
      const errno = this.store.write(join(folder, 'spec.json'), JSON.stringify(proc.spec))
      if (errno !== null) return errno
      this.specs.set(proc, proc.spec)
    }
    if (this.exits.get(proc) !== proc.exits && proc.exits.length > 0) {
      const errno = this.store.write(join(folder, 'exits.json'), JSON.stringify(proc.exits))
      if (errno !== null) return errno
      this.exits.set(proc, proc.exits)
    }
    return this.store.write(join(folder, 'status.json'), JSON.stringify(statusOf(proc, groupPriority, this.bootId, wall)))
  }
}

function statusOf(proc: Proc, groupPriority: number, bootId: string, at: number): Status {
  return {
    version: 1,
    bootId,
    group: proc.group,
    groupPriority,
    name: proc.name,
    state: proc.state,
    want: proc.next === null ? proc.want : proc.next.up ? 'up' : 'down',
    wantedBy: proc.wantedBy,
    pid: proc.id?.pid ?? 0,
    startTime: proc.id?.startTime ?? '',
    incarnation: proc.incarnation,
    backoff: proc.backoff,
    startedAt: proc.startedAt,
    stoppedAt: proc.stoppedAt,
    since: proc.since,
    spawnError: proc.spawnError,
    reason: proc.reason,
    stopBy: proc.stopBy,
    restarts: proc.restarts,
    at,
  }
}

/** One process as the last master left it. */
export interface Remembered {
  readonly status: Status | null
  readonly spec: ProcessSpec | null
  readonly exits: readonly ExitRecord[]
  readonly folder: string
}

/** Everything that the last master wrote about its processes. Files that are cut or spoilt count as not there. */
export function remembered(runDir: string, store: RecordStore): Remembered[] {
  const root = join(runDir, 'p')
  return store.list(root).map((name) => {
    const folder = join(root, name)
    return {
      folder,
      status: statusSchema.safeParse(parse(store.read(join(folder, 'status.json')))).data ?? null,
      spec: asSpec(parse(store.read(join(folder, 'spec.json')))),
      exits: asExits(parse(store.read(join(folder, 'exits.json')))),
    }
  })
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Written by nsup itself and renamed into place: either whole, or not JSON at all.
function asSpec(value: unknown): ProcessSpec | null {
  const named = z.object({ group: z.string(), name: z.string(), argv: z.array(z.string()) }).safeParse(value)
  return named.success ? (value as ProcessSpec) : null
}

function asExits(value: unknown): readonly ExitRecord[] {
  return Array.isArray(value) ? (value as ExitRecord[]) : []
}
