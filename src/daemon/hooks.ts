/**
 * The hooks of processes: what comes before a start or a stop and is waited for (`wait_for`, pre_start, pre_stop,
 * stop_command), and what follows of something that has happened. A hook runs beside the loop: nobody else waits for
 * it, its output goes into its process's log, and its time is bounded. A hook never runs twice at once.
 */
import type { HookName } from '../core/care.ts'
import type { EventBody } from '../core/events.ts'
import type { ExitRecord } from '../core/model.ts'
import type { Outside } from '../core/outside.ts'
import type { Clock, Processes } from '../core/ports.ts'
import type { Effect, Proc, ProcInput } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import { exitWords } from '../core/transitions.ts'
import { Addresses } from './hooks-addresses.ts'
import { hookMark } from './hooks-facts.ts'
import type { HookFacts } from './hooks-facts.ts'
import { HookPool } from './hooks-pool.ts'
import { HookRunner } from './hooks-run.ts'
import type { RunnerPorts } from './hooks-run.ts'

/** Hooks that nobody waits for: so many at once, and so many more that wait. */
const followersMax = 16
const followersWaiting = 256
/** Hooks that a start or a stop waits for have places of their own. */
const stepsMax = 32

export interface HookPorts extends RunnerPorts {
  readonly clock: Clock
  readonly outside: Pick<Outside, 'run' | 'reach'>
  readonly processes: Pick<Processes, 'findMarked' | 'kill'>
  readonly enqueue: (proc: Proc, input: ProcInput) => void
}

type Step = Extract<Effect, { type: 'prepare' }>['step']

/** What a process waits for. Whoever finds another one in its place is not asked any more. */
interface Preparation {
  cancel: () => void
}

export class Hooks {
  private readonly ports: HookPorts
  private readonly addresses: Addresses
  private readonly preparations = new Map<Proc, Preparation>()
  private readonly followers = new HookPool(followersMax, followersWaiting)
  private readonly steps = new HookPool(stepsMax, Infinity)
  private readonly runner: HookRunner
  private dropped = 0
  /** What earlier masters' hooks still run; `null`: nobody has looked yet. */
  private leftovers: ReturnType<Processes['findMarked']> | null = null
  private onIdle: () => void = () => undefined

  constructor(ports: HookPorts) {
    this.ports = ports
    this.runner = new HookRunner(ports)
    this.addresses = new Addresses(ports.clock, ports.outside)
    for (const pool of [this.followers, this.steps]) pool.onIdle = () => { this.lookIdle() }
  }

  /** Does what comes before; the answer is an input. */
  prepare(proc: Proc, step: Step): void {
    const { incarnation } = proc
    const preparation: Preparation = { cancel: () => undefined }
    this.preparations.set(proc, preparation)
    const tell = (input: ProcInput): void => {
      if (this.preparations.get(proc) === preparation) this.ports.enqueue(proc, input)
    }
    const done = (problem: string | null): void => {
      tell({ type: 'prepared', incarnation, problem })
      if (this.preparations.get(proc) === preparation) this.preparations.delete(proc)
    }
    if (step !== 'start') return this.runStep(proc, step === 'stop' ? 'pre_stop' : 'stop_command', preparation, done)
    const begin = (): void => {
      this.endLeftover(proc)
      this.runStep(proc, 'pre_start', preparation, done)
    }
    const { waitFor = [] } = proc.spec.care ?? {}
    if (waitFor.length === 0) return begin()
    const held = (reason: string | null): void => { tell({ type: 'waiting', incarnation, reason }) }
    preparation.cancel = this.addresses.wait(waitFor, held, () => {
      held(null)
      begin()
    })
  }

  /** What `prepare` began is not wanted any more. */
  abandon(proc: Proc): void {
    const preparation = this.preparations.get(proc)
    this.preparations.delete(proc)
    preparation?.cancel()
  }

  /** An incarnation has ended: its record is there. */
  exited(proc: Proc): void {
    if (proc.spec.care?.hooks?.on_exit === undefined) return
    const exit = proc.exits.at(-1)
    if (exit !== undefined) this.follow(proc, 'on_exit', { ...aboutEnd(exit), reason: exitWords(exit) })
  }

  /** Something has happened. */
  event(body: EventBody, proc: Proc): void {
    if (proc.spec.care?.hooks === undefined) return
    const last = proc.exits.at(-1)
    if (body.type === 'process.health' && !body.healthy) {
      this.follow(proc, 'on_unhealthy', { incarnation: proc.incarnation, pid: body.pid, reason: body.reason, exit: null })
    }
    if (body.type !== 'process.state') return
    const { from, to, pid, reason } = body
    if (to === 'RUNNING') this.follow(proc, 'post_start', { incarnation: proc.incarnation, pid, reason, exit: null })
    if (to === 'STOPPED' && (from === 'STOPPING' || from === 'UNKNOWN') && last !== undefined) this.follow(proc, 'post_stop', { ...aboutEnd(last), reason })
    if (to === 'FATAL') this.follow(proc, 'on_fatal', { incarnation: proc.incarnation, pid: 0, reason, exit: last?.incarnation === proc.incarnation ? last : null })
  }

  /** The process has left the fleet, and its streams are closed. */
  forget(proc: Proc): void {
    this.runner.forget(proc)
    this.abandon(proc)
  }

  get idle(): boolean {
    return this.followers.idle && this.steps.idle
  }

  /** Resolves when no hook runs. */
  ended(): Promise<void> {
    return this.idle ? Promise.resolve() : new Promise((resolve) => { this.onIdle = resolve })
  }

  /** No more patience with any of them. */
  hurry(): void {
    const left = this.followers.clear()
    if (left > 0) this.ports.log.warn(`${String(left)} hooks were left out: the master ends`)
    this.runner.killAll()
    this.lookIdle()
  }

  /** Nobody hears of them any more. */
  close(): void {
    this.preparations.clear()
    this.addresses.close()
    this.followers.clear()
  }

  private lookIdle(): void {
    if (this.idle) this.onIdle()
  }

  private runStep(proc: Proc, event: 'pre_start' | 'pre_stop' | 'stop_command', preparation: Preparation, done: (problem: string | null) => void): void {
    const { care, stopwait } = proc.spec
    const command = care?.stop?.command ?? null
    const hook = event !== 'stop_command' ? care?.hooks?.[event] : command === null ? undefined : { ...command, timeout: Math.max(1000, stopwait), user: null }
    if (hook === undefined) return done(null)
    const facts: HookFacts = { event, incarnation: proc.incarnation, pid: proc.id?.pid ?? 0, reason: proc.reason, exit: null }
    let abandoned = false
    preparation.cancel = () => { abandoned = true }
    this.steps.add({
      key: keyOf(proc, event),
      run: (free) => {
        if (abandoned) {
          setImmediate(free)
          return
        }
        const command = this.runner.run(proc, hook, facts, (problem) => {
          free()
          if (abandoned) return
          if (problem !== null) this.runner.complain(proc, event, problem)
          done(problem === null ? null : `${event} has failed: ${problem}`)
        })
        preparation.cancel = () => {
          abandoned = true
          command.kill()
        }
      },
    })
  }

  private follow(proc: Proc, event: HookName, about: Omit<HookFacts, 'event'>): void {
    const hook = proc.spec.care?.hooks?.[event]
    if (hook === undefined) return
    const facts: HookFacts = { event, ...about }
    const taken = this.followers.add({
      key: keyOf(proc, event),
      run: (free) => {
        this.tellDropped()
        this.runner.run(proc, hook, facts, (problem) => {
          free()
          if (problem !== null) this.runner.complain(proc, event, problem)
        })
      },
    })
    if (taken) return
    this.dropped += 1
    if (this.dropped === 1) this.ports.log.warn(`too many hooks are waiting: ${event} of ${namespec(proc.group, proc.name)} is left out, and so are others until some have ended`)
  }

  private tellDropped(): void {
    if (this.dropped > 1) this.ports.log.warn(`${String(this.dropped)} hooks were left out because too many were waiting`)
    this.dropped = 0
  }

  /** The last master died while it prepared this very start: what it had begun must not run beside what begins now. */
  private endLeftover(proc: Proc): void {
    const { processes, runDir, log } = this.ports
    if (proc.spec.care?.hooks?.pre_start === undefined) return
    const names = ['NSUP_PROCESS', 'NSUP_EVENT', 'NSUP_INCARNATION']
    this.leftovers ??= processes.findMarked(hookMark, runDir, names)
    const name = namespec(proc.group, proc.name)
    for (const one of this.leftovers) {
      const { NSUP_PROCESS: whose, NSUP_EVENT: event, NSUP_INCARNATION: incarnation } = one.values
      if (whose !== name || event !== 'pre_start' || incarnation !== String(proc.incarnation)) continue
      log.warn(`pre_start of ${name} that the last master began is killed (pid ${String(one.pid)}): it begins anew`)
      processes.kill(one, 'SIGKILL', 'group')
    }
  }
}

function keyOf(proc: Proc, event: string): string {
  return `${namespec(proc.group, proc.name)} ${event}`
}

function aboutEnd(exit: ExitRecord): Omit<HookFacts, 'event' | 'reason'> {
  return { incarnation: exit.incarnation, pid: exit.pid, exit }
}
