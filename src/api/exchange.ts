/**
 * One HTTP/1.1 request and its answer over a connection of its own, on node:net alone: node:http costs 10 ms before
 * its first request, a quarter of what a whole `nsup status` may take. Knows no method, fault or retry.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface Question {
  readonly verb: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

export interface Answer {
  readonly status: number
  /** The body, unchunked; rejects when the connection ends before the body does. */
  readonly body: AsyncIterable<Buffer>
}

export interface Exchange {
  readonly answer: Promise<Answer>
  /** Ends the exchange; what still waits for it rejects with this error, if it is given. */
  readonly close: (error?: Error) => void
  /** Calls back once when the connection is closed. */
  readonly onClose: (listener: () => void) => void
}

const headMax = 64 * 1024

/** Sends a question; errors of the connection reject the answer or its body. */
export function exchange(to: { readonly socketPath: string } | { readonly host: string; readonly port: number }, question: Question): Exchange {
  const socket = 'socketPath' in to ? connect(to.socketPath) : connect(to.port, to.host)
  const chunks = chunksOf(socket)
  socket.write(requestText(question))
  return {
    answer: readAnswer(socket, chunks),
    close: (error) => void socket.destroy(error),
    onClose: (listener) => void socket.once('close', listener),
  }
}

function requestText({ verb, path, headers, body }: Question): string {
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => {
    if (/[\r\n]/.test(value)) throw new Error(`the header ${name} must be one line`)
    return `${name}: ${value}\r\n`
  })
  return `${verb} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`
}

interface Chunks {
  /** The next chunk, or `done` at the end of the stream; rejects with the error of the connection. */
  next(): Promise<{ readonly done: false; readonly value: Buffer } | { readonly done: true; readonly value: undefined }>
}

/** Node's own iterator over a stream costs 3 ms to load; this one reads only as fast as it is asked, too. */
function chunksOf(socket: Socket): Chunks {
  const waiting: Buffer[] = []
  let ended = false
  let failure: Error | undefined
  let wake: () => void = () => undefined
  socket.pause()
  socket.on('data', (chunk: Buffer) => {
    waiting.push(chunk)
    socket.pause()
    wake()
  })
  const end = (error?: Error): void => {
    failure ??= error
    ended = true
    wake()
  }
  socket.once('end', () => end())
  socket.on('error', end)
  socket.once('close', () => end())
  return {
    async next() {
      if (waiting.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve
          socket.resume()
        })
      }
      const value = waiting.shift()
      if (value !== undefined) return { done: false, value }
      if (failure !== undefined) throw failure
      return { done: true, value: undefined }
    },
  }
}

async function readAnswer(socket: Socket, chunks: Chunks): Promise<Answer> {
  let head = Buffer.alloc(0)
  let end = -1
  while (end < 0) {
    const { done, value } = await chunks.next()
    if (done || head.length > headMax) throw cutOff()
    head = Buffer.concat([head, value])
    end = head.indexOf('\r\n\r\n')
  }
  const [first = '', ...lines] = head.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? NaN)
  if (Number.isNaN(status)) throw Object.assign(new Error('is no HTTP server'), { code: 'EPROTO' })
  const headers = new Map(lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  }))
  return { status, body: readBody(socket, chunks, head.subarray(end + 4), headers) }
}

async function* readBody(
  socket: Socket, chunks: Chunks, begun: Buffer, headers: ReadonlyMap<string, string>,
): AsyncGenerator<Buffer> {
  const length = headers.get('content-length')
  const chunked = headers.get('transfer-encoding')?.toLowerCase() === 'chunked'
  try {
    if (chunked) yield* unchunk(begun, chunks)
    else yield* measured(begun, chunks, length === undefined ? undefined : Number(length))
  } finally {
    socket.destroy()
  }
}

async function* measured(begun: Buffer, chunks: Chunks, length: number | undefined): AsyncGenerator<Buffer> {
  let left = length ?? Infinity
  for (let piece = begun; ;) {
    left -= piece.length
    if (piece.length > 0) yield piece
    if (left <= 0) return
    const { done, value } = await chunks.next()
    if (done && length === undefined) return
    if (done) throw cutOff()
    piece = value
  }
}

async function* unchunk(begun: Buffer, chunks: Chunks): AsyncGenerator<Buffer> {
  let have = begun
  const more = async (): Promise<void> => {
    const { done, value } = await chunks.next()
    if (done) throw cutOff()
    have = have.length === 0 ? value : Buffer.concat([have, value])
  }
  for (;;) {
    let line = have.indexOf('\r\n')
    for (; line < 0; line = have.indexOf('\r\n')) await more()
    let left = Number.parseInt(have.toString('latin1', 0, line), 16)
    if (!Number.isFinite(left)) throw cutOff()
    have = have.subarray(line + 2)
    if (left === 0) return
    while (left > 0) {
      if (have.length === 0) await more()
      const piece = have.subarray(0, left)
      left -= piece.length
      have = have.subarray(piece.length)
      yield piece
    }
    while (have.length < 2) await more()
    have = have.subarray(2)
  }
}

/** The other side ended the connection in the middle of an answer. */
function cutOff(): Error {
  return Object.assign(new Error('closed the connection'), { code: 'ECONNRESET' })
}
