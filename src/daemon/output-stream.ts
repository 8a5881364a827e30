/**
 * One stream of one process on its way from the FIFO to its sinks: file, syslog, listeners; filters in between.
 * The reader hands a chunk in and it is written before the next one is read. Opens and closes; decides nothing.
 */
import type { ChunkReader, FifoPorts, OpenedSink, Sink, SinkPorts, SinkWatcher } from '../core/sinks.ts'
import type { LogSpec } from '../core/spec.ts'
import { AnsiStripper } from '../lib/ansi.ts'
import { Capture } from '../lib/capture.ts'
import { LastBytes } from '../lib/last-bytes.ts'
import { LineStamper } from '../lib/line-stamper.ts'
import { LateSink } from './late-sink.ts'
import { StreamWatcher } from './stream-watcher.ts'
import type { Channel, OutputHooks } from './stream-watcher.ts'
import type { Taps } from './taps.ts'

export interface StreamPorts {
  readonly fifos: FifoPorts
  readonly sinks: SinkPorts
}

export type ChunkListener = (chunk: Uint8Array) => void

/** Mode of log files, before the umask; those that are named at random are private, as with mkstemp. */
const fileMode = 0o666
const autoFileMode = 0o600
const newline = 0x0a

export class OutputStream {
  readonly #fifo: string
  readonly #spec: LogSpec
  /** Process name, the tag of syslog lines. */
  readonly #tag: string
  readonly #ports: StreamPorts
  readonly #channel: Channel
  readonly #hooks: OutputHooks
  readonly #ansi: AnsiStripper | null
  readonly #stamper: LineStamper | null
  readonly #last: LastBytes | null
  readonly #taps: Taps
  readonly #now: () => Date
  readonly #capture: Capture | null
  #listeners: Set<ChunkListener> | null = null
  #reader: ChunkReader | null = null
  #writer = -1
  #file: Sink | null = null
  #syslog: Sink | null = null
  /** What was written last is no whole line. */
  #midLine = false
  /** Sinks that are full now. */
  #full = 0

  constructor(options: {
    fifo: string
    spec: LogSpec
    tag: string
    keepsLast: boolean
    now: () => Date
    ports: StreamPorts
    channel: Channel
    hooks: OutputHooks
    taps: Taps
  }) {
    this.#fifo = options.fifo
    this.#spec = options.spec
    this.#tag = options.tag
    this.#ports = options.ports
    this.#channel = options.channel
    this.#hooks = options.hooks
    this.#ansi = options.spec.stripAnsi ? new AnsiStripper() : null
    this.#stamper = options.spec.timestamp ? new LineStamper(() => `${options.now().toISOString()} `) : null
    this.#last = options.keepsLast ? new LastBytes() : null
    this.#taps = options.taps
    this.#now = options.now
    this.#capture = this.#makeCapture()
  }

  /** The descriptor that incarnations get; -1 before `open`. */
  get writer(): number {
    return this.#writer
  }

  /** Path of the log file that people may read. */
  get logfile(): string | null {
    return this.#spec.file
  }

  get dropped(): number {
    return (this.#file?.dropped ?? 0) + (this.#syslog?.dropped ?? 0)
  }

  /** Opens the sinks as at a spawn; the errno name of what went wrong. */
  openLogs(): string | null {
    if (this.#spec.syslog) this.#syslog ??= this.#ports.sinks.syslog(this.#tag, this.#watcher())
    if (this.#spec.file === null) return null
    const opened = this.#openFile(this.#spec.file, this.#watcher())
    if (!opened.ok) return opened.code
    this.#file?.close()
    this.#file = opened.sink
    return null
  }

  /** Opens the sinks for a worker that runs already: a log that cannot be opened is opened later. */
  openLogsLate(): void {
    const code = this.openLogs()
    const path = this.#spec.file
    if (code === null || path === null) return
    const watcher = this.#watcher()
    this.#hooks.onProblem(this.#channel, `${path} cannot be opened: ${code}; what comes is dropped until it can`)
    this.#file = new LateSink({ path, code, watcher, now: this.#now, open: () => this.#openFile(path, watcher) })
  }

  /** Opens both ends of the FIFO, once for all incarnations. `adopt`: the worker that may hold an older FIFO. Throws errno errors. */
  openFifo(adopt: { readonly pid: number; readonly fd: number } | null): void {
    if (this.#reader !== null) return
    const { fifos } = this.#ports
    const held = (end: 'reader' | 'writer'): number | undefined =>
      adopt === null ? undefined : fifos.openDeleted(adopt.pid, adopt.fd, this.#fifo, end)
    const reader = held('reader') ?? fifos.openReader(this.#fifo)
    try {
      this.#writer = held('writer') ?? fifos.openWriter(this.#fifo)
    } catch (error) {
      fifos.close(reader)
      throw error
    }
    this.#reader = fifos.read(
      reader,
      (chunk) => { this.#take(chunk) },
      (reason) => { this.#hooks.onProblem(this.#channel, `${this.#fifo} cannot be read: ${reason}`) },
    )
    if (this.#full > 0) this.#reader.pause()
  }

  /** Forgets what belongs to the incarnation before. */
  begin(): void {
    this.#capture?.flush()
    this.#last?.clear()
    this.#ansi?.reset()
  }

  /** A line of somebody else, between two lines of the process. Opens the log where no spawn has done so yet. */
  note(line: string): boolean {
    if (this.#file === null && this.#syslog === null && this.openLogs() !== null) return false
    if (this.#file === null && this.#syslog === null) return false
    const bytes = Buffer.from(`${this.#midLine ? '\n' : ''}${line}\n`)
    this.#midLine = false
    this.#file?.write(this.#stamper === null ? bytes : this.#stamper.stamp(bytes))
    this.#syslog?.write(bytes)
    this.#tell(bytes)
    return true
  }

  drain(maxBytes: number, polled: boolean): void {
    this.#reader?.drain(maxBytes, polled)
    this.#capture?.flush()
  }

  lastLines(count: number): string[] {
    return this.#last?.lines(count) ?? []
  }

  listen(listener: ChunkListener): () => void {
    const listeners = (this.#listeners ??= new Set())
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }

  reopen(): void {
    this.#file?.reopen()
  }

  clear(): void {
    this.#file?.clear()
  }

  /** Not read while one of its sinks is full. */
  fill(by: 1 | -1): void {
    this.#full += by
    if (this.#full === 0) this.#reader?.resume()
    else this.#reader?.pause()
  }

  close(): void {
    this.#reader?.close()
    this.#reader = null
    if (this.#writer >= 0) this.#ports.fifos.close(this.#writer)
    this.#writer = -1
    this.#file?.close()
    this.#syslog?.close()
    this.#file = null
    this.#syslog = null
  }

  #openFile(path: string, watcher: SinkWatcher): OpenedSink {
    const { maxBytes, backups, compress, auto } = this.#spec
    const mode = auto ? autoFileMode : fileMode
    return this.#ports.sinks.open({ path, maxBytes, backups, compress, mode }, watcher)
  }

  /** Written before anything else is done with it: what is not written when the master is killed is lost. */
  #take(chunk: Uint8Array): void {
    if (this.#capture === null) this.#write(chunk)
    else this.#capture.push(chunk)
    this.#last?.push(chunk)
    this.#taps.raw?.(chunk)
  }

  #write(chunk: Uint8Array): void {
    const clean = this.#ansi === null ? chunk : this.#ansi.strip(chunk)
    if (clean.length > 0) this.#midLine = clean[clean.length - 1] !== newline
    this.#file?.write(this.#stamper === null ? clean : this.#stamper.stamp(clean))
    this.#syslog?.write(clean)
    this.#tell(clean)
    this.#taps.logged?.(clean)
  }

  /** Nobody listens to most of them. */
  #tell(bytes: Uint8Array): void {
    if (this.#listeners === null) return
    for (const listener of this.#listeners) listener(bytes)
  }

  #makeCapture(): Capture | null {
    const { captured, logged } = this.#taps
    if (captured === undefined) return null
    return new Capture(this.#spec.captureMaxBytes, {
      onPlain: (bytes) => { this.#write(bytes) },
      onPiece: (bytes) => { logged?.(bytes) },
      onCaptured: captured,
    })
  }

  #watcher(): SinkWatcher {
    return new StreamWatcher(this.#hooks, this.#channel, this)
  }
}
