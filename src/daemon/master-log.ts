/**
 * The sentences of the master's log: one line for each change of state, in supervisord's words (section 8.1 of its
 * contract), with all that a program may want to know of it as fields: a sentence may be reworded, and `nsup dev` reads
 * the fields alone. How a line is written is main-log.ts's affair.
 */
import type { EventBody } from '../core/events.ts'
import type { LogFields } from '../core/log-fields.ts'
import type { ExitRecord } from '../core/model.ts'
import type { Proc } from '../core/proc.ts'
import { exitWords } from '../core/transitions.ts'
import { namespec } from '../core/spec.ts'

export type LogWriter = (level: 'critical' | 'error' | 'warn' | 'info' | 'debug', message: string, fields?: LogFields) => void

export class MasterLog {
  private readonly write: LogWriter

  constructor(write: LogWriter) {
    this.write = write
  }

  critical(message: string, fields?: LogFields): void {
    this.write('critical', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields)
  }

  /** What came of a spawn. */
  tried(proc: Proc, pid: number, problem: string | null): void {
    const process = namespec(proc.group, proc.name)
    if (problem === null) this.info(`spawned: '${proc.name}' with pid ${String(pid)}`, { process, pid, event: 'spawned' })
    else this.info(`spawnerr: ${problem}`, { process })
  }

  /** The line of an event, where it has one. */
  event(body: EventBody, proc: Proc | null): void {
    if (body.type === 'process.state' && proc !== null) this.state(body, proc)
    else if (body.type === 'process.health') this.health(body)
    else if (body.type === 'process.run') this.run(body)
    else if (body.type === 'group.added') this.debug(`added process group ${body.group}`)
    else if (body.type === 'group.removed') this.info(`removed process group ${body.group}`)
  }

  private health({ group, name, pid, healthy, reason }: Extract<EventBody, { type: 'process.health' }>): void {
    const fields: LogFields = { process: namespec(group, name), pid }
    if (healthy) this.info(`healthy: ${name}`, fields)
    else this.warn(`unhealthy: ${name} (${reason})`, { ...fields, reason })
  }

  /** The end of a run is told with its exit. */
  private run({ group, name, what, reason }: Extract<EventBody, { type: 'process.run' }>): void {
    if (what === 'ended') return
    const line = `${what}: ${name} (${reason})`
    if (what === 'skipped') this.warn(line, { process: namespec(group, name), reason })
    else this.info(line, { process: namespec(group, name), reason })
  }

  private state(event: Extract<EventBody, { type: 'process.state' }>, proc: Proc): void {
    const { from, to, pid, reason, by, expected } = event
    const last = proc.exits.at(-1)
    const fields: LogFields = { process: namespec(event.group, event.name), from, to, pid, reason, want: proc.want, ...(by === null ? {} : { by }) }
    const end: LogFields = { ...fields, exit: exitWordsOf(last), expected: to !== 'BACKOFF' && expected }
    switch (to) {
      case 'STARTING':
        return this.debug(`starting: ${event.name} (${reason})`, fields)
      case 'RUNNING': {
        const seconds = String(proc.spec.startsecs / 1000)
        const words = `process has stayed up for > than ${seconds} seconds (startsecs)`
        return this.info(`success: ${event.name} entered RUNNING state, ${words}`, fields)
      }
      case 'BACKOFF':
        if (pidOfEnd(proc, last)) this.warn(`exited: ${event.name} (${exitWordsOf(last)}; not expected)`, end)
        return this.info(`backoff: ${event.name} (${reason})`, fields)
      case 'EXITED': {
        const words = `exited: ${event.name} (${exitWordsOf(last)}; ${expected ? 'expected' : 'not expected'})`
        return expected ? this.info(words, end) : this.warn(words, end)
      }
      case 'FATAL':
        return this.info(`gave up: ${event.name} entered FATAL state, too many start retries too quickly`, fields)
      case 'STOPPING':
        return this.info(`waiting for ${event.name} to stop`, fields)
      case 'STOPPED': {
        const idle = from === 'BACKOFF' || from === 'STARTING' // not spawned yet
        const words = idle ? 'not running' : exitWordsOf(last)
        const line = `stopped: ${event.name} (${words})`
        if (idle) return this.info(line, fields)
        return expected ? this.info(line, end) : this.warn(line, end)
      }
      case 'UNKNOWN':
        return this.critical(`${event.name} entered UNKNOWN state: ${reason}`, fields)
    }
  }
}

/** True if the BACKOFF that is being entered came of an exit, not of a spawn that failed. */
function pidOfEnd(proc: Proc, last: ExitRecord | undefined): boolean {
  return last !== undefined && last.incarnation === proc.incarnation
}

function exitWordsOf(last: ExitRecord | undefined): string {
  return last === undefined ? 'exit status unknown' : exitWords(last)
}
