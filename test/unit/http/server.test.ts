/** The servers as strangers meet them: addresses, passwords, bounds, other web pages, the end. */
import { existsSync, lstatSync, mkdirSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { createConnection, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect } from '../../../src/api/client.ts'
import { methodNames } from '../../../src/api/methods.ts'
import { connectionsMax } from '../../../src/http/connections.ts'
import { ServerError } from '../../../src/http/bind.ts'
import { FakeMaster, fakeView } from '../../fixtures/fake-master.ts'
import { House, ask, basic, inet, optionsFor, post, unix } from './harness.ts'

let house: House
let master: FakeMaster

beforeEach(() => {
  house = new House()
  master = new FakeMaster([fakeView('web', 'web')])
})

afterEach(() => house.close())

async function openInet(more: Parameters<typeof inet>[0] = {}): Promise<string> {
  const { addresses } = await house.open(master, [inet(more)])
  return addresses[1] ?? ''
}

const admin = { username: 'admin', password: 'se:same' }

describe('what is asked wrongly', () => {
  test.each([
    ['GET', '/nothing', '', 404, 'there is nothing at /nothing'],
    ['GET', '/api/v1/nothing', '', 404, 'there is nothing'],
    ['GET', '/api/v1/processes/%zz', '', 404, 'there is nothing'],
    ['GET', '/api/v1/start', '', 405, 'takes POST, not GET'],
    ['PUT', '/api/v1/groups/x', '', 405, 'takes POST, DELETE, not PUT'],
    ['POST', '/api/v1/start', '{"targets":', 400, 'no valid JSON'],
    ['POST', '/api/v1/start', '["all"]', 400, 'must be a JSON object'],
    ['POST', '/api/v1/start', '', 400, 'targets: is required'],
    ['POST', '/api/v1/start', '{"targets":"all","wiat":true}', 400, 'wiat: no such parameter, did you mean wait?; targets: must be a list of strings'],
    ['GET', '/api/v1/processes?usage=perhaps', '', 400, 'usage: must be true or false'],
    ['GET', '/api/v1/log?lines=1.5', '', 400, 'lines: must be a whole number'],
    ['GET', '/api/v1/log?lines=1&lines=2', '', 400, 'lines: must be a whole number'],
  ])('%s %s %s is answered with %i and a sentence', async (method, path, body, status, message) => {
    await house.open(master)
    const answer = await ask(house.socketPath, path, { method, body })
    expect(answer.status).toBe(status)
    expect(answer.json['message']).toContain(message)
    expect(answer.headers['content-type']).toBe('application/json')
    if (status === 405) expect(message).toContain(answer.headers.allow)
  })

  test.each([
    ['in a text', '{"targets":["caf\u00e9"]}', 17], ['at the end', '{}\u00e2\u0082', 3], ['alone', '\u00ff', 1], ['within a long sign', '{"\u00f0\u009f\u0098"}', 3],
  ])('a body with bytes that are no UTF-8 %s is refused and not mended', async (_, body, byte) => {
    await house.open(master)
    const answer = await ask(house.socketPath, '/api/v1/start', { method: 'POST', body: Buffer.from(body, 'latin1'), headers: { 'content-type': 'application/json; charset=latin1' } })
    expect([answer.status, answer.json['message'], master.asked]).toEqual([400, `the body is no valid UTF-8 from byte ${byte} on: JSON is sent as UTF-8, whatever charset is named`, []])
    expect((await post(house.socketPath, '/api/v1/start', { targets: ['café 😀'] })).status).toBe(200)
  })

  test('a body that is no JSON by its own word is refused', async () => {
    await house.open(master)
    const form = await ask(house.socketPath, '/api/v1/kill', { method: 'POST', body: 'targets=all', headers: { 'content-type': 'text/plain' } })
    expect(form.status).toBe(415)
  })

  test('a body beyond 1 MiB is refused, announced or not', async () => {
    await house.open(master)
    const body = Buffer.alloc(1024 * 1024 + 1, ' ')
    expect((await ask(house.socketPath, '/api/v1/kill', { method: 'POST', body })).status).toBe(413)
    const sent = request({ socketPath: house.socketPath, path: '/api/v1/kill', method: 'POST', agent: false })
    sent.on('error', () => undefined) // the server closes while we still send
    sent.write(body.subarray(0, 1000))
    sent.write(body)
    const [response] = await once(sent, 'response') as [{ statusCode: number }]
    expect(response.statusCode).toBe(413)
    sent.destroy()
    expect(master.asked).toEqual([])
  })

  test('text that is no HTTP is answered with 400 and closed', async () => {
    await house.open(master)
    const socket = createConnection(house.socketPath)
    socket.end('hello\r\n\r\n')
    expect(await all(socket)).toMatch(/^HTTP\/1.1 400 /)
  })
})

test('health and the OpenAPI document are answered', async () => {
  await house.open(master)
  expect((await ask(house.socketPath, '/health')).json).toEqual({ status: 'ok' })
  const document = (await ask(house.socketPath, '/api/v1/openapi.json')).json as {
    openapi: string
    paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>
  }
  expect(document.openapi).toBe('3.1.0')
  const operations = Object.values(document.paths).flatMap(path => Object.values(path))
  expect(operations.map(one => one.operationId).sort()).toEqual([...methodNames(), 'probe_health', 'probe_ready'].sort())
  expect(document.paths['/api/v1/processes/{target}/logs/{channel}']?.['get']?.parameters.map(one => [one.name, one.in])).toEqual([
    ['target', 'path'], ['channel', 'path'], ['bytes', 'query'], ['lines', 'query'],
  ])
  expect(JSON.stringify(document)).not.toContain('$schema')
  expect(JSON.stringify(document.paths['/api/v1/processes/{target}'])).toContain('Address that it accepts on as descriptor 0')
})

test('HEAD answers as GET without a body and opens no stream', async () => {
  await house.open(master)
  expect(await ask(house.socketPath, '/api/v1/events', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  expect(master.listeners.size).toBe(0)
})

describe('passwords', () => {
  test('every path of an inet server demands them', async () => {
    const at = await openInet({ credentials: admin })
    for (const path of ['/health', '/nothing', '/api/v1/processes', '/RPC2']) {
      const answer = await ask(at, path)
      expect([path, answer.status, answer.headers['www-authenticate']]).toEqual([path, 401, 'Basic realm="default"'])
    }
    expect((await ask(at, '/health', { headers: basic('admin:se:same') })).status).toBe(200)
  })

  test.each([
    [basic('admin:sesame'), 401],
    [basic('admin:'), 401],
    [basic('Admin:se:same'), 401],
    [{ authorization: 'Bearer x' }, 401],
    [{ authorization: 'Basic !!!' }, 400],
    [{ authorization: 'Basic YWRta' }, 400],
    [basic('nocolon'), 400],
    [{ authorization: basic('admin:se:same')['authorization']?.replace('Basic', 'bAsIc') ?? '' }, 200],
  ])('%j is answered with %i', async (headers, status) => {
    const at = await openInet({ credentials: admin })
    expect((await ask(at, '/health', { headers })).status).toBe(status)
  })

  test('a password may be kept as its SHA-1', async () => {
    const password = `{SHA}${createHash('sha1').update('gräten').digest('hex').toUpperCase()}`
    const at = await openInet({ credentials: { username: 'u', password } })
    expect((await ask(at, '/health', { headers: basic('u:gräten') })).status).toBe(200)
    expect((await ask(at, '/health', { headers: basic(`u:${password}`) })).status).toBe(401)
  })

  test('each server has its own, the control socket none', async () => {
    const path = join(house.folder, 'a.sock')
    await house.open(master, [unix(path, { credentials: admin })])
    expect((await ask(path, '/health')).status).toBe(401)
    expect((await ask(path, '/health', { headers: basic('admin:se:same') })).status).toBe(200)
    expect((await ask(house.socketPath, '/health')).status).toBe(200)
    await expect(connect({ socketPath: path }).call('info', {})).rejects.toThrow('Server requires authentication')
    await connect({ socketPath: path }, { credentials: admin, by: 'cli eve' }).call('reopen', {})
    expect(master.asked[0]?.more).toEqual({ by: 'cli eve' })
  })

  test('a server without them is named in the log, and never bound beyond loopback', async () => {
    await openInet()
    expect(house.logged).toContainEqual({ level: 'critical', message: 'Server \'inet_http_server\' running without any HTTP authentication checking' })
    const other = join(house.folder, 'other', 'x.sock')
    for (const host of ['', '*', '0.0.0.0', '::']) {
      await expect(house.open(master, [inet({ host })], other)).rejects.toThrow('set username and password')
    }
    expect(existsSync(other)).toBe(false)
  })
})

describe('other people\'s web pages', () => {
  test.each([
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ host: 'evil.example', origin: 'http://evil.example' }, 403],
    [{}, 200],
  ])('a change with %j is answered with %i', async (headers, status) => {
    const at = await openInet()
    expect((await post(at, '/api/v1/kill', { targets: ['all'] }, headers as Record<string, string>)).status).toBe(status)
    expect(master.asked).toHaveLength(status === 200 ? 1 : 0)
  })

  test('the page of this very server may act, and none gets a CORS header', async () => {
    const at = await openInet()
    const answer = await post(at, '/api/v1/kill', { targets: ['all'] }, { origin: at })
    expect(answer.status).toBe(200)
    expect(Object.keys(answer.headers).filter(name => name.startsWith('access-control'))).toEqual([])
  })

  test('on the network nobody can say who they are but by their user name', async () => {
    const at = await openInet({ credentials: admin })
    await post(at, '/api/v1/kill', { targets: ['all'] }, { ...basic('admin:se:same'), 'x-nsup-by': 'root' })
    expect(master.asked[0]?.more).toEqual({ by: 'http admin' })
  })
})

describe('unix sockets', () => {
  test('appear with their mode, in a folder of their own when there is none, and go at the end', async () => {
    const path = join(house.folder, 'b.sock')
    const listening = await house.open(master, [unix(path, { chmod: 0o660, chown: String(process.getuid?.()) })])
    expect(listening.addresses).toEqual([`unix://${house.socketPath}`, `unix://${path}`])
    expect([statSync(path).mode & 0o777, statSync(house.socketPath).mode & 0o777]).toEqual([0o660, 0o700])
    expect(statSync(join(house.folder, 'run')).mode & 0o777).toBe(0o700)
    expect(readdirSync(house.folder).sort()).toEqual(['b.sock', 'run'])
    await listening.close()
    expect([existsSync(path), existsSync(house.socketPath)]).toEqual([false, false])
  })

  test('a live one is not replaced', async () => {
    await house.open(master)
    const before = lstatSync(house.socketPath).ino
    await expect(house.open(master)).rejects.toThrow(ServerError)
    await expect(house.open(master)).rejects.toThrow(
      'Another program is already listening on a port that one of our HTTP servers is configured to use.  Shut this program down first before starting supervisord.',
    )
    expect(lstatSync(house.socketPath).ino).toBe(before)
    expect((await ask(house.socketPath, '/health')).status).toBe(200)
  })

  test('a dead one is replaced, and it is said', async () => {
    mkdirSync(join(house.folder, 'run'))
    const script = `require('net').createServer().listen(${JSON.stringify(house.socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
    expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL')
    expect(lstatSync(house.socketPath).isSocket()).toBe(true)
    await house.open(master)
    expect(house.logged).toEqual([{ level: 'info', message: `Unlinking stale socket ${house.socketPath}` }])
    expect((await ask(house.socketPath, '/health')).status).toBe(200)
  })

  test('what is no socket is left alone', async () => {
    const path = join(house.folder, 'file')
    writeFileSync(path, 'precious')
    await expect(house.open(master, [unix(path)])).rejects.toThrow('there is something else at that path, which is left alone')
    expect(statSync(path).size).toBe(8)
    expect(existsSync(house.socketPath)).toBe(false)
  })

  test('one that somebody else put in our place stays at the end', async () => {
    const listening = await house.open(master)
    unlinkSync(house.socketPath)
    const other = createServer().listen(house.socketPath)
    await once(other, 'listening')
    await listening.close()
    expect(existsSync(house.socketPath)).toBe(true)
    other.close()
  })

  test.each([
    [{ chown: 'nobody-has-this-name' }, 'there is no such user'],
    [{ chown: `${process.getuid?.()}:nobody-has-this-name` }, 'there is no such group'],
    [{ path: '/nowhere/at/all.sock' }, 'cannot create the socket /nowhere/at/all.sock: no such folder'],
    [{ path: `/tmp/${'x'.repeat(120)}` }, 'longer than'],
  ])('with %j the reason is told', async (more, message) => {
    await expect(house.open(master, [unix(join(house.folder, 'c.sock'), more)])).rejects.toThrow(message)
    expect(readdirSync(house.folder)).toEqual(['run'])
  })

  test('the umask of the process is as before', async () => {
    const before = process.umask(0o027)
    try {
      await house.open(master)
      expect(process.umask()).toBe(0o027)
    } finally {
      process.umask(before)
    }
  })
})

test('a port that is taken is told in supervisord\'s words', async () => {
  const at = await openInet()
  const port = Number(new URL(at).port)
  await expect(house.open(master, [inet({ port })], join(house.folder, 'd.sock'))).rejects.toThrow('Another program is already listening on a port')
})

test('localhost is the IPv4 loopback, as supervisord knows it', async () => {
  expect(await openInet({ host: 'localhost' })).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
})

test('beyond the bound, connections are refused politely and the log says so once', async () => {
  await house.open(master)
  const idle: Socket[] = []
  try {
    for (let i = 0; i < connectionsMax; i++) {
      const socket = createConnection(house.socketPath)
      idle.push(socket)
      await once(socket, 'connect')
    }
    expect((await ask(house.socketPath, '/health')).status).toBe(503)
    expect((await ask(house.socketPath, '/health')).status).toBe(503)
    expect(house.logged).toHaveLength(1)
    idle[0]?.destroy()
    idle[1]?.destroy()
    await expect.poll(async () => (await ask(house.socketPath, '/health')).status).toBe(200)
  } finally {
    for (const socket of idle) socket.destroy()
  }
})

test('a reader of events that does not read is dropped', async () => {
  await house.open(master)
  const subscribed = new Promise<void>(resolve => {
    master.onSubscribe = resolve
  })
  const socket = createConnection(house.socketPath)
  socket.write('GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n')
  socket.pause()
  await subscribed
  const gone = new Promise<void>(resolve => {
    const forget = master.listeners.delete.bind(master.listeners)
    master.listeners.delete = one => {
      resolve()
      return forget(one)
    }
  })
  const group = 'g'.repeat(10_000)
  for (let serial = 1; serial <= 400; serial++) master.emit({ type: 'group.added', serial, at: 1, group })
  await gone
  socket.destroy()
})

describe('the end', () => {
  test('comes at once although streams and idle connections are open', async () => {
    const { addresses, close } = await house.open(master, [inet()])
    const at = addresses[1] ?? ''
    const idle = createConnection({ host: '127.0.0.1', port: Number(new URL(at).port) })
    await once(idle, 'connect')
    const stream = request({ ...optionsFor(at), path: '/api/v1/events', agent: false })
    stream.end()
    const [response] = await once(stream, 'response') as [NodeJS.ReadableStream]
    const ended = all(response)
    const began = performance.now()
    await Promise.all([close(), ended, once(idle, 'close')])
    expect(performance.now() - began).toBeLessThan(1500)
    await expect(ask(at, '/health')).rejects.toThrow('ECONNREFUSED')
  })

  test('waits for an answer in flight', async () => {
    const { close } = await house.open(master)
    let finish = (): void => undefined
    const asked = new Promise<void>(resolve => {
      master.act = targets => {
        resolve()
        return new Promise(done => {
          finish = () => done(master.fine(targets))
        })
      }
    })
    const answer = connect({ socketPath: house.socketPath }).call('stop', { targets: ['all'] })
    await asked
    const closed = close()
    finish()
    expect((await answer).outcomes).toHaveLength(1)
    await closed
  })

  test('may be asked for over the wire and is answered first', async () => {
    const { close } = await house.open(master)
    let closed: Promise<void> | undefined
    master.shutdown = () => {
      closed = close()
    }
    expect(await connect({ socketPath: house.socketPath }).call('shutdown', {})).toEqual({ ok: true })
    await closed
  })
})

test('a folder that cannot be made is a reason, not a crash', async () => {
  writeFileSync(join(house.folder, 'plain'), '')
  await expect(house.open(master, [], join(house.folder, 'plain', 'run', 'x.sock'))).rejects.toThrow(ServerError)
})

async function all(stream: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}
