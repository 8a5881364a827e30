/** drainHttp on every kind of server that it promises: what is in flight is answered, and the process ends well. */
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { connect as connect2 } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { start } from '../unit/examples/child.ts'
import type { Child } from '../unit/examples/child.ts'
import { root } from './root.ts'

interface Answer {
  readonly status: number
  readonly text: string
  /** The header, of HTTP/1. */
  readonly connection: string | undefined
}

type Ask = (path: string) => Promise<Answer>

const rejectUnauthorized = false // the certificate of the tests is nobody's

async function served(kind: string, options: object = {}): Promise<{ child: Child; port: number }> {
  const child = start([process.execPath, join(root, 'test/fixtures/drains-http.mjs'), kind, JSON.stringify(options)], {})
  onTestFinished(async () => {
    child.signal('SIGKILL')
    await child.ended
  })
  return { child, port: (await child.next('listening'))['port'] as number }
}

/** Over connections that are kept, as browsers and balancers do. */
function asker(kind: string, port: number): Ask {
  if (kind === 'http2' || kind === 'streams') return asker2(connect2(`${kind === 'streams' ? 'https' : 'http'}://127.0.0.1:${port}`, { rejectUnauthorized }))
  const [send, agent] = kind === 'https' ? [httpsRequest, new HttpsAgent({ keepAlive: true, rejectUnauthorized })] : [httpRequest, new HttpAgent({ keepAlive: true })]
  onTestFinished(() => agent.destroy())
  return (path) => new Promise((resolve, reject) => {
    send({ host: '127.0.0.1', port, path, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, connection: response.headers.connection }))
    }).on('error', reject).end()
  })
}

function asker2(session: ClientHttp2Session): Ask {
  onTestFinished(() => session.destroy())
  return (path) => new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path })
    let [status, text] = [0, '']
    stream.on('response', (headers) => (status = headers[':status'] ?? 0))
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    stream.on('end', () => resolve({ status, text, connection: undefined })).on('error', reject)
  })
}

/** Resolves with the error of a connection that is refused. */
function refusal(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve('connected')
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
}

describe.each(['http', 'https', 'http2', 'streams', 'express', 'fastify', 'hono'])('a server of %s', (kind) => {
  it('answers for its health itself, finishes what is in flight, and ends', async () => {
    const { child, port } = await served(kind)
    const ask = asker(kind, port)
    expect(await ask('/ready?from=balancer')).toMatchObject({ status: 200, text: '{"status":"ready"}\n' })
    expect(await ask('/health')).toMatchObject({ status: 200, text: '{"status":"ok"}\n' })
    expect(await ask('/hello')).toMatchObject({ status: 200, text: 'hello' })
    // HTTP/1 on the same port, over a connection that is idle then.
    if (kind === 'streams') expect(await asker('https', port)('/ready')).toMatchObject({ status: 200 })
    const slow = ask('/slow')
    await child.next('in hand')
    child.signal('SIGTERM')
    expect(await child.next('Worker received shutdown signal')).toEqual({
      message: 'Worker received shutdown signal', signal: 'SIGTERM', signal_number: 15, pid: child.pid, is_processing: true,
    })
    child.signal('SIGINT')
    await child.next('Worker ignored repeated signal')
    expect(await refusal(port)).toBe('ECONNREFUSED')
    child.signal('SIGUSR2')
    const answer = await slow
    expect(answer).toMatchObject({ status: 200, text: 'slow' })
    if (kind !== 'http2' && kind !== 'streams') expect(answer.connection).toBe('close')
    expect(await child.ended).toMatchObject({ code: 0, stderr: '' })
    expect(child.lines.at(-1)).toEqual({ message: 'Worker gracefully shutdown', pid: child.pid, processed_count: 2 })
  })
})

describe('a server that drains', () => {
  it('says that it is not ready, and goes on answering, until drainDelay is over', async () => {
    const { child, port } = await served('http', { drainDelay: 600_000, timeout: 700_000, readyPath: '/up' })
    const ask = asker('http', port)
    expect(await ask('/up')).toMatchObject({ status: 200, connection: 'keep-alive' })
    expect(await ask('/ready')).toMatchObject({ text: 'hello' })
    child.signal('SIGQUIT')
    await child.next('Worker received shutdown signal')
    expect(await ask('/up')).toMatchObject({ status: 503, text: '{"status":"draining"}\n', connection: 'close' })
    expect(await ask('/health')).toMatchObject({ status: 200, connection: 'close' })
    expect(await ask('/hello')).toMatchObject({ status: 200, text: 'hello', connection: 'close' })
    child.signal('SIGUSR1')
    expect(await child.next('Worker status')).toMatchObject({ processed_count: 2, is_processing: false, requests_in_flight: 0 })
  })

  it('names what was not answered in time, and exits 1', async () => {
    const { child, port } = await served('http', { timeout: 100 })
    asker('http', port)('/slow?token=secret').catch(() => 'the connection is cut')
    await child.next('in hand')
    child.signal('SIGTERM')
    expect(await child.next('Worker shutdown timed out')).toMatchObject({ requests_left: ['GET /slow'], error: 'not done within 0.1 s' })
    expect(await child.ended).toMatchObject({ code: 1, stderr: 'Worker shutdown timed out: not done within 0.1 s\n' })
  })

  it('ends what is no HTTP any more when the requests are answered', async () => {
    const { child, port } = await served('http')
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /echo HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'))
    onTestFinished(() => void socket.destroy())
    await new Promise((resolve) => socket.once('data', resolve))
    const slow = asker('http', port)('/slow')
    await child.next('in hand')
    child.signal('SIGTERM')
    await child.next('Worker received shutdown signal')
    expect(socket.readableEnded).toBe(false)
    child.signal('SIGUSR2')
    expect(await slow).toMatchObject({ status: 200 })
    expect(await child.ended).toMatchObject({ code: 0 })
  })

  it('does not wait for who has connected and says nothing', async () => {
    const { child, port } = await served('http')
    const silent = connect(port, '127.0.0.1')
    onTestFinished(() => void silent.destroy())
    await new Promise((resolve) => silent.once('connect', resolve))
    expect(await asker('http', port)('/hello')).toMatchObject({ status: 200 })
    const cut = new Promise((resolve) => silent.once('close', resolve))
    child.signal('SIGTERM')
    expect(await child.ended).toMatchObject({ code: 0 })
    await cut
  })
})
