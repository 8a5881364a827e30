/**
 * Reads a FIFO as it fills and hands out each chunk in the turn in which it was read. All readers share one buffer:
 * libuv asks for memory just before read(2) and calls back at once, so no chunk outlives its callback. A worker that
 * floods it with small writes is read by flood.ts meanwhile. Does not write anywhere.
 */
import { readSync } from 'node:fs'
import { Socket } from 'node:net'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'
import type { ChunkReader } from '../core/sinks.ts'
import { joinFlood, leaveFlood } from './flood.ts'
import type { Flooded } from './flood.ts'

/** A FIFO holds 64 KiB; larger buffers only leave the processor's cache. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024)

/** A flood: so many chunks in a row that are smaller than this, in bytes, and closer than this, in milliseconds. */
const flood = { row: 8, small: 16 * 1024, apart: 0.3 }

/** Begins to read the descriptor of a FIFO, opened non-blocking, and owns it from now on. */
export function readFifo(fd: number, onChunk: (chunk: Uint8Array) => void, onEnd: (reason: string) => void): ChunkReader {
  return new FifoReader(fd, onChunk, onEnd)
}

class FifoReader implements ChunkReader, Flooded {
  readonly #fd: number
  readonly #onChunk: (chunk: Uint8Array) => void
  readonly #socket: Socket
  #paused = false
  #flooded = false
  #closed = false
  #row = 0
  #last = 0

  constructor(fd: number, onChunk: (chunk: Uint8Array) => void, onEnd: (reason: string) => void) {
    this.#fd = fd
    this.#onChunk = onChunk
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd,
      readable: true,
      writable: false,
      onread: { buffer, callback: (length) => this.#take(length) },
    }
    this.#socket = new Socket(options)
    this.#socket.on('error', (error) => { onEnd(error.message) })
    this.#socket.on('end', () => { onEnd('end of file') })
  }

  pause(): void {
    if (this.#paused || this.#closed) return
    this.#paused = true
    if (this.#flooded) this.#leaveFlood()
    else this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused || this.#closed) return
    this.#paused = false
    this.#socket.resume()
  }

  drain(maxBytes: number): void {
    for (let left = maxBytes; left > 0 && !this.#paused && !this.#closed;) {
      const length = this.#readNow(Math.min(left, buffer.length))
      if (length === 0) return
      left -= length
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#leaveFlood()
    this.#socket.destroy()
  }

  gather(): number {
    return this.#readNow(buffer.length)
  }

  ebbed(): void {
    this.#flooded = false
    this.#row = 0
    if (!this.#paused && !this.#closed) this.#socket.resume()
  }

  #leaveFlood(): void {
    this.#flooded = false
    this.#row = 0
    leaveFlood(this)
  }

  /** libuv has filled the buffer. False stops it. */
  #take(length: number): boolean {
    this.#onChunk(buffer.subarray(0, length))
    if (length >= flood.small) this.#row = 0
    else this.#countSmall()
    return !this.#paused && !this.#flooded
  }

  #countSmall(): void {
    const now = performance.now()
    this.#row = now - this.#last < flood.apart ? this.#row + 1 : 0
    this.#last = now
    if (this.#row < flood.row || this.#paused || this.#closed) return
    this.#flooded = true
    joinFlood(this)
  }

  #readNow(max: number): number {
    try {
      const length = readSync(this.#fd, buffer, 0, max, null)
      if (length > 0) this.#onChunk(buffer.subarray(0, length))
      return length
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN' && code !== 'EINTR') this.#socket.destroy(error as Error)
      return 0
    }
  }
}
