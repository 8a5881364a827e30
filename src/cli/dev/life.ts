/**
 * Reads the log of the master of `nsup dev` and makes of it what a developer wants to know: who began, who ended and how,
 * who comes back, what went wrong in the end. It goes by the fields of a line: sentences are only shown. Knows no terminal
 * and no process.
 */
import type { LineEvent, LogFields } from '../../core/log-fields.ts'
import { isStopped } from '../../core/model.ts'
import type { State } from '../../core/model.ts'
import type { ProcessSpec } from '../../core/spec.ts'
import { namespec } from '../../core/spec.ts'

/** What is to be shown of a line of the log. */
export interface News {
  /** Whose it is, by its namespec; `null`: the master's. */
  readonly process: string | null
  readonly text: string
  readonly bad: boolean
  /** An incarnation has ended with it: what it wrote comes first. */
  readonly last: boolean
}

interface Entry extends LogFields {
  readonly level: string
  readonly msg: string
}

/** What the master says that is no news for who has just started it. */
const usual: readonly (LineEvent | undefined)[] = ['signal', 'root']

export class DevLife {
  private specs: ReadonlyMap<string, ProcessSpec> = new Map()
  private readonly states = new Map<string, State>()
  /** Whose end was no good one, and why. */
  private readonly failures = new Map<string, string>()
  /** Who is wanted: who rests all the same comes back by himself. */
  private readonly wanted = new Set<string>()
  /** Whose start an exit has just ended; that it failed by it is the next line. */
  private readonly early = new Set<string>()
  private stopping = false
  /** They were told to stop once more: at once. */
  private hurried = false

  constructor(specs: readonly ProcessSpec[]) {
    this.take(specs)
  }

  /** The list is another one from now on. Who is new begins with nothing; what went wrong with who is no more does not count. */
  take(specs: readonly ProcessSpec[]): void {
    const before = this.specs
    this.specs = new Map(specs.map((spec) => [namespec(spec.group, spec.name), spec]))
    for (const name of [...before.keys(), ...this.specs.keys()].filter((one) => !before.has(one) || !this.specs.has(one))) {
      this.states.delete(name)
      this.failures.delete(name)
      this.wanted.delete(name)
      this.early.delete(name)
    }
  }

  /** All are being stopped: who ends now is no news. Asked again: they get no more time. */
  stop(): void {
    this.hurried = this.stopping
    this.stopping = true
  }

  /**
   * Nothing runs any more, and nothing will by itself. Who was stopped was so by a request: it is the first half of a
   * restart, or he who asked for it may ask for a start too.
   */
  get over(): boolean {
    return [...this.specs].every(([name, { autostart, care }]) => {
      const state = this.states.get(name)
      if (state === undefined) return !autostart
      if (care?.watch !== undefined || care?.job !== undefined || (state === 'STOPPED' && !this.stopping)) return false
      const again = state === 'FATAL' ? care?.restart?.retryAfter != null : state !== 'UNKNOWN' && this.wanted.has(name)
      return isStopped(state) && !again
    })
  }

  /** Sentences about what did not go well: those that failed and were not better afterwards. */
  get problems(): string[] {
    return [...this.failures].map(([name, why]) => `${name}: ${why}`)
  }

  /** Takes a line of the log; what is to be shown of it. */
  read(line: string): News | null {
    const entry = parse(line)
    if (entry === null) return null
    const { process, to, level, msg, event } = entry
    if (process === undefined) {
      const bad = level !== 'info' && level !== 'debug'
      const counts = (bad || event === 'watch') && !usual.includes(event)
      return counts ? { process: null, text: msg, bad, last: false } : null
    }
    if (to !== undefined) return this.change(process, to, entry)
    if (event === 'spawned') return news(process, `started, pid ${String(entry.pid)}`)
    if (level === 'info' || level === 'debug') return null
    if (event === 'kill') this.failures.set(process, this.hurried ? 'it was killed, since you would not wait any longer' : 'it had to be killed: it did not end in time when it was asked to (stopwaitsecs)')
    return news(process, msg, true)
  }

  private change(process: string, to: State, entry: Entry): News | null {
    const { from, by, exit, expected, reason = '' } = entry
    this.states.set(process, to)
    if (entry.want === 'up') this.wanted.add(process)
    else this.wanted.delete(process)
    switch (to) {
      case 'RUNNING':
        this.failures.delete(process)
        return this.specs.get(process)?.care?.ready === undefined ? null : news(process, 'ready')
      case 'STOPPING':
        return this.stopping || by === 'watch' ? null : news(process, `stopping${reason === '' ? '' : `: ${reason}`}`)
      case 'STOPPED':
        return news(process, `stopped: ${exit ?? 'not running'}`, false, true)
      case 'EXITED':
        if (expected === false) this.failures.set(process, reason)
        return news(process, reason, expected === false, true)
      case 'BACKOFF':
        this.failures.set(process, reason)
        if (exit !== undefined) {
          if (from === 'STARTING') this.early.add(process)
          return news(process, exit, true, true)
        }
        return news(process, this.early.delete(process) ? 'ended before it counted as started (startsecs)' : reason, true)
      case 'FATAL':
        this.failures.set(process, reason)
        return news(process, `given up: ${reason}${this.specs.get(process)?.care?.watch === undefined ? '' : '; it is started again when a file changes'}`, true, true)
      case 'UNKNOWN':
        this.failures.set(process, reason)
        return news(process, reason, true)
      case 'STARTING':
        return null
    }
  }
}

function news(process: string, text: string, bad = false, last = false): News {
  return { process, text, bad, last }
}

function parse(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return null // a line that the death of the master has cut
  }
}
