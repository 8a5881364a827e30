/**
 * Opens all servers of a master: its private control socket and those of the config, one dispatcher behind them all.
 * Closing ends streams at once, lets answers in flight finish, and waits for nothing else.
 */
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import type { Master } from '../api/master.ts'
import type { ServerSpec } from '../config/config.ts'
import { Refusal, sendError } from './answer.ts'
import { ServerError, bindInet, bindUnix } from './bind.ts'
import { boundConnections, connectionOptions, connectionsMax } from './connections.ts'
import { dispatch } from './dispatch.ts'
import type { Hooks, Shared } from './dispatch.ts'
import { isLoopback } from './guard.ts'
import type { Access } from './guard.ts'

/** How long answers in flight may take once the servers close. Milliseconds. */
const closeGrace = 2_000

export interface Listening {
  /** `unix:///path` and `http://host:port`, the control socket first. */
  readonly addresses: readonly string[]
  /** Resolves when all connections are closed and all sockets removed. */
  readonly close: () => Promise<void>
}

/** Opens the control socket and the configured servers, all or none. Throws {@link ServerError}. */
export async function listen(master: Master, servers: readonly ServerSpec[], control: { readonly path: string }, hooks: Hooks): Promise<Listening> {
  const closing = new AbortController()
  const shared: Shared = { master, hooks, closing: closing.signal }
  const opened: Opened[] = []
  const close = async (): Promise<void> => {
    closing.abort('closing') // a reason of our own: to make one, Node would collect a stack trace
    await Promise.all(opened.map(one => one.close()))
  }
  try {
    mkdirSync(dirname(control.path), { recursive: true, mode: 0o700 })
    opened.push(await openUnix(shared, { path: control.path, chmod: 0o700, chown: null }, null, true))
    for (const spec of servers) opened.push(await open(shared, spec))
  } catch (error) {
    await close()
    if (error instanceof ServerError) throw error
    throw new ServerError(`cannot open the servers: ${(error as Error).message}`)
  }
  return { addresses: opened.map(one => one.address), close }
}

interface Opened {
  readonly address: string
  close(): Promise<void>
}

async function open(shared: Shared, spec: ServerSpec): Promise<Opened> {
  if (spec.kind === 'inet' && spec.credentials === null && !isLoopback(spec.host)) {
    throw new ServerError(`Server '${spec.section}' would answer everybody on ${spec.host || '*'}:${spec.port}: set username and password, or bind it to 127.0.0.1`)
  }
  if (spec.credentials === null) shared.hooks.log('critical', `Server '${spec.section}' running without any HTTP authentication checking`)
  if (spec.kind === 'unix') return openUnix(shared, spec, spec.credentials)
  const { server, close } = create(shared, { credentials: spec.credentials, host: spec.host, healthOpen: spec.healthOpen, isPrivate: false })
  return { address: await bindInet(server, spec.host, spec.port), close }
}

async function openUnix(shared: Shared, address: Parameters<typeof bindUnix>[1], credentials: Access['credentials'], isPrivate = false): Promise<Opened> {
  const { server, close } = create(shared, { credentials, host: null, healthOpen: false, isPrivate })
  const release = await bindUnix(server, address, message => shared.hooks.log('info', message))
  return {
    address: `unix://${address.path}`,
    async close() {
      try {
        release()
      } catch (error) {
        shared.hooks.log('warn', `cannot remove the socket ${address.path}: ${(error as Error).message}`)
      }
      await close()
    },
  }
}

function create(shared: Shared, access: Access): { readonly server: Server; readonly close: () => Promise<void> } {
  const server = createServer(connectionOptions)
  const full = (): void => shared.hooks.log('warn', `more than ${connectionsMax} connections at one server; further ones are refused`)
  const connections = boundConnections(server, full)
  // Once it listens: a connection that cannot be accepted (no descriptors left) must not end the master.
  server.once('listening', () => server.on('error', error => shared.hooks.log('warn', `a connection could not be accepted: ${error.message}`)))
  let inFlight = 0
  let onIdle = (): void => undefined
  server.on('request', (request, response) => {
    inFlight += 1
    response.once('close', () => {
      inFlight -= 1
      if (inFlight === 0) onIdle()
    })
    response.on('error', error => shared.hooks.log('debug', `an answer was cut off: ${error.message}`))
    if (shared.closing.aborted) response.setHeader('connection', 'close')
    if (connections.isBeyond(request.socket)) {
      sendError(response, new Refusal(503, 'too many connections', { connection: 'close', 'retry-after': '1' }))
    } else {
      void dispatch(shared, access, request, response)
    }
  })
  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, closeGrace)
      onIdle = () => {
        clearTimeout(timer)
        resolve()
      }
      if (inFlight === 0) onIdle()
    })
    server.closeAllConnections()
    await closed
  }
  return { server, close }
}
