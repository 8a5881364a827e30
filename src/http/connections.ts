/**
 * Bounds what connections cost a server: how many there may be, and how long each may take to say what it wants.
 * Clients of XML-RPC keep one connection for hours and do not try again on another (event listeners on supervisor's
 * childutils): theirs stay open until others need the room. One timer per other open connection, none when there is
 * none; Node's own check is a clock that never stops.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export const connectionsMax = 256

/** Connections beyond the bound that are still told so; more are closed unheard. */
const toldMax = 32

/** From connecting, or from the last answer, to the end of the next request's headers. Milliseconds. */
const headersTime = 10_000

/** Options for `createServer` that belong to these bounds. */
export const connectionOptions = {
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2 ** 31 - 1,
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
} as const

/** From so many connections on the one that has been kept idle for longest makes room for a new one. */
const keptMax = 192

export interface Connections {
  /** True if this connection came when there were too many: it gets one refusal and is closed. */
  isBeyond(socket: Socket): boolean
}

export interface Bounds {
  /** Milliseconds. */
  readonly headers: number
  readonly kept: number
}

/** Watches over the connections of a server. `onFull` is called when the bound is reached, once until there is room again. */
export function boundConnections(server: Server, onFull: () => void, bounds: Bounds = { headers: headersTime, kept: keptMax }): Connections {
  const beyond = new WeakSet<Socket>()
  const timers = new WeakMap<Socket, NodeJS.Timeout>()
  const asked = new WeakMap<Socket, number>()
  /** Idle without a bound in time, the longest first. */
  const kept = new Set<Socket>()
  let open = 0
  let told = false
  const disarm = (socket: Socket): void => {
    clearTimeout(timers.get(socket))
    kept.delete(socket)
  }
  const arm = (socket: Socket): void => {
    disarm(socket)
    const timer = setTimeout(() => socket.destroy(), bounds.headers)
    timer.unref()
    timers.set(socket, timer)
  }
  const keep = (socket: Socket): void => {
    disarm(socket)
    socket.setTimeout(0) // Node has set its own a moment ago
    kept.add(socket)
  }
  server.maxConnections = connectionsMax + toldMax
  server.on('connection', socket => {
    open += 1
    if (open > bounds.kept) kept.values().next().value?.destroy()
    if (open > connectionsMax) {
      beyond.add(socket)
      if (!told) onFull()
      told = true
    }
    socket.once('close', () => {
      disarm(socket)
      open -= 1
      if (open < connectionsMax) told = false
    })
    arm(socket)
  })
  server.on('request', (request, response) => {
    const { socket } = request
    disarm(socket)
    asked.set(socket, (asked.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (asked.get(socket) ?? 1) - 1
      asked.set(socket, left)
      if (socket.destroyed || left > 0) return // or it has asked again before it had its answer
      if (isXmlRpc(request, response)) keep(socket)
      else arm(socket)
    })
  })
  return { isBeyond: socket => beyond.has(socket) }
}

/** True if the server has let this client in, and answered it over XML-RPC. */
function isXmlRpc(request: IncomingMessage, response: ServerResponse): boolean {
  return response.statusCode === 200 && request.url?.startsWith('/RPC2') === true
}
