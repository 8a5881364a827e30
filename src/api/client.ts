/**
 * The typed client: one function per kind of answer, over an exchange of its own, so that a command loads in a
 * few milliseconds. Not here: how answers are shown, and who starts a master that is not there.
 */
import { statSync } from 'node:fs'
import { exchange } from './exchange.ts'
import type { Answer, Exchange } from './exchange.ts'
import { Fault, isFaultName } from '../lib/fault.ts'
import { apiRoot, declarationOf } from './methods.ts'
import type { CallName, MethodName, ParamsOf, StreamName } from './methods.ts'
import type { ItemOf, ResultOf } from './results.ts'
import { readEventData } from './eventstream.ts'

export type Endpoint = { readonly socketPath: string } | { readonly host: string; readonly port: number }

export interface ConnectOptions {
  readonly credentials?: { readonly username: string; readonly password: string }
  /** Who asks, for the master's log and for `describe`: `cli root`. */
  readonly by?: string
}

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Milliseconds until the call fails with the fault TIMEOUT; 0: never. 60 000, never for methods that wait. */
  readonly timeout?: number
  /** Called once when a stream is open: what happens from then on comes through it. */
  readonly onOpen?: () => void
}

/** Why no connection came about: ENOENT, ECONNREFUSED, ENOTSOCK, EACCES, ECONNRESET, ... */
export class ConnectionError extends Error {
  readonly code: string
  /** The server as supervisorctl writes it: `unix:///path` or `http://host:port`. */
  readonly url: string

  constructor(url: string, code: string, what: string) {
    super(`${url} ${what}`)
    this.name = 'ConnectionError'
    this.code = code
    this.url = url
  }
}

/** The server wants a user name and a password, or others. */
export class AuthenticationError extends Error {
  constructor() {
    super('Server requires authentication')
    this.name = 'AuthenticationError'
  }
}

/** An answer that is neither a result nor a fault: not our server, or one that refuses (403, 503). */
export class AnswerError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'AnswerError'
    this.status = status
  }
}

export interface Client {
  readonly url: string
  /**
   * Asks once. Throws {@link Fault}, {@link ConnectionError}, {@link AuthenticationError}, {@link AnswerError}.
   * @example const { processes } = await client.call('status', { targets: ['all'] })
   */
  call<M extends CallName>(method: M, params: ParamsOf<M>, options?: CallOptions): Promise<ResultOf<M>>
  /** Asks for a stream; ends when the server ends it, throws as `call` does. Leaving the loop closes the connection. */
  stream<M extends StreamName>(method: M, params: ParamsOf<M>, options?: CallOptions): AsyncIterable<ItemOf<M>>
}

/** Makes a client; nothing is sent before the first call. */
export function connect(endpoint: Endpoint, options: ConnectOptions = {}): Client {
  const wire: Wire = { endpoint, url: urlOf(endpoint), options }
  return {
    url: wire.url,
    async call(method, params, callOptions = {}) {
      const response = await send(wire, method, params, callOptions)
      const text = await textOf(response, wire.url)
      return resultOf(response, text) as ResultOf<typeof method>
    },
    async *stream(method, params, callOptions = {}) {
      const response = await send(wire, method, params, { timeout: 0, ...callOptions })
      if (response.status !== 200) throw errorOf(response, await textOf(response, wire.url))
      callOptions.onOpen?.()
      try {
        for await (const data of readEventData(response.body)) yield JSON.parse(data) as ItemOf<typeof method>
      } catch (error) {
        throw connectionError(wire.url, error, callOptions.signal)
      }
    },
  }
}

/** The server as supervisorctl writes it. */
function urlOf(endpoint: Endpoint): string {
  return 'socketPath' in endpoint ? `unix://${endpoint.socketPath}` : `http://${endpoint.host}:${endpoint.port}`
}

interface Wire {
  readonly endpoint: Endpoint
  readonly url: string
  readonly options: ConnectOptions
}

const defaultTimeout = 60_000

async function send(wire: Wire, method: MethodName, params: object, options: CallOptions): Promise<Answer> {
  const declaration = declarationOf(method)
  const { path, body } = encode(declaration.path, declaration.verb, params as Readonly<Record<string, unknown>>)
  const headers: Record<string, string> = { accept: 'application/json', host: 'localhost' }
  if ('host' in wire.endpoint) headers['host'] = `${wire.endpoint.host}:${wire.endpoint.port}`
  if (body !== undefined) {
    headers['content-type'] = 'application/json'
    headers['content-length'] = String(Buffer.byteLength(body))
  }
  const { credentials } = wire.options
  if (credentials) headers['authorization'] = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  if (declaration.verb !== 'GET' && wire.options.by !== undefined) headers['x-nsup-by'] = encodeURIComponent(wire.options.by)
  const timeout = options.timeout ?? (declaration.waits ? 0 : defaultTimeout)

  if (options.signal?.aborted) throw connectionError(wire.url, undefined, options.signal)
  const sent = exchange(wire.endpoint, { verb: declaration.verb, path, headers, body })
  const timer = timeout > 0 ? expire(sent, timeout, method) : undefined
  const onAbort = (): void => sent.close(new Error('aborted'))
  options.signal?.addEventListener('abort', onAbort, { once: true })
  sent.onClose(() => {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
  })
  try {
    return await sent.answer
  } catch (error) {
    sent.close()
    throw connectionError(wire.url, explain(error as NodeJS.ErrnoException, wire.endpoint), options.signal)
  }
}

function expire(sent: Exchange, timeout: number, method: string): NodeJS.Timeout {
  return setTimeout(() => {
    sent.close(new Fault('TIMEOUT', `no answer to ${method} within ${timeout / 1000} s`))
  }, timeout)
}

/** Puts parameters where the declaration has them: into the path, then the query (GET, DELETE) or the body. */
function encode(template: string, verb: string, params: Readonly<Record<string, unknown>>): { path: string; body?: string } {
  const rest = new Map(Object.entries(params).filter(([, value]) => value !== undefined))
  const path = apiRoot + template.replace(/:([a-z_]+)/g, (_, name: string) => {
    const value = rest.get(name)
    rest.delete(name)
    return encodeURIComponent(String(value))
  })
  if (verb === 'POST') return { path, body: JSON.stringify(Object.fromEntries(rest)) }
  const query = new URLSearchParams()
  for (const [name, value] of rest) {
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one))
  }
  return { path: query.size > 0 ? `${path}?${query.toString()}` : path }
}

async function textOf(response: Answer, url: string): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of response.body) chunks.push(chunk)
  } catch (error) {
    throw error instanceof Fault ? error : connectionError(url, error, undefined)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function resultOf(response: Answer, text: string): unknown {
  if (response.status !== 200) throw errorOf(response, text)
  const value = parsed(text)
  if (value === undefined) throw new AnswerError(200, 'the server answered with something that is no JSON')
  return value
}

function errorOf(response: Answer, text: string): Error {
  const { status } = response
  if (status === 401) return new AuthenticationError()
  const body = parsed(text)
  if (typeof body !== 'object' || body === null) return new AnswerError(status, `the server answered with HTTP status ${status}`)
  const { fault, detail, message } = body as { fault?: unknown; detail?: unknown; message?: unknown }
  if (isFaultName(fault)) return typeof detail === 'string' ? new Fault(fault, detail) : new Fault(fault)
  return new AnswerError(status, typeof message === 'string' ? message : `the server answered with HTTP status ${status}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined // undefined is no JSON value, so the caller can tell
  }
}

/** Linux says ECONNREFUSED for a file that is no socket at all; a person is helped by the truth. */
function explain(error: NodeJS.ErrnoException, endpoint: Endpoint): NodeJS.ErrnoException {
  if (error.code !== 'ECONNREFUSED' || !('socketPath' in endpoint)) return error
  const found = statSync(endpoint.socketPath, { throwIfNoEntry: false })
  return found && !found.isSocket() ? Object.assign(new Error('is no socket'), { code: 'ENOTSOCK' }) : error
}

function connectionError(url: string, error: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : new Error('aborted')
  if (error instanceof Fault) return error
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'UNKNOWN'
  return new ConnectionError(url, code, sentences[code] ?? (error instanceof Error ? error.message : String(error)))
}

const sentences: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ECONNREFUSED: 'refused connection',
  ENOTSOCK: 'is no socket',
  EACCES: 'permission denied',
  ECONNRESET: 'closed the connection',
  ETIMEDOUT: 'does not answer',
  EHOSTUNREACH: 'cannot be reached',
  ENOTFOUND: 'no such host',
}
