/**
 * Follows the files of the config while `nsup dev` runs: what is edited is applied as `nsup update` does it, and one line
 * says what that changes. A config that cannot be run is shown, and the last good one goes on.
 */
import { dirname } from 'node:path'
import { changesRestart, sameSpec } from '../../config/changes.ts'
import { watchDelay } from '../../config/kinds-watch.ts'
import { planChanges } from '../../core/diff.ts'
import type { Plan } from '../../core/diff.ts'
import type { Clock } from '../../core/ports.ts'
import type { GroupSpec, ProcessSpec } from '../../core/spec.ts'
import { shortPath } from '../../core/watch.ts'
import type { WatchFiles, WatchNews } from '../../core/watch.ts'
import { newPace, noteChange, restartDue, takeRestart } from '../../core/watch-pace.ts'
import type { Reading } from './reading.ts'

export interface FollowingPorts {
  readonly clock: Pick<Clock, 'after' | 'monotonic'>
  readonly watchFiles: WatchFiles
  /** The config that was named. */
  readonly file: string
  /** What the master writes itself. */
  readonly own: readonly string[]
  readonly read: () => Reading
  /** Problems of the config, a line each. */
  readonly complain: (line: string) => void
  /** A line of nsup's own. */
  readonly say: (text: string, bad?: boolean) => void
  /** Lets the master read and apply the config, of whose warnings it tells; resolves when it is so. */
  readonly update: () => Promise<unknown>
  readonly list: {
    /** These are about to run. */
    take(specs: readonly ProcessSpec[]): void
    /** Only these run now. */
    keepOnly(specs: readonly ProcessSpec[]): Promise<void>
  }
}

interface Begun {
  readonly groups: readonly GroupSpec[]
  readonly sources: readonly string[]
}

export class Following {
  readonly #ports: FollowingPorts
  readonly #pace = newPace()
  /** What runs, by the last config that was applied. */
  #groups: readonly GroupSpec[]
  /** What is watched, as text. */
  #watched = ''
  #end: () => void = () => undefined
  #cancelAlarm: (() => void) | null = null
  #closed = false
  /** One reading after another; the first when the master runs. */
  #turn: Promise<void>

  /** `groups`: as they are begun with. Begins at once; what changes before `ready` resolves with true is applied then, and nothing where it is false. */
  constructor(ports: FollowingPorts, { groups, sources }: Begun, ready: Promise<boolean>) {
    this.#ports = ports
    this.#groups = groups
    this.#turn = ready.then((runs) => { if (!runs) this.close() })
    this.#watch(sources)
  }

  /** What has been begun may go on; it says nothing more. */
  close(): void {
    this.#closed = true
    this.#cancelAlarm?.()
    this.#end()
  }

  /** Whether that is another watch than before. */
  #watch(sources: readonly string[]): boolean {
    const wanted = JSON.stringify(sources)
    if (this.#closed || wanted === this.#watched) return false
    this.#watched = wanted
    this.#end()
    this.#end = this.#ports.watchFiles({ paths: sources, ignore: [], own: this.#ports.own }, (news) => { this.#hear(news) })
    return true
  }

  #hear(news: WatchNews): void {
    const { clock, file, say } = this.#ports
    if (this.#closed) return
    if (news.kind === 'problem') say(`watch of the config: ${news.reason}`, true)
    if (news.kind !== 'changed') return
    noteChange(this.#pace, shortPath(news.path, dirname(file)), clock.monotonic())
    if (this.#cancelAlarm === null) this.#arm()
  }

  #arm(): void {
    const { clock } = this.#ports
    const due = restartDue(this.#pace, watchDelay)
    if (due === null || this.#closed) return
    this.#cancelAlarm = clock.after(Math.max(0, Math.ceil(due - clock.monotonic())), () => {
      this.#cancelAlarm = null
      if ((restartDue(this.#pace, watchDelay) ?? Infinity) > clock.monotonic()) return this.#arm()
      const { reason, storm } = takeRestart(this.#pace, watchDelay, clock.monotonic(), true)
      if (storm !== null) this.#ports.say('the config changes again and again: it is read every 10 s at most from now on', true)
      this.#turn = this.#turn.then(() => this.#apply(reason))
    })
  }

  async #apply(reason: string): Promise<void> {
    if (this.#closed) return
    const { complain, list, update, say } = this.#ports
    const { groups, problems, refusal } = this.#read()
    if (groups === null) {
      for (const problem of problems) complain(problem)
      return say(`${reason}: ${refusal}; the last good list goes on`, true)
    }
    const specs = groups.flatMap(({ processes }) => processes)
    try {
      say(`${reason}: ${wordsOf(planChanges(this.#groups, groups, comparison))}`)
      list.take(specs)
      await update()
      this.#groups = groups
      await list.keepOnly(specs)
    } catch (error) {
      if (!this.#isClosed()) say(`${reason}, and could not be applied: ${(error as Error).message}`, true)
    }
  }

  /** What was written before a new source was watched is read too. */
  #read(): Reading {
    const reading = this.#ports.read()
    return this.#watch(reading.sources) ? this.#ports.read() : reading
  }

  /** It may have been closed while something was waited for. */
  #isClosed(): boolean {
    return this.#closed
  }
}

const comparison = { differs: (a: ProcessSpec, b: ProcessSpec) => !sameSpec(a, b), needsRestart: changesRestart }

/** `removes a; changes b, c; adds d`. */
function wordsOf({ added, changed, removed }: Plan): string {
  const parts = [['removes', removed], ['changes', changed.map(({ group }) => group.name)], ['adds', added.map(({ name }) => name)]] as const
  return parts.flatMap(([does, names]) => (names.length === 0 ? [] : [`${does} ${names.join(', ')}`])).join('; ') || 'nothing that runs is concerned'
}
