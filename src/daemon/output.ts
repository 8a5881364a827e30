/**
 * The input and output of one process, over all its incarnations: its FIFOs, opened once and kept; its logs, opened
 * at each spawn; its last lines, for the record of an exit; its stdin. Spawns nothing and knows no state.
 */
import { join } from 'node:path'
import type { FifoWriter } from '../core/sinks.ts'
import { namespec } from '../core/spec.ts'
import type { ProcessSpec } from '../core/spec.ts'
import { errorCode } from '../lib/errno.ts'
import { Fault } from '../lib/fault.ts'
import { OutputStream } from './output-stream.ts'
import type { StreamPorts } from './output-stream.ts'
import type { Channel, OutputHooks } from './stream-watcher.ts'
import type { Taps } from './taps.ts'
import { voicePaths } from './voice.ts'
import type { Voice } from './voice.ts'

export type OutputPorts = StreamPorts

export interface OutputOptions {
  /** Runtime folder of the process: `stdin.fifo`, `stdout.fifo`, `stderr.fifo`. */
  readonly dir: string
  readonly spec: ProcessSpec
  readonly ports: OutputPorts
  readonly hooks: OutputHooks
  /** Who else wants the output. */
  readonly taps?: (channel: Channel) => Taps
  /** Opened and closed with the rest. */
  readonly voice?: Voice | undefined
  /** For the prefix of `log_timestamp`; the clock of the machine when left out. */
  readonly now?: () => Date
}

const lastLinesKept = 20
/** Twice what a FIFO holds: all that a dead worker can have left, and no more of a survivor that floods. */
const drainMax = 128 * 1024

const wallClock = (): Date => new Date()

/** The FIFOs that a process needs, for one batch of mkfifo. */
export function fifoPaths(dir: string, spec: ProcessSpec): string[] {
  const names = [...(spec.socket === undefined ? ['stdin'] : []), 'stdout', ...(spec.redirectStderr ? [] : ['stderr'])]
  return [...names.map((name) => join(dir, `${name}.fifo`)), ...voicePaths(dir, spec)]
}

export class ProcessOutput {
  readonly voice: Voice | undefined
  readonly #options: OutputOptions
  readonly #stdout: OutputStream
  /** `null` when stderr is redirected. */
  readonly #stderr: OutputStream | null
  #stdin = -1
  #stdinPath: string
  #sending: FifoWriter | null = null
  /** Something may wait in stdin that was meant for an earlier incarnation. */
  #stale = false
  #open = false

  constructor(options: OutputOptions) {
    this.#options = options
    this.voice = options.voice
    this.#stdinPath = join(options.dir, 'stdin.fifo')
    this.#stdout = this.#makeStream('stdout')
    this.#stderr = options.spec.redirectStderr ? null : this.#makeStream('stderr')
  }

  /** Descriptors for the next spawn; -1 before the first `prepareSpawn`, and for a stdin that is a socket. */
  get stdin(): number {
    return this.#stdin
  }

  get stdout(): number {
    return this.#stdout.writer
  }

  get stderr(): number {
    return (this.#stderr ?? this.#stdout).writer
  }

  /** Bytes that its logs have dropped. */
  get dropped(): number {
    return this.#stdout.dropped + (this.#stderr?.dropped ?? 0)
  }

  /** Opens what a new incarnation needs; why it cannot be spawned, in supervisord's words, or `null`. */
  prepareSpawn(): string | null {
    const problem = this.#prepare(null)
    if (problem !== null) return problem
    for (const stream of this.#streams()) stream.begin()
    return null
  }

  /** Takes over a running worker: reads on where the master before it stopped, also if the FIFOs were removed meanwhile. */
  adopt(pid: number): string | null {
    const problem = this.#prepare(pid)
    this.#stale = true
    return problem
  }

  /** Writes what a dead worker left in its FIFOs, at once; `polled`: see ChunkReader. What does not fit into the bound comes later. */
  drain(polled: boolean): void {
    for (const stream of this.#streams()) stream.drain(drainMax, polled)
    this.voice?.drain(polled)
  }

  /** At most 20 last lines of stderr, or of stdout where stderr is redirected, of this incarnation. */
  lastLines(): string[] {
    return (this.#stderr ?? this.#stdout).lastLines(lastLinesKept)
  }

  /** Calls back with each chunk; it is only lent. Returns the end of it. */
  listen(channel: Channel, listener: (chunk: Uint8Array) => void): () => void {
    const stream = channel === 'stdout' ? this.#stdout : this.#stderr
    return stream?.listen(listener) ?? ((): void => undefined)
  }

  /**
   * Takes text for the worker's stdin; what does not fit into its FIFO waits, in a bound, until the worker reads.
   * Throws Fault NO_FILE when there is no stdin, FAILED when too much waits already.
   */
  async sendStdin(text: string): Promise<void> {
    const { group, name } = this.#options.spec
    const who = namespec(group, name)
    if (!this.#open || this.#options.spec.socket !== undefined) throw new Fault('NO_FILE', who)
    this.#stale = true
    try {
      this.#sending ??= this.#options.ports.fifos.writeTo(this.#stdinPath, () => { this.#sending = null })
    } catch (error) {
      throw new Fault('NO_FILE', `${who}: ${errorCode(error)}`)
    }
    if (!this.#sending.write(Buffer.from(text))) throw new Fault('FAILED', `${who} does not read its stdin`)
    return Promise.resolve()
  }

  note(line: string): boolean {
    return this.#stdout.note(line)
  }

  reopen(): void {
    for (const stream of this.#streams()) stream.reopen()
  }

  clear(): void {
    for (const stream of this.#streams()) stream.clear()
  }

  /** Closes all descriptors. A worker that still runs writes on into its FIFOs. */
  close(): void {
    this.#open = false
    for (const stream of this.#streams()) stream.close()
    this.voice?.close()
    this.#sending?.close()
    this.#sending = null
    if (this.#stdin >= 0) this.#options.ports.fifos.close(this.#stdin)
    this.#stdin = -1
  }

  logfiles(): { readonly stdout: string | null; readonly stderr: string | null } {
    return { stdout: this.#stdout.logfile, stderr: this.#stderr?.logfile ?? null }
  }

  #streams(): readonly OutputStream[] {
    return this.#stderr === null ? [this.#stdout] : [this.#stdout, this.#stderr]
  }

  #makeStream(channel: Channel): OutputStream {
    const { dir, spec, ports, hooks, now, taps } = this.#options
    return new OutputStream({
      fifo: join(dir, `${channel}.fifo`),
      spec: spec[channel],
      tag: spec.name,
      keepsLast: channel === 'stderr' || spec.redirectStderr,
      now: now ?? wallClock,
      ports,
      channel,
      hooks,
      taps: taps?.(channel) ?? {},
    })
  }

  #prepare(adopt: number | null): string | null {
    const { spec } = this.#options
    for (const stream of this.#streams()) {
      if (adopt !== null) stream.openLogsLate() // it runs, and must not wait for its log
      const code = adopt === null ? stream.openLogs() : null
      if (code !== null) return spawnProblem(spec.name, code)
    }
    try {
      if (this.#open) this.#discardStdin()
      else this.#openFifos(adopt)
      if (adopt === null) return this.voice?.prepareSpawn() ?? null
      this.voice?.adopt(adopt)
      return null
    } catch (error) {
      if (!this.#open) this.close() // what could be opened before the descriptors ran out others may need
      return spawnProblem(spec.name, errorCode(error))
    }
  }

  #openFifos(adopt: number | null): void {
    const { dir, spec, ports } = this.#options
    const paths = fifoPaths(dir, spec)
    const made = ports.fifos.makeFifos(paths)
    if (!made.ok) throw new Error(made.reason)
    if (spec.user !== null) ports.fifos.give(paths, spec.user)
    if (this.#stdin < 0 && spec.socket === undefined) {
      const path = join(dir, 'stdin.fifo')
      const held = adopt === null ? undefined : ports.fifos.openDeleted(adopt, 0, path, 'writer')
      this.#stdin = held ?? ports.fifos.openWriter(path)
      // By its path it may be removed, or be another by now; macOS has no such way to the same FIFO.
      if (process.platform === 'linux') this.#stdinPath = `/proc/self/fd/${String(this.#stdin)}`
    }
    this.#stdout.openFifo(adopt === null ? null : { pid: adopt, fd: 1 })
    this.#stderr?.openFifo(adopt === null ? null : { pid: adopt, fd: 2 })
    this.#open = true
  }

  #discardStdin(): void {
    if (!this.#stale || this.#stdin < 0) return
    this.#sending?.close()
    this.#sending = null
    this.#options.ports.fifos.discard(this.#stdinPath)
    this.#stale = false
  }
}

function spawnProblem(name: string, code: string): string {
  if (code === 'EMFILE' || code === 'ENFILE') return `too many open files to spawn '${name}'`
  return `unknown error making dispatchers for '${name}': ${code}`
}
