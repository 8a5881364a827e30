/**
 * The rounds of probes: whether a process that is STARTING is ready, whether one that is RUNNING is well. Asks one
 * question of a process at a time, spreads them over the interval, and tells the loop what has changed. One timer for
 * all, none when nobody is to be asked. What is known here begins anew with the next master.
 */
import type { HealthSpec, Probe } from '../core/care.ts'
import { lot } from '../core/policy.ts'
import type { Clock } from '../core/ports.ts'
import type { Probes } from '../core/probing.ts'
import type { Proc, ProcInput } from '../core/proc.ts'
import { Agenda } from '../lib/agenda.ts'

export interface RoundsPorts {
  readonly clock: Clock
  readonly probes: Probes
  readonly environment: (proc: Proc) => Readonly<Record<string, string>>
  readonly tell: (proc: Proc, input: ProcInput) => void
}

/** Readiness is asked for at first so often, then more and more rarely. Milliseconds. */
const readyEveryMin = 250
const readyEveryMax = 2000
/** How long one such question may take. */
const readyTimeout = 5000
/** The first look at the health of a process comes soon; `nsup wait --for healthy` waits for it. */
const firstHealthMax = 1000
const gridMax = 250

interface Round {
  due: number
  readonly proc: Proc
  readonly incarnation: number
  readonly about: 'ready' | 'health'
  /** On the monotonic clock. */
  readonly begun: number
  asked: number
  /** In a row. */
  failures: number
  hasSucceeded: boolean
  /** Gives up the question that is under way. */
  cancel: (() => void) | null
}

export class ProbeRounds {
  private readonly rounds = new Map<Proc, Round>()
  private readonly agenda = new Agenda<Round>()
  private touched = new Set<Proc>()
  /** The members of the fleet that were looked at last. */
  private order: unknown = null
  private armedFor: number | null = null
  private disarm: (() => void) | null = null
  private closed = false
  private readonly ports: RoundsPorts

  constructor(ports: RoundsPorts) {
    this.ports = ports
  }

  /** Something has happened to the process; it is looked at when the turn is over. */
  touch(proc: Proc): void {
    if (proc.spec.care !== undefined || this.rounds.has(proc)) this.touched.add(proc)
  }

  /** The turn is over. `order`: all processes, another array when members or specs have changed. */
  settled(order: readonly { readonly proc: Proc }[]): void {
    if (order !== this.order) {
      this.order = order
      for (const { proc } of order) this.touch(proc)
    }
    if (this.touched.size === 0 || this.closed) return
    const touched = this.touched
    this.touched = new Set()
    for (const proc of touched) this.look(proc)
    this.arm()
  }

  forget(proc: Proc): void {
    this.touched.delete(proc)
    this.drop(proc)
  }

  close(): void {
    this.closed = true
    for (const proc of [...this.rounds.keys()]) this.drop(proc)
    this.arm()
  }

  /** Begins, goes on with or ends the round of a process, by what it is now. */
  private look(proc: Proc): void {
    const about = questionOf(proc)
    const round = this.rounds.get(proc)
    if (round !== undefined && round.about === about && round.incarnation === proc.incarnation) return
    this.drop(proc)
    if (about === null) return
    const begun = this.ports.clock.monotonic()
    const fresh: Round = { due: 0, proc, incarnation: proc.incarnation, about, begun, asked: 0, failures: 0, hasSucceeded: false, cancel: null }
    this.rounds.set(proc, fresh)
    this.agenda.add(fresh, begun + firstDelay(fresh))
  }

  private drop(proc: Proc): void {
    const round = this.rounds.get(proc)
    if (round === undefined) return
    this.rounds.delete(proc)
    if (round.cancel === null) this.agenda.remove(round)
    else round.cancel()
  }

  private arm(): void {
    const due = this.closed ? null : this.agenda.next
    if (due === this.armedFor) return
    this.disarm?.()
    this.disarm = null
    this.armedFor = due
    if (due === null) return
    this.disarm = this.ports.clock.after(Math.max(0, Math.ceil(due - this.ports.clock.monotonic())), () => {
      this.armedFor = null
      this.disarm = null
      const now = this.ports.clock.monotonic()
      for (let round = this.agenda.take(now); round !== undefined; round = this.agenda.take(now)) this.ask(round, now)
      this.arm()
    })
  }

  private ask(round: Round, now: number): void {
    const { proc } = round
    const question = questionOf(proc) === round.about ? probeOf(round) : null
    if (question === null) {
      this.rounds.delete(proc)
      return
    }
    round.asked += 1
    if (question.by.kind === 'report') {
      const silent = now - proc.seen
      const late = silent > question.by.maxAge
      this.answered(round, now, late ? `no report for ${String(Math.round(silent / 1000))} s` : null)
      return
    }
    const { spec } = proc
    const asProcess = (): ReturnType<Parameters<Probes['run']>[1]['asProcess']> => ({
      environment: this.ports.environment(proc), user: spec.user, directory: spec.directory,
    })
    round.cancel = this.ports.probes.run(question.by, { timeout: question.timeout, asProcess }, (problem) => {
      round.cancel = null
      this.answered(round, now, problem)
      this.arm()
    })
  }

  /** The next question stands in the agenda before anybody is told: what is told may end the round. */
  private answered(round: Round, askedAt: number, problem: string | null): void {
    const { proc } = round
    const now = this.ports.clock.monotonic()
    this.agenda.add(round, Math.max(now + 1, onGrid(round, askedAt + delayOf(round, now))))
    if (problem === null) {
      round.failures = 0
      round.hasSucceeded = true
    } else if (round.about === 'ready' || round.hasSucceeded || now >= proc.startedMono + (proc.spec.care?.health?.startPeriod ?? 0)) {
      round.failures += 1
    }
    const news = newsOf(round, problem)
    if (news !== null) this.ports.tell(proc, news)
  }
}

/** What is to be asked of a process as it is now. */
function questionOf({ spec: { care }, state, id, ready }: Proc): Round['about'] | null {
  if (care === undefined || id === null) return null
  if (state === 'STARTING' && !ready && care.ready !== undefined && isProbe(care.ready.by)) return 'ready'
  return state === 'RUNNING' && care.health !== undefined ? 'health' : null
}

/** How it is asked now; the config may have changed since the last time. */
function probeOf({ proc, about }: Round): { readonly by: HealthSpec['by']; readonly timeout: number } | null {
  const { ready, health } = proc.spec.care ?? {}
  if (about === 'health') return health === undefined ? null : { by: health.by, timeout: health.by.kind === 'report' ? 0 : health.timeout }
  return ready !== undefined && isProbe(ready.by) ? { by: ready.by, timeout: Math.min(readyTimeout, ready.timeout) } : null
}

function isProbe(by: { readonly kind: string }): by is Probe {
  return by.kind === 'http' || by.kind === 'tcp' || by.kind === 'unix' || by.kind === 'exec'
}

function firstDelay({ proc, about }: Round): number {
  const most = about === 'ready' ? readyEveryMin : Math.min(firstHealthMax, proc.spec.care?.health?.interval ?? 0)
  return most * share(proc, about)
}

/** From one question to the next. The second look at a health comes somewhere within the interval, and so all after it. */
function delayOf({ proc, about, begun, asked }: Round, now: number): number {
  if (about === 'ready') return Math.min(readyEveryMax, Math.max(readyEveryMin, (now - begun) / 10))
  const { by, interval } = proc.spec.care?.health ?? { by: null, interval: readyEveryMax }
  const delay = asked === 1 ? interval * (0.25 + 0.75 * share(proc, 'interval')) : interval
  if (by?.kind !== 'report') return delay
  // The moment in which it will have been silent for too long is not waited past.
  const late = proc.seen + by.maxAge + 1 - now
  return late > 0 ? Math.min(delay, late) : delay
}

/** Questions of many processes are put together, a fortieth of the interval apart: to wake up for each costs more than it does. */
function onGrid({ proc, about }: Round, due: number): number {
  const { health } = proc.spec.care ?? {}
  if (about !== 'health' || health === undefined || health.by.kind === 'report') return due
  const grid = Math.min(gridMax, health.interval / 40)
  return Math.round(due / grid) * grid
}

/** A part of the whole, from 0 to 1: always the same for the same process, others for others. */
function share({ group, name }: Proc, about: string): number {
  return (lot(`${group}:${name} ${about}`) + 1) / 2
}

/** What the loop does not know yet. */
function newsOf({ proc, about, incarnation, failures }: Round, problem: string | null): ProcInput | null {
  if (about === 'ready') {
    if (problem === null) return { type: 'ready', incarnation }
    return proc.ailment === problem ? null : { type: 'health', incarnation, problem }
  }
  if (problem === null) return proc.health === 'healthy' ? null : { type: 'health', incarnation, problem }
  if (failures < (proc.spec.care?.health?.retries ?? 1)) return null
  return proc.health === 'unhealthy' && proc.ailment === problem ? null : { type: 'health', incarnation, problem }
}
