/**
 * A stream that somebody else reads, shared by all that write to it. When the reader is slow, those that write are
 * told to stop; the master neither blocks nor grows. Does not open the stream; knows nothing of where it leads.
 */
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { errorCode } from '../lib/errno.ts'

/** What may wait in the master; beyond it all who write here are told to stop. */
const waitingMax = 64 * 1024
/** A terminal tells nobody when it has room again (control-S): it is tried this often, in milliseconds. */
const terminalRetry = 20

/** One of those that write. */
export interface OutletUser {
  /** Nobody will ever read these bytes. */
  drop(bytes: number, reason: string): void
  /** Stop, or go on; said as often as the outlet likes. */
  tell(full: boolean): void
}

/** A destination, shared by all that write to it. Outlets stay open: there are as few as there are pipes. */
export abstract class Outlet {
  readonly #users = new Set<OutletUser>()
  readonly #flushing: (() => void)[] = []
  protected broken: string | null = null

  /** Takes the bytes, now or later; calls `drop` for what it cannot. */
  protected abstract send(chunk: Uint8Array, who: OutletUser): void
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

  join(who: OutletUser): void {
    this.#users.add(who)
  }

  leave(who: OutletUser): void {
    this.#users.delete(who)
  }

  write(chunk: Uint8Array, who: OutletUser): void {
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
export class SocketOutlet extends Outlet {
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
export class DirectOutlet extends Outlet {
  readonly #fd: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(fd: number) {
    super()
    this.#fd = fd
  }

  protected send(chunk: Uint8Array, who: OutletUser): void {
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
      return { sent, code: errorCode(error) }
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
