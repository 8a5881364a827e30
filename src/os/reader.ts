/**
 * Reads a FIFO as it fills and hands out each chunk in the turn in which it was read. All readers share one buffer:
 * libuv asks for memory just before read(2) and calls back at once, so no chunk outlives its callback. A worker that
 * writes small chunks all the time is read by flood.ts or steady.ts meanwhile. Does not write anywhere.
 */
import { closeSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'
import type { ChunkReader } from '../core/sinks.ts'
import { quietly } from '../lib/quietly.ts'
import { flood } from './flood.ts'
import type { Gathered, Gathering } from './gathering.ts'
import { beginSoon } from './rush.ts'
import { steady } from './steady.ts'

/** A FIFO holds 64 KiB; larger buffers only leave the processor's cache. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024)

/** A chunk of fewer bytes is small. */
const small = 16 * 1024
/** So many small chunks in a row, closer than this in milliseconds, make a reader leave epoll. */
const row = 8
const apart = { flood: 0.3, steady: 25 }
/** So many more small chunks before one that was too fast to be steady is tried again. */
const calm = 1000

/**
 * Begins to read the descriptor of a FIFO, opened non-blocking, and owns it from now on. `prompt`: by epoll alone, since
 * somebody waits for an answer to each chunk.
 */
export function readFifo(fd: number, onChunk: (chunk: Uint8Array) => void, onEnd: (reason: string) => void, prompt = false): ChunkReader {
  return new FifoReader(fd, onChunk, onEnd, prompt)
}

class FifoReader implements ChunkReader, Gathered {
  readonly #fd: number
  readonly #onChunk: (chunk: Uint8Array) => void
  readonly #onEnd: (reason: string) => void
  /** `null` until the first read is due. */
  #socket: Socket | null = null
  #paused = false
  /** Where it is read while it is not read by epoll. */
  #away: Gathering | null = null
  #closed = false
  #floodRow = 0
  #steadyRow = 0
  #last = 0
  readonly #prompt: boolean

  constructor(fd: number, onChunk: (chunk: Uint8Array) => void, onEnd: (reason: string) => void, prompt: boolean) {
    this.#fd = fd
    this.#prompt = prompt
    this.#onChunk = onChunk
    this.#onEnd = onEnd
    beginSoon(() => { this.#begin() })
  }

  #begin(): void {
    if (this.#closed) return
    const fd = this.#fd
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd,
      readable: true,
      writable: false,
      onread: { buffer, callback: (length) => this.#take(length) },
    }
    this.#socket = new Socket(options)
    this.#socket.on('error', (error) => { this.#onEnd(error.message) })
    this.#socket.on('end', () => { this.#onEnd('end of file') })
    if (this.#paused) this.#socket.pause()
  }

  pause(): void {
    if (this.#paused || this.#closed) return
    this.#paused = true
    if (this.#away === null) this.#socket?.pause()
    else this.#comeBack()
  }

  resume(): void {
    if (!this.#paused || this.#closed) return
    this.#paused = false
    this.#socket?.resume()
  }

  drain(maxBytes: number, polled: boolean): void {
    if (polled && this.#socket !== null && this.#away === null) return
    for (let left = maxBytes; left > 0 && !this.#paused && !this.#closed;) {
      const length = this.#readNow(Math.min(left, buffer.length))
      if (length === 0) return
      left -= length
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#comeBack()
    if (this.#socket === null) closeSync(this.#fd)
    else this.#socket.destroy()
  }

  gather(): number {
    return this.#readNow(buffer.length)
  }

  ebbed(bytes: number): void {
    this.#comeBack()
    if (bytes >= small) this.#steadyRow = -calm
    if (!this.#paused && !this.#closed) this.#socket?.resume()
  }

  #comeBack(): void {
    this.#away?.leave(this)
    this.#away = null
    this.#floodRow = 0
    this.#steadyRow = 0
  }

  /** libuv has filled the buffer. False stops it. */
  #take(length: number): boolean {
    this.#onChunk(buffer.subarray(0, length))
    if (!this.#prompt) this.#count(length)
    return !this.#paused && this.#away === null
  }

  #count(length: number): void {
    const now = performance.now()
    const since = length < small ? now - this.#last : Infinity
    this.#last = now
    this.#floodRow = since < apart.flood ? this.#floodRow + 1 : 0
    this.#steadyRow = since < apart.steady ? this.#steadyRow + 1 : Math.min(0, this.#steadyRow)
    if (this.#paused || this.#closed) return
    if (this.#floodRow >= row) this.#away = flood
    else if (this.#steadyRow >= row && this.#floodRow === 0) this.#away = steady
    this.#away?.join(this)
  }

  #readNow(max: number): number {
    try {
      // Most often the answer is EAGAIN.
      const length = quietly(() => readSync(this.#fd, buffer, 0, max, null))
      if (length > 0) this.#onChunk(buffer.subarray(0, length))
      return length
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EAGAIN' && code !== 'EINTR') this.#socket?.destroy(error as Error)
      return 0
    }
  }
}
