/**
 * Sends output on to a stream that somebody else reads: the master's own stdout or stderr, or a named pipe. When
 * the reader is slow, those that write are told to stop; the master neither blocks nor grows. No file, no rotation.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { OpenedSink, Sink, SinkWatcher } from '../core/sinks.ts'
import { errnoOf } from './logfile.ts'

/** What may wait in the master; beyond it all who write here are told to stop. */
const waitingMax = 64 * 1024
/** A terminal tells nobody when it has room again (control-S): it is tried this often, in milliseconds. */
const terminalRetry = 20

/** How long the end of the master waits for a reader that does not read, in milliseconds. */
const flushMax = 1_000

/** Outlets that stay open: by descriptor (`1`, `2`) or by the path of a pipe. */
const outlets = new Map<string, Outlet>()

/** The master's stream that a path means; `null` for every other path. */
export function ownStream(path: string): 1 | 2 | null {
  const match = /^\/dev\/(?:std(out|err)|fd\/([12]))$|^\/proc\/self\/fd\/([12])$/.exec(path)
  if (match === null) return null
  return match[1] === 'err' || (match[2] ?? match[3]) === '2' ? 2 : 1
}

/** A sink onto the master's stdout (1) or stderr (2). */
export function forwardToOwn(fd: 1 | 2, watcher: SinkWatcher): OpenedSink {
  return forwardTo(String(fd), () => openOwn(fd), watcher)
}

/** A sink onto a named pipe. It is opened for reading too, so that opening waits for nobody. */
export function forwardToPipe(path: string, watcher: SinkWatcher): OpenedSink {
  return forwardTo(path, () => new SocketOutlet(openSync(path, constants.O_RDWR | constants.O_NONBLOCK)), watcher)
}

/** Resolves when all that was sent has been taken, or {@link flushMax} have passed. */
export async function flushForwards(): Promise<void> {
  await Promise.all([...outlets.values()].map((outlet) => outlet.flush(flushMax)))
}

function forwardTo(key: string, open: () => Outlet, watcher: SinkWatcher): OpenedSink {
  try {
    let outlet = outlets.get(key)
    if (outlet === undefined) {
      outlet = open()
      outlets.set(key, outlet)
    }
    return { ok: true, sink: new Forward(outlet, watcher) }
  } catch (error) {
    return { ok: false, code: errnoOf(error) }
  }
}

/**
 * Pipes and terminals are opened anew, since O_NONBLOCK on the inherited description would also be seen by whoever
 * shares it. A socket (systemd's journal) cannot be opened anew.
 */
function openOwn(fd: 1 | 2): Outlet {
  const stat = fstatSync(fd)
  if (stat.isSocket()) return new SocketOutlet(fd)
  if (!stat.isFIFO() && !stat.isCharacterDevice()) return new DirectOutlet(fd)
  const own = openAnew(fd) ?? fd
  return stat.isFIFO() ? new SocketOutlet(own) : new DirectOutlet(own)
}

function openAnew(fd: number): number | null {
  try {
    return openSync(`/dev/fd/${String(fd)}`, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    return null // another user's terminal or pipe: it is used as it was inherited
  }
}

/** One writer to an outlet. */
class Forward implements Sink {
  readonly path = null
  readonly #outlet: Outlet
  readonly #watcher: SinkWatcher
  #dropped = 0
  #stopped = false

  constructor(outlet: Outlet, watcher: SinkWatcher) {
    this.#outlet = outlet
    this.#watcher = watcher
    outlet.join(this)
  }

  get dropped(): number {
    return this.#dropped
  }

  write(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#outlet.write(chunk, this)
  }

  /** Called by the outlet: nobody will ever read this. */
  drop(bytes: number, reason: string): void {
    if (bytes === 0) return
    const first = this.#dropped === 0
    this.#dropped += bytes
    if (first) this.#watcher.onDropping(bytes, reason)
  }

  /** Called by the outlet, as often as it likes. */
  tell(full: boolean): void {
    if (full === this.#stopped) return
    this.#stopped = full
    if (full) this.#watcher.onFull()
    else this.#watcher.onDrain()
  }

  reopen(): void {
    // There is no path to open: the stream is the master's own, or a pipe that stays.
  }

  clear(): void {
    // What was sent on cannot be taken back.
  }

  close(): void {
    this.#outlet.leave(this)
  }
}

/** A destination, shared by all that write to it. Outlets stay open: there are as few as there are pipes. */
abstract class Outlet {
  readonly #users = new Set<Forward>()
  readonly #flushing: (() => void)[] = []
  protected broken: string | null = null

  /** Takes the bytes, now or later; calls `drop` for what it cannot. */
  protected abstract send(chunk: Uint8Array, who: Forward): void
  protected abstract isFull(): boolean
  /** True while bytes wait. */
  protected abstract isWaiting(): boolean

  /** Resolves when nothing waits any more, or after so many milliseconds. */
  flush(within: number): Promise<void> {
    if (this.broken !== null || !this.isWaiting()) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, within)
      this.#flushing.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  join(who: Forward): void {
    this.#users.add(who)
  }

  leave(who: Forward): void {
    this.#users.delete(who)
  }

  write(chunk: Uint8Array, who: Forward): void {
    if (!this.#users.has(who)) return
    if (this.broken === null) this.send(chunk, who)
    else who.drop(chunk.length, this.broken)
    if (this.isFull()) this.tellAll(true)
  }

  protected tellAll(full: boolean): void {
    if (!full) for (const done of this.#flushing.splice(0)) done()
    for (const user of [...this.#users]) user.tell(full)
  }

  protected break(reason: string, lost: number): void {
    this.broken = reason
    const [first] = this.#users
    first?.drop(lost, reason)
    this.tellAll(false)
  }
}

/** A pipe or a socket: Node tells when it has room. */
class SocketOutlet extends Outlet {
  readonly #socket: Socket

  constructor(fd: number) {
    super()
    this.#socket = new Socket({ fd, readable: false, writable: true })
    this.#socket.on('error', (error) => { this.break(error.message, this.#socket.writableLength) })
    this.#socket.unref()
  }

  protected send(chunk: Uint8Array): void {
    // A copy: what does not fit now is written later.
    this.#socket.write(Buffer.from(chunk), () => { if (!this.isWaiting()) this.tellAll(false) })
  }

  protected isFull(): boolean {
    return this.broken === null && this.#socket.writableLength >= waitingMax
  }

  protected isWaiting(): boolean {
    return this.#socket.writableLength > 0
  }
}

/** A file, a device or a terminal: written directly. */
class DirectOutlet extends Outlet {
  readonly #fd: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(fd: number) {
    super()
    this.#fd = fd
  }

  protected send(chunk: Uint8Array, who: Forward): void {
    if (this.#rest.length > 0) {
      this.#rest = Buffer.concat([this.#rest, chunk])
      return
    }
    const { sent, code } = this.#push(chunk)
    if (code === 'EAGAIN') this.#later(Buffer.from(chunk.subarray(sent)))
    else if (code !== null) who.drop(chunk.length - sent, `${code} on ${String(this.#fd)}`)
  }

  protected isFull(): boolean {
    return this.isWaiting()
  }

  protected isWaiting(): boolean {
    return this.#rest.length > 0
  }

  #push(bytes: Uint8Array): { readonly sent: number; readonly code: string | null } {
    let sent = 0
    try {
      while (sent < bytes.length) sent += writeSync(this.#fd, bytes, sent, bytes.length - sent)
      return { sent, code: null }
    } catch (error) {
      return { sent, code: errnoOf(error) }
    }
  }

  #later(rest: Buffer): void {
    this.#rest = rest
    setTimeout(() => { this.#retry() }, terminalRetry)
  }

  #retry(): void {
    const { sent, code } = this.#push(this.#rest)
    const rest = this.#rest.subarray(sent)
    this.#rest = Buffer.alloc(0)
    if (code === 'EAGAIN') this.#later(rest)
    else if (code === null) this.tellAll(false)
    else this.break(code, rest.length)
  }
}
