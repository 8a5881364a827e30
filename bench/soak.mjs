/**
 * `node bench/soak.mjs [--restarts 10000] [--gib 10] [--contender nsup]`: does one master stay as it is over thousands
 * of restarts, and over a day's worth of log in one go? Prints its memory and descriptors over time.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { floor } from './contenders/floor.mjs'
import { nsup } from './contenders/nsup.mjs'
import { supervisord } from './contenders/supervisord.mjs'
import { sampleOf, tellFlat } from './lib/flat.mjs'
import { Fleet } from './lib/fleet.mjs'
import { leaving } from './lib/leaving.mjs'
import { peakOf, resetPeak } from './lib/proc.mjs'
import { round } from './lib/results.mjs'
import { now, sleep } from './lib/stats.mjs'
import { makeFifos, openWorld } from './lib/world.mjs'

const { values } = parseArgs({
  options: {
    restarts: { type: 'string', default: '10000' },
    gib: { type: 'string', default: '10' },
    contender: { type: 'string', default: 'nsup' },
  },
})
const contender = [floor, nsup, supervisord].find(({ id }) => id === values.contender)
if (!contender) throw new Error(`no contender is called ${values.contender}; there are: floor nsup supervisord`)
const obstacle = contender.unavailable()
if (obstacle) throw new Error(obstacle)
const world = openWorld()
const blockSize = 546 * 120

/** Programs that end at once, beside one that stays. @param {number} count @returns {Promise<boolean>} */
async function soakRestarts(count) {
  const fleet = new Fleet(contender, world, (dir, fifo) => ['stays', 'ends0', 'ends1', 'ends2'].map((name) => ({
    name,
    argv: [world.child, name, fifo, ...(name === 'stays' ? [] : ['1'])],
    logs: [join(dir, `${name}.log`), join(dir, `${name}.err`)],
  })))
  try {
    await fleet.launch()
    const stays = fleet.announcements.current.get('stays')
    const pids = [fleet.masterPid]
    const samples = []
    const begin = now()
    for (let seen = 0; seen < count;) {
      const goal = seen + Math.max(1, Math.floor(count / 60))
      await fleet.announcements.next(() => fleet.announcements.starts >= goal, `${goal} starts`, 120_000)
      seen = fleet.announcements.starts
      samples.push(sampleOf(seen, pids))
    }
    const seconds = (now() - begin) / 1000
    const flat = tellFlat('restarts', samples)
    const kept = fleet.announcements.current.get('stays') === stays
    console.log(`${fleet.announcements.starts} starts in ${round(seconds)} s; the program beside ${kept ? 'ran on' : 'was restarted: FAIL'}`)
    return flat && kept
  } finally {
    await fleet.destroy()
  }
}

/** One writer without a pause, rotated at 50 MB with ten backups. @param {number} gib @returns {Promise<boolean>} */
async function soakFlood(gib) {
  const { writer, check } = world
  if (!writer || !check) throw new Error('the log flood needs a C compiler: the writer is a C program')
  const count = Math.floor((gib * 2 ** 30) / blockSize)
  const fleet = new Fleet(contender, world, (dir, fifo) => {
    makeFifos([join(dir, 'go')])
    return [{ name: 'flood', argv: [writer, 'flood', fifo, join(dir, 'go'), 'block', String(count)], logs: [join(dir, 'flood.log')], maxbytes: '50MB' }]
  })
  try {
    await fleet.launch()
    await sleep(2000) // the master comes to rest
    const pids = [fleet.masterPid]
    const base = sampleOf(0, pids)
    resetPeak(pids)
    let over = false
    const written = fleet.announcements.next(({ kind }) => kind === 'E', 'the flood ends', 3_600_000).finally(() => (over = true))
    const begin = now()
    const go = openSync(join(fleet.dir, 'logs/go'), constants.O_RDWR | constants.O_NONBLOCK)
    const samples = []
    while (!over) {
      await Promise.race([sleep(Math.max(100, gib * 10)), written])
      samples.push(sampleOf((now() - begin) / 1000, pids))
    }
    await written
    closeSync(go)
    const flat = tellFlat('flood, seconds', samples)
    const growth = (peakOf(pids) / 1000) - base.rss
    await fleet.stop()
    const exact = tailIsExact(check, join(fleet.dir, 'logs/flood.log'), count)
    console.log(`${gib} GiB in ${round(samples.at(-1)?.done ?? 0)} s; peak memory grew by ${round(growth)} MB: ${growth <= 16 ? 'PASS' : 'FAIL'}`)
    return flat && growth <= 16 && exact
  } finally {
    await fleet.destroy()
  }
}

/** What rotation has kept must be the end of the stream, byte for byte. @param {string} check @param {string} log @param {number} count */
function tailIsExact(check, log, count) {
  const files = Array.from({ length: 10 }, (_, i) => `${log}.${10 - i}`).concat(log).filter((file) => existsSync(file))
  const kept = files.reduce((sum, file) => sum + statSync(file).size, 0)
  try {
    execFileSync(check, ['block', String(count), String(count * blockSize - kept), ...files])
    console.log(`the ${files.length} files that are kept hold the last ${round(kept / 1e6)} MB byte for byte: PASS`)
    return true
  } catch (error) {
    console.log(`the files that are kept differ from what was written: FAIL: ${String(/** @type {{ stdout?: unknown }} */ (error).stdout)}`)
    return false
  }
}

const leave = leaving(world)
try {
  const restarts = await soakRestarts(Number(values.restarts))
  const flood = await soakFlood(Number(values.gib))
  if (!restarts || !flood) process.exitCode = 1
} finally {
  await leave()
}
