/**
 * Bounds what connections cost a server: how many there may be, and how long each may take to say what it wants.
 * Uses one timer per open connection and none when there is none; Node's own check is a clock that never stops.
 */
import type { Server } from 'node:http'
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

export interface Connections {
  /** True if this connection came when there were too many: it gets one refusal and is closed. */
  isBeyond(socket: Socket): boolean
}

/** Watches over the connections of a server. `onFull` is called when the bound is reached, once until there is room again. */
export function boundConnections(server: Server, onFull: () => void, times: { readonly headers: number } = { headers: headersTime }): Connections {
  const beyond = new WeakSet<Socket>()
  const timers = new WeakMap<Socket, NodeJS.Timeout>()
  let open = 0
  let told = false
  const disarm = (socket: Socket): void => clearTimeout(timers.get(socket))
  const arm = (socket: Socket): void => {
    disarm(socket)
    const timer = setTimeout(() => socket.destroy(), times.headers)
    timer.unref()
    timers.set(socket, timer)
  }
  server.maxConnections = connectionsMax + toldMax
  server.on('connection', socket => {
    open += 1
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
    disarm(request.socket)
    response.once('close', () => {
      if (!request.socket.destroyed) arm(request.socket)
    })
  })
  return { isBeyond: socket => beyond.has(socket) }
}
