/**
 * Answers XML-RPC over HTTP: what is no POST, has no length or cannot be read is an HTTP error, all else an answer
 * with status 200, faults too. Loaded with the first such request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Master } from '../api/master.ts'
import { Budget } from '../api/rpc-declare.ts'
import type { RpcCaller } from '../api/rpc-declare.ts'
import { callRpc } from '../api/rpc-registry.ts'
import { Fault } from '../lib/fault.ts'
import { Refusal, sendText } from './answer.ts'
import { readBody } from './body.ts'
import { readRequest, RequestError, utf8 } from './xmlrpc-read.ts'
import type { RpcRequest } from './xmlrpc-read.ts'
import { writeFault, writeResult, writeValue } from './xmlrpc-write.ts'

/** Bytes of logs and results that one answer may carry. */
export const answerMax = 64 * 1024 * 1024

/** Reads a request, calls the method, answers. Throws Refusal 400, 408, 411, 413. */
export async function answerXmlRpc(
  master: Master,
  request: IncomingMessage,
  response: ServerResponse,
  caller: { readonly by: string; readonly signal: AbortSignal },
): Promise<void> {
  if (request.method !== 'POST') throw new Refusal(400, 'XML-RPC requests are sent by POST')
  if (request.headers['content-length'] === undefined) throw new Refusal(411, 'the request must say its Content-Length', { connection: 'close' })
  const asked = understood(await readBody(request))
  sendText(response, 200, await resultOf(master, asked, { ...caller, budget: new Budget(answerMax), encode: writeValue }), { 'content-type': 'text/xml' })
}

function understood(body: Buffer): RpcRequest {
  try {
    return readRequest(utf8(body))
  } catch (error) {
    if (error instanceof RequestError) throw new Refusal(400, `this is no XML-RPC request: ${error.message}`)
    throw error
  }
}

async function resultOf(master: Master, { method, params }: RpcRequest, caller: RpcCaller): Promise<string> {
  try {
    return writeResult(await callRpc(master, method, params, caller))
  } catch (error) {
    if (error instanceof Fault) return writeFault(error)
    throw error
  }
}
