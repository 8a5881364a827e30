/** What /proc says about processes: memory, CPU, wake-ups, descriptors, family. Linux only, like the bench. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // gone while we looked
  }
}

/** @param {string} text @param {string} key @returns {number} the figure behind `Key:` */
function field(text, key) {
  const match = new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)
  return match ? Number(match[1]) : 0
}

/** @param {number} pid */
export function isAlive(pid) {
  const stat = read(`/proc/${pid}/stat`)
  return stat !== '' && !/\) [ZX] /.test(stat)
}

/** @param {number} pid */
export function commandLine(pid) {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')
}

/** kB. @param {number[]} pids */
export function memoryOf(pids) {
  const sum = { rss: 0, pss: 0, anonymous: 0 }
  for (const pid of pids) {
    const text = read(`/proc/${pid}/smaps_rollup`)
    sum.rss += field(text, 'Rss')
    sum.pss += field(text, 'Pss')
    sum.anonymous += field(text, 'Anonymous')
  }
  return sum
}

/** Forgets the peak of the resident set, so that `peakOf` speaks of what follows. @param {number[]} pids */
export function resetPeak(pids) {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** kB, the highest resident set since `resetPeak`. @param {number[]} pids */
export function peakOf(pids) {
  return pids.reduce((sum, pid) => sum + field(read(`/proc/${pid}/status`), 'VmHWM'), 0)
}

/** CPU milliseconds of all threads so far, to the nanosecond. @param {number[]} pids */
export function cpuOf(pids) {
  let total = 0
  for (const pid of pids) {
    for (const thread of threadsOf(pid)) total += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]) / 1e6
  }
  return total
}

/** How often threads went to sleep by themselves, so: were woken. @param {number[]} pids */
export function wakeupsOf(pids) {
  const sum = { main: 0, all: 0 }
  for (const pid of pids) {
    for (const thread of threadsOf(pid)) {
      const count = field(read(`/proc/${pid}/task/${thread}/status`), 'voluntary_ctxt_switches')
      sum.all += count
      if (thread === String(pid)) sum.main += count
    }
  }
  return sum
}

/** @param {number} pid */
export function descriptorsOf(pid) {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** @param {number} pid */
function threadsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return [] // gone while we looked
  }
}

/** The process and all that descend from it, but those in `workers`. @param {number} root @param {Set<number>} workers */
export function familyOf(root, workers) {
  /** @type {Map<number, number[]>} */
  const children = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || workers.has(Number(name))) continue
    const parent = Number(/\) \S (\d+)/.exec(read(`/proc/${name}/stat`))?.[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const family = [root]
  for (const pid of family) family.push(...(children.get(pid) ?? []))
  return family
}
