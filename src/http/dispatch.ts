/** Takes one HTTP request to the method it asks for, and its result or error back. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { apiRoot, declarationOf } from '../api/methods.ts'
import type { MethodName, StreamName } from '../api/methods.ts'
import { handle } from '../api/handlers.ts'
import type { Master } from '../api/master.ts'
import { Fault } from '../lib/fault.ts'
import type { LogLevel } from '../config/config.ts'
import { Refusal, sendError, sendJson, sendText } from './answer.ts'
import { readJsonBody } from './body.ts'
import { checkAccess, checkPrivate } from './guard.ts'
import type { Access } from './guard.ts'
import { answerLogtail, isLogtail } from './logtail.ts'
import { findRoute } from './routes.ts'
import { answerProbe } from './probes.ts'
import { stream } from './streams.ts'
import { checkParams, fromWords } from './validate.ts'

export interface Hooks {
  /** For the master's own log. */
  log(level: LogLevel, message: string): void
}

/** What all servers of a master share. */
export interface Shared {
  readonly master: Master
  readonly hooks: Hooks
  /** Aborted when the servers close: streams end. */
  readonly closing: AbortSignal
}

/** Answers one request, whatever it is; never rejects. */
export async function dispatch(shared: Shared, access: Access, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (answerProbe(shared.master, access, request, response)) return
    checkAccess(request, access)
    await answer(shared, access, request, response)
  } catch (error) {
    if (!(error instanceof Fault) && !(error instanceof Refusal) && !response.destroyed) {
      shared.hooks.log('error', `${request.method} ${request.url} failed: ${error instanceof Error ? error.stack : String(error)}`)
    }
    if (response.headersSent) response.destroy()
    else sendError(response, error)
  }
}

async function answer(shared: Shared, access: Access, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = urlOf(request)
  const verb = request.method ?? 'GET'
  if (verb === 'GET' || verb === 'HEAD') {
    if (url.pathname === `${apiRoot}/openapi.json`) {
      const { openApiDocument } = await import('./openapi.ts')
      return sendJson(response, 200, openApiDocument(shared.master.info().version))
    }
  }
  if (url.pathname.startsWith('/RPC2')) {
    const { answerXmlRpc } = await import('./xmlrpc.ts')
    return answerXmlRpc(shared.master, request, response, { by: actorOf(request, access), signal: goneSignal(response) })
  }
  if (isLogtail(url.pathname)) return answerLogtail(shared.master, { verb, pathname: url.pathname }, response, shared.closing)
  if (url.pathname === '/ok.html' && (verb === 'GET' || verb === 'POST')) return sendText(response, 200, 'OK', { 'content-type': 'text/html' })
  const route = findRoute(verb, url.pathname)
  if (route.kind === 'unknown') throw new Refusal(404, `there is nothing at ${url.pathname}`)
  if (route.kind === 'wrong verb') throw new Refusal(405, `${url.pathname} takes ${route.allow}, not ${verb}`, { allow: route.allow })

  const { method } = route
  if (declarationOf(method).private) checkPrivate(method, access)
  const given = declarationOf(method).verb === 'POST'
    ? { ...await readJsonBody(request), ...route.params }
    : fromWords(method, route.params, url.searchParams)
  if (isStream(method)) {
    const params = checkParams(method, given)
    if (verb === 'HEAD') return sendJson(response, 200, {})
    return stream(shared.master, method, params, response, shared.closing)
  }
  sendJson(response, 200, await handle(shared.master, method, checkParams(method, given), { by: actorOf(request, access), signal: goneSignal(response) }))
}

function isStream(method: MethodName): method is StreamName {
  return declarationOf(method).answer === 'stream'
}

function urlOf(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? '/', 'http://localhost')
  } catch {
    throw new Refusal(400, 'the request names no valid path')
  }
}

/** Aborted when the client goes before it has its answer. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client has gone'))
  })
  return gone.signal
}

/** Who asks, for people: what our own client says of itself over a unix socket, else the user name. */
function actorOf(request: IncomingMessage, access: Access): string {
  const said = request.headers['x-nsup-by']
  if (typeof said === 'string' && access.host === null) {
    const clean = readable(said)
    if (clean !== '') return clean
  }
  return access.credentials === null ? 'http' : `http ${access.credentials.username}`
}

function readable(encoded: string): string {
  try {
    return decodeURIComponent(encoded).replace(/[\p{C}]/gu, '').trim().slice(0, 64)
  } catch {
    return '' // a name that cannot be read is no name
  }
}
