/**
 * Asks a URL: one request over a connection of its own, no redirect followed, judged by its status and the beginning of
 * its body. A certificate is verified unless the host is this machine: nobody has one for 127.0.0.1.
 */
import { Agent, request } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { urlToHttpOptions } from 'node:url'
import type { Probe } from '../core/care.ts'
import { boundedTest } from '../lib/bounded-test.ts'
import { errorWords } from './error-words.ts'
import { askStatus, statusPlanOf } from './probes-status.ts'
import type { StatusPlan } from './probes-status.ts'

type HttpProbe = Extract<Probe, { kind: 'http' }>
type Answer = (problem: string | null) => void

/** Of a body; what comes after it is not looked at. */
const bodyMax = 64 * 1024

/** The returned function ends it, whatever it is at. */
export function askHttp(probe: HttpProbe, answer: Answer): () => void {
  const { options, secure, quick } = planOf(probe)
  if (quick !== null) {
    return askStatus(quick, () => placeOf(probe.url), (status) => { answer(statusProblem(probe, status)) }, answer)
  }
  let stop = (): void => undefined
  let stopped = false
  const begin = (make: typeof request): void => {
    if (stopped) return
    const asked = make(options, (response) => {
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
  if (secure) {
    // TLS takes memory that who does not ask for it need not have.
    import('node:https').then((https) => { begin(https.request) }, (error: unknown) => {
      answer(`TLS cannot be had: ${(error as Error).message}`)
    })
  } else {
    begin(request)
  }
  return () => {
    stopped = true
    stop()
  }
}

interface Plan {
  readonly options: RequestOptions & { readonly rejectUnauthorized?: boolean }
  readonly secure: boolean
  /** Only the status is wanted. */
  readonly quick: StatusPlan | null
}

/** Keeps no connection; one for all, since making one for each request costs more than the request. */
const agent = new Agent({ keepAlive: false })

/** What is the same each time it is asked: hundreds of programs are, every few seconds. */
const plans = new WeakMap<HttpProbe, Plan>()

function planOf(probe: HttpProbe): Plan {
  const known = plans.get(probe)
  if (known !== undefined) return known
  const url = new URL(probe.url)
  const secure = url.protocol === 'https:'
  const headers = { 'user-agent': 'nsup', accept: '*/*', ...probe.headers, connection: 'close' }
  const options = { ...urlToHttpOptions(url), headers, ...(secure ? { agent: false as const, rejectUnauthorized: !isLoopback(url.hostname) } : { agent }) }
  const plan = { options, secure, quick: secure || probe.body !== null ? null : statusPlanOf(url, headers) }
  plans.set(probe, plan)
  return plan
}

function judge(probe: HttpProbe, response: IncomingMessage, answer: Answer): void {
  const status = response.statusCode ?? 0
  const place = (): string => placeOf(probe.url)
  response.on('error', (error) => {
    answer(errorWords(error, place()))
  })
  const refused = statusProblem(probe, status)
  if (refused !== null) return answer(refused)
  const { body: pattern } = probe
  if (pattern === null) return answer(null)
  const chunks: Buffer[] = []
  let length = 0
  let judged = false
  const match = (): void => {
    if (judged) return
    judged = true
    const verdict = boundedTest(pattern, Buffer.concat(chunks).subarray(0, bodyMax).toString('utf8'))
    if (verdict === 'too slow') answer(`the body from ${place()} takes too long to match with ${pattern}`)
    else answer(verdict ? null : `the body from ${place()} does not match ${pattern}`)
  }
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (length >= bodyMax) match()
  })
  response.once('end', match)
}

function statusProblem(probe: HttpProbe, status: number): string | null {
  const accepted = probe.status.length === 0 ? status >= 200 && status < 400 : probe.status.includes(status)
  return accepted ? null : `HTTP ${String(status)} from ${placeOf(probe.url)}`
}

/** A URL as it may be shown: without the name, password and query that it may hold. */
export function placeOf(text: string): string {
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
