import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { notReady } from '../../../src/api/readiness.ts'
import { FakeMaster, fakeView } from '../../fixtures/fake-master.ts'
import type { FakeView } from '../../fixtures/fake-master.ts'
import { ask, basic, House, inet } from './harness.ts'

let house: House
let master: FakeMaster

beforeEach(() => {
  house = new House()
  master = new FakeMaster([fakeView('web', 'web'), fakeView('db', 'db', { state: 'BACKOFF', pid: 0, reason: "can't find command '/srv/db'" })])
})
afterEach(() => house.close())

const credentials = { username: 'u', password: 'p' }

test.each<readonly [boolean, FakeView]>([
  [true, {}], [true, { health: 'healthy' }], [false, { health: 'unhealthy', ailment: 'HTTP 500' }], [false, { state: 'STARTING' }],
  [false, { state: 'STOPPED', want: 'down' }], [true, { state: 'STOPPED', want: 'down', spec: { autostart: false } }], [false, { state: 'FATAL' }],
  [false, { want: 'down', hold: 'stops after api, which depends on it' }], [false, { state: 'EXITED', want: 'up' }],
])('ready is %s of %j', (ready, view) => {
  expect(notReady([fakeView('web', 'web', view)]).length === 0).toBe(ready)
})

test('who has done its work and ended is ready', () => {
  const exit = { incarnation: 1, pid: 1, status: { kind: 'code', code: 0 }, startedAt: 1, endedAt: 2, uptime: 1, wanted: false, by: null, expected: true, lastLines: [] } as const
  expect(notReady([fakeView('migrate', 'migrate', { state: 'EXITED', want: 'down', pid: 0, exits: [exit] })])).toEqual([])
  expect(notReady([fakeView('migrate', 'migrate', { state: 'EXITED', want: 'down', pid: 0, exits: [{ ...exit, expected: false }] })])).toHaveLength(1)
})

describe('The probes', () => {
  it('tell whether the master lives, and what is not ready and why', async () => {
    await house.open(master)
    expect(await ask(house.socketPath, '/health')).toMatchObject({ status: 200, json: { status: 'ok' } })
    expect(await ask(house.socketPath, '/ready')).toMatchObject({
      status: 503, json: { status: 'not ready', not_ready: [{ process: 'db', state: 'BACKOFF', reason: "can't find command '/srv/db'" }] },
    })
    master.views = [fakeView('web', 'web')]
    expect(await ask(house.socketPath, '/ready?x=1')).toMatchObject({ status: 200, json: { status: 'ready' } })
    expect((await ask(house.socketPath, '/ready', { method: 'POST' })).status).toBe(404)
  })

  it('need the password of the server like all else', async () => {
    const { addresses } = await house.open(master, [inet({ credentials })])
    const at = addresses[1] ?? ''
    for (const path of ['/health', '/ready']) expect((await ask(at, path)).status).toBe(401)
    expect((await ask(at, '/health', { headers: basic('u:p') })).status).toBe(200)
  })

  it('are for everybody where health_open says so, and then give no reasons; nothing else is', async () => {
    const { addresses } = await house.open(master, [inet({ credentials, healthOpen: true })])
    const at = addresses[1] ?? ''
    expect((await ask(at, '/health', { headers: { host: '10.1.2.3:9001' } })).status).toBe(200)
    expect((await ask(at, '/ready')).json).toEqual({ status: 'not ready', not_ready: [{ process: 'db', state: 'BACKOFF' }] })
    expect((await ask(at, '/ready', { headers: basic('u:wrong') })).json).toEqual({ status: 'not ready', not_ready: [{ process: 'db', state: 'BACKOFF' }] })
    expect((await ask(at, '/ready', { headers: basic('u:p') })).json['not_ready']).toMatchObject([{ reason: "can't find command '/srv/db'" }])
    for (const path of ['/api/v1/info', '/health/x', '//health', '/']) expect((await ask(at, path)).status, path).toBe(401)
  })
})

describe('The status of a worker', () => {
  const health = { processed_count: 7, is_processing: false, last_activity: '2026-11-22T03:48:05Z', uptime: 12, extra: { a: 1 } }
  const report = { at: 1000, status: 'waits for work', health, healthAt: 1000, stopping: false, rubbish: 0 }

  it('is found by its pid: what it has said, and what nsup knows where it has not', async () => {
    master.views = [fakeView('shop', 'worker', { pid: 4711, program: 'worker', report, ready: true }), fakeView('web', 'web', { pid: 12, uptime: 61_400, job: '12345' })]
    await house.open(master)
    expect(await ask(house.socketPath, '/api/v1/workers/4711/status')).toMatchObject({
      status: 200,
      json: { pid: 4711, program: 'worker', process: 'shop:worker', is_processing: false, processed_count: 7, uptime: 12, last_activity: '2026-11-22T03:48:05Z', status: 'waits for work', health, ready: true, healthy: null },
    })
    expect((await ask(house.socketPath, '/api/v1/workers/12/status')).json).toMatchObject({ is_processing: true, job: '12345', processed_count: null, uptime: 61, health: null, report_age: null })
    expect(master.asked).toEqual([])
  })

  it('is asked for where that is wanted', async () => {
    master.views = [fakeView('shop', 'worker', { pid: 4711, report })]
    master.answers = [{ namespec: 'shop:worker', pid: 4711, answered: true, via: 'report', health: { ...health, processed_count: 8 }, age: 3 }]
    await house.open(master)
    expect((await ask(house.socketPath, '/api/v1/workers/4711/status?fresh=1')).json).toMatchObject({ processed_count: 8, report_age: 3 })
    expect(master.asked).toEqual([{ what: 'health', names: ['shop:worker'], more: { timeout: 2000 } }])
  })

  it('is nobody\'s for a pid that is no worker, and refused for what is no pid', async () => {
    await house.open(master)
    expect((await ask(house.socketPath, '/api/v1/workers/99/status')).status).toBe(404)
    for (const pid of ['x', '0', '1.5']) expect((await ask(house.socketPath, `/api/v1/workers/${pid}/status`)).status, pid).toBe(400)
  })
})

test('health asks who runs, lists who does not, and gives the last words of who has not answered', async () => {
  const report = { at: 1000, status: 'busy', health: { processed_count: 3 }, healthAt: 1000, stopping: false, rubbish: 0 }
  master.views = [fakeView('a', 'a', { pid: 1 }), fakeView('b', 'b', { pid: 2, report }), fakeView('c', 'c', { pid: 0, state: 'STOPPED' })]
  master.answers = [
    { namespec: 'a', pid: 1, answered: true, via: 'stdout', health: { processed_count: 1, is_processing: true }, age: 5 },
    { namespec: 'b', pid: 2, answered: false, via: null, health: null, age: null },
  ]
  await house.open(master)
  const { json } = await ask(house.socketPath, '/api/v1/health', { method: 'POST', body: '{"targets":["all","nope"],"timeout":50}' })
  expect(json).toMatchObject({
    workers: [
      { process: 'a', answered: true, via: 'stdout', processed_count: 1, is_processing: true, report_age: 5 },
      { process: 'b', answered: false, processed_count: 3, status: 'busy' },
      { process: 'c', pid: 0, state: 'STOPPED', answered: false },
    ],
    missing: [{ target: 'nope' }],
  })
  expect(master.asked).toEqual([{ what: 'health', names: ['a', 'b'], more: { timeout: 50 } }])
})
