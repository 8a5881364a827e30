/** What the daemon may do with FIFOs, as one port: fifo.ts and reader.ts, and the writing of stdin, put together. */
import { closeSync, constants, openSync, readSync, readlinkSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import type { FifoPorts, FifoWriter } from '../core/sinks.ts'
import { errorCode } from '../lib/errno.ts'
import { chownFifo, makeFifos, openDeleted, openReader, openWriter } from './fifo.ts'
import { openLinePipe } from './line-pipe.ts'
import { readFifo } from './reader.ts'
import { ownerOf } from './users.ts'

/** What may wait for a worker that does not read its stdin, beside the 64 KiB that the FIFO holds; one piece may be larger. */
const waitingMax = 256 * 1024

export const fifoPorts: FifoPorts = {
  makeFifos,
  give,
  openReader,
  openWriter,
  openDeleted: (pid, fd, path, end) => (holdsDeleted(pid, fd, path) ? openDeleted(pid, fd, end) : undefined),
  read: readFifo,
  writeTo: (path, onEnd) => new StdinWriter(path, onEnd),
  linesTo: openLinePipe,
  discard,
  close: closeSync,
}

// A user who is not there is told at the spawn, in supervisord's words.
function give(paths: readonly string[], user: string): void {
  const owner = ownerOf(user)
  if (process.getuid?.() !== 0 || typeof owner === 'string') return
  for (const path of paths) chownFifo(path, owner.uid, owner.gid)
}

/** True if the descriptor leads to a FIFO that had this path once; folders above it may have other names by now. */
function holdsDeleted(pid: number, fd: number, path: string): boolean {
  const tail = join('/', basename(dirname(path)), basename(path))
  try {
    return readlinkSync(`/proc/${String(pid)}/fd/${String(fd)}`).endsWith(`${tail} (deleted)`)
  } catch {
    return false // gone, somebody else's, or a machine without /proc
  }
}

function discard(path: string): void {
  const fd = openReader(path)
  const sink = Buffer.allocUnsafe(4096)
  try {
    // A FIFO holds 1 MiB at most; somebody who goes on writing must not keep the master here.
    for (let reads = 0; reads < 256 && readSync(fd, sink) > 0; reads++);
  } catch (error) {
    if (errorCode(error) !== 'EAGAIN') throw error
  } finally {
    closeSync(fd)
  }
}

/** Writes at once what fits; only for the rest is there a socket, which waits until the worker reads. */
class StdinWriter implements FifoWriter {
  readonly #fd: number
  readonly #onEnd: (reason: string) => void
  #socket: Socket | null = null
  #closed = false

  constructor(path: string, onEnd: (reason: string) => void) {
    this.#fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    this.#onEnd = onEnd
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed) return false
    const waiting = this.#socket?.writableLength ?? 0
    if (waiting > 0 && waiting + bytes.length > waitingMax) return false
    const sent = this.#socket === null ? this.#writeNow(bytes) : 0
    if (sent < bytes.length) this.#later(bytes.subarray(sent))
    return true
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#socket === null) closeSync(this.#fd)
    else this.#socket.destroy()
  }

  #writeNow(bytes: Uint8Array): number {
    let sent = 0
    try {
      while (sent < bytes.length) sent += writeSync(this.#fd, bytes, sent, bytes.length - sent)
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') this.#later(new Uint8Array(0)) // the socket meets the same error, and tells
    }
    return sent
  }

  #later(bytes: Uint8Array): void {
    if (this.#socket === null) {
      this.#socket = new Socket({ fd: this.#fd, readable: false, writable: true })
      this.#socket.on('error', (error) => {
        this.#closed = true
        this.#onEnd(error.message)
      })
      this.#socket.unref()
    }
    this.#socket.write(Buffer.from(bytes))
  }
}
