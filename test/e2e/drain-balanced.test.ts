/**
 * Two servers behind a simple balancer, one of them restarted again and again under constant load: no request fails. The balancer
 * asks /ready, forwards to who is ready over kept connections, believes `Connection: close`, and tries nothing twice.
 */
import { Agent, createServer, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { newPlace } from './harness.ts'
import { root } from './root.ts'
import { untilState } from './waits.ts'

const full = process.env['NSUP_DRAIN_FULL'] === '1'
const size = full ? { restarts: 20, clients: 16 } : { restarts: 2, clients: 4 }
/** Much longer than the balancer takes to notice, for machines with much to do. */
const drainDelay = 400
const lookEvery = 20

class Backend {
  readonly socketPath: string
  readonly agent = new Agent({ keepAlive: true })
  ready = false

  constructor(socketPath: string) {
    this.socketPath = socketPath
  }

  /** Rejects when it fails. */
  ask(path: string, method = 'GET'): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.socketPath, path, method, agent: this.agent }, (response) => {
        if (response.headers.connection === 'close') this.ready = false
        resolve(response)
      })
      asked.on('error', reject).end()
    })
  }

  async look(): Promise<void> {
    try {
      const response = await this.ask('/ready')
      response.resume()
      this.ready = response.statusCode === 200 && response.headers.connection !== 'close'
    } catch {
      this.ready = false
    }
  }
}

/** Resolves with the port of the balancer. */
async function balance(backends: readonly Backend[]): Promise<number> {
  let turn = 0
  const balancer = createServer((asked, answer) => {
    const ready = backends.filter(({ ready: is }) => is)
    const backend = ready[(turn += 1) % Math.max(1, ready.length)]
    if (backend === undefined) return void answer.writeHead(503).end('nobody is ready')
    backend.ask(asked.url ?? '/', asked.method).then(
      (response) => response.pipe(answer),
      (error: unknown) => answer.writeHead(502).end(String(error)),
    )
  })
  const looks = setInterval(() => { for (const backend of backends) void backend.look() }, lookEvery)
  onTestFinished(() => {
    clearInterval(looks)
    balancer.close()
    balancer.closeAllConnections()
    for (const { agent } of backends) agent.destroy()
  })
  await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve))
  return (balancer.address() as AddressInfo).port
}

/** Asks again and again until it is told to stop; answers counted by what they said. */
async function load(port: number, stop: AbortSignal, answers: Map<string, number>): Promise<void> {
  while (!stop.aborted) {
    const text = await fetch(`http://127.0.0.1:${port}/work`).then(async (response) => (response.ok ? response.text() : `${response.status}: ${await response.text()}`), String)
    answers.set(text, (answers.get(text) ?? 0) + 1)
  }
}

it('no request fails while one of two servers is restarted again and again', { timeout: 300_000 }, async () => {
  const place = newPlace('yaml', `
programs:
  web:
    command: ["${process.execPath}", "${root}/test/fixtures/serves-drained.mjs", '%(here)s', "${drainDelay}"]
    numprocs: 2
    ready: report
    startsecs: 0
    stopwaitsecs: 60s
    stdout_logfile: '%(here)s/%(process_num)s.log'
`)
  await place.master()
  const pids = new Set<number>()
  for (const name of ['web:web_00', 'web:web_01']) pids.add((await untilState(place, name, 'RUNNING')).pid)
  const backends = [0, 1].map((at) => new Backend(place.path(`${at}.sock`)))
  await Promise.all(backends.map((backend) => backend.look()))
  const port = await balance(backends)
  const [stop, answers] = [new AbortController(), new Map<string, number>()]
  const clients = Array.from({ length: size.clients }, () => load(port, stop.signal, answers))
  /** Who is restarted has been in use. */
  const untilUsed = async (pid: number): Promise<void> => {
    while (!answers.has(`${pid}\n`)) await fetch(`http://127.0.0.1:${port}/work`).then((response) => response.text())
  }
  for (const pid of pids) await untilUsed(pid)
  for (let turn = 0; turn < size.restarts; turn += 1) {
    const { started } = await place.client().call('restart', { targets: ['web:web_01'], wait: true, until_ready: true })
    expect(started).toMatchObject([{ result: 'OK' }])
    const { pid } = await untilState(place, 'web:web_01', 'RUNNING')
    pids.add(pid)
    await untilUsed(pid)
  }
  stop.abort()
  await Promise.all(clients)
  expect([...answers.keys()].sort()).toEqual([...pids].map((pid) => `${pid}\n`).sort())
  const total = [...answers.values()].reduce((sum, count) => sum + count, 0)
  expect(total).toBeGreaterThan(size.restarts * size.clients)
  if (full) process.stdout.write(`${total} requests, ${size.restarts} restarts, none failed\n`)
  expect(place.read('1.log')).toContain('Worker gracefully shutdown')
})
