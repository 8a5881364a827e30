/**
 * `npm run bench [-- CLAIM...]`: measures the claims of bench/claims in interleaved rounds (each contender in turn,
 * so that a slow minute of the machine hits all), and prints medians, ratios and PASS or FAIL.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { crash } from './claims/crash.mjs'
import { idle } from './claims/idle.mjs'
import { logs } from './claims/logs.mjs'
import { memory } from './claims/memory.mjs'
import { ready } from './claims/ready.mjs'
import { restart } from './claims/restart.mjs'
import { start } from './claims/start.mjs'
import { status } from './claims/status.mjs'
import { stop } from './claims/stop.mjs'
import { floor } from './contenders/floor.mjs'
import { nsup } from './contenders/nsup.mjs'
import { pm2 } from './contenders/pm2.mjs'
import { supervisord } from './contenders/supervisord.mjs'
import { Fleet } from './lib/fleet.mjs'
import { leaving } from './lib/leaving.mjs'
import { toTable } from './lib/report.mjs'
import { Results } from './lib/results.mjs'
import { sleep } from './lib/stats.mjs'
import { openWorld } from './lib/world.mjs'

/**
 * @typedef {{ quick: boolean, streams: number }} Options
 * @typedef {object} Claim
 * @property {string} id
 * @property {number[]} sizes how many programs
 * @property {import('./lib/results.mjs').Row[]} rows
 * @property {boolean} [ownFleet] it brings its own `programs`
 * @property {boolean} [settle] let the master come to rest first
 * @property {(size: number, world: import('./lib/world.mjs').World, options: Options) => (dir: string, fifo: string) => import('./lib/fleet.mjs').Program[]} [programs]
 * @property {(fleet: Fleet, size: number, options: Options) => Promise<Record<string, number>>} during figures by row
 * @property {(stopMs: number, size: number) => Record<string, number>} [atEnd]
 * @property {(results: Results, contender: string) => Record<string, number>} [derive] figures from medians
 */

/** In the order in which they are measured in the life of one master. @type {Claim[]} */
const allClaims = [start, memory, idle, crash, status, restart, ready, stop, logs]
const contenders = [floor, nsup, supervisord, pm2]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string', default: contenders.map(({ id }) => id).join() },
    sizes: { type: 'string' },
    streams: { type: 'string', default: '2' },
  },
})
const options = { quick: values.quick, streams: Number(values.streams) }
const rounds = values.quick ? 1 : Number(values.rounds)
const wantedSizes = values.sizes?.split(',').map(Number)
const claims = positionals.length === 0 ? allClaims : positionals.map((id) => {
  const claim = allClaims.find((one) => one.id === id)
  if (!claim) throw new Error(`no bench is called ${id}; there are: ${allClaims.map((one) => one.id).join(' ')}`)
  return claim
})

/** One life of one master: the claims that share it. @typedef {{ size: number, claims: Claim[] }} Life */
/** @returns {Life[]} */
function lives() {
  const shared = allClaims.filter((claim) => claims.includes(claim) && !claim.ownFleet)
  const own = claims.filter((claim) => claim.ownFleet)
  const sizes = [...new Set(shared.flatMap((claim) => claim.sizes))].sort((a, b) => a - b)
  const all = [
    ...sizes.map((size) => ({ size, claims: shared.filter((claim) => claim.sizes.includes(size)) })),
    ...own.flatMap((claim) => claim.sizes.map((size) => ({ size, claims: [claim] }))),
  ]
  return wantedSizes ? all.filter(({ size }) => wantedSizes.includes(size)) : all
}

/** @param {number} size @param {import('./lib/world.mjs').World} world */
function idlePrograms(size, world) {
  return (/** @type {string} */ dir, /** @type {string} */ fifo) => Array.from({ length: size }, (_, i) => {
    const name = `p${String(i).padStart(4, '0')}`
    const logs = [`${dir}/${name}.log`, `${dir}/${name}.err`].slice(0, options.streams)
    return { name, argv: [world.child, name, fifo], logs }
  })
}

/** @param {import('./lib/fleet.mjs').Contender} contender @param {Life} life @param {import('./lib/world.mjs').World} world @param {Results} results */
async function live(contender, { size, claims: shared }, world, results) {
  const programs = shared[0]?.programs?.(size, world, options) ?? idlePrograms(size, world)
  const fleet = new Fleet(contender, world, programs)
  try {
    await fleet.launch()
    if (shared.some(({ settle }) => settle)) await sleep(options.quick ? 1500 : 3000)
    for (const claim of shared) results.add(contender.id, await claim.during(fleet, size, options))
    const stopMs = await fleet.stop()
    for (const claim of shared) results.add(contender.id, claim.atEnd?.(stopMs, size) ?? {})
  } finally {
    const left = await fleet.destroy()
    if (left > 0) console.error(`${contender.id}: ${left} children were still alive after the stop`)
  }
}

async function main() {
  const world = openWorld()
  let failures = 0
  const leave = leaving(world)
  try {
    const results = new Results()
    const present = contenders.filter(({ id, unavailable }) => {
      const reason = values.only.split(',').includes(id) ? unavailable() : 'left out'
      if (reason) console.error(`without ${id}: ${reason}`)
      return !reason
    })
    for (const life of lives()) {
      const what = `${life.claims.map(({ id }) => id).join(' ')}, ${life.size} programs`
      for (let round = 1; round <= rounds; round++) {
        for (const contender of present) {
          if (contender.id === 'pm2' && round > 1 && life.size >= 100) continue // minutes each
          console.error(`${what}, round ${round}: ${contender.id}`)
          await live(contender, life, world, results).catch((error) => {
            failures += 1
            console.error(`${what}: ${contender.id} FAILED: ${error instanceof Error ? error.message : String(error)}`)
          })
        }
      }
    }
    for (const claim of claims) for (const { id } of present) results.add(id, claim.derive?.(results, id) ?? {})
    const rows = allClaims.filter((claim) => claims.includes(claim)).flatMap((claim) => claim.rows)
    console.log(toTable(rows, results, present.map(({ id }) => id)))
    const missed = rows.filter((row) => results.judge(row).some(({ ok }) => ok === false))
    if (values.json) writeFileSync(values.json, JSON.stringify({ node: process.version, rounds, options, samples: results.samples, missed: missed.map(({ id }) => id) }, null, 2))
    if (missed.length > 0 || failures > 0) process.exitCode = 1
  } finally {
    await leave()
  }
}

await main()
