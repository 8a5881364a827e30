/** Opens the servers of a fake master in a temp folder and asks them raw, as any HTTP client would. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '../../../src/http/server.ts'
import type { Listening } from '../../../src/http/server.ts'
import type { ServerSpec } from '../../../src/config/config.ts'
import type { FakeMaster } from '../../fixtures/fake-master.ts'

export interface Logged {
  readonly level: string
  readonly message: string
}

export class House {
  readonly folder = mkdtempSync(join(tmpdir(), 'nsup-http-'))
  readonly socketPath = join(this.folder, 'run', 'nsup.sock')
  readonly logged: Logged[] = []
  #open: Listening[] = []

  async open(master: FakeMaster, servers: readonly ServerSpec[] = [], path = this.socketPath): Promise<Listening> {
    const listening = await listen(master, servers, { path }, { log: (level, message) => void this.logged.push({ level, message }) })
    this.#open.push(listening)
    return listening
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map(one => one.close()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export function inet(more: Partial<Extract<ServerSpec, { kind: 'inet' }>> = {}): ServerSpec {
  return { kind: 'inet', section: 'inet_http_server', host: '127.0.0.1', port: 0, credentials: null, healthOpen: false, ...more }
}

export function unix(path: string, more: Partial<Extract<ServerSpec, { kind: 'unix' }>> = {}): ServerSpec {
  return { kind: 'unix', section: 'unix_http_server', path, chmod: 0o700, chown: null, credentials: null, ...more }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly json: Record<string, unknown>
}

/** `at` is a socket path or `http://host:port`. */
export function optionsFor(at: string): RequestOptions {
  if (!at.startsWith('http:')) return { socketPath: at }
  const url = new URL(at)
  return { host: url.hostname, port: url.port }
}

export function ask(at: string, path: string, more: RequestOptions & { body?: string | Buffer } = {}): Promise<Answer> {
  const { body, ...options } = more
  return new Promise((resolve, reject) => {
    const sent = request({ ...optionsFor(at), path, agent: false, ...options }, response => {
      textOf(response).then(text => resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) }), reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

export function post(at: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return ask(at, path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): Record<string, unknown> {
  return (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>
}

export function basic(text: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` }
}
