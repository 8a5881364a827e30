/** Claim: a client that waits for a worker has its answer 5 ms after the worker has written {"ready":true}. */
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, now } from '../lib/stats.mjs'

const worker = fileURLToPath(new URL('../programs/ready.mjs', import.meta.url))
const name = 'ready'

/** @type {import('../run.mjs').Claim} */
export const ready = {
  id: 'ready',
  sizes: [1],
  ownFleet: true,
  rows: [{ id: 'ready.answer', title: 'from {"ready":true} until the waiting client has its answer', unit: 'ms', limits: [{ atMost: 5 }] }],
  programs: () => (dir, fifo) => [{ name, argv: [process.execPath, worker, name, fifo], logs: [`${dir}/${name}.log`], options: ['ready=report'] }],
  during: async (fleet, _size, options) => {
    if (fleet.contender.id !== 'nsup') return {} // others know no ready
    const agent = new Agent({ keepAlive: true })
    const samples = []
    for (let i = 0; i < (options.quick ? 10 : 40); i++) {
      const said = fleet.announcements.next(({ kind }) => kind === 'Y', `${name} is ready`, 10_000)
      const [{ at }, answeredAt] = await Promise.all([said, restart(join(fleet.dir, 'rpc.sock'), agent)])
      samples.push(answeredAt - at)
    }
    agent.destroy()
    return { 'ready.answer': median(samples) }
  },
}

/** Restarts it and waits until it is ready; when the answer was there. @param {string} socketPath @param {Agent} agent @returns {Promise<number>} */
function restart(socketPath, agent) {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, agent, method: 'POST', path: '/api/v1/restart', headers: { 'content-type': 'application/json' } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      response.on('end', () => (response.statusCode === 200 ? resolve(now()) : reject(new Error(`restart: ${response.statusCode} ${text}`))))
    })
    asked.on('error', reject).end(JSON.stringify({ targets: [name], wait: true }))
  })
}
