/**
 * The connections of an HTTP server and what is in flight on them: counts requests, and closes the server so that each is answered.
 * HTTP/1: the answer says `Connection: close`, and idle connections end. HTTP/2: sessions get GOAWAY and end with their streams.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { DoorKeeper, DrainableServer } from './http-door.ts'
import type { OwnAnswers } from './own-answers.ts'

/** Milliseconds for who has connected and said nothing yet, and for the last bytes to leave. */
const linger = 500
/** So many requests are named in the log. */
const namedMax = 10

export class HttpConnections implements DoorKeeper {
  readonly #server: DrainableServer
  readonly #answers: OwnAnswers
  readonly #sockets = new Set<Socket>()
  /** Sockets of HTTP/1 that have not asked for anything yet. */
  readonly #fresh = new Set<Socket>()
  /** Sockets of HTTP/1 that are between two requests. */
  readonly #idle = new Set<Socket>()
  readonly #upgraded = new Set<Socket>()
  readonly #sessions = new Set<Http2Session>()
  /** What is in flight, and how it is called in the log. */
  readonly #requests = new Map<ServerResponse | ServerHttp2Stream, string>()
  #lastActivity = 0
  #leaving = false
  #closing = false
  #onEmpty: () => void = () => undefined
  answered = 0

  constructor(server: DrainableServer, answers: OwnAnswers) {
    this.#server = server
    this.#answers = answers
  }

  get inFlight(): number {
    return this.#requests.size
  }

  get open(): number {
    return this.#sockets.size
  }

  /** ISO time of the last answer; null: none yet. */
  get lastActivity(): string | null {
    return this.#lastActivity === 0 ? null : new Date(this.#lastActivity).toISOString()
  }

  /** Methods and paths of what is in flight; no query, which may hold secrets. */
  left(): string[] {
    return [...this.#requests.values()].slice(0, namedMax)
  }

  /** From now on each answer of HTTP/1 ends its connection. */
  sayGoodbye(): void {
    this.#leaving = true
    for (const each of this.#requests.keys()) if ('shouldKeepAlive' in each) each.shouldKeepAlive = false
  }

  /** Resolves when all that was asked has been answered, and the connections have ended or had time to. */
  async close(): Promise<void> {
    this.sayGoodbye()
    this.#closing = true
    const closed = new Promise<void>((resolve) => {
      this.#server.once('close', resolve)
      if (!this.#server.listening) resolve()
    })
    if (this.#server.listening) this.#server.close()
    for (const session of this.#sessions) session.close()
    this.#endIdle()
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve
      if (this.inFlight === 0) resolve()
    })
    const silent = setTimeout(() => { for (const socket of this.#fresh) socket.destroy() }, linger)
    await empty
    for (const socket of this.#upgraded) socket.end()
    let late: NodeJS.Timeout | undefined
    await Promise.race([closed, new Promise<void>((resolve) => { late = setTimeout(resolve, linger) })])
    clearTimeout(late)
    clearTimeout(silent)
  }

  connection(socket: Socket): void {
    this.#sockets.add(socket)
    if (this.#speaksFirst(socket)) this.#fresh.add(socket)
    socket.once('close', () => {
      this.#idle.delete(socket)
      this.#sockets.delete(socket)
      this.#fresh.delete(socket)
    })
  }

  session(session: Http2Session): void {
    this.#sessions.add(session)
    session.once('close', () => { this.#sessions.delete(session) })
    // Who has connected in the last moment may ask once.
    if (this.#closing) setTimeout(() => { session.close() }, linger).unref()
  }

  upgrade(socket: Socket): void {
    this.#upgraded.add(socket)
    socket.once('close', () => { this.#upgraded.delete(socket) })
  }

  request(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request
    this.#fresh.delete(socket)
    this.#idle.delete(socket)
    response.once('close', () => { if (!socket.destroyed) this.#idle.add(socket) })
    if (this.#leaving) response.shouldKeepAlive = false
    if (this.#answers.request(request, response)) return true
    this.#begin(response, request.method, request.url)
    return false
  }

  stream(stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>): boolean {
    if (this.#answers.stream(stream, headers)) return true
    this.#begin(stream, headers[':method'], headers[':path'])
    return false
  }

  #begin(one: ServerResponse | ServerHttp2Stream, method: unknown, url: unknown): void {
    const path = typeof url === 'string' ? (url.split('?', 1)[0] ?? '') : ''
    this.#requests.set(one, `${String(method)} ${path.slice(0, 200)}`)
    one.once('close', () => {
      this.#requests.delete(one)
      this.answered += 1
      this.#lastActivity = Date.now()
      if (!this.#closing) return
      // Its headers may have been written before the goodbye.
      setImmediate(() => { this.#endIdle() })
      if (this.inFlight === 0) this.#onEmpty()
    })
  }

  /** A session of HTTP/2 can be ended whether it has been used or not. */
  #speaksFirst(socket: Socket): boolean {
    return 'closeIdleConnections' in this.#server || ('alpnProtocol' in socket && socket.alpnProtocol !== 'h2')
  }

  #endIdle(): void {
    if ('closeIdleConnections' in this.#server) this.#server.closeIdleConnections()
    else for (const socket of this.#idle) socket.end()
  }
}
