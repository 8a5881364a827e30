/**
 * Reads the log of the master of `nsup dev` and makes of it what a developer wants to know: who began, who ended and how,
 * who comes back, what went wrong in the end. Knows no terminal and no process.
 */
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

interface Entry {
  readonly level: string
  readonly msg: string
  readonly process?: string
  readonly to?: State
  readonly pid?: number
  readonly reason?: string
  readonly by?: string
}

/** Lines of the master that are no news for who has just started it. */
const usual = [/^received /, /^Supervisor is running as root/]

export class DevLife {
  private readonly specs: ReadonlyMap<string, ProcessSpec>
  private readonly states = new Map<string, State>()
  /** Whose end was no good one, and why. */
  private readonly failures = new Map<string, string>()
  private readonly comingBack = new Set<string>()
  private stopping = false

  constructor(specs: readonly ProcessSpec[]) {
    this.specs = new Map(specs.map((spec) => [namespec(spec.group, spec.name), spec]))
  }

  /** All are being stopped: who ends now is no news. */
  stop(): void {
    this.stopping = true
  }

  /** Nothing runs any more, and nothing will by itself. */
  get over(): boolean {
    return [...this.specs].every(([name, { autostart, care }]) => {
      const state = this.states.get(name)
      if (state === undefined) return !autostart
      if (care?.watch !== undefined || care?.job !== undefined) return false
      const again = this.comingBack.has(name) || (state === 'FATAL' && care?.restart?.retryAfter != null)
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
    const { process, to, level, msg } = entry
    if (process === undefined) {
      const bad = level !== 'info' && level !== 'debug'
      const counts = (bad || msg.endsWith('(watch)')) && !usual.some((one) => one.test(msg))
      return counts ? { process: null, text: msg, bad, last: false } : null
    }
    if (to !== undefined) return this.change(process, to, entry)
    if (msg.startsWith('spawned:')) return news(process, `started, pid ${String(entry.pid)}`)
    if (level === 'info' || level === 'debug') return null
    if (msg.startsWith('killing ')) this.failures.set(process, 'it had to be killed: it did not end in time when it was asked to (stopwaitsecs)')
    return news(process, msg, true)
  }

  private change(process: string, to: State, entry: Entry): News | null {
    const { msg, by } = entry
    const before = this.states.get(process)
    const reason = entry.reason ?? ''
    this.states.set(process, to)
    const again = to === 'EXITED' && reason.endsWith('starts again')
    if (again) this.comingBack.add(process)
    else if (to !== 'STOPPED') this.comingBack.delete(process)
    switch (to) {
      case 'RUNNING':
        this.failures.delete(process)
        return this.specs.get(process)?.care?.ready === undefined ? null : news(process, 'ready')
      case 'STOPPING':
        if (!/, asked by /.test(reason)) this.comingBack.add(process) // the master has reasons of its own
        return this.stopping || by === 'watch' ? null : news(process, `stopping${reason === '' ? '' : `: ${reason}`}`)
      case 'STOPPED':
        return news(process, `stopped${/\((.+)\)$/.test(msg) ? `: ${/\((.+)\)$/.exec(msg)?.[1] ?? ''}` : ''}`, false, true)
      case 'EXITED':
        if (reason.includes('not expected')) this.failures.set(process, reason)
        return news(process, reason, reason.includes('not expected'), true)
      case 'BACKOFF':
        this.failures.set(process, reason)
        if (before !== 'BACKOFF') this.comingBack.add(process)
        return msg.startsWith('exited:') ? news(process, exitOf(msg), true, true) : news(process, reason.startsWith('Exited too quickly') ? 'ended before it counted as started (startsecs)' : reason, true)
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

function exitOf(msg: string): string {
  return /\((.+); not expected\)$/.exec(msg)?.[1] ?? msg
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
