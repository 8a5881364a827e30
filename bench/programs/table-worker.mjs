// One worker of tables.mjs: counts in a shared table of nsup, or in Redis, one request in flight, for as long as it is told.
// argv: `nsup` or `redis`, the socket of the bench, the socket of Redis. Says `ready`, hears seconds, says how often it has counted.
import { connect } from 'node:net'

const [kind, benchSocket = '', redisSocket = ''] = process.argv.slice(2)
const incr = kind === 'nsup' ? await ofNsup() : await ofRedis(redisSocket)
await incr()
const bench = connect(benchSocket)
bench.on('error', () => process.exit(1))
bench.on('close', () => process.exit(0))
bench.write('ready\n')
bench.on('data', async (text) => {
  const end = performance.now() + Number(text) * 1000
  let count = 0
  for (; performance.now() < end; count += 1) await incr()
  bench.write(`${count}\n`)
})

/** @returns {Promise<() => Promise<unknown>>} */
async function ofNsup() {
  const { table } = await import('../../dist/worker.js')
  const counters = table('counters')
  return () => counters.incr('hits')
}

/** As little of RESP as the answers of INCR need, over the same kind of socket. @param {string} path @returns {Promise<() => Promise<unknown>>} */
async function ofRedis(path) {
  const socket = connect(path)
  socket.on('error', () => process.exit(1))
  await new Promise((resolve) => socket.once('connect', resolve))
  const request = '*2\r\n$4\r\nINCR\r\n$4\r\nhits\r\n'
  /** @type {((value: number) => void) | null} */
  let waiting = null
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    if (!text.endsWith('\r\n')) return
    const value = Number(text.slice(1, -2))
    const resolve = waiting
    text = ''
    waiting = null
    resolve?.(value)
  })
  return () => new Promise((resolve) => {
    waiting = resolve
    socket.write(request)
  })
}
