/**
 * The memory of a master: one file to which each turn appends what has changed of its processes, a line each, with one
 * write. One file for every process was tried: at 500 of them a start and a stop were mostly renames. A line that
 * is cut or spoilt counts as not there; a session begins by writing the file anew, and does so again when it has grown.
 */
import * as z from 'zod'
import { journalIn } from '../config/instance.ts'
import { rests } from '../core/proc.ts'
import type { ExitRecord } from '../core/model.ts'
import type { Ranked } from '../core/order.ts'
import type { Proc } from '../core/proc.ts'
import type { ProcessSpec } from '../core/spec.ts'
import { processFolder, statusOf, statusSchema } from './snapshot.ts'
import type { RecordStore, Status } from './snapshot.ts'

/** Characters after which the file is written anew. */
const sizeMax = 16 * 1024 * 1024
const exitsKept = 10

/** One line. What it does not name has not changed. */
const entrySchema = z.object({
  group: z.string(),
  name: z.string(),
  status: statusSchema.optional(),
  spec: z.looseObject({ group: z.string(), name: z.string(), argv: z.array(z.string()) }).optional(),
  exit: z.looseObject({ incarnation: z.int() }).optional(),
  /** It has left the fleet. */
  gone: z.literal(true).optional(),
})

interface Entry {
  readonly group: string
  readonly name: string
  readonly status?: Status
  readonly spec?: ProcessSpec
  readonly exit?: ExitRecord
  readonly gone?: true
}

/** One process as the last master left it. */
export interface Remembered {
  readonly status: Status | null
  readonly spec: ProcessSpec | null
  readonly exits: readonly ExitRecord[]
}

export interface JournalOptions {
  readonly runDir: string
  readonly bootId: string
  readonly store: RecordStore
  readonly wall: () => number
  /** Everything that is to be remembered. */
  readonly fleet: () => readonly Ranked[]
  /** Of the group of a process. */
  readonly priorityOf: (proc: Proc) => number
  /** Told when the file cannot be written, and `null` when it can again. */
  readonly onFailure: (errno: string | null) => void
  /** Told what has changed, while nothing is being ended. */
  readonly onChange?: (changed: readonly Proc[]) => void
}

export class Journal {
  private readonly dirty = new Set<Proc>()
  private readonly gone: Entry[] = []
  private readonly specs = new WeakMap<Proc, ProcessSpec>()
  /** The newest incarnation whose exit is written. */
  private readonly exits = new WeakMap<Proc, number>()
  private readonly options: JournalOptions
  private readonly file: string
  /** Characters in the file; as good as full until it has been written anew. */
  private size = Infinity
  private failing = false
  /** The file remembers who is not there any more. */
  private stale = false

  constructor(options: JournalOptions) {
    this.options = options
    this.file = journalIn(options.runDir)
  }

  /** Remembers that this process has changed. */
  touch(proc: Proc): void {
    this.dirty.add(proc)
  }

  /** All that the last master knew has been taken over: what else the file says does not hold any more, also if nothing changes. */
  takenOver(): void {
    this.stale = true
  }

  /** The process has left the fleet: nothing of it is kept. */
  forget(proc: Proc): void {
    const { group, name } = proc
    this.dirty.delete(proc)
    this.gone.push({ group, name, gone: true })
    this.options.store.remove(processFolder(this.options.runDir, group, name))
  }

  /**
   * Writes what has changed since the last time; what cannot be written is tried again. While everything is `ending`,
   * who rests is left out: the file says that it was being stopped, and is about to be removed.
   */
  flush(ending: boolean): void {
    if (ending) for (const proc of this.dirty) if (rests(proc)) this.dirty.delete(proc)
    const changed = [...this.dirty]
    if (!ending) this.options.onChange?.(changed)
    if (changed.length === 0 && this.gone.length === 0 && (ending || !this.stale)) return
    const errno = this.size > sizeMax ? this.writeAnew() : this.append(changed)
    if ((errno !== null) === this.failing) return
    this.failing = errno !== null
    this.options.onFailure(errno)
  }

  /** The whole is over. Who is not known to have ended is still remembered. FIFOs stay: the next master needs them. */
  conclude(): void {
    this.dirty.clear()
    if (this.options.fleet().every(({ proc }) => rests(proc))) this.options.store.removeFile(this.file)
    else this.writeAnew()
  }

  private append(changed: readonly Proc[]): string | null {
    const entries = changed.flatMap((proc) => this.entriesOf(proc, this.options.priorityOf(proc)))
    const text = [...this.gone, ...entries].map(lineOf).join('')
    // After a failed write the file may end within a line.
    const errno = this.options.store.append(this.file, this.failing ? `\n${text}` : text)
    if (errno !== null) return errno
    this.size += text.length
    this.written(changed)
    return null
  }

  private writeAnew(): string | null {
    const all = this.options.fleet()
    this.size = 0
    const errno = this.options.store.write(this.file, this.everything())
    if (errno !== null) {
      this.size = Infinity
      return errno
    }
    this.written(all.map(({ proc }) => proc))
    return null
  }

  private *everything(): Generator<string> {
    for (const { proc, groupPriority } of this.options.fleet()) {
      const { group, name, spec } = proc
      const entries: Entry[] = proc.exits.map((exit) => ({ group, name, exit }))
      for (const entry of [...entries, { group, name, status: this.statusOf(proc, groupPriority), spec }]) {
        const line = lineOf(entry)
        this.size += line.length
        yield line
      }
    }
  }

  private written(procs: readonly Proc[]): void {
    this.stale = false
    this.gone.length = 0
    for (const proc of procs) {
      this.dirty.delete(proc)
      this.specs.set(proc, proc.spec)
      this.exits.set(proc, proc.exits.at(-1)?.incarnation ?? 0)
    }
  }

  private entriesOf(proc: Proc, groupPriority: number): Entry[] {
    const { group, name } = proc
    const known = this.exits.get(proc) ?? 0
    const fresh = proc.exits.filter((exit) => exit.incarnation > known)
    const spec = this.specs.get(proc) === proc.spec ? {} : { spec: proc.spec }
    return [...fresh.map((exit): Entry => ({ group, name, exit })), { group, name, status: this.statusOf(proc, groupPriority), ...spec }]
  }

  private statusOf(proc: Proc, groupPriority: number): Status {
    return statusOf(proc, groupPriority, this.options.bootId, this.options.wall())
  }
}

function lineOf(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`
}

/** Everything that the last master wrote about its processes. */
export function remembered(runDir: string, store: RecordStore): Remembered[] {
  const known = new Map<string, Remembered>()
  for (const line of (store.read(journalIn(runDir)) ?? '').split('\n')) {
    const entry = parseEntry(line)
    if (entry === null) continue
    const key = `${entry.group}:${entry.name}`
    const before = known.get(key) ?? { status: null, spec: null, exits: [] }
    if (entry.gone === true) known.delete(key)
    else known.set(key, merge(before, entry))
  }
  return [...known.values()]
}

function merge(before: Remembered, { status, spec, exit }: Entry): Remembered {
  return {
    status: status ?? before.status,
    spec: spec ?? before.spec,
    exits: exit === undefined ? before.exits : [...before.exits.slice(1 - exitsKept), exit],
  }
}

function parseEntry(line: string): Entry | null {
  if (line === '') return null
  try {
    const parsed = entrySchema.safeParse(JSON.parse(line))
    // What is checked is what tells a line of nsup from another; nsup itself wrote the rest.
    return parsed.success ? (parsed.data as unknown as Entry) : null
  } catch {
    return null
  }
}
