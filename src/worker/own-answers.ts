/** The two answers that a drained server gives itself, before the program sees the request: is it ready, does it live. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'

interface Answer {
  readonly status: number
  readonly body: string
}

const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }

export class OwnAnswers {
  readonly #readyPath: string | null
  readonly #healthPath: string | null
  readonly #isReady: () => boolean

  /** A path that is `null` is left to the program. `isReady`: asked with each request. */
  constructor(readyPath: string | null, healthPath: string | null, isReady: () => boolean) {
    this.#readyPath = readyPath
    this.#healthPath = healthPath
    this.#isReady = isReady
  }

  /** True if it has answered. */
  request(request: IncomingMessage, response: ServerResponse): boolean {
    const answer = this.#answerTo(request.method, request.url)
    if (answer === null) return false
    request.resume()
    response.writeHead(answer.status, { ...headers, 'content-length': Buffer.byteLength(answer.body) })
    response.end(request.method === 'HEAD' ? undefined : answer.body)
    return true
  }

  stream(stream: ServerHttp2Stream, asked: Readonly<Record<string, unknown>>): boolean {
    const answer = this.#answerTo(asked[':method'], asked[':path'])
    if (answer === null) return false
    stream.on('error', () => { stream.close() }) // the client has gone
    stream.respond({ ':status': answer.status, ...headers })
    stream.end(asked[':method'] === 'HEAD' ? undefined : answer.body)
    return true
  }

  #answerTo(method: unknown, url: unknown): Answer | null {
    if ((method !== 'GET' && method !== 'HEAD') || typeof url !== 'string') return null
    const path = url.split('?', 1)[0]
    if (path === this.#readyPath) return this.#isReady() ? { status: 200, body: '{"status":"ready"}\n' } : { status: 503, body: '{"status":"draining"}\n' }
    if (path === this.#healthPath) return { status: 200, body: '{"status":"ok"}\n' }
    return null
  }
}
