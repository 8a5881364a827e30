/** What a worker may tell its master, word by word. Without a master nothing is written, and nothing fails. */
import { atWork } from './at-work.ts'
import { channel } from './channel.ts'
import type { Written } from './channel.ts'

export interface BusyOptions {
  /** Milliseconds that the job takes at most; after that the master does not wait for it any more. */
  readonly lasts?: number
}

export interface Report {
  /** True if a master listens. */
  readonly isOpen: boolean
  /** It takes work from now on: with `ready: report` it becomes RUNNING. */
  ready(): void
  /** One line for people, shown beside its state. */
  status(text: string): void
  /** It has a job in hand: restarts wait for that, up to `busy_wait`. */
  busy(job: string | number, options?: BusyOptions): void
  /** It has no job in hand any more. */
  idle(): void
  /** Its account of itself: shown by `nsup health`. False if it is too long for one line, or the channel is full for good. */
  health(account: Readonly<Record<string, unknown>>): boolean
  /** A sign of life, for `watchdog` and `health: report`. Dropped when the channel is full. */
  watchdog(): void
  /** Gives a sign of life again and again while the event loop turns; returns the end of it. Does nothing if nobody asked for it. */
  heartbeat(options?: { readonly interval?: number }): () => void
  /** It has understood that it is to stop. */
  stopping(): void
  /** It needs so many milliseconds more, to get ready or to stop, up to `stop_extend_max`. */
  extend(ms: number): void
  /** It is about to end by itself with exit code 0, as planned: it is started again at once, and nobody counts that as a crash. */
  recycling(reason: string): void
}

/** Beats in the time after which silence is taken for death. */
const beats = 3

export const report: Report = {
  get isOpen() {
    return channel.isOpen
  },
  ready() {
    channel.write({ ready: true })
  },
  status(text) {
    channel.write({ status: String(text).slice(0, 1000) }, { instead: 'status' })
  },
  busy(job, { lasts } = {}) {
    if (lasts !== undefined) requireTime('lasts', lasts)
    const id = String(job).slice(0, 500)
    atWork.ownWords += 1
    channel.write({ busy: lasts === undefined ? { job: id } : { job: id, until_s: lasts / 1000 } }, { instead: 'job' })
  },
  idle() {
    atWork.ownWords += 1
    channel.write({ idle: true }, { instead: 'job' })
  },
  health(account) {
    return wasTaken(channel.write({ health: account }, { instead: 'health' }))
  },
  watchdog() {
    channel.write({ watchdog: true }, { drop: true })
  },
  heartbeat({ interval = askedInterval() } = {}) {
    if (!channel.isOpen || interval === Infinity) return () => undefined
    requireTime('interval', interval)
    report.watchdog()
    const timer = setInterval(() => { report.watchdog() }, interval)
    timer.unref()
    return () => { clearInterval(timer) }
  },
  stopping() {
    channel.write({ stopping: true })
  },
  extend(ms) {
    requireTime('extend', ms)
    channel.write({ extend_s: ms / 1000 }, { instead: 'extend' })
  },
  recycling(reason) {
    channel.write({ recycling: String(reason).slice(0, 500) || true })
  },
}

/** Milliseconds between two signs of life that the master wants; Infinity: none. */
function askedInterval(): number {
  const asked = Number(process.env['NSUP_SILENCE_MS'] ?? '')
  return Number.isFinite(asked) && asked > 0 ? Math.max(10, asked / beats) : Infinity
}

function wasTaken(written: Written): boolean {
  return written !== 'lost'
}

function requireTime(what: string, ms: unknown): void {
  if (typeof ms === 'number' && ms > 0 && ms <= 86_400_000) return
  throw new TypeError(`${what} is a time in milliseconds, more than 0 and at most a day, not ${String(ms)}`)
}
