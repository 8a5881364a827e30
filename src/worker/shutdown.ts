/**
 * The end of a worker: who takes part in it (a queue, an HTTP server, both) is told once, by the first signal or because it
 * is planned, finishes what it has in hand, and then the process ends. Repeated signals change nothing. Who is not done in
 * time is named, and the exit code says so.
 */
import { signalNumbers } from './builtins.ts'
import { channel } from './channel.ts'
import { leave } from './leave.ts'
import { report } from './report.ts'
import { complain, errorFields, say } from './say.ts'
import type { Fields } from './say.ts'

export interface Participant {
  /** Milliseconds that it may take. */
  readonly timeout: number
  /** True if something is in hand. */
  isProcessing(): boolean
  /** How much it has done since the start. */
  processed(): number
  /** What is still in hand, for the log. */
  left(): Fields
  /** Takes nothing new; resolves when what is in hand is done, and all is cleaned up. */
  drain(): Promise<void>
}

export interface ShutdownPorts {
  readonly signals: { on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown }
  readonly say: typeof say
  readonly complain: typeof complain
  readonly leave: (code: number) => void
}

const asking: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT']

export class Shutdown {
  readonly #ports: ShutdownPorts
  readonly #participants = new Set<Participant>()
  /** Made when somebody wants it: who only imports the SDK does not pay for it. */
  #asked: AbortController | null = null
  #listens = false
  #isOver = false

  constructor(ports: ShutdownPorts) {
    this.#ports = ports
  }

  /** Aborted as soon as the worker is to end. */
  get signal(): AbortSignal {
    this.#asked ??= new AbortController()
    return this.#asked.signal
  }

  /** True if only one takes part. */
  get isAlone(): boolean {
    return this.#participants.size === 1
  }

  /** From now on the signals are obeyed in this way. */
  join(participant: Participant): void {
    this.#participants.add(participant)
    if (this.#listens) return
    this.#listens = true
    for (const signal of asking) this.#ports.signals.on(signal, (name) => { this.#obey(name) })
  }

  /** The worker ends by itself, as planned, and wants to be started again. */
  recycle(reason: string): void {
    if (this.signal.aborted) return
    report.recycling(reason)
    this.#ports.say('Worker recycles', { reason, pid: process.pid })
    this.#end()
  }

  /** Something has gone wrong that the worker cannot live with. */
  fail(message: string, fields: Fields): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#ports.complain(message, { ...fields, pid: process.pid })
    this.#ports.leave(1)
  }

  #obey(signal: NodeJS.Signals): void {
    const fields = { signal, signal_number: signalNumbers[signal], pid: process.pid, is_processing: this.#isProcessing() }
    if (this.signal.aborted) return this.#ports.say('Worker ignored repeated signal', fields)
    report.stopping()
    this.#ports.say('Worker received shutdown signal', fields)
    this.#end()
  }

  #isProcessing(): boolean {
    return [...this.#participants].some((one) => one.isProcessing())
  }

  #end(): void {
    this.#asked ??= new AbortController()
    this.#asked.abort()
    const drained = [...this.#participants].map((one) => this.#drainInTime(one))
    void Promise.all(drained).then(
      () => { this.#leaveWell() },
      (error: unknown) => { this.fail('Worker could not clean up', errorFields(error)) },
    )
  }

  #drainInTime(one: Participant): Promise<void> {
    const timer = setTimeout(() => {
      this.fail('Worker shutdown timed out', { error: `not done within ${String(one.timeout / 1000)} s`, processed_count: this.#processed(), ...one.left() })
    }, one.timeout)
    return one.drain().finally(() => { clearTimeout(timer) })
  }

  #leaveWell(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#ports.say('Worker gracefully shutdown', { pid: process.pid, processed_count: this.#processed() })
    channel.flush()
    this.#ports.leave(0)
  }

  #processed(): number {
    return [...this.#participants].reduce((sum, one) => sum + one.processed(), 0)
  }
}

/** That of this process. */
export const shutdown: Shutdown = new Shutdown({ signals: process, say, complain, leave })
