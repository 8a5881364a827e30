/**
 * One simulated life of a fleet of jobs: the core alone on a virtual clock, through changes of the clock and of summer time,
 * runs that end, fail and hang, triggers, stops, config changes, and masters that die in between.
 */
import { planChanges } from '../../src/core/diff.ts'
import { nextDeadline, step } from '../../src/core/fleet.ts'
import type { FleetInput } from '../../src/core/fleet.ts'
import { brokenInvariants } from '../../src/core/invariants.ts'
import { isArmed } from '../../src/core/job.ts'
import { isRunning, isStopped } from '../../src/core/model.ts'
import type { ExitStatus, Pid } from '../../src/core/model.ts'
import type { Effect, Now, Proc } from '../../src/core/proc.ts'
import { activeGroups, enlist, newFleet, ranked } from '../../src/core/roster.ts'
import type { Fleet } from '../../src/core/roster.ts'
import type { GroupSpec } from '../../src/core/spec.ts'
import { adopt } from '../../src/daemon/adopt.ts'
import { statusOf, statusSchema } from '../../src/daemon/snapshot.ts'
import { randomJobGroups, randomRun } from './random-jobs.ts'
import type { RunConduct } from './random-jobs.ts'
import type { Random } from './random-world.ts'

const acts = [
  ...(['advance', 'advance', 'advance', 'advance', 'advance', 'advance', 'trigger', 'trigger', 'start', 'stop'] as const),
  ...(['config', 'end', 'jump', 'sleep', 'die'] as const),
] as const

/** Instants shortly before clocks change somewhere. */
const beginnings: readonly [number, ...number[]] = [Date.UTC(2026, 2, 29, 0, 20), Date.UTC(2026, 9, 24, 23, 40), Date.UTC(2026, 2, 8, 6, 30), Date.UTC(2026, 3, 4, 14, 20), Date.UTC(2026, 5, 10, 12)]

const comparison = {
  differs: (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b),
  needsRestart: (a: { command: string }, b: { command: string }): boolean => a.command !== b.command,
}

interface Worker extends Pid {
  readonly name: string
  readonly conduct: RunConduct
  readonly bornAt: number
}

export class JobLife {
  readonly history: string[] = []
  private readonly random: Random
  private fleet: Fleet = newFleet()
  private groups: readonly GroupSpec[]
  private readonly workers = new Map<number, Worker>()
  private agenda: { readonly at: number; readonly run: () => void }[] = []
  private now = 0
  private wallOffset: number
  private births = 0
  private asked = 0
  private reign = 0
  /** Slots that were run, by process and timetable; what comes after the clock went back a long way counts anew. */
  private readonly ran = new Map<string, Set<number>>()
  private readonly restarts = new WeakMap<Proc, number>()
  /** The latest time that was ever on the clock. */
  private latest = 0
  private settled = true

  constructor(random: Random) {
    this.random = random
    this.groups = randomJobGroups(random)
    this.wallOffset = random.pick(beginnings)
  }

  /** Lives `turns` turns, then stops everything; throws at the first thing that is not as it must be. */
  live(turns: number): void {
    this.apply()
    for (let turn = 0; turn < turns; turn += 1) this.happen()
    this.take({ type: 'shutdown', by: 'sim' })
    for (let i = 0; i < 100 && this.fleet.phase !== 'drained'; i += 1) this.advance(5000)
    if (this.fleet.phase !== 'drained') this.fail('a shutdown ends')
  }

  private happen(): void {
    const { random } = this
    const what = random.pick(acts)
    this.history.push(`${String(this.now)} ms, ${new Date(this.moment().wall).toISOString()}: ${what}`)
    switch (what) {
      case 'advance':
        return this.advance(random.pick([1, 900, 5000, 61_000, 400_000, 1_000_000]))
      case 'start':
        return this.each((proc) => { if (!isRunning(proc.state) && proc.state !== 'UNKNOWN') this.tell(proc, { type: 'start', by: 'sim' }) })
      case 'stop':
        return this.each((proc) => { this.tell(proc, { type: 'stop', by: 'sim' }) })
      case 'trigger':
        return this.each((proc) => {
          this.asked += 1
          this.tell(proc, { type: 'trigger', by: 'sim', id: `t${String(this.asked)}` })
        })
      case 'config':
        this.groups = randomJobGroups(random)
        return this.apply()
      case 'end': {
        const victim = [...this.workers.values()][random.below(Math.max(1, this.workers.size))]
        if (victim !== undefined) this.end(victim, random.pick<ExitStatus>([{ kind: 'code', code: 0 }, { kind: 'signal', signal: 'SIGSEGV', core: false }]))
        return
      }
      case 'jump': {
        const by = random.pick([-86_400_000, -7_200_000, -600_000, 3000, 1_800_000, 86_400_000])
        if (by < -10_000_000) this.ran.clear()
        this.wallOffset += by
        return
      }
      case 'sleep': // the monotonic clock of a machine that sleeps stands still
        this.wallOffset += random.pick([20_000, 3_600_000, 30_000_000])
        return
      case 'die':
        return this.changeMasters()
    }
  }

  private each(act: (proc: Proc) => void): void {
    for (const { proc } of ranked(this.fleet)) if (this.random.chance(0.4)) act(proc)
  }

  private apply(): void {
    const plan = planChanges(activeGroups(this.fleet), this.groups, comparison)
    this.take({ type: 'apply', plan, by: 'config change' })
  }

  private tell(proc: Proc, input: Parameters<typeof this.take>[0] extends infer I ? I extends { input: infer P } ? P : never : never): void {
    this.take({ type: 'proc', proc, input })
  }

  private take(input: FleetInput): void {
    const effects = step(this.fleet, input, this.moment())
    for (const { type, body } of effects.filter((one) => one.type === 'event')) {
      if (type === 'event' && 'name' in body) this.history.push(`  ${String(this.now)} ${body.name} ${body.type === 'process.state' ? body.to : body.type === 'process.run' ? body.what : ''} ${'reason' in body ? body.reason : ''}`)
    }
    if (this.settled) for (const wrong of [...brokenInvariants(this.fleet), ...this.brokenPromises()]) this.fail(wrong)
    for (const { proc } of ranked(this.fleet)) this.restarts.set(proc, proc.restarts)
    for (const effect of effects) this.perform(effect)
  }

  /** What must hold of jobs beside the invariants of all. */
  private *brokenPromises(): Generator<string> {
    for (const { proc } of ranked(this.fleet)) {
      if (proc.spec.care?.job === undefined) continue
      const alive = [...this.workers.values()].filter(({ name }) => name === proc.name)
      if (alive.length > 1) yield `${proc.name} runs twice at once`
      if (isArmed(proc) && (proc.deadline ?? 0) > this.now + Math.max(60_000, (proc.spec.care.job.interval ?? 0) + proc.spec.care.job.spread)) yield `${proc.name} is looked at too late`
      if ((this.restarts.get(proc) ?? proc.restarts) < proc.restarts) yield `${proc.name} counts a run as a restart`
    }
  }

  /** A slot is run once, and not before it has come. */
  private judgeSlot(proc: Proc): void {
    const current = proc.rounds?.current
    const { job } = proc.spec.care ?? {}
    if (current?.slot == null || job === undefined || (current.cause !== 'schedule' && current.cause !== 'catch-up')) return
    const key = `${proc.name} ${job.timezone ?? ''} ${job.schedule ?? ''}`
    const ran = this.ran.get(key) ?? new Set()
    this.ran.set(key, ran)
    if (ran.has(current.slot)) this.fail(`${proc.name} runs its slot ${new Date(current.slot).toISOString()} twice`)
    ran.add(current.slot)
    if (current.slot > this.latest) this.fail(`${proc.name} runs a slot that has not come`)
  }

  private perform(effect: Effect): void {
    if (effect.type === 'spawn') return this.spawn(effect.proc)
    if (effect.type === 'kill') return this.signal(effect)
    if (effect.type !== 'prepare') return
    const { proc } = effect
    const { incarnation } = proc
    const { reign } = this
    const problem = this.random.chance(0.2) ? 'pre_start: exit status 1' : null
    this.plan(this.random.pick([0, 10, 2900]), () => {
      if (reign === this.reign && this.fleet.groups.get(proc.group)?.procs.get(proc.name) === proc) this.tell(proc, { type: 'prepared', incarnation, problem })
    })
  }

  private spawn(proc: Proc): void {
    if (this.random.chance(0.05)) return this.tell(proc, { type: 'spawnFailed', reason: 'no such file' })
    this.judgeSlot(proc)
    this.births += 1
    const worker: Worker = { pid: this.births, startTime: String(this.births), name: proc.name, conduct: randomRun(this.random), bornAt: this.now }
    this.workers.set(worker.pid, worker)
    this.tell(proc, { type: 'spawned', id: { pid: worker.pid, startTime: worker.startTime } })
    const { takes, code } = worker.conduct
    if (takes !== null) this.plan(takes, () => { this.end(worker, { kind: 'code', code }) })
  }

  private signal({ id, signal }: Extract<Effect, { type: 'kill' }>): void {
    const worker = this.workers.get(id.pid)
    if (worker === undefined) return
    const { ends } = worker.conduct
    if (signal === 'SIGKILL' || ends !== null) this.plan(signal === 'SIGKILL' ? 0 : (ends ?? 0), () => { this.end(worker, { kind: 'signal', signal, core: false }) })
  }

  private end(worker: Worker, status: ExitStatus): void {
    if (!this.workers.delete(worker.pid)) return
    const proc = ranked(this.fleet).map((one) => one.proc).find(({ id }) => id?.pid === worker.pid)
    if (proc !== undefined) this.tell(proc, { type: 'exited', of: worker, status: proc.adopted ? { kind: 'unknown' } : status, lastLines: [] })
  }

  private plan(after: number, run: () => void): void {
    const at = this.now + after
    const later = this.agenda.findIndex((one) => one.at > at)
    if (later < 0) this.agenda.push({ at, run })
    else this.agenda.splice(later, 0, { at, run })
  }

  private advance(milliseconds: number): void {
    const end = this.now + milliseconds
    for (let turns = 0, at = this.now; ; turns += 1) {
      const due = nextDeadline(this.fleet)
      const next = Math.min(due ?? Infinity, this.agenda[0]?.at ?? Infinity)
      if (next > end) break
      if (next > at) [turns, at] = [0, next]
      if (turns > 500) this.fail('the loop spins')
      this.now = Math.max(this.now, next)
      if (due !== null && due <= this.now) this.take({ type: 'clock' })
      else this.agenda.shift()?.run()
    }
    this.now = end
  }

  /** What the last one wrote is all that the next one knows. */
  private changeMasters(): void {
    const remembered = ranked(this.fleet).map(({ proc, groupPriority }) => ({
      status: statusSchema.parse(JSON.parse(JSON.stringify(statusOf(proc, groupPriority, 'boot', this.moment().wall)))), spec: proc.spec, exits: proc.exits,
    }))
    this.reign += 1
    this.fleet = newFleet()
    const end = this.now + this.random.pick([0, 500, 90_000, 7_200_000])
    for (let next = this.agenda[0]; next !== undefined && next.at <= end; next = this.agenda[0]) {
      this.agenda.shift()
      this.now = next.at
      next.run()
    }
    this.now = end
    const processes = {
      isAlive: (id: Pid): boolean => this.workers.get(id.pid)?.startTime === id.startTime,
      age: (id: Pid): number | null => { const born = this.workers.get(id.pid)?.bornAt; return born === undefined ? null : this.now - born },
      findMarked: () => [],
    }
    const adopted = adopt({ remembered, configured: this.groups, processes: processes as never, bootId: 'boot', runDir: '/run' }, this.moment())
    for (const { proc, groupPriority } of adopted) enlist(this.fleet, proc, groupPriority)
    this.settled = false // the rest is looked at with the first config
    for (const { proc, fate } of adopted) if (fate === 'died') this.tell(proc, { type: 'exited', status: { kind: 'unknown' }, lastLines: [] })
    const plan = planChanges(activeGroups(this.fleet), this.groups, comparison)
    this.settled = true
    this.take({ type: 'apply', plan: { ...plan, removed: [] }, by: 'start of the master' })
  }

  private fail(what: string): never {
    const left = ranked(this.fleet).map(({ proc }) => `${proc.name} ${proc.state} want ${proc.want} hold ${String(proc.hold)} deadline ${String(proc.deadline)} ${isStopped(proc.state) ? 'rests' : 'is at work'} ${JSON.stringify(proc.rounds)} ${JSON.stringify(proc.spec.care)}`)
    throw new Error(`${what}\n${left.join('\n')}\n${this.history.slice(-40).join('\n')}`)
  }

  private moment(): Now {
    this.latest = Math.max(this.latest, this.wallOffset + this.now)
    return { mono: this.now, wall: this.wallOffset + this.now }
  }
}
