/**
 * `/health` and `/ready`, for load balancers and Kubernetes: whether the master lives, and whether what is to run by
 * itself is ready. Behind the password like all else, unless `health_open` says that everybody may ask.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Master } from '../api/master.ts'
import { notReady } from '../api/readiness.ts'
import { sendJson } from './answer.ts'
import { checkAccess, mayPass } from './guard.ts'
import type { Access } from './guard.ts'

/** Answers if it is one of the two; false: it is something else. Throws Refusal. */
export function answerProbe(master: Master, access: Access, request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  const path = request.url?.split('?', 1)[0]
  if (path !== '/health' && path !== '/ready') return false
  if (!access.healthOpen) checkAccess(request, access)
  if (path === '/health') sendJson(response, 200, { status: 'ok' })
  else answerReady(master, response, mayPass(request, access))
  return true
}

/** `inFull`: with the reasons, which may hold paths and the like. */
function answerReady(master: Master, response: ServerResponse, inFull: boolean): void {
  const { state } = master.info()
  const waiting = notReady(master.processes())
  if (state === 'RUNNING' && waiting.length === 0) return sendJson(response, 200, { status: 'ready' })
  sendJson(response, 503, {
    status: state === 'RUNNING' ? 'not ready' : 'shutting down',
    not_ready: waiting.map(({ process, state: at, reason }) => (inFull ? { process, state: at, reason } : { process, state: at })),
  })
}
