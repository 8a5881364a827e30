/** Garbage at the sockets: mutated requests cut anywhere, and XML-RPC calls with arguments of every kind. */
import { once } from 'node:events'
import { createConnection } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RpcValue } from '../../../src/api/rpc-declare.ts'
import { readRequest } from '../../../src/http/xmlrpc-read.ts'
import { writeValue } from '../../../src/http/xmlrpc-write.ts'
import { FakeMaster, fakeView } from '../../fixtures/fake-master.ts'
import { ask, House, unix } from './harness.ts'

const house = new House()
const guarded = `${house.folder}/guarded.sock`

beforeAll(async () => {
  const master = new FakeMaster([fakeView('web', 'web'), fakeView('shop', 'cart', { state: 'STOPPED', pid: 0 })])
  await house.open(master, [unix(guarded, { credentials: { username: 'ann', password: 'secret' } })])
})

afterAll(() => house.close())

const xml = (method: string, ...values: readonly RpcValue[]): string =>
  `<?xml version="1.0"?>\n<methodCall><methodName>${method}</methodName><params>${values.map((one) => `<param>${writeValue(one)}</param>`).join('')}</params></methodCall>`

function raw(start: string, body: string, ...headers: readonly string[]): string {
  return [start, 'Host: localhost', ...headers, `Content-Length: ${String(Buffer.byteLength(body))}`, '', body].join('\r\n')
}

const requests = [
  raw('POST /RPC2 HTTP/1.1', xml('supervisor.getProcessInfo', 'web'), 'Content-Type: text/xml', 'Authorization: Basic YW5uOnNlY3JldA=='),
  raw('POST /RPC2 HTTP/1.1', xml('system.multicall', [{ methodName: 'supervisor.stopProcess', params: ['web', true] }])),
  raw('POST /api/v1/start HTTP/1.1', '{"targets":["web"],"wait":false}', 'Content-Type: application/json'),
  raw('GET /logtail/web/stdout HTTP/1.1', ''),
  raw('GET /api/v1/processes?usage=true HTTP/1.0', ''),
  'POST /RPC2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
].map((text) => Buffer.from(text))

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat({ max: 12 }),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.constantFrom('\r\n', '\r\n\r\n', '\0', ':', 'Content-Length: 9\r\n', 'Content-Length: -1\r\n', 'Expect: 100-continue\r\n', 'Upgrade: x\r\nConnection: upgrade\r\n', '<', '&#0;', ']]>', '%', '../', '{', '[[[[').map((text) => Buffer.from(text)),
  ),
})

const bytes = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((one) => Buffer.from(one)) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...requests), fc.array(edit, { maxLength: 4 })).map(([request, edits]) => edits.reduce((whole, { at, cut, put }) => {
      const from = Math.floor(at * whole.length)
      return Buffer.concat([whole.subarray(0, from), put, whole.subarray(from + cut)])
    }, request)),
  },
)

/** Sends the pieces, then asks something else until the server must have seen them, then closes; what came back. */
async function send(path: string, pieces: readonly Buffer[]): Promise<string> {
  const socket = createConnection({ path })
  // Not once(): that fails at an error, and the server may close while something is being sent.
  const closed = new Promise((resolve) => socket.once('close', resolve))
  let said = ''
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  for (const piece of pieces) if (!socket.destroyed) socket.write(piece)
  for (let turn = 0; turn < 2; turn++) expect((await ask(house.socketPath, '/health')).status).toBe(200)
  socket.end()
  await closed
  return said
}

test('whatever bytes come, in whatever pieces, the answer is none, a refusal or a result, and the server lives', async () => {
  let answered = 0
  await fc.assert(fc.asyncProperty(bytes, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }), fc.boolean(), async (whole, sizes, guard) => {
    const pieces: Buffer[] = []
    for (let at = 0, turn = 0; at < whole.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1
      pieces.push(whole.subarray(at, at + size))
      at += size
    }
    const said = await send(guard ? guarded : house.socketPath, pieces)
    if (said !== '') expect(said).toMatch(/^HTTP\/1\.1 [1-4]\d\d /)
    expect(said).not.toMatch(/HTTP\/1\.1 5\d\d/)
    if (guard && !whole.toString('latin1').toLowerCase().includes('basic')) expect(said).not.toContain('HTTP/1.1 200')
    if (said !== '') answered += 1
  }), { numRuns: 300 })
  expect(answered).toBeGreaterThan(50)
  expect(house.logged.filter(({ level }) => level === 'error')).toEqual([])
}, 60_000)

test('whatever arguments a method of XML-RPC gets, it answers with a result or a fault', async () => {
  const post = async (body: string): Promise<string> => {
    const answer = await ask(house.socketPath, '/RPC2', { method: 'POST', headers: { 'content-length': String(Buffer.byteLength(body)) }, body })
    expect(answer.status).toBe(200)
    return answer.text
  }
  const methods = [...(await post(xml('system.listMethods'))).matchAll(/<string>([\w.]+)<\/string>/g)].map(([, name]) => name ?? '')
  expect(methods.length).toBeGreaterThan(40)
  const word = fc.oneof(fc.constantFrom('web', 'shop:cart', 'shop:*', 'web:', ':', '', 'all', 'TERM', '__proto__', 'system.multicall', 'supervisor.getState'), fc.string({ maxLength: 9 }))
  const { any } = fc.letrec<{ any: RpcValue }>((tie) => ({
    any: fc.oneof({ maxDepth: 3 }, word, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.boolean(), fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('methodName', 'params', 'name', '__proto__'), tie('any'), { maxKeys: 3, noNullPrototype: true })),
  }))
  await fc.assert(fc.asyncProperty(fc.constantFrom(...methods, 'supervisor.nothing'), fc.array(any, { maxLength: 4 }), async (method, args) => {
    expect(readRequest(xml(method, ...args)).method).toBe(method)
    expect(await post(xml(method, ...args))).toMatch(/^<\?xml version='1\.0'\?>\n<methodResponse>\n<(params|fault)>[^]*<\/methodResponse>\n$/)
  }), { numRuns: 300 })
  expect(house.logged.filter(({ level }) => level === 'error')).toEqual([])
}, 60_000)
