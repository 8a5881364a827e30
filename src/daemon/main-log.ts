/**
 * How a line of the master's own log is written: pino makes it, here it becomes a JSON line, supervisord's text line
 * or, on a terminal, a coloured one; it goes to the log file and to the foreground. What is said is master-log.ts's
 * affair. Nothing here throws: a master must not die of its log.
 */
import { pino } from 'pino'
import type { LogLevel, MasterSpec } from '../config/config.ts'
import type { Sink, SinkPorts, SinkWatcher } from '../core/sinks.ts'
import { prettyLine, textLine } from './main-log-lines.ts'

export interface MainLogOptions {
  /** Also to stdout: in the foreground, unless silent. */
  readonly echo: boolean
  /** stdout is a terminal: lines for people. */
  readonly tty: boolean
  readonly sinks: SinkPorts
}

export interface MainLog {
  /** Says something: with the time of now, though the line is made at the end of the turn. `fields` are not changed afterwards. */
  say(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void
  /** The file that people may read; `null` when there is none. */
  readonly path: string | null
  /** Why the log file could not be opened, one sentence; lines then only go to the foreground. */
  readonly problem: string | null
  /** Writes what has been said so far; otherwise that happens at the end of the turn. */
  flush(): void
  reopen(): void
  clear(): void
  /** Resolves when everything has been handed on, or its reader does not take it. */
  close(): Promise<void>
}

/** supervisord's numbers. */
const levels = { critical: 50, error: 40, warn: 30, info: 20, debug: 10, trace: 5, blather: 3 } as const satisfies Record<LogLevel, number>

/** Names that hold secrets, wherever they stand in what is logged. */
const secret: ReadonlySet<string> = new Set(['environment', 'env', 'password', 'credentials'])

/** A file that no one rotates: the foreground. */
const foreground = { path: '/dev/stdout', maxBytes: 0, backups: 0, compress: false, mode: 0o666 }

/** The master's log. Never throws; see `problem`. */
export function createMainLog(spec: MasterSpec, { echo, tty, sinks }: MainLogOptions): MainLog {
  const outputs: Output[] = []
  const main = openMain(spec, sinks)
  if (main.sink !== null) outputs.push(new Output(main.sink, spec.logfileFormat === 'text' ? textLine : asIs))
  if (echo && !goesToStdout(spec)) outputs.push(...openForeground(spec, tty, sinks))
  let lines: string[] = []
  let at = 0
  const log = pino<LogLevel, true>(
    {
      level: spec.loglevel,
      customLevels: levels,
      useOnlyCustomLevels: true,
      base: null,
      timestamp: () => `,"time":"${new Date(at).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: withoutSecrets },
    },
    { write: (line) => { lines.push(line) } },
  )
  const batch = new Batch((said) => {
    for (const { level, message, fields, time } of said) {
      at = time
      log[level](fields, message)
    }
    for (const output of outputs) output.write(lines)
    lines = []
  })
  return {
    say: (level, message, fields = {}) => {
      if (log.isLevelEnabled(level)) batch.add({ level, message, fields, time: Date.now() })
    },
    path: main.path,
    problem: main.problem,
    flush: () => { batch.flush() },
    reopen: () => {
      batch.flush()
      for (const output of outputs) output.sink.sink?.reopen()
    },
    clear: () => {
      batch.flush()
      for (const output of outputs) output.sink.sink?.clear()
    },
    close: async () => {
      batch.flush()
      for (const output of outputs) output.sink.sink?.close()
      await sinks.flush()
    },
  }
}

/** pino's own redaction walks its paths at every line; here only a line that holds more than words and numbers is looked into. */
function withoutSecrets(fields: Record<string, unknown>): Record<string, unknown> {
  for (const name in fields) {
    const value = fields[name]
    if (secret.has(name) || (typeof value === 'object' && value !== null)) return clean(fields) as Record<string, unknown>
  }
  return fields
}

function clean(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(clean)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, secret.has(name) ? '[redacted]' : clean(inner)]))
}

interface Said {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  /** Epoch milliseconds. */
  readonly time: number
}

/** What is said in one turn is made into lines and written in one go after it: neither a spawn nor an exit waits for that. */
class Batch {
  #said: Said[] = []
  readonly #write: (said: readonly Said[]) => void

  constructor(write: (said: readonly Said[]) => void) {
    this.#write = write
  }

  add(said: Said): void {
    if (this.#said.push(said) === 1) setImmediate(() => { this.flush() })
  }

  flush(): void {
    const said = this.#said
    this.#said = []
    if (said.length > 0) this.#write(said)
  }
}

function asIs(line: string): string {
  return line
}

function goesToStdout({ logfile }: MasterSpec): boolean {
  return logfile === '/dev/stdout' || logfile === '/dev/fd/1'
}

interface OpenedMain {
  readonly sink: LineSink | null
  readonly path: string | null
  readonly problem: string | null
}

function openMain(spec: MasterSpec, sinks: SinkPorts): OpenedMain {
  const { logfile } = spec
  if (logfile === null) return { sink: null, path: null, problem: null }
  const line = new LineSink()
  if (logfile === 'syslog') {
    line.sink = sinks.syslog('', line)
    return { sink: line, path: null, problem: null }
  }
  const file = { path: logfile, maxBytes: spec.logfileMaxBytes, backups: spec.logfileBackups, compress: false, mode: 0o666 }
  const opened = sinks.open(file, line)
  if (!opened.ok) return { sink: null, path: null, problem: `cannot open the log file ${logfile}: ${opened.code}` }
  line.sink = opened.sink
  return { sink: line, path: opened.sink.path, problem: null }
}

function openForeground(spec: MasterSpec, tty: boolean, sinks: SinkPorts): Output[] {
  const line = new LineSink()
  const opened = sinks.open(foreground, line)
  if (!opened.ok) return [] // stdout is closed: nobody looks
  line.sink = opened.sink
  const colours = tty && (process.env['NO_COLOR'] ?? '') === ''
  const plain = spec.logfileFormat === 'text' ? textLine : asIs
  return [new Output(line, tty ? (text): string => prettyLine(text, colours) : plain)]
}

/** A sink that takes lines as they come. The master cannot wait for a slow reader as a worker can: it leaves lines out. */
class LineSink implements SinkWatcher {
  sink: Sink | null = null
  /** What has to be said about this sink, in it, as soon as it takes lines. */
  readonly notes: { readonly level: LogLevel; readonly message: string }[] = []
  #full = false
  #left = 0

  write(lines: readonly string[]): void {
    if (this.#full) this.#left += lines.length
    else this.sink?.write(Buffer.from(lines.join('')))
  }

  onDropping(): void {
    // It is said when it is over: now this log cannot take it.
  }

  onRecovered(bytes: number): void {
    this.notes.push({ level: 'warn', message: `${String(bytes)} bytes of this log were lost: it could not be written` })
  }

  onProblem(sentence: string): void {
    this.notes.push({ level: 'warn', message: sentence })
  }

  onFull(): void {
    this.#full = true
  }

  onDrain(): void {
    this.#full = false
    if (this.#left === 0) return
    this.notes.push({ level: 'warn', message: `${String(this.#left)} lines of this log were left out: nobody read them in time` })
    this.#left = 0
  }
}

/** A sink with the form that its lines have. */
class Output {
  readonly sink: LineSink
  readonly #form: (line: string) => string

  constructor(sink: LineSink, form: (line: string) => string) {
    this.sink = sink
    this.#form = form
  }

  write(lines: readonly string[]): void {
    this.sink.write(lines.map((line) => this.#form(line)))
    for (const { level, message } of this.sink.notes.splice(0)) {
      this.sink.write([this.#form(`${JSON.stringify({ level, time: new Date().toISOString(), msg: message })}\n`)])
    }
  }
}
