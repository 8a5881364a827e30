// The queue worker of the shop once more, with the SDK: what drains, reports and logs is in nsup/worker, what is left is the
// job. Try it: node examples/sdk-worker.mjs checkin. In a project of your own: import { runWorker } from 'nsup/worker'
import { mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runWorker } from '../dist/worker.js'

const queue = process.argv[2] ?? 'checkin'
const spool = join(process.env.SPOOL || join(dirname(fileURLToPath(import.meta.url)), 'spool'), queue)
const folder = Object.fromEntries(['new', 'work', 'done', 'failed'].map((name) => [name, join(spool, name)]))
const jobsIn = (path) => readdirSync(path).filter((name) => !name.startsWith('.')).sort()

function isAlive(pid) {
  try {
    return pid !== process.pid && process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

runWorker({
  onStart: () => {
    for (const path of Object.values(folder)) mkdirSync(path, { recursive: true })
    // What a killed worker has left is done again.
    for (const claimed of jobsIn(folder.work)) {
      const [, name, pid] = /^(.+)\.(\d+)$/.exec(claimed) ?? []
      if (name !== undefined && !isAlive(Number(pid))) renameSync(join(folder.work, claimed), join(folder.new, name))
    }
  },

  /** Who renames it first has it. */
  next: () => {
    for (const id of jobsIn(folder.new)) {
      const path = join(folder.work, `${id}.${process.pid}`)
      try {
        renameSync(join(folder.new, id), path)
        return { id, path }
      } catch (error) {
        if (error.code !== 'ENOENT') throw error
      }
    }
    return null
  },

  process: async ({ id, path }, { log }) => {
    const fields = Object.fromEntries(readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => line.split(/=(.*)/s, 2)))
    try {
      if (!/^\d{1,6}$/.test(fields.seconds ?? '0')) throw new Error(`seconds must be a whole number, not ${fields.seconds}`)
      // Not context.sleep: this is the work, and is finished also when the worker is asked to stop.
      await new Promise((resolve) => setTimeout(resolve, Number(fields.seconds ?? 0) * 1000))
      renameSync(path, join(folder.done, id))
      log('Job done', { job: id, pid: process.pid })
    } catch (error) {
      renameSync(path, join(folder.failed, id))
      throw error // it is logged, and counted as failed
    }
  },

  health: () => ({ queue, waiting: jobsIn(folder.new).length }),
})
