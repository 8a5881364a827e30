/**
 * What a worker answers when it is asked how it is (SIGUSR1): numbers of the process, the delay of its event loop, and what
 * the program adds. The delay is measured while something is in hand only: an idle worker is not woken up for it.
 */
import type { IntervalHistogram } from 'node:perf_hooks'
import { channel } from './channel.ts'
import { report } from './report.ts'
import { errorFields, say } from './say.ts'
import type { Fields } from './say.ts'

export type Health = () => Fields | undefined | Promise<Fields | undefined>

/** Milliseconds between two looks at the event loop. */
const resolution = 20
/** `nsup health` waits two seconds: what the program adds must be there before. */
const patience = 1500
const toMs = (ns: number): number => (Number.isFinite(ns) ? Math.max(0, Math.round(ns / 1e4 - resolution * 100) / 100) : 0)

export class LoopDelay {
  #histogram: IntervalHistogram | null = null

  /** Measures from now on, or no longer. */
  watch(on: boolean): void {
    if (on) {
      // Loaded by who has something in hand, not by everybody who imports the SDK.
      this.#histogram ??= process.getBuiltinModule('node:perf_hooks').monitorEventLoopDelay({ resolution })
      this.#histogram.enable()
    } else {
      this.#histogram?.disable()
    }
  }

  /** Milliseconds since the last time that somebody asked; 0 if nothing was in hand. */
  take(): { readonly mean: number; readonly max: number } {
    const histogram = this.#histogram
    if (histogram === null || histogram.max === 0) return { mean: 0, max: 0 }
    const delay = { mean: toMs(histogram.mean), max: toMs(histogram.max) }
    histogram.reset()
    return delay
  }
}

/** What can be said of any process: seconds that it lives, bytes of memory. */
export function processBasics(): Fields {
  return { uptime: Math.round(process.uptime()), rss: process.memoryUsage.rss() }
}

let beside: () => Fields = () => ({})

/** Adds to whatever is answered what another part of the worker knows: its messages, where its jobs or requests answer. */
export function accountBeside(more: () => Fields): void {
  beside = more
}

/** Answers SIGUSR1 with `basics` and with what `health` adds. */
export function answerHealth(basics: () => Fields, health: Health | undefined): void {
  const answer = async (): Promise<void> => {
    const known = { ...basics(), ...beside() }
    const account = { ...known, ...(health === undefined ? {} : await added(health)) }
    if (channel.isOpen) {
      if (!report.health(account)) report.health({ ...known, health_error: 'what health() has added does not fit' })
    } else say('Worker status', { pid: process.pid, ...account })
  }
  process.on('SIGUSR1', () => void answer())
}

async function added(health: Health): Promise<Fields> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Fields>((resolve) => {
    timer = setTimeout(() => { resolve({ health_error: `health() took longer than ${String(patience)} ms` }) }, patience)
  })
  try {
    return (await Promise.race([health(), late])) ?? {}
  } catch (error) {
    return { health_error: errorFields(error)['error'] }
  } finally {
    clearTimeout(timer)
  }
}
