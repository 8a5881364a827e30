/** Order, restarts, stops and replacements with real processes, and a master that is killed in the middle of each. */
import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fixture, newPlace } from './harness.ts'
import type { Master, Place } from './harness.ts'
import { events, untilFile, untilProcess, untilState } from './waits.ts'
import type { SeenEvent } from './waits.ts'

async function kill(master: Master): Promise<void> {
  process.kill(master.pid, 'SIGKILL')
  await master.ended
}

const told = (name: string, ...more: readonly string[]): string => `"${fixture('told-when-stopped.sh')} ${name} '%(here)s/signals' ${more.join(' ')}"`

/** `name STATE` of the events about states, in order. */
const changes = (seen: readonly SeenEvent[], state: string): string[] =>
  seen.flatMap((event) => (event.type === 'process.state' && event['to'] === state ? [String(event['name'])] : []))

describe('a chain of dependencies', () => {
  const config = `
programs:
  web: { command: ${told('web')}, depends_on: { migrate: completed, db: ready }, priority: 1, startsecs: 0, stdout_logfile: '%(here)s/web.log' }
  migrate: { command: "test -e '%(here)s/schema'", depends_on: { db: ready }, startsecs: 0, autorestart: false, priority: 2 }
  db: { command: ${told('db')}, ready: report, startsecs: 0, priority: 3 }
`

  async function failing(place: Place): Promise<void> {
    await untilState(place, 'migrate', 'EXITED')
    expect(await place.one('db')).toMatchObject({ state: 'RUNNING', ready: true })
    expect(await place.one('web')).toMatchObject({ state: 'STOPPED', pid: 0, hold: 'waiting for migrate (EXITED: exit status 1, not expected)' })
    expect((await place.nsup('status', 'web')).stdout).toContain('waiting for migrate (EXITED: exit status 1, not expected)')
  }

  it('starts each in its turn, waits where one has failed, goes on when it has not, and stops in reverse', async () => {
    const place = newPlace('yaml', config)
    const master = await place.master()
    await failing(place)
    place.write('schema', '')
    expect((await place.nsup('start', 'migrate')).stdout).toBe('migrate: started\n')
    await untilFile(place.path('web.log'), 'ready')
    process.kill(master.pid, 'SIGTERM')
    expect(await master.ended).toBe(0)
    expect(place.read('signals')).toBe('web TERM\ndb TERM\n')
  })

  it('is remembered by the next master, which starts nothing before its turn', async () => {
    const place = newPlace('yaml', config)
    const first = await place.master()
    await failing(place)
    const { pid } = await place.one('db')
    await kill(first)
    const second = await place.master()
    expect(await place.one('db')).toMatchObject({ state: 'RUNNING', pid, adopted: true })
    expect(await place.one('web')).toMatchObject({ state: 'STOPPED', incarnation: 0, hold: 'waiting for migrate (EXITED: exit status 1, not expected)' })
    place.write('schema', '')
    await place.nsup('start', 'migrate')
    await untilFile(place.path('web.log'), 'ready')
    await kill(second)
    const third = await place.master()
    process.kill(third.pid, 'SIGTERM')
    expect(await third.ended).toBe(0)
    expect(place.read('signals')).toBe('web TERM\ndb TERM\n')
  })

  it('runs what has failed once for the start of a new master, and tells who waits for it in vain at once', async () => {
    const place = newPlace('yaml', `
programs:
  web: { command: sleep 600, depends_on: { migrate: completed }, startsecs: 0 }
  migrate: { command: "sh -c 'echo run >> %(here)s/runs; exit 3'", type: oneshot }
`)
    const vain = { exitCode: 7, stdout: expect.stringContaining('web: ERROR (spawn error)\n') as string, stderr: expect.stringContaining('web: waiting for migrate (EXITED: exit status 3, not expected); that does not come by itself any more') as string }
    expect(await place.run('nsup', ['start', 'all'])).toMatchObject(vain)
    expect(place.read('runs')).toBe('run\n')
    expect(await place.nsup('start', 'web')).toMatchObject(vain)
    expect(place.read('runs')).toBe('run\nrun\n')
    expect(await place.nsup('shutdown')).toMatchObject({ exitCode: 0 })
  })

  it('starts what is needed with who is asked for', async () => {
    const place = newPlace('yaml', config.replaceAll('priority', 'autostart: false, priority'))
    place.write('schema', '')
    await place.master()
    expect((await place.nsup('start', 'web')).stdout).toBe('web: started\n')
    expect((await place.one('db')).wanted_by).toMatch(/^needed by (web|migrate), cli /)
  })
})

describe('restart_limit', () => {
  it('gives a crash loop up, also over masters, and tries once more', async () => {
    const place = newPlace('yaml', `
supervisord: { restart_burst: 0 }
programs:
  loops: { command: "sh '%(here)s/worker.sh'", startsecs: 0, autorestart: true, restart_limit: 3 per 1h, restart_retry_after: 1s }
`)
    place.write('worker.sh', `test -e '${place.path('fixed')}' || exit 7\nexec sleep 600\n`)
    const first = await place.master()
    const given = await untilState(place, 'loops', 'FATAL')
    expect(given.reason).toMatch(/crash loop: more than 3 restarts within 3600 s \(restart_limit\); one more try in [01] s/)
    await kill(first)
    place.write('fixed', '')
    await place.master()
    const up = await untilState(place, 'loops', 'RUNNING')
    expect(up.incarnation).toBeGreaterThanOrEqual(5)
    rmSync(place.path('fixed'))
  })
})

describe('stop_sequence', () => {
  const config = `programs:\n  stubborn: { command: ${told('stubborn', 'stays')}, stop_sequence: [TERM 1s, INT 30s, KILL], startsecs: 0, stdout_logfile: '%(here)s/log' }\n`

  it('ends a worker that ignores TERM by the next signal', async () => {
    const place = newPlace('yaml', config)
    await place.master()
    await untilFile(place.path('log'), 'ready')
    expect((await place.nsup('stop', 'stubborn')).stdout).toBe('stubborn: stopped\n')
    expect(place.read('signals')).toBe('stubborn TERM\nstubborn INT\n')
    expect((await place.one('stubborn')).exits?.at(-1)).toMatchObject({ kind: 'code', code: 0 })
  })

  it('is gone on with by the next master', async () => {
    const place = newPlace('yaml', config)
    const first = await place.master()
    await untilFile(place.path('log'), 'ready')
    await place.client().call('stop', { targets: ['stubborn'], wait: false })
    await untilFile(place.path('signals'), 'TERM')
    await kill(first)
    await place.master()
    await untilState(place, 'stubborn', 'STOPPED')
    expect(place.read('signals')).toBe('stubborn TERM\nstubborn INT\n')
  })
})

it('restart_burst lets 50 programs that die together come back by so many in each second', async () => {
  const place = newPlace('yaml', `
supervisord: { restart_burst: 25 }
programs:
  many: { command: sleep 600, numprocs: 50, startsecs: 0, autorestart: true }
`)
  await place.master()
  await untilState(place, 'many:many_49', 'RUNNING')
  const before = await place.processes()
  expect(before.map(({ state }) => state)).toEqual(Array.from({ length: 50 }, () => 'RUNNING'))
  const stream = await events(place)
  for (const { pid } of before) process.kill(pid, 'SIGKILL')
  await stream.until('that all have come back', () => changes(stream.seen, 'RUNNING').length >= 50)
  const times = stream.seen.filter((event) => event.type === 'process.state' && event['to'] === 'STARTING').map((event) => Number(event['at'])).sort((a, b) => a - b)
  expect(times).toHaveLength(50)
  // Events bear the time when they are told, which may be late on a busy machine; the gate's own arithmetic is tested with the core.
  expect(times.filter((time, i) => i >= 25 && time - (times[i - 25] ?? 0) < 500)).toEqual([])
  stream.close()
})

it('max_lifetime replaces siblings one after the other, also over a change of masters', async () => {
  const place = newPlace('yaml', `programs:\n  pair: { command: sleep 600, numprocs: 2, startsecs: 200ms, autorestart: true, max_lifetime: 2s }\n`)
  const first = await place.master()
  const down = new Set<unknown>()
  const together: unknown[] = []
  const watch = async (): Promise<void> => {
    const stream = await events(place)
    await stream.until('of both being back', () => changes(stream.seen, 'RUNNING').filter((name) => name === 'pair_00').length > 0 && changes(stream.seen, 'RUNNING').includes('pair_01'))
    for (const event of stream.seen) {
      if (event.type !== 'process.state') continue
      if (event['to'] === 'STOPPING') down.add(event['name'])
      if (event['to'] === 'RUNNING') down.delete(event['name'])
      if (down.size > 1) together.push(event)
    }
    stream.close()
  }
  await untilState(place, 'pair:pair_01', 'RUNNING')
  await watch()
  await kill(first)
  await place.master()
  down.clear()
  await watch()
  expect(together).toEqual([])
  expect((await untilProcess(place, 'pair:pair_00', 'replaced', ({ incarnation }) => incarnation > 1)).exits?.at(-1)).toMatchObject({ wanted: true, by: 'max_lifetime', recycled: 'its max_lifetime is over' })
})

it('a shutdown that a master did not live to finish is begun again by the next one, in reverse order', async () => {
  const place = newPlace('yaml', `
programs:
  db: { command: ${told('db')}, startsecs: 0, priority: 900, stdout_logfile: '%(here)s/db.log' }
  web: { command: ${told('web', 'stays')}, startsecs: 0, depends_on: [db], stop_sequence: [TERM 60s, INT 60s], stdout_logfile: '%(here)s/web.log' }
`)
  const first = await place.master()
  for (const name of ['db', 'web']) await untilFile(place.path(`${name}.log`), 'ready')
  process.kill(first.pid, 'SIGTERM')
  await untilFile(place.path('signals'), 'web TERM')
  await kill(first)
  const second = await place.master()
  const { pid } = await place.one('web')
  process.kill(pid, 'SIGINT')
  await untilProcess(place, 'web', 'up again', (one) => one.state === 'RUNNING' && one.pid !== pid)
  expect(await place.one('db')).toMatchObject({ state: 'RUNNING', incarnation: 1 })
  await untilFile(place.path('web.log'), /ready[^]*ready/)
  process.kill(second.pid, 'SIGTERM')
  await untilFile(place.path('signals'), (text) => text.split('web TERM').length === 3)
  process.kill((await place.one('web')).pid, 'SIGINT')
  expect(await second.ended).toBe(0)
  expect(place.read('signals').trim().split('\n')).toEqual(['web TERM', 'web INT', 'web TERM', 'web INT', 'db TERM'])
})
