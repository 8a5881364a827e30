/**
 * An HTTP server that goes down without a failed request: it says that it is not ready, goes on for a while until everybody
 * has noticed, closes its listener and idle connections, and ends when the requests in flight are answered. Works on servers
 * of node:http, https and http2, and so on what is built on them.
 */
import { answerHealth, processBasics } from './account.ts'
import { HttpConnections } from './http-connections.ts'
import { keepDoor } from './http-door.ts'
import type { DrainableServer } from './http-door.ts'
import { aPath, aTime, checkOptions } from './options.ts'
import { OwnAnswers } from './own-answers.ts'
import { report } from './report.ts'
import type { Fields } from './say.ts'
import { shutdown } from './shutdown.ts'

export interface DrainOptions {
  /** Answers 200, and 503 as soon as the server is to stop. Default: '/ready'; null: none. */
  readonly readyPath?: string | null
  /** Answers 200 as long as the event loop turns. Default: '/health'; null: none. */
  readonly healthPath?: string | null
  /** Milliseconds from the signal until the listener closes: as long as those in front take to notice. Default: 0. */
  readonly drainDelay?: number
  /** Milliseconds from the signal for all of it; then what is left is cut, and the exit code is 1. Default: 30000. */
  readonly timeout?: number
}

const rows = { readyPath: aPath, healthPath: aPath, drainDelay: aTime, timeout: aTime } as const

/**
 * Lets TERM, INT and QUIT drain the server and then end the process: exit code 0 when every request was answered. Tells the master
 * that it is ready when it listens, and answers SIGUSR1. Call it once for a server, before or after `listen`. Throws a TypeError
 * for what is no server, and for options that make no sense.
 * @example drainHttp(app.listen(8080), { drainDelay: 2000 })
 */
export function drainHttp(server: DrainableServer, options: DrainOptions = {}): void {
  requireServer(server)
  checkOptions('drainHttp', options, rows)
  const { readyPath = '/ready', healthPath = '/health', drainDelay = 0, timeout = 30_000 } = options
  if (drainDelay >= timeout && timeout > 0) throw new TypeError(`drainHttp: drainDelay (${String(drainDelay)}) leaves no time before the timeout (${String(timeout)})`)
  const answers = new OwnAnswers(readyPath, healthPath, () => server.listening && !shutdown.signal.aborted)
  const connections = new HttpConnections(server, answers)
  keepDoor(server, connections)
  shutdown.join({
    timeout,
    isProcessing: () => connections.inFlight > 0,
    processed: () => connections.answered,
    left: () => ({ requests_left: connections.left() }),
    drain: async () => {
      connections.sayGoodbye()
      if (drainDelay > 0 && server.listening) await new Promise((resolve) => setTimeout(resolve, drainDelay))
      await connections.close()
    },
  })
  answerHealth((): Fields => ({
    processed_count: connections.answered,
    is_processing: connections.inFlight > 0,
    requests_in_flight: connections.inFlight,
    connections: connections.open,
    last_activity: connections.lastActivity,
    ...processBasics(),
  }), undefined)
  report.heartbeat()
  if (server.listening) report.ready()
  else server.once('listening', () => { report.ready() })
}

function requireServer(server: unknown): void {
  const is = (value: unknown): boolean => typeof value === 'object' && value !== null && 'listening' in value && 'emit' in value && 'close' in value
  if (is(server)) return
  const inside = typeof server === 'object' && server !== null && 'server' in server && is(server.server)
  const hint = inside ? '; give its property server' : typeof server === 'function' ? '; give what app.listen() returns' : ''
  throw new TypeError(`drainHttp: the first argument must be a server of node:http, https or http2${hint}`)
}
