/** Requests that wait for a process to come up or to go down; they cost nothing meanwhile. */
import type { Outcome } from '../api/master.ts'
import { Fault } from '../lib/fault.ts'
import { isStopped } from '../core/model.ts'
import type { State } from '../core/model.ts'
import type { Proc } from '../core/proc.ts'

/** Judges a process; `undefined` means: not settled yet. */
type Verdict = (proc: Proc, state: State) => Outcome | undefined

interface Waiting {
  readonly verdict: Verdict
  readonly answer: (outcome: Outcome) => void
}

export class Waits {
  private readonly waiting = new Map<Proc, Set<Waiting>>()

  /** To be called at each change of state. */
  changed(proc: Proc, state: State): void {
    for (const waiting of this.waiting.get(proc) ?? []) {
      const outcome = waiting.verdict(proc, state)
      if (outcome !== undefined) waiting.answer(outcome)
    }
  }

  /** Resolves when the process is RUNNING, or has failed to become so; to be called just before it is started. */
  untilUp(proc: Proc, signal?: AbortSignal): Promise<Outcome> {
    return this.wait(proc, upVerdict, signal)
  }

  /** Resolves when nothing of the process runs any more. */
  untilDown(proc: Proc, signal?: AbortSignal): Promise<Outcome> {
    return isStopped(proc.state) ? Promise.resolve(outcomeOf(proc, 'OK')) : this.wait(proc, downVerdict, signal)
  }

  private wait(proc: Proc, verdict: Verdict, signal: AbortSignal | undefined): Promise<Outcome> {
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
        reject(new Fault('TIMEOUT', `${proc.name} is ${proc.state}`))
      }
      own.add(waiting)
      if (signal?.aborted === true) return abort()
      signal?.addEventListener('abort', abort)
    })
  }
}

/** Carries out one request for each process; outcomes in the order of completion. */
export async function each(procs: readonly Proc[], act: (proc: Proc) => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  await Promise.all(procs.map(async (proc) => outcomes.push(await act(proc))))
  return outcomes
}

/** What came of a request for a process. */
export function outcomeOf(proc: Proc, result: Outcome['result'], description = result as string): Outcome {
  return { group: proc.group, name: proc.name, result, description }
}

function upVerdict(proc: Proc, state: State): Outcome | undefined {
  switch (state) {
    case 'RUNNING':
      return outcomeOf(proc, 'OK')
    case 'STARTING':
      return undefined
    case 'BACKOFF':
    case 'FATAL':
      return outcomeOf(proc, 'SPAWN_ERROR', proc.spawnError)
    case 'STOPPED':
    case 'EXITED':
    case 'STOPPING':
    case 'UNKNOWN':
      return outcomeOf(proc, 'ABNORMAL_TERMINATION', proc.reason)
  }
}

function downVerdict(proc: Proc, state: State): Outcome | undefined {
  return isStopped(state) ? outcomeOf(proc, 'OK') : undefined
}
