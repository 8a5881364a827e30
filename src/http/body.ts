/** Reads the body of a request, as it is or as JSON, within bounds of size and time. */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { Refusal } from './answer.ts'

const bodyMax = 1024 * 1024

/** Milliseconds that a whole body may take. */
const bodyTime = 30_000

/** The JSON object of a body; `{}` for an empty one. Throws Refusal 400, 408, 413, 415. */
export async function readJsonBody(request: IncomingMessage, time: number = bodyTime): Promise<Record<string, unknown>> {
  const body = await readBody(request, time)
  const text = body.toString('utf8')
  if (text.trim() === '') return {}
  const type = request.headers['content-type']
  if (type !== undefined && !/^application\/(?:[a-z.-]+\+)?json\b/i.test(type)) {
    throw new Refusal(415, `the body must be application/json, not ${type}`)
  }
  // Replacement signs would be stored and sent on as if somebody had meant them.
  if (!isUtf8(body)) throw new Refusal(400, `the body is no valid UTF-8 from byte ${firstWrong(body, text)} on: JSON is sent as UTF-8, whatever charset is named`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Refusal(400, `the body is no valid JSON: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refusal(400, 'the body must be a JSON object')
  return value as Record<string, unknown>
}

/** Counted from 1; `text`: what the bytes become with replacement signs. */
function firstWrong(body: Buffer, text: string): number {
  const replaced = Buffer.from(text)
  return body.findIndex((byte, at) => byte !== replaced[at]) + 1 || body.length
}

/** The whole body. Throws Refusal 400, 408, 413. */
export function readBody(request: IncomingMessage, time: number = bodyTime): Promise<Buffer> {
  const tooLarge = new Refusal(413, `the body is larger than ${bodyMax} bytes`, { connection: 'close' })
  if (Number(request.headers['content-length'] ?? 0) > bodyMax) return Promise.reject(tooLarge)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const fail = (error: Error): void => {
      clearTimeout(timer)
      chunks.length = 0
      request.off('data', onData)
      request.pause()
      reject(error)
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > bodyMax) fail(tooLarge)
      else chunks.push(chunk)
    }
    const timer = setTimeout(() => fail(new Refusal(408, 'the body did not arrive in time', { connection: 'close' })), time)
    request.on('data', onData)
    request.once('end', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks))
    })
    request.once('error', fail)
    request.once('close', () => fail(new Refusal(400, 'the body was cut off')))
  })
}
