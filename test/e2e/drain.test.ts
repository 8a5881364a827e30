/**
 * Workers of the SDK while nsup restarts them at random: each job is done exactly once, and with SIGKILL at most the job in hand
 * is done again, and named. `node bench/drain.mjs` runs the same in full size (NSUP_DRAIN_FULL): 10 workers with 10 000 jobs each.
 */
import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import type { Master, Place } from './harness.ts'
import { root } from './root.ts'
import { untilFile, untilProcess, untilState } from './waits.ts'

const full = process.env['NSUP_DRAIN_FULL'] === '1'
const size = full ? { workers: 10, jobs: 10_000, restarts: 200, kills: 100, jobMs: 5 } : { workers: 2, jobs: 500, restarts: 8, kills: 5, jobMs: 2 }
const seed = Number(process.env['NSUP_DRAIN_SEED'] ?? 7)

/** Numbers from 0 to 1 that are the same for the same seed. */
function randomOf(state: number): () => number {
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

async function shop(): Promise<{ place: Place; master: Master }> {
  const place = newPlace('yaml', `
programs:
  job:
    command: ["${process.execPath}", "${root}/test/fixtures/counts-jobs.mjs", '%(here)s/jobs', "${size.jobs}"]
    environment: { JOB_MS: "${size.jobMs}" }
    numprocs: ${size.workers}
    ready: report
    startsecs: 0
    stopwaitsecs: 60s
    stdout_logfile: '%(here)s/%(process_num)s.log'
`)
  mkdirSync(place.path('jobs'))
  const master = await place.master()
  for (let at = 0; at < size.workers; at += 1) await untilState(place, nameOf(at), 'RUNNING')
  return { place, master }
}

const nameOf = (at: number): string => `job:job_${String(at).padStart(2, '0')}`

function done(place: Place, at: number, kind: 'work' | 'done'): number[] {
  return place.read(`jobs/${at}.${kind}`).split('\n').filter((line) => line !== '').map(Number)
}

/** Resolves when each worker has done the last job of its queue. */
async function untilAllDone(place: Place): Promise<void> {
  await untilFile(place.path('jobs/finished'), (text) => new Set(text.split('\n').filter((line) => line !== '')).size === size.workers)
}

/** Figures, for who runs it in full size. */
const tell = (figures: string): unknown => full && process.stdout.write(`${figures}\n`)

const all = Array.from({ length: size.jobs }, (_, at) => at)

describe('workers of the SDK', () => {
  it('do each job exactly once, however often they are restarted', { timeout: 300_000 }, async () => {
    const { place, master } = await shop()
    const random = randomOf(seed)
    for (let turn = 0; turn < size.restarts; turn += 1) {
      const result = await place.client().call('restart', { targets: [nameOf(Math.floor(random() * size.workers))], wait: true })
      expect(result.started).toMatchObject([{ result: 'OK' }])
    }
    await untilAllDone(place)
    for (let at = 0; at < size.workers; at += 1) {
      expect(done(place, at, 'done')).toEqual(all)
      expect(done(place, at, 'work')).toEqual(all)
    }
    expect(master.said()).not.toMatch(/SIGKILL|in hand|not expected/)
    const logs = all.slice(0, size.workers).map((at) => place.read(`${at}.log`)).join('')
    const said = (words: RegExp): number => [...logs.matchAll(words)].length
    expect(said(/"Worker received shutdown signal"/g)).toBe(size.restarts)
    expect(said(/"Worker received shutdown signal".*"is_processing":true/g)).toBeGreaterThan(full ? size.restarts / 4 : 0)
    expect(said(/"Worker gracefully shutdown"/g)).toBe(size.restarts)
    tell(`${size.workers * size.jobs} jobs, ${size.restarts} restarts, none lost, none repeated`)
  })

  it('do at most the job in hand again after a SIGKILL, and it is named', { timeout: 300_000 }, async () => {
    const { place, master } = await shop()
    const random = randomOf(seed + 1)
    for (let turn = 0; turn < size.kills; turn += 1) {
      const name = nameOf(Math.floor(random() * size.workers))
      const { pid, incarnation } = await untilState(place, name, 'RUNNING')
      process.kill(pid, 'SIGKILL')
      await untilProcess(place, name, 'restarted', (one) => one.state === 'RUNNING' && one.incarnation > incarnation)
    }
    await untilAllDone(place)
    const named = [...master.said().matchAll(/terminated by SIGKILL, with job (\d+) in hand/g)].map(([, job]) => Number(job))
    let repeated = 0
    for (let at = 0; at < size.workers; at += 1) {
      const work = done(place, at, 'work')
      expect(new Set(done(place, at, 'done')), `queue ${at}`).toEqual(new Set(all))
      const again = work.filter((job, index) => work.indexOf(job) < index)
      expect(new Set(work).size + again.length).toBe(work.length)
      for (const job of again) expect(named).toContain(job)
      repeated += again.length
    }
    expect(repeated).toBeLessThanOrEqual(size.kills)
    tell(`${size.workers * size.jobs} jobs, ${size.kills} times SIGKILL, none lost, ${repeated} repeated, ${named.length} named`)
  })
})
