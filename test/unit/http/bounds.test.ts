/** Bounds in time, with short times: who says nothing, or says it too slowly, is let go. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { createConnection } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sendError, sendJson } from '../../../src/http/answer.ts'
import { readJsonBody } from '../../../src/http/body.ts'
import { boundConnections, connectionOptions } from '../../../src/http/connections.ts'

let server: Server
let socket: Socket

beforeEach(async () => {
  server = createServer(connectionOptions, (request, response) => {
    readJsonBody(request, 30).then(body => sendJson(response, 200, body), (error: unknown) => sendError(response, error))
  })
  boundConnections(server, () => undefined, { headers: 30 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  socket = createConnection({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  await once(socket, 'connect')
})

afterEach(() => {
  socket.destroy()
  server.close()
})

async function heard(): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

test('a connection that says nothing is closed', async () => {
  expect(await heard()).toBe('')
})

test('a connection that never ends its headers is closed', async () => {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow:')
  expect(await heard()).toBe('')
})

test('a body that does not come is answered with 408', async () => {
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{')
  expect(await heard()).toMatch(/^HTTP\/1.1 408 [^]*the body did not arrive in time/)
})

test('a connection that stays silent after its answer is closed', async () => {
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}')
  expect(await heard()).toMatch(/^HTTP\/1.1 200 OK/)
})
