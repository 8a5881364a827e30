// A queue worker without dependencies: takes jobs from SPOOL/QUEUE/new, one at a time, and finishes the job in
// hand before it obeys TERM, INT or QUIT. The protocol (folders, signals, lines) is in README.md beside this file;
// queue_worker.py, queue-worker.sh and queue_worker.php speak the same. Who runs it may give it a report channel.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, watch, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const queue = process.argv[2] ?? 'checkin'
const spool = join(process.env.SPOOL || join(dirname(fileURLToPath(import.meta.url)), 'spool'), queue)
const folder = Object.fromEntries(['new', 'work', 'done', 'failed'].map((name) => [name, join(spool, name)]))

const started = Date.now()
let processed = 0
let lastActivity = null
let jobInHand = null
let stopping = false
/** Ends the wait for the next job, where one is going on. */
let wake = () => {}

const say = (message, fields = {}) => process.stdout.write(`${JSON.stringify({ message, ...fields })}\n`)

const reportFd = Number(process.env.NSUP_REPORT_FD ?? 0)
/** Tells the supervisor how it goes, where there is one that listens. */
const report = (word) => reportFd > 2 && writeSync(reportFd, `${JSON.stringify(word)}\n`)

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT']) {
  process.on(signal, () => {
    const fields = { signal, signal_number: constants.signals[signal], pid: process.pid, is_processing: jobInHand !== null }
    if (stopping) return say('Worker ignored repeated signal', fields)
    stopping = true
    report({ stopping: true })
    say('Worker received shutdown signal', fields)
    wake()
  })
}

process.on('SIGUSR1', () => {
  const health = {
    pid: process.pid,
    processed_count: processed,
    last_activity: lastActivity,
    is_processing: jobInHand !== null,
    uptime: Math.round((Date.now() - started) / 1000),
  }
  report({ health })
  say('Worker status', health)
})

try {
  for (const path of Object.values(folder)) mkdirSync(path, { recursive: true })
  returnAbandoned()
  report({ ready: true })
  say('Worker started', { queue, pid: process.pid })
  await consume()
  say('Worker gracefully shutdown', { pid: process.pid, processed_count: processed })
  // Not left to the empty event loop: while node takes that down, a repeated signal would kill it.
  process.exit(0)
} catch (error) {
  process.stderr.write(`queue-worker: cannot use the spool folder ${spool}: ${error.message}; set SPOOL to a folder that can be written\n`)
  process.exitCode = 1
}

/** One job after the other until somebody asks to stop. */
async function consume() {
  const watched = watchNew()
  try {
    while (!stopping) {
      const job = claim()
      if (job === null) {
        await watched.change()
        continue
      }
      jobInHand = job.name
      report({ busy: { job: job.name } })
      await carryOut(job)
      jobInHand = null
      report({ idle: true })
    }
  } finally {
    watched.close()
  }
}

/** Takes the oldest job: who renames it first has it. The pid in its new name says whose it is. */
function claim() {
  for (const name of jobsIn(folder.new)) {
    const path = join(folder.work, `${name}.${process.pid}`)
    if (move(join(folder.new, name), path)) return { name, path }
  }
  return null
}

/** What a real shop would do here: this one waits as long as the job says, as if for a slow partner. */
async function carryOut({ name, path }) {
  say('Job taken', { job: name, pid: process.pid })
  const fields = Object.fromEntries(readFileSync(path, 'utf8').split('\n').filter((line) => line.includes('=')).map(pair))
  const seconds = fields.seconds ?? '0'
  const good = /^\d{1,6}$/.test(seconds)
  if (good) {
    if (Number(seconds) > 0) await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000))
    if (fields.hold) await appearance(fields.hold)
  }
  renameSync(path, join(good ? folder.done : folder.failed, name))
  lastActivity = new Date().toISOString()
  if (good) processed += 1
  if (good) say('Job done', { job: name, pid: process.pid })
  else say('Job failed', { job: name, pid: process.pid, reason: `seconds must be a whole number, not ${seconds}` })
}

function pair(line) {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}

/** Resolves when the file is there. */
function appearance(file) {
  return new Promise((resolve) => {
    if (existsSync(file)) return resolve()
    const timer = setInterval(check, 1000)
    const watcher = watchFolder(dirname(file), check)
    function check() {
      if (!existsSync(file)) return
      clearInterval(timer)
      watcher?.close()
      resolve()
    }
    check()
  })
}

/** Jobs of a worker that was killed go back to the queue: a job is done at least once. */
function returnAbandoned() {
  for (const claimed of jobsIn(folder.work)) {
    const [, name, pid] = /^(.+)\.(\d+)$/.exec(claimed) ?? []
    if (name === undefined || isOtherAlive(Number(pid))) continue
    if (move(join(folder.work, claimed), join(folder.new, name))) say('Job returned to the queue', { job: name, pid: process.pid })
  }
}

function isOtherAlive(pid) {
  if (pid === process.pid) return false // a dead worker's pid has come round to this one
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function jobsIn(path) {
  return readdirSync(path).filter((name) => !name.startsWith('.')).sort()
}

/** False when another worker was faster. */
function move(from, to) {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

/** Tells of changes in the folder of new jobs, also of one that came between a look and the wait. */
function watchNew() {
  let changed = false
  const notice = () => {
    changed = true
    wake()
  }
  const watcher = watchFolder(folder.new, notice)
  const timer = watcher === null ? setInterval(notice, 1000) : setInterval(notice, 30_000)
  return {
    change: async () => {
      if (!changed && !stopping) await new Promise((resolve) => (wake = resolve))
      changed = false
    },
    close: () => {
      clearInterval(timer)
      watcher?.close()
    },
  }
}

/** A watcher, or null where the system has none left: the caller's timer then serves alone. */
function watchFolder(path, onChange) {
  try {
    return watch(path, onChange).on('error', (error) => say('Watch ended', { path: basename(path), reason: error.message }))
  } catch (error) {
    say('Watch is not possible', { path: basename(path), reason: error.message })
    return null
  }
}
