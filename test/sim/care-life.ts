/**
 * One simulated life of a fleet with all that care.ts knows: the core alone on a virtual clock, with workers that get
 * ready late or never, flap, hang and ask for time, hooks that fail, masters that die and clocks that jump.
 */
import { isRunning, isStopped } from '../../src/core/model.ts'
import type { ExitStatus } from '../../src/core/model.ts'
import type { Effect, Proc, ProcInput } from '../../src/core/proc.ts'
import { ranked } from '../../src/core/roster.ts'
import { namespec } from '../../src/core/spec.ts'
import { CareChecks } from './care-checks.ts'
import { CoreLife } from './core-life.ts'
import type { Born, HookEnd } from './core-life.ts'
import { randomCareGroups, randomConduct } from './random-care.ts'
import type { Conduct } from './random-care.ts'
import type { Random } from './random-world.ts'

const acts = [
  ...(['advance', 'advance', 'advance', 'advance', 'advance', 'advance', 'start', 'start', 'stop', 'stop', 'restart'] as const),
  ...(['config', 'partial', 'memory', 'edit', 'end', 'end', 'recycle', 'jump', 'die', 'remove', 'hurry'] as const),
] as const

interface Worker extends Born {
  readonly name: string
  readonly incarnation: number
  readonly conduct: Conduct
}

export class CareLife extends CoreLife<Worker> {
  private checks = new CareChecks(this.fleet)
  /** Who has made a daemon that goes on in its place. */
  private readonly launchers = new Set<Worker>()
  /** The same for all masters of a life. */
  private readonly burst: number | null

  constructor(random: Random) {
    super(random, randomCareGroups(random, false), Date.UTC(2026, 0, 1))
    this.burst = random.pick([null, 1, 3])
  }

  /** Lives `turns` turns, then stops everything; throws at the first thing that is not as it must be. */
  live(turns: number): void {
    this.begin()
    this.apply(this.groups)
    for (let turn = 0; turn < turns; turn += 1) this.happen()
    this.shutDown()
  }

  protected override begin(): void {
    super.begin()
    this.fleet.breaker.burst = this.burst
    this.fleet.shutdownTimeout = this.random.pick([null, 2000, 60_000])
    this.checks = new CareChecks(this.fleet)
  }

  private happen(): void {
    const { random } = this
    const what = random.pick(acts)
    this.history.push(`${String(this.now)} ms: ${what}`)
    switch (what) {
      case 'advance':
        return this.advance(random.pick([1, 40, 900, 1001, 2500, 9000, 30_000]))
      case 'start':
        return this.ask({ type: 'start', by: 'sim' }, (proc) => !isRunning(proc.state) && proc.state !== 'UNKNOWN')
      case 'stop':
        return this.ask({ type: 'stop', by: 'sim' }, () => true)
      case 'restart':
        return this.ask({ type: 'recycle', reason: 'asked', by: 'sim', now: false }, (proc) => proc.id !== null)
      case 'memory':
        return this.ask({ type: 'recycle', reason: 'too large', by: 'max_memory', now: false }, (proc) => proc.id !== null && proc.spec.care?.recycle !== undefined)
      case 'edit':
        return this.ask({ type: 'changed', reason: 'x.js changed (watch)', by: 'watch' }, () => true)
      case 'config':
        return this.apply(randomCareGroups(random, random.chance(0.3)))
      case 'partial':
        return this.apply(randomCareGroups(random, random.chance(0.5)), [random.pick(['a', 'b', 'c', 'd', 'e']), random.pick(['a', 'b', 'c', 'd', 'e'])])
      case 'end': {
        const victim = [...this.workers.values()][random.below(Math.max(1, this.workers.size))]
        if (victim !== undefined) this.end(victim, random.pick<ExitStatus>([{ kind: 'code', code: 0 }, { kind: 'code', code: 1 }, { kind: 'signal', signal: 'SIGSEGV', core: false }]))
        return
      }
      case 'recycle': {
        const victim = [...this.workers.values()][random.below(Math.max(1, this.workers.size))]
        if (victim === undefined) return
        this.say(victim, 0, { type: 'recycling', incarnation: victim.incarnation, reason: 'after 10 jobs' })
        return this.plan(random.pick([0, 10, 3000]), () => { this.end(victim, { kind: 'code', code: random.pick([0, 0, 0, 1]) }) })
      }
      case 'jump':
        this.wallOffset += random.pick([-3_600_000, 5000, 1_800_000, 86_400_000])
        return
      case 'die':
        return this.changeMasters(random.pick([0, 500, 5000]))
      case 'remove': {
        const name = random.pick(['a', 'b', 'c', 'd', 'e'])
        const members = [...(this.fleet.groups.get(name)?.procs.values() ?? [])]
        if (members.length > 0 && members.every(({ state }) => isStopped(state))) this.take({ type: 'removeGroup', name })
        return
      }
      case 'hurry':
        return this.take({ type: 'hurry' })
    }
  }

  private ask(input: ProcInput | { type: 'recycle'; reason: string; by: string; now: boolean }, may: (proc: Proc) => boolean): void {
    for (const { proc } of ranked(this.fleet)) {
      if (!this.random.chance(0.3) || !may(proc)) continue
      this.history.push(`  ${input.type} ${namespec(proc.group, proc.name)}`)
      this.tell(proc, (input.type === 'recycle' ? { ...input, incarnation: proc.incarnation } : input) as ProcInput)
    }
  }

  protected note(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'event' && effect.body.type === 'process.state') this.history.push(`  ${String(this.now)} ${effect.body.group}:${effect.body.name} ${effect.body.to} ${effect.body.reason} (${effect.body.by ?? ''})`)
    }
  }

  protected judge(effects: readonly Effect[]): string[] {
    return this.checks.judge(effects, this.moment())
  }

  protected hook({ step: part }: Extract<Effect, { type: 'prepare' }>): HookEnd {
    // A hook has its bound; a stop_command that hangs has none of its own, and is not waited for.
    const after = this.random.pick([0, 10, 2900, part === 'start' ? 30_000 : 100_000])
    return { after, problem: this.random.chance(0.3) ? `${part}: exit status 1` : null }
  }

  protected spawn(proc: Proc): void {
    if (this.random.chance(0.05)) return this.tell(proc, { type: 'spawnFailed', reason: 'no such file' })
    const worker: Worker = { ...this.newPid(), name: namespec(proc.group, proc.name), incarnation: proc.incarnation, conduct: randomConduct(this.random), bornAt: this.now }
    this.workers.set(worker.pid, worker)
    const { conduct } = worker
    this.tell(proc, { type: 'spawned', id: { pid: worker.pid, startTime: worker.startTime } })
    if (worker.pid % 7 === 3) this.say(worker, 50, () => { this.fork(worker) })
    const { exit, ready, health, busy } = conduct
    if (exit !== null) this.plan(exit.after, () => { this.end(worker, { kind: 'code', code: exit.code }) })
    if (ready !== null) this.say(worker, ready, { type: 'ready', incarnation: worker.incarnation })
    for (const { after, well } of health) this.say(worker, after, { type: 'health', incarnation: worker.incarnation, problem: well ? null : 'connection refused' })
    if (conduct.alive && proc.spec.care?.watchdog !== undefined) for (let at = 800; at < 60_000; at += 800) this.say(worker, at, { type: 'alive', incarnation: worker.incarnation })
    if (busy === null) return
    this.say(worker, busy.after, { type: 'busy', incarnation: worker.incarnation, job: '7', lasts: busy.lasts })
    if (busy.idle !== null) this.say(worker, busy.after + busy.idle, { type: 'busy', incarnation: worker.incarnation, job: null, lasts: null })
  }

  protected signal({ proc, id, signal }: Extract<Effect, { type: 'kill' }>): void {
    const worker = this.workers.get(id.pid)
    if (worker === undefined || worker.startTime !== id.startTime || signal === 'SIGUSR2') return
    if (signal !== 'SIGKILL' && this.random.chance(0.005)) return this.tell(proc, { type: 'refused', reason: 'EPERM' })
    const { ends, extend } = worker.conduct
    if (signal !== 'SIGKILL' && extend !== null) this.say(worker, 100, { type: 'extend', incarnation: worker.incarnation, time: extend })
    if (signal === 'SIGKILL' || ends !== null) this.plan(signal === 'SIGKILL' ? 0 : (ends ?? 0), () => { this.end(worker, { kind: 'signal', signal, core: false }) })
  }

  /** A launcher makes its daemon, names it, and ends: at once, or when the daemon may have ended already. */
  private fork(launcher: Worker): void {
    const proc = this.procOf(launcher)
    if (proc?.id?.pid !== launcher.pid) return
    const daemon: Worker = { ...launcher, ...this.newPid(), bornAt: this.now }
    this.tell(proc, { type: 'mainPid', incarnation: launcher.incarnation, id: { pid: daemon.pid, startTime: daemon.startTime } })
    if (proc.id.pid !== daemon.pid) return // nobody follows in UNKNOWN
    this.workers.set(daemon.pid, daemon)
    this.launchers.add(launcher)
    this.plan(launcher.pid % 2 === 0 ? 0 : 5000, () => { this.end(launcher, { kind: 'code', code: 1 }) })
  }

  private say(worker: Worker, after: number, what: ProcInput | (() => void)): void {
    this.plan(after, () => {
      const proc = this.workers.get(worker.pid) === worker ? this.procOf(worker) : undefined
      if (typeof what === 'function') what()
      else if (proc !== undefined) this.tell(proc, what)
    })
  }

  private end(worker: Worker, status: ExitStatus): void {
    if (this.workers.get(worker.pid) !== worker) return
    this.workers.delete(worker.pid)
    const proc = this.procOf(worker)
    if (proc?.id?.pid !== worker.pid && !this.launchers.has(worker)) return
    const of = { pid: worker.pid, startTime: worker.startTime }
    if (proc !== undefined) this.tell(proc, { type: 'exited', of, status: proc.adopted ? { kind: 'unknown' } : status, lastLines: [] })
  }

  private shutDown(): void {
    this.history.push(`${String(this.now)} ms: shutdown`)
    this.take({ type: 'shutdown', by: 'sim' })
    for (let i = 0; i < 400 && !this.isDrained(); i += 1) this.advance(1000)
    if (this.isDrained() && [...this.workers.values()].every((worker) => this.launchers.has(worker) || this.procOf(worker)?.state === 'UNKNOWN' || this.procOf(worker) === undefined)) return
    this.fail('a shutdown ends')
  }

  private isDrained(): boolean {
    if (this.fleet.lull === 'due') this.take({ type: 'quiet' })
    return this.fleet.phase === 'drained'
  }

  private procOf(worker: Worker): Proc | undefined {
    return ranked(this.fleet).find(({ proc }) => namespec(proc.group, proc.name) === worker.name)?.proc
  }
}
