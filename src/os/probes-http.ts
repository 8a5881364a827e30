/**
 * Asks a URL: one request over a connection of its own, no redirect followed, judged by its status and the beginning of
 * its body. A certificate is verified unless the host is this machine: nobody has one for 127.0.0.1.
 */
import { request } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import type { Probe } from '../core/care.ts'
import { boundedTest } from '../lib/bounded-test.ts'
import { errorWords } from './error-words.ts'

type HttpProbe = Extract<Probe, { kind: 'http' }>
type Answer = (problem: string | null) => void

/** Of a body; what comes after it is not looked at. */
const bodyMax = 64 * 1024

/** The returned function ends it, whatever it is at. */
export function askHttp(probe: HttpProbe, answer: Answer): () => void {
  const url = new URL(probe.url)
  let stop = (): void => undefined
  let stopped = false
  const begin = (make: typeof request, more: object): void => {
    if (stopped) return
    const options: RequestOptions = { agent: false, headers: { 'user-agent': 'nsup', accept: '*/*', ...probe.headers, connection: 'close' }, ...more }
    const asked = make(url, options, (response) => {
      judge(probe, response, answer)
    })
    asked.on('error', (error) => {
      answer(errorWords(error, placeOf(probe.url)))
    })
    asked.end()
    stop = () => {
      asked.destroy()
    }
  }
  if (url.protocol === 'https:') {
    // TLS takes memory that who does not ask for it need not have.
    import('node:https').then(({ request: secure }) => { begin(secure, { rejectUnauthorized: !isLoopback(url.hostname) }) }, (error: unknown) => {
      answer(`TLS cannot be had: ${(error as Error).message}`)
    })
  } else {
    begin(request, {})
  }
  return () => {
    stopped = true
    stop()
  }
}

function judge(probe: HttpProbe, response: IncomingMessage, answer: Answer): void {
  const status = response.statusCode ?? 0
  const place = placeOf(probe.url)
  response.on('error', (error) => {
    answer(errorWords(error, place))
  })
  const accepted = probe.status.length === 0 ? status >= 200 && status < 400 : probe.status.includes(status)
  if (!accepted) return answer(`HTTP ${String(status)} from ${place}`)
  const { body: pattern } = probe
  if (pattern === null) return answer(null)
  const chunks: Buffer[] = []
  let length = 0
  let judged = false
  const match = (): void => {
    if (judged) return
    judged = true
    const verdict = boundedTest(pattern, Buffer.concat(chunks).subarray(0, bodyMax).toString('utf8'))
    if (verdict === 'too slow') answer(`the body from ${place} takes too long to match with ${pattern}`)
    else answer(verdict ? null : `the body from ${place} does not match ${pattern}`)
  }
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length >= bodyMax) match()
  })
  response.once('end', match)
}

/** A URL as it may be shown: without the name, password and query that it may hold. */
export function placeOf(text: string): string {
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
