/** Programs that end as fast as they are started: the master still answers, and stops when it is told to. */
import { expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import { untilProcess } from './waits.ts'

it('three programs that end at once, for ever, keep nobody from asking and from stopping the master', async () => {
  const place = newPlace('yaml', `
supervisord: { restart_burst: 0 }
programs:
  'true': { command: 'true', numprocs: 3, startsecs: 0, autorestart: true }
`)
  const master = await place.master()
  await untilProcess(place, 'true:true_00', 'hundreds of restarts', ({ restarts }) => restarts > 200)
  expect((await place.nsup('pid')).stdout).toBe(`${String(master.pid)}\n`)
  process.kill(master.pid, 'SIGTERM')
  expect(await master.ended).toBe(0)
})
