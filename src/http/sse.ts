/**
 * One answer of server-sent events. A reader that does not read is bounded: a producer may wait for it (logs) or
 * have it dropped when too much has piled up (events).
 */
import type { ServerResponse } from 'node:http'

/** Bytes that may wait for one reader. */
const bufferedMax = 1024 * 1024

/** A comment is sent this often, so that both ends, and what is between, notice a dead connection. */
const heartbeatEvery = 15_000

export class EventWriter {
  readonly #response: ServerResponse
  readonly #gone = new AbortController()
  readonly #heartbeat: NodeJS.Timeout

  constructor(response: ServerResponse) {
    this.#response = response
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
      connection: 'close',
    })
    response.write(': open\n\n')
    this.#heartbeat = setInterval(() => this.#write(': alive\n\n'), heartbeatEvery)
    this.#heartbeat.unref()
    response.once('close', () => this.#finish())
    if (response.destroyed) this.#finish()
  }

  /** Aborted when the reader has gone or was dropped, or the stream has ended. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  /** Sends one event; a reader whose buffer is full is dropped, and `false` says so. */
  send(type: string, data: unknown): boolean {
    return this.#write(`event: ${type.replace(/[\r\n]/g, ' ')}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  /** Resolves when the reader has taken what waits, or has gone. */
  async drained(): Promise<void> {
    if (!this.#response.writableNeedDrain || this.signal.aborted) return
    await new Promise<void>(resolve => {
      const done = (): void => {
        this.#response.off('drain', done)
        this.signal.removeEventListener('abort', done)
        resolve()
      }
      this.#response.once('drain', done)
      this.signal.addEventListener('abort', done, { once: true })
    })
  }

  /** Ends the stream in order. */
  end(): void {
    if (!this.#response.writableEnded) this.#response.end()
    this.#finish()
  }

  #write(text: string): boolean {
    if (this.signal.aborted) return false
    if (this.#response.writableLength + text.length > bufferedMax) {
      this.#response.destroy()
      this.#finish()
      return false
    }
    this.#response.write(text)
    return true
  }

  #finish(): void {
    clearInterval(this.#heartbeat)
    if (!this.#gone.signal.aborted) this.#gone.abort()
  }
}
