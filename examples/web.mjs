// The counter of the shop: takes jobs over HTTP, puts them into the queues and shows how many are where.
// On TERM, INT or QUIT it takes no new connection, finishes the requests in flight and leaves. Knows nothing of nsup.
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const spool = process.env.SPOOL || join(dirname(fileURLToPath(import.meta.url)), 'spool')
const queues = (process.env.QUEUES || 'checkin,user_operations,mailer').split(',').map((name) => name.trim())
const host = '127.0.0.1'
const port = Number(process.env.PORT || 8080)
const bodyLimit = 64 * 1024

const started = Date.now()
let inFlight = 0
let answered = 0
let lastActivity = null
let stopping = false

const say = (message, fields = {}) => process.stdout.write(`${JSON.stringify({ message, ...fields })}\n`)

class BadRequest extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
  inFlight += 1
  response.on('close', () => {
    inFlight -= 1
    answered += 1
    lastActivity = new Date().toISOString()
  })
  answer(request).then(
    ([status, body]) => reply(response, status, body),
    (error) => reply(response, error.status ?? 500, { error: error.message }),
  )
})

/** What a request gets: status and JSON body. */
async function answer(request) {
  const { pathname } = new URL(request.url ?? '/', 'http://shop')
  const reads = request.method === 'GET' || request.method === 'HEAD'
  if (pathname === '/' && reads) return [200, { queues: Object.fromEntries(queues.map((name) => [name, counts(name)])) }]
  if (pathname === '/health' && reads) return stopping ? [503, { status: 'draining' }] : [200, { status: 'ok' }]
  const queue = /^\/jobs\/([^/]+)$/.exec(pathname)?.[1]
  if (queue === undefined) throw new BadRequest(404, 'there is GET /, GET /health and POST /jobs/QUEUE')
  if (!queues.includes(queue)) throw new BadRequest(404, `no such queue: ${queue}; there is ${queues.join(', ')}`)
  if (request.method !== 'POST') throw new BadRequest(405, 'a job is sent with POST')
  return [202, { queue, job: enqueue(queue, await readJob(request)) }]
}

function reply(response, status, body) {
  const text = `${JSON.stringify(body)}\n`
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
  if (stopping || status === 413) headers.Connection = 'close'
  response.writeHead(status, headers).end(text)
}

/** The fields of a job: what the client sent as JSON, as lines of `key=value`. */
async function readJob(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > bodyLimit) throw new BadRequest(413, `a job has at most ${bodyLimit} bytes`)
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8').trim()
  if (text === '') return {}
  let job
  try {
    job = JSON.parse(text)
  } catch (error) {
    throw new BadRequest(400, `the job is no JSON: ${error.message}`)
  }
  if (typeof job !== 'object' || job === null || Array.isArray(job)) throw new BadRequest(400, 'a job is a JSON object')
  if (job.seconds !== undefined && !(Number.isInteger(job.seconds) && job.seconds >= 0 && job.seconds <= 999_999)) {
    throw new BadRequest(400, 'seconds must be a whole number from 0 to 999999')
  }
  return { seconds: job.seconds, note: typeof job.note === 'string' ? job.note.replaceAll(/[\r\n]+/g, ' ') : undefined }
}

/** Written under a hidden name first, so that no worker sees half a job. */
function enqueue(queue, fields) {
  const folder = join(spool, queue, 'new')
  const name = `${Date.now()}-${randomBytes(4).toString('hex')}`
  const lines = Object.entries(fields).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}\n`)
  const hidden = join(folder, `.${name}`)
  writeFileSync(hidden, lines.join(''))
  renameSync(hidden, join(folder, name))
  return name
}

function counts(queue) {
  const count = (name) => readdirSync(join(spool, queue, name)).filter((file) => !file.startsWith('.')).length
  return { new: count('new'), work: count('work'), done: count('done'), failed: count('failed') }
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT']) {
  process.on(signal, () => {
    if (stopping) return
    stopping = true
    const fields = { signal, signal_number: constants.signals[signal], pid: process.pid, is_processing: inFlight > 0 }
    if (server.listening) drain()
    else server.once('listening', drain)
    say('Worker received shutdown signal', fields)
  })
}

// Without a handler Node would open its debugger instead.
process.on('SIGUSR1', () => {
  const uptime = Math.round((Date.now() - started) / 1000)
  say('Worker status', { pid: process.pid, processed_count: answered, last_activity: lastActivity, is_processing: inFlight > 0, uptime })
})

function drain() {
  server.close(() => {
    say('Worker gracefully shutdown', { pid: process.pid, processed_count: answered })
    // Not left to the empty event loop: while node takes that down, a repeated signal would kill it.
    process.exit(0)
  })
  server.closeIdleConnections()
}

function fail(sentence) {
  process.stderr.write(`web: ${sentence}\n`)
  process.exitCode = 1
}

server.on('error', (error) => {
  if (error.code === 'EADDRINUSE') fail(`${host}:${port} is already in use; set PORT to a free port`)
  else fail(`cannot listen on ${host}:${port}: ${error.message}`)
})

try {
  for (const queue of queues) for (const name of ['new', 'work', 'done', 'failed']) mkdirSync(join(spool, queue, name), { recursive: true })
  if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`PORT must be a number from 0 to 65535, not ${process.env.PORT}`)
  else server.listen(port, host, () => say('Web started', { url: `http://${host}:${server.address().port}/`, pid: process.pid }))
} catch (error) {
  fail(`cannot use the spool folder ${spool}: ${error.message}; set SPOOL to a folder that can be written`)
}
