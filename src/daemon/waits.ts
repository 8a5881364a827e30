/** Requests that wait for a process; they cost nothing while nothing happens. When a wait is over is said in verdicts.ts. */
import type { Outcome, WaitCondition } from '../api/master.ts'
import { Fault } from '../lib/fault.ts'
import { isStopped } from '../core/model.ts'
import type { State } from '../core/model.ts'
import type { Proc } from '../core/proc.ts'
import { downVerdict, outcomeOf, runVerdict, standing, unlessLost, upVerdict, verdictOf } from './verdicts.ts'
import type { Verdict } from './verdicts.ts'

interface Waiting {
  readonly verdict: Verdict
  readonly answer: (outcome: Outcome) => void
}

export class Waits {
  private readonly waiting = new Map<Proc, Set<Waiting>>()
  private readonly lost: (proc: Proc) => string | null

  /** `lost`: whom a process that is held waits for in vain. */
  constructor(lost: (proc: Proc) => string | null = () => null) {
    this.lost = lost
  }

  /** To be called at each change of state. */
  changed(proc: Proc, state: State): void {
    this.judge(proc, state)
  }

  /** To be called when the loop has nothing more to do: what has no event (health, holds, what is wanted) is looked at too. */
  settled(): void {
    for (const proc of this.waiting.keys()) this.judge(proc, null)
  }

  /** The process has left the fleet. */
  forgotten(proc: Proc): void {
    for (const waiting of this.waiting.get(proc) ?? []) waiting.answer(outcomeOf(proc, 'BAD_NAME', 'it has been removed'))
  }

  /** Resolves when the process is RUNNING, or has failed to become so; to be called just before it is started. */
  untilUp(proc: Proc, signal?: AbortSignal): Promise<Outcome> {
    return this.wait(proc, unlessLost(upVerdict, this.lost), signal)
  }

  /** Resolves when nothing of the process runs any more. */
  untilDown(proc: Proc, signal?: AbortSignal): Promise<Outcome> {
    return isStopped(proc.state) ? Promise.resolve(outcomeOf(proc, 'OK')) : this.wait(proc, downVerdict, signal)
  }

  /**
   * Resolves when the condition holds or cannot come to hold by itself; with TIMEOUT, and how far the process is,
   * when the signal comes first.
   */
  until(proc: Proc, condition: WaitCondition, signal?: AbortSignal): Promise<Outcome> {
    const known = verdictOf(condition, proc, this.lost)(proc, null)
    return known === undefined ? this.untilThen(proc, condition, signal) : Promise.resolve(known)
  }

  /** Resolves when the run of a job that has this id is over, with its retries; to be called just before it is asked for. */
  untilRun(proc: Proc, id: string, signal?: AbortSignal): Promise<Outcome> {
    return this.wait(proc, runVerdict(id), signal, () => outcomeOf(proc, 'TIMEOUT', `it is ${standing(proc)}`))
  }

  /** The same without a look at how it is now; to be called just before it is started. */
  untilThen(proc: Proc, condition: WaitCondition, signal?: AbortSignal): Promise<Outcome> {
    return this.wait(proc, verdictOf(condition, proc, this.lost), signal, () => outcomeOf(proc, 'TIMEOUT', `it is ${standing(proc)}`))
  }

  private judge(proc: Proc, state: State | null): void {
    for (const waiting of this.waiting.get(proc) ?? []) {
      const outcome = waiting.verdict(proc, state)
      if (outcome !== undefined) waiting.answer(outcome)
    }
  }

  private wait(proc: Proc, verdict: Verdict, signal: AbortSignal | undefined, late?: () => Outcome): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const own = this.waiting.get(proc) ?? new Set()
      this.waiting.set(proc, own)
      const end = (): void => {
        own.delete(waiting)
        if (own.size === 0) this.waiting.delete(proc)
        signal?.removeEventListener('abort', abort)
      }
      const waiting: Waiting = {
        verdict,
        answer: (outcome) => {
          end()
          resolve(outcome)
        },
      }
      const abort = (): void => {
        end()
        if (late === undefined) reject(new Fault('TIMEOUT', `${proc.name} is ${standing(proc)}`))
        else resolve(late())
      }
      own.add(waiting)
      if (signal?.aborted === true) return abort()
      signal?.addEventListener('abort', abort)
    })
  }
}
