/**
 * Restarts programs when files change that are watched for them. One watcher serves all programs that watch the same;
 * nothing is watched where no program asks. When a change becomes a restart is decided by core/watch-pace.ts.
 */
import type { FleetInput } from '../core/fleet.ts'
import type { Clock } from '../core/ports.ts'
import { rests } from '../core/proc.ts'
import type { Proc } from '../core/proc.ts'
import { shortPath } from '../core/watch.ts'
import type { WatchFiles, WatchNews, WatchOrder, WatchSpec } from '../core/watch.ts'
import { newPace, noteChange, restartDue, takeRestart } from '../core/watch-pace.ts'
import type { Pace } from '../core/watch-pace.ts'
import type { MasterLog } from './master-log.ts'

export interface FileWatchPorts {
  readonly clock: Clock
  readonly log: MasterLog
  readonly watchFiles: WatchFiles
  readonly enqueue: (input: FleetInput) => void
  /** Files and folders of the master's own; `null` is none. */
  readonly own: readonly (string | null)[]
  /** The config: `nsup save` writes it, and whoever edits it means `nsup update`. It counts only where it is named. */
  readonly config: string
}

/** The processes of a program, which are restarted together. */
interface Watched {
  readonly program: string
  readonly spec: WatchSpec
  /** What the watcher is asked for, as text. */
  readonly order: string
  procs: readonly Proc[]
  readonly pace: Pace
  cancelAlarm: (() => void) | null
}

export class FileWatches {
  private readonly ports: FileWatchPorts
  private order: readonly { readonly proc: Proc }[] = []
  private programs = new Map<string, Watched>()
  private readonly watchers = new Map<string, () => void>()

  constructor(ports: FileWatchPorts) {
    this.ports = ports
  }

  /** `order` is another list whenever processes have come, gone or got other specs. */
  settled(order: readonly { readonly proc: Proc }[]): void {
    if (order === this.order) return
    this.order = order
    if (this.programs.size === 0 && !order.some(({ proc }) => proc.spec.care?.watch !== undefined)) return
    const before = this.programs
    this.programs = this.wanted(order, before)
    for (const [key, { cancelAlarm }] of before) if (!this.programs.has(key)) cancelAlarm?.()
    const orders = new Set([...this.programs.values()].map((one) => one.order))
    for (const [text, close] of this.watchers) {
      if (orders.has(text)) continue
      this.watchers.delete(text)
      close()
    }
    for (const text of orders) if (!this.watchers.has(text)) this.open(text)
  }

  close(): void {
    this.settled([])
  }

  private wanted(order: readonly { readonly proc: Proc }[], before: ReadonlyMap<string, Watched>): Map<string, Watched> {
    const own = [...new Set([...this.ports.own, ...order.flatMap(({ proc }) => [proc.spec.stdout.file, proc.spec.stderr.file])])].filter((file) => file !== null).sort()
    const programs = new Map<string, Watched>()
    for (const { proc } of order) {
      const spec = proc.spec.care?.watch
      if (spec === undefined) continue
      const program = proc.spec.program
      const key = JSON.stringify([proc.group, program, spec])
      const known = programs.get(key)
      if (known !== undefined) {
        known.procs = [...known.procs, proc]
        continue
      }
      const { config } = this.ports
      const text = JSON.stringify({ paths: spec.paths, ignore: spec.ignore, own: spec.paths.includes(config) ? own : [...own, config] } satisfies WatchOrder)
      const old = before.get(key)
      programs.set(key, { program, spec, order: text, procs: [proc], pace: old?.pace ?? newPace(), cancelAlarm: old?.cancelAlarm ?? null })
      if (old?.cancelAlarm != null) this.arm(programs.get(key))
    }
    return programs
  }

  private open(text: string): void {
    const order = JSON.parse(text) as WatchOrder
    this.watchers.set(text, this.ports.watchFiles(order, (news) => { this.hear(text, news) }))
  }

  private hear(order: string, news: WatchNews): void {
    const concerned = [...this.programs.values()].filter((one) => one.order === order)
    if (news.kind === 'changed') {
      for (const one of concerned) {
        noteChange(one.pace, shortPath(news.path, one.spec.base), this.ports.clock.monotonic())
        if (one.cancelAlarm === null) this.arm(one) // an alarm that comes too early is set anew
      }
      return
    }
    const programs = [...new Set(concerned.map(({ program }) => program))].join(', ')
    if (news.kind === 'problem') this.ports.log.warn(`watch of ${programs}: ${news.reason}`)
    else this.ports.log.warn(`watch of ${programs}: ${String(news.entries)} files and folders and more: each costs memory of the kernel and the master; name less in watch, or more in watch_ignore`)
  }

  private arm(one: Watched | undefined): void {
    const due = one === undefined ? null : restartDue(one.pace, one.spec.delay)
    if (one === undefined || due === null) return
    one.cancelAlarm?.()
    one.cancelAlarm = this.ports.clock.after(Math.max(0, Math.ceil(due - this.ports.clock.monotonic())), () => {
      one.cancelAlarm = null
      if ((restartDue(one.pace, one.spec.delay) ?? Infinity) <= this.ports.clock.monotonic()) this.restart(one)
      else this.arm(one)
    })
  }

  private restart({ pace, spec, procs, program }: Watched): void {
    const { clock, log, enqueue } = this.ports
    const concerned = procs.filter(isConcerned)
    const { reason, storm } = takeRestart(pace, spec.delay, clock.monotonic(), concerned.length > 0)
    if (concerned.length === 0) return
    log.info(`${program}: ${reason}`, { event: 'watch' })
    if (storm !== null) log.warn(`${program}: ${storm}`)
    for (const proc of concerned) enqueue({ type: 'proc', proc, input: { type: 'changed', reason, by: 'watch' } })
  }
}

/** Who was stopped stays down, and a job that waits for its time does so by its new files anyway. */
function isConcerned(proc: Proc): boolean {
  const { state, want, leaving, spec } = proc
  if (spec.care?.job !== undefined && rests(proc)) return false
  return state !== 'STOPPED' && state !== 'UNKNOWN' && !leaving && !(state === 'STOPPING' && want === 'down')
}
