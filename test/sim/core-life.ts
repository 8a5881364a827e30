/**
 * What the simulated lives of the core have in common: a fleet without a daemon on a virtual clock, workers that are entries in a
 * map, inputs that are stepped as the loop does it, and masters that follow one another. What happens, what the workers do and what
 * must hold is decided by each kind of life.
 */
import { planChanges, restrict } from '../../src/core/diff.ts'
import { nextDeadline, step } from '../../src/core/fleet.ts'
import type { FleetInput } from '../../src/core/fleet.ts'
import { brokenInvariants } from '../../src/core/invariants.ts'
import type { Pid } from '../../src/core/model.ts'
import type { Effect, Now, Proc, ProcInput } from '../../src/core/proc.ts'
import { activeGroups, enlist, newFleet, ranked } from '../../src/core/roster.ts'
import type { Fleet } from '../../src/core/roster.ts'
import type { GroupSpec } from '../../src/core/spec.ts'
import { adopt } from '../../src/daemon/adopt.ts'
import { statusOf, statusSchema } from '../../src/daemon/snapshot.ts'
import type { Random } from './random-world.ts'

const comparison = {
  differs: (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b),
  needsRestart: (a: { command: string }, b: { command: string }): boolean => a.command !== b.command,
}

export interface Born extends Pid {
  readonly bornAt: number
}

/** How a hook ends. */
export interface HookEnd {
  readonly after: number
  readonly problem: string | null
}

type Prepare = Extract<Effect, { type: 'prepare' }>
type Kill = Extract<Effect, { type: 'kill' }>

export abstract class CoreLife<Worker extends Born> {
  readonly history: string[] = []
  protected readonly random: Random
  protected fleet: Fleet = newFleet()
  protected groups: readonly GroupSpec[]
  protected readonly workers = new Map<number, Worker>()
  protected now = 0
  protected wallOffset: number
  private agenda: { readonly at: number; readonly run: () => void }[] = []
  private births = 0
  /** Answers of the hooks of a master that is dead reach nobody. */
  private reign = 0
  private settled = true

  constructor(random: Random, groups: readonly GroupSpec[], wallOffset: number) {
    this.random = random
    this.groups = groups
    this.wallOffset = wallOffset
  }

  /** Writes down what the effects tell. */
  protected abstract note(effects: readonly Effect[]): void
  /** What is not as it must be, beside the invariants of all. */
  protected abstract judge(effects: readonly Effect[], settled: boolean): Iterable<string>
  protected abstract spawn(proc: Proc): void
  protected abstract signal(effect: Kill): void
  protected abstract hook(effect: Prepare): HookEnd

  /** A master begins, with the fleet that it has taken over. */
  protected begin(): void {
    this.history.push(`${String(this.now)} ms: a master begins`)
  }

  /** `only`: of these groups; none: of all. */
  protected apply(groups: readonly GroupSpec[], only: readonly string[] = []): void {
    this.groups = groups
    const plan = restrict(planChanges(activeGroups(this.fleet), groups, comparison), only)
    this.take({ type: 'apply', plan, by: 'config change' })
  }

  protected tell(proc: Proc, input: ProcInput): void {
    this.take({ type: 'proc', proc, input })
  }

  /** As the loop does it: what the effects bring back is stepped at once. */
  protected take(input: FleetInput): void {
    const effects = step(this.fleet, input, this.moment())
    this.note(effects)
    const wrong = [...(this.settled ? brokenInvariants(this.fleet) : []), ...this.judge(effects, this.settled)]
    if (wrong.length > 0) this.fail(wrong.join('; '))
    for (const effect of effects) this.perform(effect)
  }

  private perform(effect: Effect): void {
    if (effect.type === 'spawn') return this.spawn(effect.proc)
    if (effect.type === 'kill') return this.signal(effect)
    if (effect.type !== 'prepare') return
    const { proc } = effect
    const { incarnation } = proc
    const { after, problem } = this.hook(effect)
    const { reign } = this
    this.plan(after, () => {
      if (reign === this.reign && this.fleet.groups.get(proc.group)?.procs.get(proc.name) === proc) this.tell(proc, { type: 'prepared', incarnation, problem })
    })
  }

  /** The next pid, which nobody has had before. */
  protected newPid(): Pid {
    this.births += 1
    return { pid: this.births, startTime: String(this.births) }
  }

  protected plan(after: number, run: () => void): void {
    const at = this.now + after
    const later = this.agenda.findIndex((one) => one.at > at)
    if (later < 0) this.agenda.push({ at, run })
    else this.agenda.splice(later, 0, { at, run })
  }

  /** Lets everything happen that is due within this time, in order: what the workers do, and deadlines. */
  protected advance(milliseconds: number): void {
    const end = this.now + milliseconds
    for (let turns = 0, at = this.now; ; turns += 1) {
      const due = nextDeadline(this.fleet)
      const next = Math.min(due ?? Infinity, this.agenda[0]?.at ?? Infinity)
      if (next > end) break
      if (next > at) [turns, at] = [0, next]
      if (turns > 500) this.fail(`the loop spins at ${String(this.now)} ms`)
      this.now = Math.max(this.now, next)
      if (due !== null && due <= this.now) this.take({ type: 'clock' })
      else this.agenda.shift()?.run()
    }
    this.now = end
  }

  /** What the last one wrote is all that the next one knows, which comes so many milliseconds later. */
  protected changeMasters(gap: number): void {
    const remembered = ranked(this.fleet).map(({ proc, groupPriority }) => ({
      status: statusSchema.parse(JSON.parse(JSON.stringify(statusOf(proc, groupPriority, 'boot', this.moment().wall)))), spec: proc.spec, exits: proc.exits,
    }))
    this.reign += 1
    this.fleet = newFleet()
    this.advanceWithout(gap)
    const processes = {
      isAlive: (id: Pid): boolean => this.workers.get(id.pid)?.startTime === id.startTime,
      age: (id: Pid): number | null => { const born = this.workers.get(id.pid)?.bornAt; return born === undefined ? null : this.now - born },
      findMarked: () => [],
    }
    const adopted = adopt({ remembered, configured: this.groups, processes: processes as never, bootId: 'boot', runDir: '/run' }, this.moment())
    for (const { proc, groupPriority } of adopted) enlist(this.fleet, proc, groupPriority)
    this.begin()
    this.settled = false // the rest is looked at with the first config
    for (const { proc, fate } of adopted) if (fate === 'died') this.tell(proc, { type: 'exited', status: { kind: 'unknown' }, lastLines: [] })
    const plan = planChanges(activeGroups(this.fleet), this.groups, comparison)
    this.settled = true
    this.take({ type: 'apply', plan: { ...plan, removed: [] }, by: 'start of the master' })
  }

  private advanceWithout(milliseconds: number): void {
    const end = this.now + milliseconds
    for (let next = this.agenda[0]; next !== undefined && next.at <= end; next = this.agenda[0]) {
      this.agenda.shift()
      this.now = next.at
      next.run()
    }
    this.now = end
  }

  protected fail(what: string): never {
    const all = ranked(this.fleet).map(({ proc }) => `${proc.name} ${proc.state} want ${proc.want} hold ${String(proc.hold)} deadline ${String(proc.deadline)} ${JSON.stringify(proc.rounds)} ${JSON.stringify(proc.spec.care)}`)
    throw new Error(`${what}\n${all.join('\n')}\n${this.history.slice(-60).join('\n')}`)
  }

  protected moment(): Now {
    return { mono: this.now, wall: this.wallOffset + this.now }
  }
}
