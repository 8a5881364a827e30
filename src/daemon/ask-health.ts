/**
 * Asks workers how they are: sends each the signal to which it has a handler, and takes the first account of itself that
 * it gives until the time is over: on the report channel, as a PROCESS_COMMUNICATION block, or as a line of JSON in its
 * output. What was told last is kept, for who asks later.
 */
import type { Channel, HealthAnswer } from '../api/master.ts'
import { isSignallable } from '../core/model.ts'
import type { Clock, Processes } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import { ShortLines } from '../lib/short-lines.ts'
import type { Bus } from './bus.ts'
import { deadlyTo, healthSignalOf } from './deadly-signal.ts'
import { readAccount, readBlock } from './health-account.ts'
import type { Account } from './health-account.ts'
import type { StreamsOf } from './streams.ts'

export interface AskHealthPorts {
  readonly clock: Clock
  readonly processes: Pick<Processes, 'kill' | 'handles'>
  readonly streams: Pick<StreamsOf, 'get'>
  readonly bus: Bus
}

export interface AskOptions {
  /** Milliseconds. */
  readonly timeout: number
  readonly signal?: AbortSignal
}

type Via = NonNullable<HealthAnswer['via']>
type Answer = (account: Account, via: Via) => void

interface Known {
  readonly incarnation: number
  readonly account: Account
  readonly via: Via
  /** Epoch milliseconds. */
  readonly at: number
}

/** Longer lines are no account of a worker's health. */
const lineMax = 64 * 1024

export class AskHealth {
  private readonly ports: AskHealthPorts
  /** Goes with the process. */
  private readonly known = new WeakMap<Proc, Known>()

  constructor(ports: AskHealthPorts) {
    this.ports = ports
  }

  /** Resolves when each has answered, cannot answer, or the time is over; in the order of `procs`. */
  async ask(procs: readonly Proc[], options: AskOptions): Promise<HealthAnswer[]> {
    return Promise.all(procs.map((proc) => this.askOne(proc, options)))
  }

  private async askOne(proc: Proc, options: AskOptions): Promise<HealthAnswer> {
    const signal = healthSignalOf(proc)
    if (proc.id === null || !isSignallable(proc.state)) return this.answerOf(proc, false, `it is ${proc.state}`)
    const deadly = deadlyTo(proc, proc.id, signal, this.ports.processes)
    if (deadly === 'none') return this.answerOf(proc, false, `it has no handler for ${signal}`)
    if (deadly === 'hidden') return this.answerOf(proc, false, `a PHP program without a handler for ${signal} would die of it: say health_signal=${signal.slice(3)} if it has one`)
    const { incarnation } = proc
    const answered = await new Promise<boolean>((resolve) => {
      const end = (how: boolean): void => {
        cancel()
        options.signal?.removeEventListener('abort', giveUp)
        for (const leave of leaves) leave()
        resolve(how)
      }
      const giveUp = (): void => { end(false) }
      const cancel = this.ports.clock.after(options.timeout, giveUp)
      const leaves = this.listen(proc, (account, via) => {
        this.known.set(proc, { incarnation, account, via, at: this.ports.clock.wall() })
        end(true)
      })
      if (options.signal?.aborted === true) return giveUp()
      options.signal?.addEventListener('abort', giveUp)
      if (proc.id === null || this.ports.processes.kill(proc.id, signal, 'process') !== 'sent') giveUp()
    })
    return this.answerOf(proc, answered, answered ? '' : `it did not answer within ${String(options.timeout / 1000)} s`)
  }

  /** Before the signal is sent, so that no answer is too quick. */
  private listen(proc: Proc, answer: Answer): (() => void)[] {
    const streams = this.ports.streams.get(proc)
    const byReport = streams?.voice?.onHealth((health) => { answer(health, 'report') })
    const byBlock = this.ports.bus.subscribe(
      (event) => {
        if (event.type !== 'process.communication' || event.group !== proc.group || event.name !== proc.name) return
        const account = readBlock(event.text)
        if (account !== null) answer(account, 'communication')
      },
      (type) => type === 'process.communication',
    )
    const byLine = (['stdout', 'stderr'] as const).map((channel) => streams?.listen(channel, linesTo(channel, answer)))
    return [byReport, byBlock, ...byLine].filter((leave) => leave !== undefined)
  }

  private answerOf(proc: Proc, answered: boolean, reason: string): HealthAnswer {
    const report = this.ports.streams.get(proc)?.voice?.report
    const told = this.known.get(proc)
    const known = told?.incarnation === proc.incarnation ? told : undefined
    const newer = report !== undefined && report.health !== null && report.healthAt > (known?.at ?? 0)
    const account = newer ? { via: 'report' as const, account: report.health, at: report.healthAt } : known
    return {
      namespec: namespec(proc.group, proc.name),
      pid: proc.id?.pid ?? 0,
      answered,
      via: answered ? (account?.via ?? null) : null,
      health: account?.account ?? null,
      age: account === undefined ? null : Math.max(0, this.ports.clock.wall() - account.at),
      ...(answered ? {} : { reason }),
    }
  }
}

function linesTo(channel: Channel, answer: Answer): (chunk: Uint8Array) => void {
  const lines = new ShortLines(
    lineMax,
    (line) => {
      const account = readAccount(line)
      if (account !== null) answer(account, channel)
    },
    () => undefined,
  )
  return (chunk) => { lines.push(chunk) }
}
