/**
 * Writes whole lines into a FIFO that a worker reads, without waiting and without asking again and again: when there is no
 * room the kernel tells of it. Holds the FIFO open, so that what is in it outlives who reads it, and can take that back.
 */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { LinePipe } from '../core/sinks.ts'
import { errorCode } from '../lib/errno.ts'
import { quietly } from '../lib/quietly.ts'

/** A FIFO holds 64 KiB, unless its reader has asked for more, which is at most this. */
const takenMax = 1024 * 1024

/** `path`: a FIFO. `onRoom`: what did not fit is in it now. Throws the errors of open(2). */
export function openLinePipe(path: string, onRoom: () => void, onProblem: (reason: string) => void): LinePipe {
  return new FifoLines(path, onRoom, onProblem)
}

class FifoLines implements LinePipe {
  readonly #fd: number
  readonly #path: string
  readonly #onRoom: () => void
  readonly #onProblem: (reason: string) => void
  /** Only for what did not fit at once. */
  #socket: Socket | null = null
  #full = false
  #closed = false

  constructor(path: string, onRoom: () => void, onProblem: (reason: string) => void) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    // By its path it may be removed by now; macOS has no such way to the same FIFO.
    this.#path = process.platform === 'linux' ? `/proc/self/fd/${String(this.#fd)}` : path
    this.#onRoom = onRoom
    this.#onProblem = onProblem
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed || this.#full) return false
    const sent = this.#writeNow(bytes)
    if (sent === bytes.length) return true
    this.#later(bytes.subarray(sent))
    return false
  }

  takeBack(): Uint8Array {
    if (this.#closed) return new Uint8Array(0)
    this.#socket?.destroy()
    this.#socket = null
    this.#full = false
    const chunks: Buffer[] = []
    for (let taken = 0; taken < takenMax;) {
      const chunk = this.#readNow()
      if (chunk.length === 0) break
      taken += chunk.length
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket?.destroy()
    closeSync(this.#fd)
  }

  #writeNow(bytes: Uint8Array): number {
    try {
      return quietly(() => writeSync(this.#fd, bytes))
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') this.#onProblem((error as Error).message)
      return 0
    }
  }

  #readNow(): Buffer {
    const chunk = Buffer.allocUnsafe(64 * 1024)
    try {
      return chunk.subarray(0, quietly(() => readSync(this.#fd, chunk)))
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') this.#onProblem((error as Error).message)
      return chunk.subarray(0, 0)
    }
  }

  /** One write at a time: two put together might no longer go in one piece. */
  #later(rest: Uint8Array): void {
    this.#full = true
    const socket = this.#socket ?? this.#openSocket()
    if (socket === null) return
    socket.write(Buffer.from(rest), (error) => {
      if (socket !== this.#socket || (error ?? null) !== null) return
      this.#full = false
      this.#onRoom()
    })
  }

  #openSocket(): Socket | null {
    try {
      const socket = new Socket({ fd: openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK), readable: false, writable: true })
      socket.on('error', (error) => { this.#onProblem(error.message) })
      this.#socket = socket
      return socket
    } catch (error) {
      this.#onProblem((error as Error).message)
      return null
    }
  }
}
