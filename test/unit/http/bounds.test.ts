/** Bounds in time, with short times: who says nothing, or says it too slowly, is let go. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { createConnection } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { sendError, sendJson } from '../../../src/http/answer.ts'
import { readJsonBody } from '../../../src/http/body.ts'
import { boundConnections, connectionOptions } from '../../../src/http/connections.ts'

let server: Server
let socket: Socket
/** From so many connections on an idle one makes room. */
const kept = 3

beforeEach(() => serve(100))

async function serve(headers: number): Promise<void> {
  server = createServer(connectionOptions, (request, response) => {
    readJsonBody(request, 30).then(body => sendJson(response, 200, body), (error: unknown) => sendError(response, error))
  })
  boundConnections(server, () => undefined, { headers, kept })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  socket = await connected()
}

afterEach(() => {
  socket.destroy()
  server.close()
})

async function connected(): Promise<Socket> {
  const one = createConnection({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  onTestFinished(() => void one.destroy())
  await once(one, 'connect')
  return one
}

async function heard(): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

/** Asks and takes the answer; the connection stays open. */
async function answered(one: Socket, path: string): Promise<string> {
  one.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`)
  let text = ''
  while (!text.endsWith('{}') && !text.endsWith('}\n')) text += String((await once(one, 'data'))[0])
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

test('a connection of XML-RPC outlasts one that came later and says nothing', async () => {
  await answered(socket, '/RPC2')
  const silent = await connected()
  await once(silent.resume(), 'close')
  expect(await answered(socket, '/RPC2')).toMatch(/^HTTP\/1.1 200 OK/)
})

test('a connection of XML-RPC that has been idle for longest makes room for others', async () => {
  server.close()
  await serve(60_000)
  await answered(socket, '/RPC2')
  const second = await connected()
  await answered(second, '/RPC2')
  await answered(socket, '/RPC2')
  const gone = once(second.resume(), 'close')
  for (let count = 2; count <= kept; count++) await connected()
  await gone
  expect(await answered(socket, '/RPC2')).toMatch(/^HTTP\/1.1 200 OK/)
})

test('who was refused at /RPC2 is not kept', async () => {
  socket.write('POST /RPC2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{')
  expect(await heard()).toMatch(/^HTTP\/1.1 400 /)
})
