/**
 * The report channel as the worker sees it: one line of JSON to the master, in one piece or not at all. A full channel never
 * makes the worker wait: a heartbeat is dropped, everything else waits here, in bounds, until there is room again.
 * Knows nothing of what the lines mean; without a master it is closed, and nothing is written.
 */
import { lineMax } from '../lib/parts.ts'
import { fs } from './builtins.ts'
import { openOwn } from './own-descriptor.ts'

/** What waits at most. */
const waitingMax = 1024 * 1024
/** Milliseconds until a full channel is tried again: the first time, and at most. */
const retryFirst = 10
const retryMax = 500

/** `waits`: the channel is full, it goes out later. `lost`: dropped, too long, too much waits already. `closed`: there is no channel. */
export type Written = 'sent' | 'waits' | 'lost' | 'closed'

export interface WriteOptions {
  /** Drop it if it cannot go out at once. */
  readonly drop?: boolean
  /** What is still waiting under the same name is out of date, and makes room for this. */
  readonly instead?: string
}

interface Waiting {
  readonly name: string | undefined
  line: Buffer
}

export class Channel {
  readonly #named: string | undefined
  /** `undefined`: not looked at yet; -1: there is none. */
  #fd: number | undefined
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #retry: NodeJS.Timeout | null = null
  #delay = retryFirst

  /** `named`: what NSUP_REPORT_FD says. */
  constructor(named: string | undefined) {
    this.#named = named
  }

  /** True if there is a master that reads. */
  get isOpen(): boolean {
    this.#fd ??= openOwn(this.#named, fs.constants.O_WRONLY)
    return this.#fd >= 0
  }

  /** Writes one line, and tells what became of it. Never throws and never waits. */
  write(word: object, options: WriteOptions = {}): Written {
    return this.writeJson(JSON.stringify(word), options)
  }

  /** The same for a word that is JSON already. */
  writeJson(json: string, { drop = false, instead }: WriteOptions = {}): Written {
    if (!this.isOpen) return 'closed'
    const line = Buffer.from(`${json}\n`)
    if (line.length > lineMax) return 'lost'
    if (this.#waiting.length > 0) this.flush()
    const written = this.#waiting.length > 0 ? 'full' : this.#put(line)
    if (written !== 'full') return written
    if (drop) return 'lost'
    return this.#keep({ name: instead, line })
  }

  /** Tries at once to write what waits; true if nothing waits any more. */
  flush(): boolean {
    let done = 0
    for (const { line } of this.#waiting) {
      const written = this.#put(line)
      if (written === 'full') break
      done += 1
      this.#waitingBytes -= line.length
    }
    if (done > 0) this.#delay = retryFirst
    this.#waiting.splice(0, done)
    if (this.#waiting.length === 0) this.#rest()
    return this.#waiting.length === 0
  }

  /** Waits until all has gone out; false: that takes longer than so many milliseconds. */
  async emptied(patience: number): Promise<boolean> {
    for (const end = performance.now() + patience; !this.flush();) {
      if (performance.now() >= end) return false
      await new Promise((resolve) => setTimeout(resolve, retryFirst))
    }
    return true
  }

  #put(line: Buffer): 'sent' | 'full' | 'closed' {
    try {
      fs.writeSync(this.#fd ?? -1, line)
      return 'sent'
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 'full'
      this.#fd = -1 // nobody reads it any more, or it is not ours any more
      return 'closed'
    }
  }

  #keep(one: Waiting): Written {
    const before = one.name === undefined ? undefined : this.#waiting.find(({ name }) => name === one.name)
    const bytes = this.#waitingBytes + one.line.length - (before?.line.length ?? 0)
    if (bytes > waitingMax) return 'lost'
    this.#waitingBytes = bytes
    if (before === undefined) this.#waiting.push(one)
    else before.line = one.line
    this.#tryLater()
    return 'waits'
  }

  #tryLater(): void {
    if (this.#retry !== null) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#delay = Math.min(retryMax, this.#delay * 2)
      if (!this.flush()) this.#tryLater()
    }, this.#delay)
    // What waits for the master keeps no worker alive that is done.
    this.#retry.unref()
  }

  #rest(): void {
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = null
    this.#delay = retryFirst
  }
}

/** The channel that the master has given to this worker. */
export const channel: Channel = new Channel(process.env['NSUP_REPORT_FD'])
