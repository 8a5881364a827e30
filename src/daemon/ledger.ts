/**
 * Writes the durable ledger: a line for every start, end, signal, change of the config and of health, with who and why.
 * The lines of one turn are written with one call, and never synced. What can be read from them is api/history.ts.
 */
import type { LedgerEntry } from '../api/history.ts'
import type { EventBody, MasterEvent, StateEvent } from '../core/events.ts'
import type { Actor, ExitRecord } from '../core/model.ts'
import type { Clock } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import { exitWords } from '../core/transitions.ts'
import type { Bus } from './bus.ts'
import type { MasterLog } from './master-log.ts'

/** Who stops a process that is not well: such an end is a failure, though it was asked for. */
const physicians: ReadonlySet<Actor> = new Set(['health check', 'watchdog', 'ready_timeout', 'run_timeout'])

/** The file: takes whole lines (an errno name when it cannot) and gives all of them, oldest first. */
export interface LedgerPort {
  append(text: string): string | null
  lines(): AsyncIterable<string>
}

type Note = Omit<LedgerEntry, 'at'>
type StateBody = Extract<EventBody, { type: 'process.state' }>

export class Ledger {
  private lines: LedgerEntry[] = []
  private troubled = false
  private readonly clock: Clock
  private readonly file: LedgerPort
  private readonly log: MasterLog
  private readonly unsubscribe: () => void

  constructor({ clock, bus, file, log }: { clock: Clock; bus: Bus; file: LedgerPort; log: MasterLog }) {
    this.clock = clock
    this.file = file
    this.log = log
    this.unsubscribe = bus.subscribe((event) => { this.hear(event) }, isOfLedger)
  }

  /** Notes what has no event: a signal that somebody sends, an update. */
  note(note: Note): void {
    if (this.lines.push({ at: this.clock.wall(), ...note }) === 1) setImmediate(() => { this.flush() })
  }

  /** Notes a change of state; `proc` knows of its end more than the event does. */
  state(body: StateBody, proc: Proc): void {
    const note = noteOf(body, proc)
    if (note !== null) this.note(note)
  }

  /** Writes what has been noted so far; otherwise that happens at the end of the turn. */
  flush(): void {
    const { lines } = this
    if (lines.length === 0) return
    this.lines = []
    const errno = this.file.append(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    if ((errno !== null) === this.troubled) return
    this.troubled = errno !== null
    if (errno === null) this.log.info('the ledger can be written again')
    else this.log.error(`cannot write the ledger: ${errno}; nsup history will not know what happens meanwhile`)
  }

  /** Every line, oldest first. */
  read(): AsyncIterable<string> {
    this.flush()
    return this.file.lines()
  }

  close(): void {
    this.unsubscribe()
    this.flush()
  }

  private hear(event: MasterEvent): void {
    const note = noteOfEvent(event)
    if (note !== null) this.note(note)
  }
}

function isOfLedger(type: MasterEvent['type']): boolean {
  return type === 'process.health' || type === 'process.survivors' || type === 'process.run' || type.startsWith('master.') || type.startsWith('group.') || type.startsWith('log.')
}

function noteOfEvent(event: MasterEvent): Note | null {
  switch (event.type) {
    case 'process.health':
      return { type: 'health', process: namespec(event.group, event.name), pid: event.pid, healthy: event.healthy, ...(event.reason === '' ? {} : { reason: event.reason }) }
    case 'process.run':
      return event.what === 'ended' ? null : { type: 'run', process: namespec(event.group, event.name), reason: `${event.what}: ${event.reason}` }
    case 'process.survivors': {
      const left = event.survivors.map(({ pid, name }) => `${name} (${String(pid)})`).join(', ')
      return { type: 'survivors', process: namespec(event.group, event.name), reason: `${event.killed ? 'killed' : 'left alone'}: ${left}` }
    }
    case 'master.running':
    case 'master.stopping':
    case 'master.reloaded':
      return { type: 'master', reason: event.type.slice('master.'.length), pid: process.pid, ...byOf(event.by) }
    case 'group.added':
    case 'group.removed':
      return { type: 'config', reason: `${event.type.slice('group.'.length)} group ${event.group}` }
    case 'log.dropping':
    case 'log.recovered':
      return { type: 'log', process: namespec(event.group, event.name), reason: `${event.type.slice('log.'.length)} ${event.channel}: ${String(event.bytes)} bytes dropped` }
    case 'process.state': // comes with its process, see `state`
    case 'process.log':
    case 'process.communication':
    case 'remote.communication':
    case 'message.sent':
    case 'message.refused':
    case 'tick.5':
    case 'tick.60':
    case 'tick.3600':
      return null
  }
}

/** The note of a change of state; an end that is about to be followed by another state is noted once. */
function noteOf(event: StateBody, proc: Proc): Note | null {
  const about = { process: namespec(event.group, event.name), incarnation: proc.incarnation, ...byOf(event.by) }
  switch (event.to) {
    case 'STARTING':
      return { type: 'start', ...about, ...reasonOf(event) }
    case 'RUNNING':
      return { type: 'up', ...about, pid: event.pid }
    case 'STOPPING':
      return { type: 'stop', ...about, pid: event.pid, ...reasonOf(event) }
    case 'FATAL':
      return { type: 'gave up', ...about, ...reasonOf(event) }
    case 'UNKNOWN':
      return { type: 'other', ...about, ...reasonOf(event) }
    case 'BACKOFF':
    case 'EXITED':
    case 'STOPPED':
      return ofEnd(event, proc, about)
  }
}

function ofEnd(event: StateBody, proc: Proc, about: Pick<Note, 'process' | 'incarnation' | 'by'>): Note | null {
  const last = proc.exits.at(-1)
  const ended = event.from === 'STARTING' || event.from === 'RUNNING' || event.from === 'STOPPING' || event.from === 'UNKNOWN'
  // Between its runs nothing is missing of a job.
  const rests = (proc.want === 'down' || proc.spec.care?.job !== undefined) && event.to !== 'BACKOFF'
  // By the pid: the next incarnation may have been begun in the same turn.
  if (!ended || last === undefined || (event.pid === 0 ? last.incarnation !== proc.incarnation : last.pid !== event.pid)) {
    if (event.to === 'BACKOFF') return event.from === 'STARTING' ? { type: 'failed', ...about, ...reasonOf(event) } : null // it waits after an end that has been noted
    return { type: 'stop', ...about, rests, ...reasonOf(event) }
  }
  const { status, pid, uptime, wanted, expected, by, oom } = last
  const failure = wanted ? by !== null && physicians.has(by) : !expected
  return {
    type: 'exit', ...about, ...byOf(by), incarnation: last.incarnation, pid, uptime: Math.round(uptime), failure, rests, reason: endWords(last),
    ...(status.kind === 'code' ? { code: status.code } : status.kind === 'signal' ? { signal: status.signal } : {}),
    ...(oom === true ? { oom } : {}),
  }
}

function endWords(exit: ExitRecord): string {
  const { recycled, by } = exit
  return recycled === undefined ? exitWords(exit) : `${exitWords(exit)}, recycled${by === null ? ' itself' : ''}${recycled === '' ? '' : `${by === null ? ' ' : ': '}${recycled}`}`
}

function byOf(by: Actor | null): { readonly by?: string } {
  return by === null ? {} : { by }
}

function reasonOf({ reason }: Pick<StateEvent, 'reason'>): { readonly reason?: string } {
  return reason === '' ? {} : { reason }
}
