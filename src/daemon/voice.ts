/**
 * What one worker says of itself over all its incarnations: on its report channel, on the descriptor of s6, by systemd's
 * protocol. Its words become inputs of the loop, and the report that people see. Begins anew with each master.
 */
import { join } from 'node:path'
import { channelsOf } from '../core/channels.ts'
import type { Pid, WorkerReport } from '../core/model.ts'
import type { NotifySocket } from '../core/ports.ts'
import type { Proc, ProcInput } from '../core/proc.ts'
import { heard, readNotify, readSaid, readWords, silence } from '../core/report.ts'
import type { Word } from '../core/report.ts'
import type { ProcessSpec } from '../core/spec.ts'
import { lineMax } from '../lib/parts.ts'
import { ShortLines } from '../lib/short-lines.ts'
import type { FairTurns } from './fair-turns.ts'
import { mainPidOf } from './main-pid.ts'
import { ReportFifo } from './report-fifo.ts'
import type { Gifts, VoicePorts } from './voice-ports.ts'
import { WorkerInbox } from './worker-inbox.ts'

const newline = 0x0a
/** Broken JSON takes 10 µs a line to find out: after so many in one chunk the rest of it is taken for the same. */
const brokenMax = 1000
/** Of a line that cannot be understood, for the log. */
const quoteMax = 80

/** The FIFOs that a process needs for what it says, and for what it is told. */
export function voicePaths(dir: string, spec: ProcessSpec): string[] {
  const channels = channelsOf(spec)
  const names = [channels?.report == null ? [] : ['report'], channels?.inbox == null ? [] : ['inbox'], channels?.notificationFd == null ? [] : ['notification']]
  return names.flat().map((name) => join(dir, `${name}.fifo`))
}

/** `undefined`: this process is not asked to say anything. */
export function voiceOf(proc: Proc, dir: string, ports: VoicePorts): Voice | undefined {
  return channelsOf(proc.spec) === null ? undefined : new Voice(proc, dir, ports)
}

export class Voice {
  /** Where it is spoken to, if it asks for that. */
  readonly inbox: WorkerInbox | undefined
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
  /** It has asked for something in this chunk. */
  #hasAsked = false
  /** When it has asked last. */
  #askedAt = 0
  /** It has named a process that is not its own. */
  #doubted = false
  /** What the words of one chunk ask for: the last of each kind counts. */
  #asked: { mainPid?: Pid; ready?: true; extend?: number; busy?: Word['busy']; done?: true; recycling?: string } = {}

  constructor(proc: Proc, dir: string, ports: VoicePorts) {
    this.#proc = proc
    this.#ports = ports
    const channels = channelsOf(proc.spec)
    this.#lines = new ShortLines(lineMax, (line) => { this.#readLine(line) }, () => { this.#rubbish(`a line of more than ${String(lineMax)} bytes`) })
    this.#socketFile = channels?.notify === true ? join(dir, 'notify') : null
    const onProblem = (sentence: string): void => { ports.warn(proc, sentence) }
    const add = (name: string, fd: number, onChunk: (chunk: Uint8Array) => void, turns?: FairTurns): ReportFifo => {
      const fifo = new ReportFifo({ path: join(dir, `${name}.fifo`), fd, fifos: ports.fifos, clock: ports.clock, onChunk, onProblem, turns })
      this.#fifos.push(fifo)
      return fifo
    }
    if (channels?.report != null) {
      const fifo = add('report', channels.report, (chunk) => { this.#hear(chunk, fifo) }, channels.inbox === null ? undefined : ports.turns)
      this.#environment['NSUP_REPORT_FD'] = String(channels.report)
      if (channels.inbox !== null) this.inbox = this.#makeInbox(dir, channels.inbox, fifo)
    }
    if (channels?.notificationFd != null) add('notification', channels.notificationFd, (chunk) => { this.#hearNewline(chunk) })
    const { watchdog, health } = proc.spec.care ?? {}
    if (watchdog !== undefined) this.#environment['WATCHDOG_USEC'] = String(watchdog * 1000)
    const silenceMax = Math.min(watchdog ?? Infinity, health?.by.kind === 'report' ? health.by.maxAge : Infinity)
    if (channels?.report != null && silenceMax < Infinity) this.#environment['NSUP_SILENCE_MS'] = String(silenceMax)
  }

  /** What the incarnation has said. */
  get report(): WorkerReport {
    return this.#askedAt > this.#report.at ? { ...this.#report, at: this.#askedAt } : this.#report
  }

  /** Calls back with each account that it gives of its health; returns the end of it. */
  onHealth(listener: (health: NonNullable<Word['health']>) => void): () => void {
    this.#onHealth.add(listener)
    return () => { this.#onHealth.delete(listener) }
  }

  get gifts(): Gifts {
    const { inbox } = this
    const descriptors = new Map(this.#fifos.map(({ fd, writer }) => [fd, writer]))
    if (inbox !== undefined) descriptors.set(inbox.fd, inbox.child)
    return { descriptors, environment: this.#environment }
  }

  /** Opens what is needed, whose FIFOs are there, and forgets the incarnation before. A sentence when it cannot. Throws errno errors. */
  prepareSpawn(): string | null {
    for (const fifo of this.#fifos) {
      fifo.open(null)
      fifo.discard()
    }
    this.inbox?.prepareSpawn()
    const problem = this.#openSocket()
    this.#discarding = true
    this.#socket?.drain()
    this.#discarding = false
    this.#lines.reset()
    this.#report = silence
    this.#askedAt = 0
    this.#doubted = false
    return problem
  }

  /** Hears a worker that runs: what it has said meanwhile waits in its FIFOs. Throws errno errors. */
  adopt(pid: number): void {
    for (const fifo of this.#fifos) fifo.open(pid)
    this.inbox?.adopt(pid)
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
    this.inbox?.close()
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

  #makeInbox(dir: string, fd: number, fifo: ReportFifo): WorkerInbox {
    const { fifos, records, warn } = this.#ports
    const inbox = new WorkerInbox({ proc: this.#proc, dir, fd, fifos, records, warn: (sentence) => { warn(this.#proc, sentence) } })
    inbox.onCaughtUp = () => { fifo.hold(false) }
    this.#environment['NSUP_INBOX_FD'] = String(fd)
    return inbox
  }

  #hear(chunk: Uint8Array, fifo: ReportFifo): void {
    this.#broken = 0
    this.#lines.push(chunk)
    if (this.#hasAsked) {
      this.#hasAsked = false
      this.#askedAt = this.#ports.clock.wall()
      this.#ports.desk.settle()
      if (this.inbox?.isBehind === true) fifo.hold(true)
    }
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
    const said = this.#broken < brokenMax ? readSaid(line) : null
    const asks = said === null || this.inbox === undefined ? 0 : this.#ports.desk.hear(this.#proc, this.inbox, said)
    this.#hasAsked ||= asks !== 0
    const word = said === null || asks < 0 ? null : readWords(said)
    if (word !== null) return this.#take(word)
    if (asks > 0) return
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
    if (word.done === true) this.#asked.done = true
    if (word.extend !== undefined) this.#asked.extend = word.extend
    if (word.recycling !== undefined) this.#asked.recycling = word.recycling
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
    const { mainPid, ready, busy, done, extend, recycling } = this.#asked
    this.#asked = {}
    const { incarnation, recycle, spec } = this.#proc
    const tell = (input: ProcInput): void => { this.#ports.tell(this.#proc, input) }
    if (spec.care?.watchdog !== undefined || spec.care?.health?.by.kind === 'report') tell({ type: 'alive', incarnation })
    if (mainPid !== undefined) tell({ type: 'mainPid', incarnation, id: mainPid })
    if (extend !== undefined) tell({ type: 'extend', incarnation, time: extend })
    if (ready === true) tell({ type: 'ready', incarnation })
    // Who takes one job after another without a pause is replaced between two of them.
    if (busy !== undefined && busy !== null && done === true && recycle !== null) tell({ type: 'busy', incarnation, job: null, lasts: null })
    if (busy !== undefined) tell({ type: 'busy', incarnation, job: busy?.job ?? null, lasts: busy?.lasts ?? null })
    if (recycling !== undefined) tell({ type: 'recycling', incarnation, reason: recycling })
  }
}
