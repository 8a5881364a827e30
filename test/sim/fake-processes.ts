/**
 * A kernel in memory on a virtual clock: children do what a script says, when the test moves time on. Offers the
 * Processes and Clock ports to one master after another (`connect`), so that a test can let a master die and the
 * next one adopt. Stopping and continuing (SIGSTOP, SIGCONT) are ignored; there are no files, only problems.
 */
import type { ExitStatus, Pid } from '../../src/core/model.ts'
import type { Clock, Processes, SpawnProblem, Survivor } from '../../src/core/ports.ts'
import type { ProcessSpec } from '../../src/core/spec.ts'
import type { SignalName } from '../../src/lib/signals.ts'

/** What becomes of a process that gets a signal; `after` is virtual milliseconds. */
export type Reaction = 'ignore' | { readonly after: number; readonly status: ExitStatus }

/** What a child does. Without an `exit` it runs until a signal ends it; without a reaction a signal ends it at once. */
export interface Behaviour {
  readonly exit?: { readonly after: number; readonly status: ExitStatus }
  readonly on?: Partial<Record<SignalName, Reaction>>
  /** Descendants that it has from its first moment; they die of any signal but those in `on`. */
  readonly children?: readonly { readonly name: string; readonly group: 'same' | 'own' | 'own session'; readonly on?: Partial<Record<SignalName, Reaction>> }[]
}

/** What a test decides. `attempt` counts the spawns of this process from 1. */
export interface Script {
  readonly behaviour: (spec: ProcessSpec, attempt: number) => Behaviour | SpawnProblem
  /** For findCommand, and for spawn before `behaviour` is asked. */
  readonly command?: (spec: ProcessSpec) => SpawnProblem | null
  /** Answer of kill(2) where the kernel shall refuse. */
  readonly refuse?: (pid: number, signal: SignalName) => string | null
  readonly wallStart?: number
  /** Pids are used again after this many; small numbers make reuse common. */
  readonly pidSpace?: number
}

interface Life extends Survivor {
  readonly group: number
  readonly session: number
  readonly environment: Readonly<Record<string, string>>
  readonly on: Partial<Record<SignalName, Reaction>>
  readonly onExit: (status: ExitStatus) => void
  readonly bornAt: number
}

interface Happening {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const harmless: ReadonlySet<SignalName> = new Set<SignalName>(['SIGCHLD', 'SIGCONT', 'SIGURG', 'SIGWINCH', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'])

export class FakeWorld {
  readonly clock: Clock
  readonly #script: Script
  readonly #lives = new Map<number, Life>()
  readonly #attempts = new Map<string, number>()
  #agenda: Happening[] = []
  #now = 0
  #wallOffset: number
  #lastPid = 1
  #births = 0
  #orders = 0

  constructor(script: Script) {
    this.#script = script
    this.#wallOffset = script.wallStart ?? Date.UTC(2026, 0, 1)
    this.clock = { monotonic: () => this.#now, wall: () => this.#wallOffset + this.#now, after: (delay, callback) => this.#after(delay, callback) }
  }

  /** The ports as one master sees them, and how that master dies: from then on no exit is reported to it. */
  connect(): { readonly processes: Processes; readonly die: () => void } {
    let alive = true
    const processes: Processes = {
      findCommand: (spec) => this.#commandProblem(spec) ?? { ok: true, path: spec.argv[0] ?? '' },
      spawn: ({ spec, environment }, onExit) => this.#spawn(spec, environment, (status) => { if (alive) onExit(status, true) }),
      kill: (target, signal, scope) => this.#has(target) ? this.#send(this.#addressed(target.pid, scope), signal) : 'gone',
      isAlive: (target) => this.#has(target),
      age: (target) => this.#age(target),
      handles: () => null,
      groupExists: (leader) => this.#addressed(leader, 'group').length > 0,
      searchSurvivors: (leaders, marks) => this.#searchSurvivors(leaders, marks),
      findMarked: (name, value, names) => [...this.#lives.values()]
        .filter((life) => life.session === life.pid && life.environment[name] === value)
        .map(({ pid, startTime, environment }) => ({ pid, startTime, values: pick(environment, names) })),
    }
    return { processes, die: () => { alive = false } }
  }

  /** Virtual time of the next thing that will happen by itself, or `null`. */
  nextAt(): number | null {
    return this.#agenda[0]?.at ?? null
  }

  /** Moves monotonic time on, letting everything happen in order that is due by then. */
  advanceTo(time: number): void {
    for (let next = this.#agenda[0]; next !== undefined && next.at <= time; next = this.#agenda[0]) {
      this.#agenda.shift()
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = Math.max(this.#now, time)
  }

  advance(milliseconds: number): void {
    this.advanceTo(this.#now + milliseconds)
  }

  /** Sets the wall clock forward or back; monotonic time does not notice. */
  jumpWall(milliseconds: number): void {
    this.#wallOffset += milliseconds
  }

  /** Ends a process from outside, as an operator's kill or the kernel would. */
  end(pid: number, status: ExitStatus): void {
    const life = this.#lives.get(pid)
    if (life !== undefined) this.#end(life, status)
  }

  /** Everything that lives, for invariants. */
  living(): readonly (Survivor & { readonly group: number; readonly session: number; readonly environment: Readonly<Record<string, string>> })[] {
    return [...this.#lives.values()]
  }

  #commandProblem(spec: ProcessSpec): SpawnProblem | null {
    return this.#script.command?.(spec) ?? null
  }

  #spawn(spec: ProcessSpec, environment: Readonly<Record<string, string>>, onExit: (status: ExitStatus) => void): ({ readonly ok: true } & Pid) | SpawnProblem {
    const found = this.#commandProblem(spec)
    if (found !== null) return found
    const key = `${spec.group}:${spec.name}`
    const attempt = (this.#attempts.get(key) ?? 0) + 1
    this.#attempts.set(key, attempt)
    const behaviour = this.#script.behaviour(spec, attempt)
    if ('ok' in behaviour) return behaviour
    const pid = this.#freePid()
    const life = this.#bear({ pid, name: spec.argv[0] ?? spec.name, group: pid, session: pid, environment, on: behaviour.on ?? {}, onExit })
    for (const child of behaviour.children ?? []) {
      const own = this.#freePid()
      const group = child.group === 'same' ? pid : own
      const session = child.group === 'own session' ? own : pid
      this.#bear({ pid: own, name: child.name, group, session, environment, on: child.on ?? {}, onExit: () => undefined })
    }
    const { exit } = behaviour
    if (exit !== undefined) this.#plan(exit.after, () => this.#end(life, exit.status))
    return { ok: true, pid, startTime: life.startTime }
  }

  #bear(life: Omit<Life, 'startTime' | 'bornAt'>): Life {
    const born = { ...life, startTime: String(++this.#births), bornAt: this.#now }
    this.#lives.set(life.pid, born)
    return born
  }

  /** As the kernel: the next number that is neither a process nor the name of a group or session with members. */
  #freePid(): number {
    const space = this.#script.pidSpace ?? 32_768
    const taken = new Set([...this.#lives.values()].flatMap(({ pid, group, session }) => [pid, group, session]))
    do this.#lastPid = this.#lastPid >= space ? 2 : this.#lastPid + 1
    while (taken.has(this.#lastPid))
    return this.#lastPid
  }

  #plan(after: number, run: () => void): void {
    this.#agenda.push({ at: this.#now + after, order: ++this.#orders, run })
    this.#agenda.sort((a, b) => a.at - b.at || a.order - b.order)
  }

  /** Its parent hears of it as the next happening, never inside a call of the parent's. */
  #end(life: Life, status: ExitStatus): void {
    if (this.#lives.get(life.pid) !== life) return
    this.#lives.delete(life.pid)
    this.#plan(0, () => life.onExit(status))
  }

  #has({ pid, startTime }: Pid): boolean {
    return this.#lives.get(pid)?.startTime === startTime
  }

  #age(target: Pid): number | null {
    const life = this.#lives.get(target.pid)
    return life === undefined || !this.#has(target) ? null : this.#now - life.bornAt
  }

  #after(delay: number, callback: () => void): () => void {
    let cancelled = false
    this.#plan(delay, () => {
      if (!cancelled) callback()
    })
    return () => {
      cancelled = true
    }
  }

  #addressed(pid: number, scope: 'process' | 'group'): Life[] {
    const group = scope === 'group' ? [...this.#lives.values()].filter((life) => life.group === pid) : []
    return group.length > 0 ? group : [...this.#lives.values()].filter((life) => life.pid === pid)
  }

  #send(addressed: readonly Life[], signal: SignalName): 'sent' | 'gone' | { readonly failed: string } {
    if (addressed.length === 0) return 'gone'
    for (const life of addressed) {
      const failed = this.#script.refuse?.(life.pid, signal) ?? null
      if (failed !== null) return { failed }
      this.#react(life, signal)
    }
    return 'sent'
  }

  #react(life: Life, signal: SignalName): void {
    const reaction = signal === 'SIGKILL' ? undefined : life.on[signal]
    if (reaction === 'ignore' || (reaction === undefined && harmless.has(signal))) return
    if (reaction === undefined) this.#end(life, { kind: 'signal', signal, core: false })
    else this.#plan(reaction.after, () => this.#end(life, reaction.status))
  }

  *#searchSurvivors(leaders: readonly number[], marks?: ReadonlyMap<number, readonly string[]>): Generator<undefined, ReadonlyMap<number, readonly Survivor[]>> {
    yield
    const found = new Map<number, Survivor[]>()
    for (const leader of leaders) {
      const inOtherHands = this.#lives.has(leader)
      const words = marks?.get(leader)
      const members = [...this.#lives.values()].filter(({ group, session, environment }) => {
        if (!inOtherHands && (group === leader || session === leader)) return true
        return words?.every((word) => environment[word.slice(0, word.indexOf('='))] === word.slice(word.indexOf('=') + 1)) ?? false
      })
      if (members.length > 0) found.set(leader, members.map(({ pid, startTime, name, group, session }) => {
        const fled = group !== leader && session !== leader
        return { pid, startTime, name, ...(fled && { fled: true as const }) }
      }))
    }
    return found
  }
}

function pick(values: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])))
}
