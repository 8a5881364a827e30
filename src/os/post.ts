/**
 * Sends one message by POST. A password in the URL becomes a header; redirects are not followed. Nothing that it
 * says of the URL is more than its host: paths and queries of webhooks are secrets.
 */
import { request as requestHttp } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Message, Outside, Posted } from '../core/outside.ts'
import { errorCode } from '../lib/errno.ts'

/** A receiver that asks for more patience is not listened to. */
const retryMax = 5 * 60_000

export const post: Outside['post'] = ({ url: text, contentType, body, timeout }: Message, onAnswer) => {
  const url = new URL(text)
  const bytes = Buffer.from(body)
  const headers = { 'content-type': contentType, 'content-length': bytes.length, 'user-agent': 'nsup', connection: 'close' }
  let answered = false
  const answer = (posted: Posted): void => {
    if (answered) return
    answered = true
    clearTimeout(alarm)
    sent.destroy()
    onAnswer(posted)
  }
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const sent = request(url, { method: 'POST', headers, agent: false })
  const alarm = setTimeout(() => { answer({ ok: false, reason: `no answer within ${String(timeout / 1000)} s`, retry: 0 }) }, timeout)
  sent.once('response', (response) => {
    response.resume()
    answer(verdictOn(response))
  })
  sent.on('error', (error) => { answer({ ok: false, reason: errorCode(error), retry: 0 }) })
  sent.end(bytes)
  return () => {
    answered = true
    clearTimeout(alarm)
    sent.destroy()
  }
}

/** What the receiver refuses for good is not sent again. */
function verdictOn({ statusCode: status = 0, headers }: IncomingMessage): Posted {
  if (status >= 200 && status < 300) return { ok: true }
  const again = status === 408 || status === 429 || status >= 500
  const seconds = Number(headers['retry-after'] ?? 0)
  const retry = again ? Math.min(retryMax, Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0) : null
  return { ok: false, reason: `HTTP ${String(status)}`, retry }
}
