/** The HTTP service of the shop as a real child on a free port. */
import { mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Child } from './child.ts'
import { start } from './child.ts'

const program = join(import.meta.dirname, '../../../examples/web.mjs')
let home = ''
let children: Child[] = []

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'nsup-web-')))
})

afterEach(async () => {
  for (const child of children) {
    child.signal('SIGKILL')
    await child.ended
  }
  children = []
  rmSync(home, { recursive: true })
})

function run(env: Readonly<Record<string, string>>): Child {
  const child = start([process.execPath, program], { SPOOL: home, PORT: '0', QUEUES: 'checkin,mailer', ...env })
  children.push(child)
  return child
}

async function open(): Promise<{ readonly web: Child; readonly url: string }> {
  const web = run({})
  const url = String((await web.next('Web started'))['url'])
  return { web, url }
}

/** Headers sent, body still owed: resolves when the service has begun with the request and asks for the body. */
async function begin(url: string): Promise<{ readonly call: ClientRequest; readonly response: Promise<IncomingMessage> }> {
  const call = request(`${url}jobs/checkin`, { method: 'POST', headers: { Expect: '100-continue', 'Content-Length': 2 } })
  const response = once(call, 'response').then(([message]) => message as IncomingMessage)
  call.flushHeaders()
  await once(call, 'continue')
  return { call, response }
}

it('takes a job into its queue and counts it', async () => {
  const { url } = await open()
  const answer = await fetch(`${url}jobs/checkin`, { method: 'POST', body: '{"seconds":2,"note":"table 4\\nhold=/x"}' })
  expect(answer.status).toBe(202)
  const { job, queue } = (await answer.json()) as { job: string; queue: string }
  expect(queue).toBe('checkin')
  expect(readdirSync(join(home, 'checkin/new'))).toEqual([job])
  expect(readFileSync(join(home, 'checkin/new', job), 'utf8')).toBe('seconds=2\nnote=table 4 hold=/x\n')
  expect(await (await fetch(url)).json()).toEqual({
    queues: {
      checkin: { new: 1, work: 0, done: 0, failed: 0 },
      mailer: { new: 0, work: 0, done: 0, failed: 0 },
    },
  })
})

it('is healthy while it serves', async () => {
  const { url } = await open()
  expect(await (await fetch(`${url}health`)).json()).toEqual({ status: 'ok' })
})

it.each([
  ['jobs/nochkin', 'POST', '', 404, 'no such queue: nochkin; there is checkin, mailer'],
  ['nowhere', 'GET', null, 404, 'there is GET /'],
  ['jobs/checkin', 'PUT', '', 405, 'a job is sent with POST'],
  ['jobs/checkin', 'POST', '{', 400, 'the job is no JSON'],
  ['jobs/checkin', 'POST', '[]', 400, 'a job is a JSON object'],
  ['jobs/checkin', 'POST', '{"seconds":-1}', 400, 'seconds must be a whole number'],
  ['jobs/checkin', 'POST', 'x'.repeat(70_000), 413, 'a job has at most'],
] as const)('answers %s by %s with %j by a clear error', async (path, method, body, status, sentence) => {
  const { url } = await open()
  const answer = await fetch(`${url}${path}`, { method, body })
  expect(answer.status).toBe(status)
  expect(((await answer.json()) as { error: string }).error).toContain(sentence)
  expect(readdirSync(join(home, 'checkin/new'))).toEqual([])
})

it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('finishes the request in flight on %s, takes no other and exits 0', async (signal) => {
  const { web, url } = await open()
  const { call, response } = await begin(url)
  web.signal(signal)
  expect(await web.next('Worker received shutdown signal')).toMatchObject({ signal, is_processing: true })
  web.signal(signal)
  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })

  call.end('{}')
  const answer = await response
  answer.resume()
  expect(answer.statusCode).toBe(202)
  expect(answer.headers.connection).toBe('close')
  expect(await web.ended).toEqual({ code: 0, signal: null, stderr: '' })
  expect(web.lines.at(-1)).toEqual({ message: 'Worker gracefully shutdown', pid: web.pid, processed_count: 1 })
  expect(readdirSync(join(home, 'checkin/new'))).toHaveLength(1)
})

it('says so and exits 1 when its port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  try {
    expect(await run({ PORT: String(port) }).ended).toEqual({
      code: 1,
      signal: null,
      stderr: `web: 127.0.0.1:${port} is already in use; set PORT to a free port\n`,
    })
  } finally {
    other.close()
  }
})

it('refuses a port that is none', async () => {
  const { code, stderr } = await run({ PORT: 'http' }).ended
  expect([code, stderr]).toEqual([1, 'web: PORT must be a number from 0 to 65535, not http\n'])
})

it('tells on USR1 how it goes', async () => {
  const { web, url } = await open()
  await fetch(url)
  web.signal('SIGUSR1')
  const status = await web.next('Worker status')
  expect(status).toMatchObject({ pid: web.pid, processed_count: 1, is_processing: false })
  expect(status['uptime']).toBeTypeOf('number')
})
