/**
 * Sends lines to syslog through one long-lived `logger`, since Node cannot write to /dev/log (a datagram socket).
 * `logger` is started at the first line and again when it died; what it does not take in time is dropped and counted.
 */
import type { execa as Execa } from 'execa'
import type { Sink, SinkWatcher } from '../core/sinks.ts'
import { LineSplitter } from '../lib/line-splitter.ts'

/** So many bytes may wait for `logger`. */
const waitingMax = 256 * 1024
/** A `logger` that dies sooner than this, in milliseconds, is not started again before the time is up. */
const restartPause = 1_000

type Logger = ReturnType<typeof startLogger>

/** The command that takes lines on stdin; tests name another. */
export interface SyslogCommand {
  readonly file: string
  readonly arguments: readonly string[]
}

const standard: SyslogCommand = { file: 'logger', arguments: ['--priority', 'user.info', '--tag', 'nsup'] }

function startLogger(execa: typeof Execa, { file, arguments: words }: SyslogCommand) {
  return execa(file, words, { stdin: 'pipe', stdout: 'ignore', stderr: 'ignore', buffer: false, reject: false, cleanup: false })
}

/** All syslog output of one master. */
export class Syslog {
  readonly #command: SyslogCommand
  readonly #pause: number
  readonly #sinks = new Set<SyslogSink>()
  #logger: Logger | null = null
  #starting = false
  #startedAt = -Infinity
  #timer: NodeJS.Timeout | null = null
  #queue: { readonly line: Uint8Array; readonly from: SyslogSink }[] = []
  #queued = 0
  #closed = false

  constructor(command: SyslogCommand = standard, pause = restartPause) {
    this.#command = command
    this.#pause = pause
  }

  /** A sink whose lines are sent as `<tag> <line>`. */
  sink(tag: string, watcher: SinkWatcher): Sink {
    const sink = new SyslogSink(this, tag, watcher)
    this.#sinks.add(sink)
    return sink
  }

  /** Takes one whole line, or drops it when too much waits. */
  send(line: Uint8Array, from: SyslogSink): void {
    const waiting = this.#queued + (this.#logger?.stdin.writableLength ?? 0)
    if (this.#closed || waiting + line.length > waitingMax) {
      from.drop(line.length)
      return
    }
    if (this.#logger === null) {
      this.#queue.push({ line, from })
      this.#queued += line.length
      this.#start()
      return
    }
    this.#logger.stdin.write(line)
    from.taken()
  }

  forget(sink: SyslogSink): void {
    this.#sinks.delete(sink)
  }

  /** Ends `logger` after what it has been given. */
  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#logger?.stdin.end()
  }

  /** Ends `logger` at once. */
  kill(): void {
    this.close()
    this.#logger?.kill('SIGKILL')
  }

  #start(): void {
    if (this.#starting || this.#timer !== null) return
    const wait = this.#startedAt + this.#pause - performance.now()
    if (wait > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = null
        this.#start()
      }, wait)
      this.#timer.unref()
      return
    }
    this.#starting = true
    this.#startedAt = performance.now()
    void this.#run()
  }

  async #run(): Promise<void> {
    const { execa } = await import('execa')
    const logger = startLogger(execa, this.#command)
    logger.stdin.on('error', () => {
      // EPIPE: its end is seen below, with the reason
    })
    this.#logger = logger
    this.#starting = false
    const queue = this.#queue
    this.#queue = []
    this.#queued = 0
    for (const { line, from } of queue) this.send(line, from)
    if (this.#closed) logger.stdin.end()
    const result = await logger
    const lost = logger.stdin.writableLength
    this.#logger = null
    if (this.#closed) return
    const reason = result.shortMessage ?? 'it ended'
    for (const sink of this.#sinks) sink.lost(reason)
    const [first] = this.#sinks
    if (lost > 0) first?.drop(lost)
  }
}

class SyslogSink implements Sink {
  readonly path = null
  readonly #syslog: Syslog
  readonly #prefix: Buffer
  readonly #watcher: SinkWatcher
  readonly #lines: LineSplitter
  #dropped = 0
  #dropping = 0
  #told = false

  constructor(syslog: Syslog, tag: string, watcher: SinkWatcher) {
    this.#syslog = syslog
    this.#prefix = Buffer.from(tag === '' ? '' : `${tag} `)
    this.#watcher = watcher
    this.#lines = new LineSplitter((line) => {
      if (line.length > 0) this.#syslog.send(Buffer.concat([this.#prefix, line, Buffer.from('\n')]), this)
    })
  }

  get dropped(): number {
    return this.#dropped
  }

  write(chunk: Uint8Array): void {
    this.#lines.push(chunk)
  }

  drop(bytes: number): void {
    const first = this.#dropping === 0
    this.#dropped += bytes
    this.#dropping += bytes
    if (first) this.#watcher.onDropping(bytes, 'syslog does not take it')
  }

  /** A line went through. */
  taken(): void {
    this.#told = false
    if (this.#dropping === 0) return
    const bytes = this.#dropping
    this.#dropping = 0
    this.#watcher.onRecovered(bytes)
  }

  /** `logger` died. Told once until a line goes through again. */
  lost(reason: string): void {
    if (this.#told) return
    this.#told = true
    this.#watcher.onProblem(`syslog: ${reason}; it is started again with the next line`)
  }

  reopen(): void {
    // There is no file.
  }

  clear(): void {
    // What was sent cannot be taken back.
  }

  close(): void {
    this.#lines.flush()
    this.#syslog.forget(this)
  }
}
