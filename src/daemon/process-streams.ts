/**
 * The streams of all processes: makes FIFOs in one batch, opens a process's streams when they are first needed,
 * opens them anew when its spec has changed, and tells the bus and the log what is dropped.
 */
import { channelsOf } from '../core/channels.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { GroupSpec, ProcessSpec } from '../core/spec.ts'
import type { Bus } from './bus.ts'
import { FairTurns } from './fair-turns.ts'
import type { MasterLog } from './master-log.ts'
import { fifoPaths, ProcessOutput } from './output.ts'
import type { OutputPorts } from './output.ts'
import { processFolder } from './snapshot.ts'
import type { Channel, OutputHooks } from './stream-watcher.ts'
import type { ProcStreams, StreamsOf } from './streams.ts'
import { tapsOf } from './taps.ts'
import type { HeardBy } from './taps.ts'
import { voiceOf } from './voice.ts'
import type { VoicePorts } from './voice-ports.ts'

export interface ProcessStreamsOptions {
  readonly runDir: string
  readonly ports: OutputPorts
  readonly bus: Bus
  readonly log: MasterLog
  readonly makeFolder: (path: string) => void
  /** There will be so many processes in all. */
  readonly makeRoom: (processes: number) => void
  /** Takes what listeners write. */
  readonly heard: HeardBy
  readonly voices: Omit<VoicePorts, 'fifos' | 'runDir' | 'warn' | 'turns'>
}

interface Opened {
  readonly spec: ProcessSpec
  readonly output: ProcessOutput
}

/** Who also reports has descriptors for that: never more than the rest. */
function shareOf(spec: ProcessSpec): number {
  return channelsOf(spec) === null ? 1 : 2
}

export class ProcessStreams implements StreamsOf {
  private readonly opened = new Map<Proc, Opened>()
  private readonly options: ProcessStreamsOptions
  /** Dropped by streams that are closed by now. */
  private droppedBefore = 0
  private readonly turns = new FairTurns()

  constructor(options: ProcessStreamsOptions) {
    this.options = options
  }

  prepare(groups: readonly GroupSpec[]): void {
    const { runDir, ports, log, makeFolder, makeRoom } = this.options
    const specs = [...[...this.opened.values()].map(({ spec }) => spec), ...groups.flatMap(({ processes }) => processes)]
    makeRoom(specs.reduce((sum, spec) => sum + shareOf(spec), 0))
    const paths: string[] = []
    try {
      for (const spec of groups.flatMap((group) => group.processes)) {
        const folder = processFolder(runDir, spec.group, spec.name)
        makeFolder(folder)
        paths.push(...fifoPaths(folder, spec))
      }
      const made = ports.fifos.makeFifos(paths)
      if (!made.ok) log.error(made.reason)
    } catch (error) {
      log.error(`cannot prepare the runtime folder: ${(error as Error).message}`)
    }
  }

  bytesDropped(): number {
    return [...this.opened.values()].reduce((sum, { output }) => sum + output.dropped, this.droppedBefore)
  }

  open(proc: Proc): ProcStreams | string {
    const known = this.opened.get(proc)
    if (known?.spec === proc.spec) return known.output
    if (known !== undefined) this.end(proc, known)
    const output = this.make(proc)
    if (proc.adopted && proc.id !== null) {
      const problem = output.adopt(proc.id.pid)
      if (problem !== null) return problem
    }
    this.opened.set(proc, { spec: proc.spec, output })
    return output
  }

  get(proc: Proc): ProcStreams | undefined {
    return this.opened.get(proc)?.output
  }

  forget(proc: Proc): void {
    const known = this.opened.get(proc)
    if (known !== undefined) this.end(proc, known)
  }

  *all(): Iterable<ProcStreams> {
    for (const { output } of this.opened.values()) yield output
  }

  private end(proc: Proc, { output }: Opened): void {
    this.droppedBefore += output.dropped
    output.close()
    this.opened.delete(proc)
  }

  private make(proc: Proc): ProcessOutput {
    const { runDir, ports, makeFolder } = this.options
    const dir = processFolder(runDir, proc.group, proc.name)
    try {
      makeFolder(dir)
    } catch (error) {
      this.options.log.error(`cannot make ${dir}: ${(error as Error).message}`)
    }
    const { bus, heard, voices, log } = this.options
    const warn: VoicePorts['warn'] = ({ group, name }, sentence) => {
      log.warn(`${name}: ${sentence}`, { process: namespec(group, name) })
    }
    const voice = voiceOf(proc, dir, { ...voices, runDir, fifos: ports.fifos, turns: this.turns, warn })
    const onReady = (): void => {
      voices.tell(proc, { type: 'ready', incarnation: proc.incarnation })
    }
    return new ProcessOutput({ dir, spec: proc.spec, ports, hooks: new Losses(proc, log, bus), taps: (channel) => tapsOf(proc, channel, bus, heard, onReady), voice })
  }
}

/** Tells people and the bus what is lost of the output of one process. */
class Losses implements OutputHooks {
  readonly #proc: Proc
  readonly #log: MasterLog
  readonly #bus: Bus

  constructor(proc: Proc, log: MasterLog, bus: Bus) {
    this.#proc = proc
    this.#log = log
    this.#bus = bus
  }

  onDropping(channel: Channel, bytes: number, reason: string): void {
    const { group, name } = this.#proc
    this.#log.error(`${name}: output is being dropped, its ${channel} log cannot be written: ${reason}`, this.#fields())
    this.#bus.publish({ type: 'log.dropping', group, name, channel, bytes, reason })
  }

  onRecovered(channel: Channel, bytes: number): void {
    const { group, name } = this.#proc
    this.#log.info(`${name}: its ${channel} log can be written again; ${String(bytes)} bytes were dropped`, this.#fields())
    this.#bus.publish({ type: 'log.recovered', group, name, channel, bytes, reason: '' })
  }

  onProblem(channel: Channel, sentence: string): void {
    this.#log.warn(`${this.#proc.name}: ${channel}: ${sentence}`, this.#fields())
  }

  #fields(): { readonly process: string } {
    return { process: namespec(this.#proc.group, this.#proc.name) }
  }
}
