/** A client for the inspector of a Node on this machine: just enough of the protocol and of WebSocket to ask for a stack. */
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

type Data = Readonly<Record<string, unknown>>

/** What the inspector may send in all; a stack of thousands of scripts has some megabytes. */
const receivedMax = 16 * 1024 * 1024
const text = 0x81

export class Inspector {
  readonly #socket: Socket
  readonly #answers = new Map<number, (answer: Data) => void>()
  readonly #listeners = new Map<string, (params: Data) => void>()
  #asked = 0
  #received = 0
  #rest: Buffer = Buffer.alloc(0)

  private constructor(socket: Socket, first: Buffer) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => { this.#take(chunk) })
    socket.on('error', () => { this.close() }) // who waits for an answer has a time of its own
    this.#take(first)
  }

  /** Rejects when nobody answers there as an inspector does. */
  static async open(port: number, signal: AbortSignal): Promise<Inspector> {
    const [target] = JSON.parse(await get(port, '/json/list', signal)) as readonly { readonly id: string }[]
    return new Promise((resolve, reject) => {
      const key = randomBytes(16).toString('base64')
      const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key }
      const asked = request({ host: '127.0.0.1', port, path: `/${target?.id ?? ''}`, headers, signal, agent: false })
      asked.once('upgrade', (_response, socket: Socket, first: Buffer) => { resolve(new Inspector(socket, first)) })
      asked.once('response', () => { reject(new Error('the inspector does not speak WebSocket')) })
      asked.on('error', reject)
      asked.end()
    })
  }

  /** Resolves with the result. Waits for ever where none comes. */
  call(method: string, params: Data = {}): Promise<Data> {
    this.#asked += 1
    const id = this.#asked
    const answer = new Promise<Data>((resolve) => this.#answers.set(id, resolve))
    this.#socket.write(frame(JSON.stringify({ id, method, params })))
    return answer
  }

  /** Hears the events of that name. */
  on(name: string, listener: (params: Data) => void): void {
    this.#listeners.set(name, listener)
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received += chunk.length
    if (this.#received > receivedMax) return this.close()
    this.#rest = Buffer.concat([this.#rest, chunk])
    for (let found = unframe(this.#rest); found !== null; found = unframe(this.#rest)) {
      this.#rest = this.#rest.subarray(found.size)
      if (found.kind === text) this.#hear(found.payload.toString('utf8'))
    }
  }

  #hear(message: string): void {
    const { id, result, method, params } = JSON.parse(message) as { id?: number; result?: Data; method?: string; params?: Data }
    if (id !== undefined) this.#answers.get(id)?.(result ?? {})
    else if (method !== undefined) this.#listeners.get(method)?.(params ?? {})
  }
}

function get(port: number, path: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, signal, agent: false }, (response: IncomingMessage) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk)).once('end', () => { resolve(body) }).once('error', reject)
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** A message of a client, which must be masked. */
function frame(message: string): Buffer {
  const payload = Buffer.from(message)
  const mask = randomBytes(4)
  const head = payload.length < 126 ? Buffer.from([text, 0x80 | payload.length]) : Buffer.from([text, 0x80 | 126, payload.length >> 8, payload.length & 0xff])
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))])
}

/** The first whole frame of what a server has sent; `null`: it is not all there yet. */
function unframe(bytes: Buffer): { readonly kind: number; readonly payload: Buffer; readonly size: number } | null {
  if (bytes.length < 2) return null
  const short = (bytes[1] ?? 0) & 0x7f
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < head) return null
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < head + length) return null
  return { kind: bytes[0] ?? 0, payload: bytes.subarray(head, head + length), size: head + length }
}
