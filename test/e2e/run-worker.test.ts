/** runWorker of the SDK as a program, with a master and without one: signals, jobs that fail, waits, recycling, health. */
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { start } from '../unit/examples/child.ts'
import type { Child } from '../unit/examples/child.ts'
import { newPlace } from './harness.ts'
import { root } from './root.ts'
import { untilFile, untilProcess, untilState } from './waits.ts'

const works = (scenario: string, jobs = 1): string[] => [process.execPath, join(root, 'test/fixtures/works.mjs'), scenario, String(jobs)]

function worker(scenario: string, jobs = 1): Child {
  const child = start(works(scenario, jobs), {})
  onTestFinished(async () => {
    child.signal('SIGKILL')
    await child.ended
  })
  return child
}

const messages = (child: Child): string[] => child.lines.map(({ message }) => message)

describe('a worker without a master', () => {
  it('finishes the job in hand, ignores repeated signals, cleans up, and exits 0', async () => {
    const child = worker('holds', 2)
    await child.next('begun')
    child.signal('SIGUSR1')
    expect(await child.next('Worker status')).toMatchObject({
      pid: child.pid, processed_count: 0, failed_count: 0, is_processing: true, current_job: 'job-1', current_job_since: expect.stringMatching(/^\d{4}-/) as string,
      last_activity: null, uptime: expect.any(Number) as number, rss: expect.any(Number) as number, event_loop_delay_ms: expect.any(Number) as number, queue: 'orders',
    })
    child.signal('SIGTERM')
    expect(await child.next('Worker received shutdown signal')).toEqual({
      message: 'Worker received shutdown signal', signal: 'SIGTERM', signal_number: 15, pid: child.pid, is_processing: true,
    })
    child.signal('SIGINT')
    expect(await child.next('Worker ignored repeated signal')).toMatchObject({ signal: 'SIGINT', signal_number: 2 })
    child.signal('SIGUSR2')
    expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
    expect(messages(child)).toEqual([
      'started', 'Worker started', 'begun', 'Worker status', 'Worker received shutdown signal', 'Worker ignored repeated signal', 'done', 'cleaned up', 'Worker gracefully shutdown',
    ])
    expect(child.lines.at(-1)).toMatchObject({ pid: child.pid, processed_count: 1 })
    expect(child.lines.find(({ message }) => message === 'done')).toMatchObject({ asked: true })
  })

  it('has so many jobs in hand as it may, and finishes all of them', async () => {
    const child = worker('parallel', 9)
    for (let each = 0; each < 3; each += 1) await child.next('begun')
    child.signal('SIGQUIT')
    await child.next('Worker received shutdown signal')
    child.signal('SIGUSR2')
    expect(await child.ended).toMatchObject({ code: 0 })
    expect(messages(child).filter((message) => message === 'begun')).toHaveLength(3)
    expect(child.lines.at(-1)).toMatchObject({ message: 'Worker gracefully shutdown', processed_count: 3 })
  })

  it('names what was left after shutdownTimeout, and exits 1', async () => {
    const child = worker('stubborn')
    await child.next('begun')
    child.signal('SIGTERM')
    expect(await child.next('Worker shutdown timed out')).toMatchObject({ jobs_left: [{ job: 'job-1' }], processed_count: 0 })
    expect(await child.ended).toEqual({ code: 1, signal: null, stderr: 'Worker shutdown timed out: not done within 0.1 s\n' })
  })

  it('wakes up from a sleep of an hour, in a job and between two', async () => {
    for (const jobs of [1, 0]) {
      const child = worker('rests', jobs)
      await child.next('Worker started')
      child.signal('SIGTERM')
      expect(await child.ended).toMatchObject({ code: 0 })
      if (jobs === 1) expect(child.lines).toContainEqual({ message: 'slept', full: false })
    }
  })

  it('lets go of a wait for the next job that obeys the signal', async () => {
    const child = worker('listens')
    await child.next('listening')
    child.signal('SIGTERM')
    expect(await child.ended).toMatchObject({ code: 0 })
    expect(messages(child)).not.toContain('Worker cannot take a job')
  })

  it('says what fails, and goes on', async () => {
    const child = worker('stumbles', 3)
    expect(await child.next('Worker cannot take a job')).toMatchObject({ error: 'Error: the queue is away', retry_in_ms: 500 })
    expect(await child.next('Job failed')).toMatchObject({ job: 'job-1', error: 'TypeError: no table 4', stack: expect.stringContaining('works.mjs') as string })
    expect(await child.next('Worker cannot name a job')).toMatchObject({ error: 'Error: no name' })
    expect(await child.next('done')).toMatchObject({ job: 'job-2' })
    expect(await child.next('done')).toMatchObject({ job: 'job-3' })
    child.signal('SIGUSR1')
    expect(await child.next('Worker status')).toMatchObject({ processed_count: 2, failed_count: 1, health_error: 'Error: no health' })
    child.signal('SIGTERM')
    expect(await child.ended).toMatchObject({ code: 0 })
  })

  it('hears a signal though its jobs take no time', async () => {
    const child = worker('greedy')
    await child.next('Worker started')
    child.signal('SIGTERM')
    expect(await child.ended).toMatchObject({ code: 0 })
  })

  it('ends with a reason when it cannot start, cannot clean up, or has wrong options', async () => {
    const [unready, untidy, wrong] = [worker('unready'), worker('untidy', 0), worker('wrong')]
    expect(await unready.ended).toEqual({ code: 1, signal: null, stderr: 'Worker could not start: Error: no database\n' })
    await untidy.next('Worker started')
    untidy.signal('SIGTERM')
    expect(await untidy.ended).toEqual({ code: 1, signal: null, stderr: 'Worker could not clean up: Error: no broom\n' })
    const { code, stderr } = await wrong.ended
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('runWorker: there is no option concurency; did you mean concurrency?') as string })
    // Node shows the line that has thrown, and that is no screenful.
    expect(Math.max(...stderr.split('\n').map(({ length }) => length))).toBeLessThan(400)
  })
})

describe('a worker with a master', () => {
  it('is ready, busy, asked for its health, recycled as planned, and ended when its event loop hangs', async () => {
    const command = (scenario: string, jobs: number): string => JSON.stringify(works(scenario, jobs))
    const place = newPlace('yaml', `
defaults: { startsecs: 0, stdout_logfile: '%(here)s/%(program_name)s.log' }
programs:
  holds: { command: ${command('holds', 1)}, ready: report }
  recycles: { command: ${command('recycles', 250)}, ready: report, startsecs: 10m, autorestart: false }
  hangs: { command: ${command('hangs', 1)}, watchdog: 2s, stopwaitsecs: 1s }
`)
    await place.master()
    await untilFile(place.path('holds.log'), 'begun')
    const { workers: [health] } = await place.client().call('health', { targets: ['holds'], timeout: 20_000 })
    expect(health).toMatchObject({ answered: true, via: 'report', processed_count: 0, is_processing: true, health: { current_job: 'job-1', queue: 'orders', failed_count: 0 } })
    const { pid } = await untilState(place, 'holds', 'RUNNING')
    expect(await place.one('holds')).toMatchObject({ ready: true, job: 'job-1', report: { rubbish: 0 } })

    const recycled = await untilProcess(place, 'recycles', 'its third incarnation', ({ incarnation }) => incarnation >= 3)
    expect(recycled.exits).toMatchObject([{ code: 0, expected: true, wanted: false }, { code: 0, expected: true }])
    expect(recycled).toMatchObject({ crashes: 0 })
    expect(place.read('recycles.log')).toContain('"Worker recycles","reason":"after 100 jobs"')

    const hanging = await untilProcess(place, 'hangs', 'its first incarnation', ({ state }) => state === 'RUNNING')
    await untilFile(place.path('hangs.log'), 'begun')
    process.kill(hanging.pid, 'SIGUSR2')
    const again = await untilProcess(place, 'hangs', 'its end', ({ incarnation }) => incarnation > 1)
    expect(again.exits?.[0]).toMatchObject({ wanted: true, by: 'watchdog' })

    process.kill(pid, 'SIGUSR2')
    await place.client().call('stop', { targets: ['holds'], wait: true })
    expect((await place.one('holds')).exits?.[0]).toMatchObject({ code: 0 })
  })
})
