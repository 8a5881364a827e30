/**
 * What one worker says of itself over all its incarnations: on its report channel, on the descriptor of s6, by systemd's
 * protocol. Its words become inputs of the loop, and the report that people see. Begins anew with each master.
 */
import { join } from 'node:path'
import { channelsOf } from '../core/channels.ts'
import type { Pid, WorkerReport } from '../core/model.ts'
import type { Clock, NotifySocket, NotifySockets } from '../core/ports.ts'
import type { Proc, ProcInput } from '../core/proc.ts'
import { heard, readNotify, readReport, silence } from '../core/report.ts'
import type { Word } from '../core/report.ts'
import type { FifoPorts } from '../core/sinks.ts'
import type { ProcessSpec } from '../core/spec.ts'
import { ShortLines } from '../lib/short-lines.ts'
import { mainPidOf } from './main-pid.ts'
import type { WhoIs } from './main-pid.ts'
import { ReportFifo } from './report-fifo.ts'

export interface VoicePorts {
  readonly fifos: FifoPorts
  readonly notifySockets: NotifySockets
  readonly clock: Clock
  readonly runDir: string
  readonly whoIs: WhoIs
  /** Takes what follows of a word. */
  readonly tell: (proc: Proc, input: ProcInput) => void
  /** A sentence for the log. */
  readonly warn: (proc: Proc, sentence: string) => void
}

/** What a child gets beside stdin, stdout and stderr. */
export interface Gifts {
  /** Descriptors by their number in the child. */
  readonly descriptors: ReadonlyMap<number, number>
  readonly environment: Readonly<Record<string, string>>
}

/** Lines up to this size are written in one piece, whatever else writes; longer ones are not understood. */
const lineMax = 4096
const newline = 0x0a
/** Broken JSON takes 10 µs a line to find out: after so many in one chunk the rest of it is taken for the same. */
const brokenMax = 1000
/** Of a line that cannot be understood, for the log. */
const quoteMax = 80

/** The FIFOs that a process needs for what it says. */
export function voicePaths(dir: string, spec: ProcessSpec): string[] {
  const channels = channelsOf(spec)
  const names = [channels?.report == null ? [] : ['report'], channels?.notificationFd == null ? [] : ['notification']]
  return names.flat().map((name) => join(dir, `${name}.fifo`))
}

/** `undefined`: this process is not asked to say anything. */
export function voiceOf(proc: Proc, dir: string, ports: VoicePorts): Voice | undefined {
  return channelsOf(proc.spec) === null ? undefined : new Voice(proc, dir, ports)
}

export class Voice {
  readonly #proc: Proc
  readonly #ports: VoicePorts
  readonly #fifos: ReportFifo[] = []
  readonly #lines: ShortLines
  readonly #socketFile: string | null
  readonly #environment: Record<string, string> = {}
  readonly #onHealth = new Set<(health: NonNullable<Word['health']>) => void>()
  #socket: NotifySocket | null = null
  #report: WorkerReport = silence
  #discarding = false
  #broken = 0
  /** It has named a process that is not its own. */
  #doubted = false
  /** What the words of one chunk ask for: the last of each kind counts. */
  #asked: { mainPid?: Pid; ready?: true; extend?: number; busy?: Word['busy'] } = {}

  constructor(proc: Proc, dir: string, ports: VoicePorts) {
    this.#proc = proc
    this.#ports = ports
    const channels = channelsOf(proc.spec)
    this.#lines = new ShortLines(lineMax, (line) => { this.#readLine(line) }, () => { this.#rubbish(`a line of more than ${String(lineMax)} bytes`) })
    this.#socketFile = channels?.notify === true ? join(dir, 'notify') : null
    const add = (name: string, fd: number, onChunk: (chunk: Uint8Array) => void): void => {
      const onProblem = (sentence: string): void => { ports.warn(proc, sentence) }
      this.#fifos.push(new ReportFifo({ path: join(dir, `${name}.fifo`), fd, fifos: ports.fifos, clock: ports.clock, onChunk, onProblem }))
    }
    if (channels?.report != null) {
      add('report', channels.report, (chunk) => { this.#hear(chunk) })
      this.#environment['NSUP_REPORT_FD'] = String(channels.report)
    }
    if (channels?.notificationFd != null) add('notification', channels.notificationFd, (chunk) => { this.#hearNewline(chunk) })
    const { watchdog } = proc.spec.care ?? {}
    if (watchdog !== undefined) this.#environment['WATCHDOG_USEC'] = String(watchdog * 1000)
  }

  /** What the incarnation has said. */
  get report(): WorkerReport {
    return this.#report
  }

  /** Calls back with each account that it gives of its health; returns the end of it. */
  onHealth(listener: (health: NonNullable<Word['health']>) => void): () => void {
    this.#onHealth.add(listener)
    return () => { this.#onHealth.delete(listener) }
  }

  get gifts(): Gifts {
    return { descriptors: new Map(this.#fifos.map(({ fd, writer }) => [fd, writer])), environment: this.#environment }
  }

  /** Opens what is needed, whose FIFOs are there, and forgets the incarnation before. A sentence when it cannot. Throws errno errors. */
  prepareSpawn(): string | null {
    for (const fifo of this.#fifos) {
      fifo.open(null)
      fifo.discard()
    }
    const problem = this.#openSocket()
    this.#discarding = true
    this.#socket?.drain()
    this.#discarding = false
    this.#lines.reset()
    this.#report = silence
    this.#doubted = false
    return problem
  }

  /** Hears a worker that runs: what it has said meanwhile waits in its FIFOs. Throws errno errors. */
  adopt(pid: number): void {
    for (const fifo of this.#fifos) fifo.open(pid)
    const problem = this.#openSocket()
    if (problem !== null) this.#ports.warn(this.#proc, problem)
  }

  /** Hears the last words of a worker that has ended. */
  drain(polled: boolean): void {
    for (const fifo of this.#fifos) fifo.drain(polled)
    this.#socket?.drain()
    this.#lines.flush()
    this.#tell()
  }

  close(): void {
    for (const fifo of this.#fifos) fifo.close()
    this.#socket?.close()
    this.#socket = null
  }

  #openSocket(): string | null {
    if (this.#socketFile === null || this.#socket !== null) return null
    const answer = this.#ports.notifySockets.open(this.#socketFile, this.#proc.spec.user, (text) => { this.#hearDatagram(text) })
    if (!answer.ok) return `it cannot have a NOTIFY_SOCKET: ${answer.reason}`
    this.#socket = answer.socket
    this.#environment['NOTIFY_SOCKET'] = answer.socket.address
    return null
  }

  #hear(chunk: Uint8Array): void {
    this.#broken = 0
    this.#lines.push(chunk)
    this.#tell()
  }

  #hearNewline(chunk: Uint8Array): void {
    if (!chunk.includes(newline)) return
    this.#take({ ready: true })
    this.#tell()
  }

  #hearDatagram(text: string): void {
    if (this.#discarding) return
    this.#take(readNotify(text))
    this.#tell()
  }

  #readLine(line: string): void {
    const word = this.#broken < brokenMax ? readReport(line) : null
    if (word !== null) return this.#take(word)
    if (line.startsWith('{')) this.#broken += 1
    this.#rubbish(line)
  }

  /** Counted and shown; the first one of an incarnation is worth a line in the log. */
  #rubbish(line: string): void {
    const { clock, warn } = this.#ports
    const rubbish = this.#report.rubbish + 1
    this.#report = { ...this.#report, at: clock.wall(), rubbish }
    if (rubbish > 1) return
    const beginning = JSON.stringify(line.slice(0, quoteMax))
    warn(this.#proc, `what it says on its report channel cannot be understood, from now on it is only counted: ${beginning}`)
  }

  #take(word: Word): void {
    const { clock, warn } = this.#ports
    this.#report = heard(this.#report, word, clock.wall())
    if (word.ready === true) this.#asked.ready = true
    if (word.busy !== undefined) this.#asked.busy = word.busy
    if (word.extend !== undefined) this.#asked.extend = word.extend
    if (word.health !== undefined) for (const listener of this.#onHealth) listener(word.health)
    if (word.mainPid !== undefined) this.#takeMainPid(word.mainPid)
    if (word.refused !== undefined) warn(this.#proc, `it asks ${word.refused}, which nsup does not do`)
  }

  /** Whom it names is believed if it descends from this incarnation; else that is worth one line in the log. */
  #takeMainPid(pid: number): void {
    const { runDir, whoIs, warn } = this.#ports
    const { id } = this.#proc
    if (id === null || pid === id.pid) return
    const named = mainPidOf(this.#proc, pid, runDir, whoIs)
    if (typeof named !== 'string') this.#asked.mainPid = named
    else if (!this.#doubted) warn(this.#proc, `it says that pid ${String(pid)} goes on in its place (MAINPID); nsup keeps to pid ${String(id.pid)}: ${named}`)
    this.#doubted ||= typeof named === 'string'
  }

  /** Once for all that was heard together. */
  #tell(): void {
    const { mainPid, ready, busy, extend } = this.#asked
    this.#asked = {}
    const { incarnation, spec } = this.#proc
    const tell = (input: ProcInput): void => { this.#ports.tell(this.#proc, input) }
    if (spec.care?.watchdog !== undefined || spec.care?.health?.by.kind === 'report') tell({ type: 'alive', incarnation })
    if (mainPid !== undefined) tell({ type: 'mainPid', incarnation, id: mainPid })
    if (extend !== undefined) tell({ type: 'extend', incarnation, time: extend })
    if (ready === true) tell({ type: 'ready', incarnation })
    if (busy !== undefined) tell({ type: 'busy', incarnation, job: busy?.job ?? null, lasts: busy?.lasts ?? null })
  }
}
