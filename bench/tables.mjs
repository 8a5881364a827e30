// How many round trips a second a shared table answers to 1, 8 and 64 workers, Node processes that count with one request
// in flight each, beside Redis over a unix socket with the same loop. Both stand ready all the time and take turns, so that a
// slow second of the machine hits both; medians count. At least half of Redis is wanted.
// `node bench/tables.mjs [SECONDS] [WORKERS,...] [ROUNDS]`; BENCH_PROF=folder: a CPU profile of each master.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { cpuOf } from './lib/proc.mjs'
import { median, now, sleep } from './lib/stats.mjs'
import { closeWorld, openWorld, root, which } from './lib/world.mjs'

const seconds = Number(process.argv[2] ?? 1)
const sizes = (process.argv[3] ?? '1,8,64').split(',').map(Number)
const rounds = Number(process.argv[4] ?? 5)
const leastShare = 0.5
const worker = join(root, 'bench/programs/table-worker.mjs')
const redis = which('redis-server')
const world = openWorld()

/** @typedef {{ pid: number, end: () => Promise<void> }} Started */

/** @type {Set<Started>} */
const running = new Set()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void leave().then(() => process.exit(130)))
try {
  if (redis === null) console.log('redis-server is not on the PATH: nsup is measured alone')
  for (const size of sizes) {
    const kinds = [...(redis === null ? [] : [await ready(size, 'redis', startRedis)]), await ready(size, 'nsup', startNsup)]
    await sleep(300)
    for (let round = 0; round < rounds; round += 1) for (const kind of kinds) kind.results.push(await measure(kind))
    const [ours, theirs] = [kinds.at(-1), redis === null ? undefined : kinds[0]].map((kind) => kind && mediansOf(kind.results))
    const share = theirs === undefined ? NaN : ours.rate / theirs.rate
    const verdict = theirs === undefined ? '' : `; Redis ${shown(theirs)}; ${share.toFixed(2)} of it: ${share >= leastShare ? 'PASS' : 'FAIL'} (at least ${leastShare})`
    console.log(`${size} ${size === 1 ? 'worker' : 'workers'}: nsup ${shown(ours)}${verdict}`)
    if (share < leastShare) process.exitCode = 1
    for (const kind of kinds) await kind.end()
  }
} finally {
  await leave()
}

/** @typedef {{ rate: number, cpu: number }} Result */

/** @param {Result[]} results @returns {Result} */
function mediansOf(results) {
  return { rate: median(results.map(({ rate }) => rate)), cpu: median(results.map(({ cpu }) => cpu)) }
}

/** @param {Result} result */
function shown({ rate, cpu }) {
  return `${Math.round(rate)} round trips a second (${Math.round((cpu / rate) * 1e4)} µs of CPU each in the server)`
}

async function leave() {
  for (const one of [...running]) await one.end()
  closeWorld(world)
}

/** @typedef {{ pid: number, workers: import('node:net').Socket[], results: Result[], end: () => Promise<void> }} Ready */

/**
 * A server and its workers, which wait to be told how long to count.
 * @param {number} size
 * @param {string} kind
 * @param {(size: number, dir: string, benchSocket: string) => Promise<Started>} start
 * @returns {Promise<Ready>}
 */
async function ready(size, kind, start) {
  const dir = join(world.dir, `${kind}-${size}`)
  mkdirSync(dir)
  const benchSocket = join(dir, 'bench.sock')
  /** @type {import('node:net').Socket[]} */
  const workers = []
  const server = createServer((socket) => socket.once('data', () => workers.push(socket)))
  server.listen(benchSocket)
  await once(server, 'listening')
  const started = await start(size, dir, benchSocket)
  running.add(started)
  while (workers.length < size) await sleep(50)
  const end = async () => {
    for (const socket of workers) socket.destroy()
    server.close()
    await started.end()
    running.delete(started)
  }
  return { pid: started.pid, workers, results: [], end }
}

/** @param {Ready} ready @returns {Promise<Result>} */
async function measure({ pid, workers }) {
  const [began, before] = [now(), cpuOf([pid])]
  const counts = workers.map((socket) => once(socket, 'data').then(([text]) => Number(text)))
  for (const socket of workers) socket.write(String(seconds))
  const total = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  const spent = now() - began
  return { rate: (total / spent) * 1000, cpu: ((cpuOf([pid]) - before) / spent) * 100 }
}

/** @param {number} size @param {string} dir @param {string} benchSocket @returns {Promise<Started>} */
async function startNsup(size, dir, benchSocket) {
  const config = join(dir, 'programs.yaml')
  writeFileSync(config, JSON.stringify({
    tables: { counters: { columns: { value: 'int' } } },
    programs: { w: { command: [process.execPath, worker, 'nsup', benchSocket], numprocs: size, tables: ['counters'], autorestart: false, startsecs: 0, stdout_logfile: 'NONE', stderr_logfile: 'NONE' } },
  }))
  const profile = process.env['BENCH_PROF'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env['BENCH_PROF']}`, `--cpu-prof-name=tables-${size}.cpuprofile`]
  const command = profile.length === 0 ? [join(root, 'bin/nsupd')] : [process.execPath, ...profile, '--max-semi-space-size=1', join(root, 'bin/nsupd')]
  const child = spawn(command[0] ?? '', [...command.slice(1), '-n', '-s', '-c', config], { env: { ...world.env, NSUP_HOME: join(dir, 'home') }, stdio: ['ignore', 'ignore', 'inherit'] })
  return started(child)
}

/** @param {number} size @param {string} dir @param {string} benchSocket @returns {Promise<Started>} */
async function startRedis(size, dir, benchSocket) {
  const socket = join(dir, 'redis.sock')
  const child = spawn(redis ?? '', ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--daemonize', 'no', '--dir', dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.on('data', (text) => String(text).includes('accept connections') && resolve(undefined)))
  const workers = Array.from({ length: size }, () => spawn(process.execPath, [worker, 'redis', benchSocket, socket], { env: world.env, stdio: ['ignore', 'ignore', 'inherit'] }))
  return started(child, workers)
}

/** @param {import('node:child_process').ChildProcess} child @param {import('node:child_process').ChildProcess[]} others @returns {Started} */
function started(child, others = []) {
  const end = async () => {
    for (const one of [...others, child]) {
      if (one.exitCode !== null || one.signalCode !== null) continue
      one.kill('SIGTERM')
      await once(one, 'exit')
    }
  }
  return { pid: child.pid ?? 0, end }
}
