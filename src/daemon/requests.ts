/**
 * Requests to start, stop, replace, signal and wait for processes: checked in supervisord's order, handed to the loop as
 * inputs, and answered at once or when what was asked for has come about.
 */
import type { ActOptions, Outcome, Replaced, WaitCondition } from '../api/master.ts'
import { isRunning, isSignallable, isStopped } from '../core/model.ts'
import type { Actor } from '../core/model.ts'
import type { FleetInput } from '../core/fleet.ts'
import type { Processes } from '../core/ports.ts'
import { hasEndedSince } from '../core/proc.ts'
import type { Proc, ProcInput } from '../core/proc.ts'
import type { Fleet } from '../core/roster.ts'
import { namespec } from '../core/spec.ts'
import type { SignalName } from '../lib/signals.ts'
import { environmentOf } from './environment.ts'
import type { EnvironmentBase } from './environment.ts'
import type { Ledger } from './ledger.ts'
import type { PostOffice } from './post-office.ts'
import { endedOutcome, outcomeOf } from './verdicts.ts'
import type { Waits } from './waits.ts'

interface RequestPorts {
  readonly fleet: Fleet
  readonly enqueue: (...inputs: FleetInput[]) => void
  readonly processes: Pick<Processes, 'findCommand' | 'kill'>
  readonly environment: EnvironmentBase
  readonly waits: Waits
  readonly ledger: Pick<Ledger, 'note'>
  readonly post: Pick<PostOffice, 'returning'>
}

export class Requests {
  private readonly ports: RequestPorts
  private triggers = 0

  constructor(ports: RequestPorts) {
    this.ports = ports
  }

  async start(proc: Proc, options: ActOptions): Promise<Outcome> {
    const { fleet, waits } = this.ports
    if (isRunning(proc.state) && proc.rounds?.once != null) { // a run that was asked for while nobody wanted the job: from now on somebody does
      this.put(proc, { type: 'start', by: options.by })
      return outcomeOf(proc, 'OK')
    }
    if (options.endedSince !== undefined && hasEndedSince(proc, options.endedSince)) return endedOutcome(proc)
    const refusal = this.whyNotStart(proc)
    if (refusal !== null) this.ports.post.returning.delete(proc)
    if (refusal !== null) return options.patient === true && isOnItsWay(proc) ? waits.until(proc, 'ready', options.signal) : refusal
    if (proc.state === 'STOPPING') {
      if (!options.wait) return outcomeOf(proc, 'OK')
      if (options.patient === true) {
        const ended = await waits.until(proc, 'exited', options.signal)
        return ended.result === 'OK' ? this.start(proc, options) : ended
      }
      await waits.untilDown(proc, options.signal)
      return outcomeOf(proc, 'ABNORMAL_TERMINATION', 'it was being stopped')
    }
    const up = options.wait ? this.untilUp(proc, options) : Promise.resolve(outcomeOf(proc, 'OK'))
    this.put(proc, { type: 'start', by: options.by, ...(options.endedSince !== undefined && { endedSince: options.endedSince }) })
    return fleet.phase === 'running' ? up : outcomeOf(proc, 'SHUTDOWN_STATE')
  }

  /** One run now. While one goes on, `overlap` decides. */
  async trigger(proc: Proc, options: ActOptions): Promise<Outcome> {
    const refusal = whyNotRun(proc) ?? this.whyNoCommand(proc)
    if (refusal !== null) return refusal
    this.triggers += 1
    const id = `t${String(process.pid)}.${String(this.triggers)}`
    const over = options.wait ? this.ports.waits.untilRun(proc, id, options.signal) : Promise.resolve(outcomeOf(proc, 'OK'))
    this.put(proc, { type: 'trigger', by: options.by, id })
    return over
  }

  async stop(proc: Proc, options: ActOptions): Promise<Outcome> {
    if (!isRunning(proc.state) && !comesBack(proc)) return outcomeOf(proc, 'NOT_RUNNING', `it is ${proc.state}`)
    if (options.comesBack === true) this.ports.post.returning.set(proc, proc.incarnation)
    else this.ports.post.returning.delete(proc)
    this.put(proc, { type: 'stop', by: options.by })
    return options.wait ? this.ports.waits.untilDown(proc, options.signal) : outcomeOf(proc, 'OK')
  }

  /** Lets a job in hand be finished, up to `busy_wait`, before the process makes place for another incarnation. */
  async replace(proc: Proc, options: ActOptions): Promise<Replaced> {
    this.put(proc, { type: 'recycle', reason: `restart asked for by ${options.by}`, by: options.by, now: false })
    // Without the signal, as in any restart: who leaves between the two must not leave the process down.
    const stopped = await this.ports.waits.until(proc, 'exited')
    // By name of who asked, so that neither a restart window nor the limit of restarts holds it back.
    const started = await this.start(proc, options)
    const isBack = started.result === 'ALREADY_STARTED'
    return { stopped: { ...stopped, description: 'OK' }, started: isBack ? await this.whenBack(proc, options) : started }
  }

  /** To the pid only, and it changes no state. */
  signal(proc: Proc, signal: SignalName, by: Actor): Outcome {
    if (proc.id === null || !isSignallable(proc.state)) return outcomeOf(proc, 'NOT_RUNNING', `it is ${proc.state}`)
    const answer = this.ports.processes.kill(proc.id, signal, 'process')
    if (answer === 'gone') return outcomeOf(proc, 'NOT_RUNNING', 'it has just ended')
    if (answer !== 'sent') return outcomeOf(proc, 'FAILED', answer.failed)
    this.ports.ledger.note({ type: 'signal', process: namespec(proc.group, proc.name), pid: proc.id.pid, signal, by })
    return outcomeOf(proc, 'OK')
  }

  wait(proc: Proc, condition: WaitCondition, signal?: AbortSignal): Promise<Outcome> {
    return this.ports.waits.until(proc, condition, signal)
  }

  /** The core itself has begun the start that a replacement ends with. */
  private async whenBack(proc: Proc, options: ActOptions): Promise<Outcome> {
    if (!options.wait || proc.state === 'RUNNING') return outcomeOf(proc, 'OK')
    return this.untilUp(proc, options)
  }

  private untilUp(proc: Proc, { patient, signal }: ActOptions): Promise<Outcome> {
    return patient === true ? this.ports.waits.untilThen(proc, 'ready', signal) : this.ports.waits.untilUp(proc, signal)
  }

  private put(proc: Proc, input: ProcInput): void {
    this.ports.enqueue({ type: 'proc', proc, input })
  }

  private whyNoCommand(proc: Proc): Outcome | null {
    const found = this.ports.processes.findCommand(proc.spec, environmentOf(this.ports.environment, proc))
    return found.ok ? null : outcomeOf(proc, found.fault, found.reason)
  }

  private whyNotStart(proc: Proc): Outcome | null {
    const missing = this.whyNoCommand(proc)
    if (missing !== null) return missing
    if (isRunning(proc.state)) return outcomeOf(proc, 'ALREADY_STARTED')
    if (proc.state === 'UNKNOWN') return outcomeOf(proc, 'FAILED', `${proc.name} is in an unknown process state`)
    return null
  }
}

/** Why a job is not run now; who is told to try `overlap` is somebody who can change that. */
function whyNotRun(proc: Proc): Outcome | null {
  const { job } = proc.spec.care ?? {}
  if (job === undefined) return outcomeOf(proc, 'NOT_A_JOB', `it is a service, and goes on: use nsup restart ${namespec(proc.group, proc.name)}; type: oneshot makes a job of it`)
  if (proc.state === 'UNKNOWN') return outcomeOf(proc, 'FAILED', `${proc.name} is in an unknown process state`)
  const waits = proc.rounds?.waiting.some(({ cause }) => cause === 'trigger') === true
  if (isStopped(proc.state) && waits) return outcomeOf(proc, 'STILL_RUNNING', `a run that was asked for waits already${proc.hold === null ? '' : `: ${proc.hold}`}`)
  if (isStopped(proc.state) || proc.state === 'BACKOFF') return null
  if (proc.want === 'down') return outcomeOf(proc, 'STILL_RUNNING', 'it is being stopped')
  if (job.overlap === 'skip') return outcomeOf(proc, 'STILL_RUNNING', 'a run goes on (overlap: skip); overlap: queue would run it afterwards, replace at once')
  return waits ? outcomeOf(proc, 'STILL_RUNNING', 'a run goes on, and another one waits already') : null
}

function isOnItsWay(proc: Proc): boolean {
  return proc.state === 'STARTING' || proc.state === 'BACKOFF'
}

/** Nothing of it runs, or not for long, and it is to come back: a stop has something to take back. */
function comesBack(proc: Proc): boolean {
  if (proc.state === 'STOPPING') return proc.afterStop !== 'rest' || proc.next?.up === true
  return isStopped(proc.state) && proc.want === 'up' && (proc.hold !== null || proc.deadline !== null)
}

/** Carries out one request for each process; outcomes in the order of completion. */
export async function each(procs: readonly Proc[], act: (proc: Proc) => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  await Promise.all(procs.map(async (proc) => outcomes.push(await act(proc))))
  return outcomes
}
