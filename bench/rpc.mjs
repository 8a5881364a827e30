// supervisor.getAllProcessInfo with 500 processes: calls per second of nsup and of the real supervisord, which take
// turns on the same config; the stock supervisorctl's `status` against both; and the CPU that 100 idle followers of a
// log cost nsup. `node bench/rpc.mjs [SECONDS] [PROGRAMS] [ROUNDS]`
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { nsup } from './contenders/nsup.mjs'
import { supervisord } from './contenders/supervisord.mjs'
import { runClient } from './lib/client.mjs'
import { cpuOf } from './lib/proc.mjs'
import { median, now, sleep } from './lib/stats.mjs'
import { closeWorld, openWorld } from './lib/world.mjs'

const [seconds = 3, count = 500, rounds = 3] = process.argv.slice(2).map(Number)
const followers = 100
const idleSeconds = 10
/** A master comes to rest before it is measured. */
const restSeconds = 2
/** Percent of a CPU: less than what can be told apart from nothing on a machine that does other things too. */
const followersMax = 0.5
const body = '<?xml version="1.0"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>'

const world = openWorld()
/** @type {Map<string, Started>} */
const started = new Map()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void leave().then(() => process.exit(130)))
try {
  for (const contender of [nsup, supervisord]) {
    const why = contender.unavailable()
    if (why === null) started.set(contender.id, await start(contender))
    else console.log(why)
  }
  await rates()
  await statuses()
  const ours = started.get(nsup.id)
  if (ours) await idle(ours)
} finally {
  await leave()
}

async function leave() {
  for (const { child } of started.values()) await end(child)
  closeWorld(world)
}

/** @typedef {{ socket: string, child: import('node:child_process').ChildProcess, status: string[], log: string }} Started */

/** @param {import('./lib/fleet.mjs').Contender} contender @returns {Promise<Started>} */
async function start(contender) {
  const dir = join(world.dir, contender.id)
  mkdirSync(dir, { recursive: true })
  const programs = Array.from({ length: count }, (_, i) => ({ name: `p${i}`, argv: ['/bin/sleep', '100000'], logs: [join(dir, `p${i}.log`)], maxbytes: 0 }))
  const { launch } = contender.configure({ dir, programs })
  const child = spawn(launch[0], launch.slice(1), { env: world.env, stdio: 'ignore' })
  const socket = join(dir, 'rpc.sock')
  const agent = new Agent({ keepAlive: true })
  for (let running = 0; running < count; ) {
    await sleep(100)
    if (existsSync(socket)) running = ((await ask(socket, agent).catch(() => '')).match(/<string>RUNNING</g) ?? []).length
  }
  agent.destroy()
  return { socket, child, status: ['supervisorctl', '-c', join(dir, 'supervisord.conf'), 'status'], log: join(dir, 'p0.log') }
}

async function rates() {
  /** @type {Map<string, number[]>} */
  const results = new Map([...started.keys()].map((id) => [id, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [id, { socket }] of started) results.get(id)?.push(await rate(socket))
  }
  for (const [id, values] of results) console.log(`${id}: ${median(values).toFixed(1)} calls/s with ${count} processes`)
  verdict('calls per second', results, (ours, theirs) => ours / theirs, 5)
}

async function statuses() {
  /** @type {Map<string, number[]>} */
  const results = new Map([...started.keys()].map((id) => [id, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [id, { status }] of started) results.get(id)?.push((await runClient(status, world.env)).ms)
  }
  for (const [id, values] of results) console.log(`${id}: ${median(values).toFixed(0)} ms for the stock supervisorctl status`)
  verdict('speed of supervisorctl status', results, (ours, theirs) => theirs / ours, 1)
}

/** @param {string} what @param {Map<string, number[]>} results @param {(ours: number, theirs: number) => number} ratioOf @param {number} least */
function verdict(what, results, ratioOf, least) {
  const [ours, theirs] = [results.get('nsup'), results.get('supervisord')]
  if (!ours || !theirs) return
  const ratio = ratioOf(median(ours), median(theirs))
  console.log(`${what}: ${ratio.toFixed(1)} times that of supervisord (limit ${least}): ${ratio >= least ? 'PASS' : 'FAIL'}`)
  if (ratio < least) process.exitCode = 1
}

/** @param {string} socket */
async function rate(socket) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  await ask(socket, agent)
  const begin = now()
  let calls = 0
  for (; now() - begin < seconds * 1000; calls++) await ask(socket, agent)
  agent.destroy()
  return calls / ((now() - begin) / 1000)
}

/** @param {string} socket @param {Agent} agent @returns {Promise<string>} */
function ask(socket, agent) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) }
    const sent = request({ socketPath: socket, path: '/RPC2', method: 'POST', agent, headers }, (response) => {
      let text = ''
      response.setEncoding('latin1').on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/**
 * What followers of a log that does not grow cost nsup, beside what the master costs before they come and after they
 * have gone. @param {Started} started
 */
async function idle({ socket, child, log }) {
  writeFileSync(log, 'one line\n')
  await sleep(restSeconds * 1000)
  const before = await load(child.pid)
  const streams = await Promise.all(Array.from({ length: followers }, () => follow(socket)))
  await sleep(restSeconds * 1000)
  const beside = await load(child.pid)
  for (const stream of streams) stream.destroy()
  await sleep(restSeconds * 1000)
  const more = Math.max(0, beside - (before + (await load(child.pid))) / 2)
  const ok = more <= followersMax
  console.log(`nsup: ${more.toFixed(2)} % of a CPU more with ${followers} idle followers than without (limit ${followersMax}): ${ok ? 'PASS' : 'FAIL'}`)
  if (!ok) process.exitCode = 1
}

/** Percent of a CPU. @param {number} pid */
async function load(pid) {
  const before = cpuOf([pid])
  await sleep(idleSeconds * 1000)
  return ((cpuOf([pid]) - before) / (idleSeconds * 1000)) * 100
}

/** @param {string} socket */
async function follow(socket) {
  const sent = request({ socketPath: socket, path: '/logtail/p0', agent: false })
  sent.end()
  sent.on('error', () => undefined) // ended by us
  const [response] = await once(sent, 'response')
  response.on('error', () => undefined).resume()
  await once(response, 'data')
  return sent
}

/** @param {import('node:child_process').ChildProcess} child */
async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
