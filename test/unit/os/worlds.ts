/** Makes specs and orders for tests of this room, and reads what fixtures announce. */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFifos, openReader, openWriter } from '../../../src/os/fifo.ts'
import type { SpawnOrder } from '../../../src/core/ports.ts'
import type { LogSpec, ProcessSpec } from '../../../src/core/spec.ts'

const log: LogSpec = {
  file: null, auto: false, maxBytes: 0, backups: 0, captureMaxBytes: 0,
  events: false, syslog: false, compress: false, timestamp: false, stripAnsi: false,
}

/** A process that runs `argv`, with nothing else asked for. */
export function specOf(argv: readonly string[], change: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    group: 'shop', name: 'checkin', program: 'checkin', processNum: 0, command: argv.join(' '), argv, commandProblem: null,
    priority: 999, autostart: true, autorestart: 'unexpected', exitcodes: [0], startsecs: 1000, startretries: 3,
    stopsignal: 'SIGTERM', stopwait: 10_000, stopasgroup: false, killasgroup: false, killSurvivors: false, user: null,
    redirectStderr: false, stdout: log, stderr: log, environment: {}, directory: null, umask: null, serverurl: null,
    ...change,
  }
}

/** Path of a program in test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))
}

/** A temp folder and what was opened in it; `close` removes both. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'nsup-os-'))
  readonly devNull = openSync('/dev/null', 'r+')
  readonly #closers: (() => void)[] = []
  #fifos = 0

  /** An order whose stdout is a FIFO of its own, and the lines that come out of it. */
  order(spec: ProcessSpec, environment: Record<string, string> = { PATH: process.env['PATH'] ?? '' }): SpawnOrder & { readonly lines: Lines } {
    const path = join(this.folder, `${++this.#fifos}.fifo`)
    const made = makeFifos([path])
    if (!made.ok) throw new Error(made.reason)
    const lines = new Lines(openReader(path))
    const stdout = openWriter(path)
    this.#closers.push(() => { lines.close(); closeSync(stdout) })
    return { spec, environment, stdin: this.devNull, stdout, stderr: 2, lines }
  }

  close(): void {
    for (const close of this.#closers) close()
    closeSync(this.devNull)
    rmSync(this.folder, { recursive: true })
  }
}

/** Lines read from a descriptor, one after the other. */
export class Lines {
  readonly #socket: Socket
  readonly #iterator: AsyncIterator<string>

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: false })
    this.#iterator = linesOf(this.#socket)
  }

  async next(): Promise<string> {
    const result = await this.#iterator.next()
    if (result.done === true) throw new Error('the stream has ended')
    return result.value
  }

  close(): void {
    this.#socket.destroy()
  }
}

async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of socket) {
    const parts = (rest + String(chunk)).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
}
