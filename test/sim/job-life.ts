/**
 * One simulated life of a fleet of jobs: the core alone on a virtual clock, through changes of the clock and of summer time,
 * runs that end, fail and hang, triggers, stops, config changes, and masters that die in between.
 */
import { isArmed } from '../../src/core/job.ts'
import { isRunning } from '../../src/core/model.ts'
import type { ExitStatus } from '../../src/core/model.ts'
import type { Effect, Now, Proc } from '../../src/core/proc.ts'
import { ranked } from '../../src/core/roster.ts'
import { CoreLife } from './core-life.ts'
import type { Born, HookEnd } from './core-life.ts'
import { randomJobGroups, randomRun } from './random-jobs.ts'
import type { RunConduct } from './random-jobs.ts'
import type { Random } from './random-world.ts'

const acts = [
  ...(['advance', 'advance', 'advance', 'advance', 'advance', 'advance', 'trigger', 'trigger', 'start', 'stop'] as const),
  ...(['config', 'end', 'jump', 'sleep', 'die'] as const),
] as const

/** Instants shortly before clocks change somewhere. */
const beginnings: readonly [number, ...number[]] = [Date.UTC(2026, 2, 29, 0, 20), Date.UTC(2026, 9, 24, 23, 40), Date.UTC(2026, 2, 8, 6, 30), Date.UTC(2026, 3, 4, 14, 20), Date.UTC(2026, 5, 10, 12)]

interface Worker extends Born {
  readonly name: string
  readonly conduct: RunConduct
}

export class JobLife extends CoreLife<Worker> {
  private asked = 0
  /** Slots that were run, by process and timetable; what comes after the clock went back a long way counts anew. */
  private readonly ran = new Map<string, Set<number>>()
  private readonly restarts = new WeakMap<Proc, number>()
  /** The latest time that was ever on the clock. */
  private latest = 0

  constructor(random: Random) {
    super(random, randomJobGroups(random), random.pick(beginnings))
  }

  /** Lives `turns` turns, then stops everything; throws at the first thing that is not as it must be. */
  live(turns: number): void {
    this.apply(this.groups)
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
        return this.apply(randomJobGroups(random))
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
        return this.changeMasters(random.pick([0, 500, 90_000, 7_200_000]))
    }
  }

  private each(act: (proc: Proc) => void): void {
    for (const { proc } of ranked(this.fleet)) if (this.random.chance(0.4)) act(proc)
  }

  protected note(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== 'event' || !('name' in effect.body)) continue
      const { body } = effect
      this.history.push(`  ${String(this.now)} ${body.name} ${body.type === 'process.state' ? body.to : body.type === 'process.run' ? body.what : ''} ${'reason' in body ? body.reason : ''}`)
    }
  }

  protected judge(_: readonly Effect[], settled: boolean): string[] {
    const wrong = settled ? [...this.brokenPromises()] : []
    for (const { proc } of ranked(this.fleet)) this.restarts.set(proc, proc.restarts)
    return wrong
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

  protected hook(): HookEnd {
    return { after: this.random.pick([0, 10, 2900]), problem: this.random.chance(0.2) ? 'pre_start: exit status 1' : null }
  }

  protected spawn(proc: Proc): void {
    if (this.random.chance(0.05)) return this.tell(proc, { type: 'spawnFailed', reason: 'no such file' })
    this.judgeSlot(proc)
    const worker: Worker = { ...this.newPid(), name: proc.name, conduct: randomRun(this.random), bornAt: this.now }
    this.workers.set(worker.pid, worker)
    this.tell(proc, { type: 'spawned', id: { pid: worker.pid, startTime: worker.startTime } })
    const { takes, code } = worker.conduct
    if (takes !== null) this.plan(takes, () => { this.end(worker, { kind: 'code', code }) })
  }

  protected signal({ id, signal }: Extract<Effect, { type: 'kill' }>): void {
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

  protected override moment(): Now {
    const now = super.moment()
    this.latest = Math.max(this.latest, now.wall)
    return now
  }
}
