/**
 * Stands in front of a server's `emit`, the one door to whatever listens behind it: a plain handler, express, fastify, hono,
 * streams of HTTP/2, attached before or after. To listen beside them would change what they get (HTTP/2 has two ways).
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2Server, Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'

export type DrainableServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer

/** Sees what comes to the server. True: it has been answered, and is nothing for the program. */
export interface DoorKeeper {
  connection(socket: Socket): void
  session(session: Http2Session): void
  request(request: IncomingMessage, response: ServerResponse): boolean
  stream(stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>): boolean
  /** HTTP/1 ends on this connection, WebSocket or so begins. */
  upgrade(socket: Socket): void
}

type Emit = (event: string | symbol, ...args: unknown[]) => boolean

export function keepDoor(server: DrainableServer, keeper: DoorKeeper): void {
  const door = server as unknown as { emit: Emit }
  const emit = door.emit
  const isSecure = 'setSecureContext' in server
  door.emit = function (event, ...args) {
    const answered = show(keeper, isSecure, event, args)
    return answered || emit.call(this, event, ...args)
  }
}

function show(keeper: DoorKeeper, isSecure: boolean, event: string | symbol, args: readonly unknown[]): boolean {
  switch (event) {
    // With TLS the socket that requests come on is made after the handshake.
    case isSecure ? 'secureConnection' : 'connection':
      keeper.connection(args[0] as Socket)
      return false
    case 'session':
      keeper.session(args[0] as Http2Session)
      return false
    case 'upgrade':
    case 'connect':
      keeper.upgrade(args[1] as Socket)
      return false
    case 'stream':
      return keeper.stream(args[0] as ServerHttp2Stream, args[1] as Record<string, unknown>)
    case 'request':
    case 'checkContinue':
    case 'checkExpectation': {
      const [request, response] = args as [IncomingMessage, ServerResponse]
      // Node makes such a request of an HTTP/2 stream, which has been shown already.
      return request.httpVersionMajor < 2 && keeper.request(request, response)
    }
    default:
      return false
  }
}
