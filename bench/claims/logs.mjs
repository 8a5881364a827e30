/**
 * Claim: output is captured at supervisord's speed or better for at most its CPU, memory does not grow by more than
 * 16 MB, and not a byte is lost or doubled; also with 500 idle programs beside.
 */
import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeFifos } from '../lib/world.mjs'
import { cpuOf, memoryOf, peakOf, resetPeak } from '../lib/proc.mjs'
import { now, sleep } from '../lib/stats.mjs'

const run = promisify(execFile)
const MiB = 2 ** 20
const unitSize = { block: 546 * 120, line: 120 }

/** @typedef {{ id: string, title: string, mode: 'block' | 'line', writers: number, mib: number }} Load */
/** @type {Load[]} */
const loads = [
  { id: 'large', title: '1 writer of 64 kB blocks', mode: 'block', writers: 1, mib: 512 },
  { id: 'eight', title: '8 writers of 64 kB blocks', mode: 'block', writers: 8, mib: 64 },
  { id: 'lines', title: '1 writer of 120-byte lines', mode: 'line', writers: 1, mib: 192 },
]
const besides = [0, 500]

/** @param {Load} load @param {number} beside @returns {import('../lib/results.mjs').Row[]} */
function rowsOf({ id, title }, beside) {
  const where = beside ? `${title}, ${beside} idle beside` : title
  const key = `logs.${id}.${beside}`
  return [
    { id: `${key}.speed`, title: `logs, ${where}`, unit: 'MiB/s', limits: [{ atLeast: 1, of: 'supervisord' }] },
    { id: `${key}.cpu`, title: `logs, ${where}`, unit: 'CPU s/GiB', limits: [{ atMost: 1, of: 'supervisord' }] },
    { id: `${key}.growth`, title: `logs, ${where}: growth of peak memory`, unit: 'MB', limits: [{ atMost: 16 }] },
    { id: `${key}.wrong`, title: `logs, ${where}: files that differ from what was written`, unit: 'files', limits: [{ atMost: 0 }] },
  ]
}

/** @type {import('../run.mjs').Claim} */
export const logs = {
  id: 'logs',
  sizes: besides,
  ownFleet: true,
  rows: besides.flatMap((beside) => loads.flatMap((load) => rowsOf(load, beside))),
  programs: (beside, world, options) => (dir, fifo) => {
    const { writer } = world
    if (!writer) throw new Error('the log rows need a C compiler: the writers are C programs')
    makeFifos(loads.map(({ id }) => join(dir, `go.${id}`)))
    return loads.flatMap((load) => writersOf(load).map((name) => ({
      name,
      argv: [writer, name, fifo, join(dir, `go.${load.id}`), load.mode, String(countOf(load, options))],
      logs: [join(dir, `${name}.log`)],
    }))).concat(Array.from({ length: beside }, (_, i) => ({
      name: `idle${i}`,
      argv: [world.child, `idle${i}`, fifo],
      logs: [join(dir, `idle${i}.log`)],
    })))
  },
  settle: true,
  during: async (fleet, beside, options) => {
    /** @type {Record<string, number>} */
    const figures = {}
    for (const load of loads) {
      for (const [what, figure] of Object.entries(await flood(fleet, load, options))) {
        figures[`logs.${load.id}.${beside}.${what}`] = figure
      }
    }
    return figures
  },
}

/** @param {Load} load */
function writersOf({ id, writers }) {
  return Array.from({ length: writers }, (_, i) => `${id}${i}`)
}

/** Units that one writer writes. @param {Load} load @param {{ quick: boolean }} options */
function countOf({ mode, mib }, { quick }) {
  return Math.floor(((quick ? mib / 4 : mib) * MiB) / unitSize[mode])
}

/** Lets the writers of a load go and waits until all that they wrote is in the files. @param {import('../lib/fleet.mjs').Fleet} fleet @param {Load} load @param {{ quick: boolean }} options */
async function flood(fleet, load, options) {
  const dir = join(fleet.dir, 'logs')
  const names = writersOf(load)
  const files = names.map((name) => join(dir, `${name}.log`))
  const count = countOf(load, options)
  const bytes = count * unitSize[load.mode]
  const pids = fleet.family()
  const busy = new Set(names)
  const written = fleet.announcements.next(({ kind, name }) => kind === 'E' && busy.delete(name) && busy.size === 0, 'the writers end', 300_000)
  const first = fleet.announcements.next(({ kind }) => kind === 'B', 'a writer begins')
  const before = memoryOf(pids).rss
  resetPeak(pids)
  const cpu = cpuOf(pids)
  const go = openSync(join(dir, `go.${load.id}`), constants.O_RDWR | constants.O_NONBLOCK)
  const begin = (await first).at
  await written
  const end = await filled(files, bytes)
  const figures = {
    speed: (bytes * names.length) / MiB / ((end - begin) / 1000),
    cpu: (cpuOf(pids) - cpu) / 1000 / ((bytes * names.length) / 2 ** 30),
    growth: (peakOf(pids) - before) / 1000,
    wrong: await wrongOnes(fleet, files, load.mode, count),
  }
  closeSync(go)
  for (const file of files) truncateSync(file) // memory again; nobody writes to it any more
  return figures
}

/** The time when all files have their size; gives up when they have stopped growing. @param {string[]} files @param {number} bytes */
async function filled(files, bytes) {
  let grown = now()
  for (let seen = -1; ;) {
    const size = files.reduce((sum, file) => sum + statSync(file).size, 0)
    if (size >= bytes * files.length) return now()
    if (size > seen) grown = now()
    else if (now() - grown > 10_000) return grown // the check of the content will say what is missing
    seen = size
    await sleep(1)
  }
}

/** @param {import('../lib/fleet.mjs').Fleet} fleet @param {string[]} files @param {string} mode @param {number} count */
async function wrongOnes(fleet, files, mode, count) {
  let wrong = 0
  for (const file of files) {
    await run(fleet.world.check ?? '', [mode, String(count), '0', file]).catch((/** @type {{ stdout: string }} */ error) => {
      wrong += 1
      console.error(`${fleet.contender.id}: ${file}: ${error.stdout.trim()}`)
    })
  }
  return wrong
}
