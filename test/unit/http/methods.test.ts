/** Every method, asked through the typed client over a real unix socket; answers are held against their schemas. */
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ConnectionError, connect } from '../../../src/api/client.ts'
import type { CallOptions, Client } from '../../../src/api/client.ts'
import { methodNames } from '../../../src/api/methods.ts'
import type { CallName, ParamsOf } from '../../../src/api/methods.ts'
import { results, streamItems } from '../../../src/api/results.ts'
import type { ItemOf, ResultOf } from '../../../src/api/results.ts'
import { Fault } from '../../../src/lib/fault.ts'
import { FakeMaster, fakeView } from '../../fixtures/fake-master.ts'
import { House, ask } from './harness.ts'

let house: House
let master: FakeMaster
let client: Client

beforeEach(async () => {
  house = new House()
  master = new FakeMaster([
    fakeView('shop', 'checkin_0', { program: 'checkin', pid: 11, stdoutLogfile: join(house.folder, 'out.log'), spec: { environment: { TOKEN: 'sesame' } } }),
    fakeView('shop', 'checkin_1', { program: 'checkin', pid: 12, spec: { redirectStderr: true } }),
    fakeView('50% é', '50% é', {
      state: 'EXITED',
      pid: 0,
      exits: [{
        incarnation: 1, pid: 9, status: { kind: 'signal', signal: 'SIGSEGV', core: true }, startedAt: 1, endedAt: 2, uptime: 1,
        wanted: false, by: null, expected: false, lastLines: ['oh no'],
      }],
    }),
  ])
  await house.open(master)
  client = connect({ socketPath: house.socketPath }, { by: 'cli zoë' })
})

afterEach(() => house.close())

/** Calls and holds the answer against its schema, strictly in the sense that it must parse to itself. */
async function call<M extends CallName>(method: M, params: ParamsOf<M>, options?: CallOptions): Promise<ResultOf<M>> {
  const result = await client.call(method, params, options)
  expect(results[method].parse(result)).toEqual(result)
  return result
}

test('brief lists processes as supervisorctl does: in the order of the words, or all of them once', async () => {
  const names = async (...targets: string[]): Promise<string[]> => (await call('brief', { targets })).processes.map(({ namespec }) => namespec)
  expect(await names('shop:checkin_1', 'shop:*', 'no-such')).toEqual(['shop:checkin_1', 'shop:checkin_0', 'shop:checkin_1'])
  expect(await names('shop:checkin_1', 'all', 'no-such')).toHaveLength(3)
  expect((await call('brief', { targets: ['no-such', 'shop:checkin_0', 'nor-this'] })).missing.map(({ target }) => target)).toEqual(['no-such', 'nor-this'])
})

test('every value method answers something that fits its schema', async () => {
  const asked: { readonly [M in CallName]: ParamsOf<M> } = {
    info: {}, status: { usage: true, exits: true }, brief: {}, describe: { target: 'checkin_0' },
    start: { targets: ['all'] }, wait: { targets: ['all'], for: 'healthy', timeout: 1000 },
    why: { target: 'checkin_0' }, history: {}, health: {}, worker: { pid: 11 },
    stop: { targets: ['shop:*'] }, restart: { targets: ['checkin'] }, trigger: { targets: ['all'], wait: true }, signal: { targets: ['all'], signal: 'usr1' },
    send: { to: 'checkin_0', data: { table: 4 } },
    launch: { name: 'api', command: 'node app.js' }, save: {}, delete: { program: 'api' }, tree: {},
    operate: { table: 'counters', op: 'incr', key: 'hits', by: 2 }, tables: {}, rows: { table: 'counters' }, row: { table: 'counters', key: 'hits' },
    kill: { targets: ['all'] }, stdin: { target: 'checkin_0', text: 'hello\n' }, tail: { target: 'checkin_0', channel: 'stdout' },
    maintail: { lines: 1 }, clear: { targets: ['all'] }, mainclear: {}, reopen: {}, reread: {}, update: {},
    add: { group: 'new' }, remove: { group: 'empty' }, avail: {}, reload: {}, shutdown: { keep_workers: true },
  }
  master.logfile = join(house.folder, 'main.log')
  writeFileSync(master.logfile, 'main\n')
  writeFileSync(join(house.folder, 'out.log'), 'out\n')
  for (const method of Object.keys(asked) as CallName[]) await call(method, asked[method])
  expect(Object.keys(asked).concat(Object.keys(streamItems)).sort()).toEqual(methodNames().sort())
})

test('status lists by name and tells what is missing', async () => {
  const { processes, missing } = await call('status', { targets: ['checkin', 'chekin'] })
  expect(processes.map(one => [one.namespec, one.state, one.cpu, one.exits])).toEqual([
    ['shop:checkin_0', 'RUNNING', null, undefined],
    ['shop:checkin_1', 'RUNNING', null, undefined],
  ])
  expect(missing).toEqual([{ target: 'chekin', kind: 'process', suggestion: 'checkin' }])
  expect((await call('status', { usage: true })).processes.map(one => one.memory)).toEqual([null, 4096, 4096])
})

test('describe tells the names of the environment and never its values', async () => {
  const { config } = await call('describe', { target: 'shop:checkin_0' })
  expect(config.environment_keys).toEqual(['TOKEN'])
  expect((await ask(house.socketPath, '/api/v1/processes/checkin_0')).text).not.toContain('sesame')
})

test('names with spaces, percent signs and letters beyond ASCII pass through the path', async () => {
  const detail = await call('describe', { target: '50% é' })
  expect(detail.exits).toMatchObject([{ kind: 'signal', signal: 'SIGSEGV', core_dumped: true, code: null, last_lines: ['oh no'] }])
})

test('a program is ordered with its words as they are, and told what it is called', async () => {
  const order = { name: 'api', command: "node app.js '' 'a b' 100%", literal: true, directory: '/srv', environment: ['TOKEN=a=b'], options: ['numprocs=2'] }
  expect(await call('launch', order)).toEqual({ name: 'api', warnings: ['a warning'] })
  expect(master.asked[0]).toMatchObject({ what: 'add', more: { command: ['node', 'app.js', '', 'a b', '100%'], environment: { TOKEN: 'a=b' }, options: { numprocs: '2' }, by: 'cli zoë' } })
  const refused = async (more: object): Promise<string> => client.call('launch', { ...order, ...more }).then(() => 'taken', (error: unknown) => (error as Error).message)
  expect(await refused({ command: "'" })).toContain('No closing quotation')
  expect(await refused({ directory: 'srv' })).toContain('must be an absolute path')
  expect(await refused({ environment: ['TOKEN'] })).toContain('KEY=value')
  expect(await refused({ environment: ['=sesame'] })).not.toContain('sesame')
})

test('the tree has each below who is above him, workers by name', async () => {
  const one = { user: 'me', cpu: 1, memory: 4096, uptime: 5, command: 'x', fled: false }
  master.relatives = [{ ...one, pid: process.pid, above: 0 }, { ...one, pid: 12, above: process.pid }, { ...one, pid: 11, above: process.pid }, { ...one, pid: 30, above: 20, fled: true }, { ...one, pid: 20, above: 11 }]
  const { rows, stopped } = await call('tree', {})
  expect(rows.map(({ pid, depth, process }) => [pid, depth, process])).toEqual([
    [process.pid, 0, null], [11, 1, 'shop:checkin_0'], [20, 2, 'shop:checkin_0'], [30, 3, 'shop:checkin_0'], [12, 1, 'shop:checkin_1'],
  ])
  expect(stopped).toEqual(['50% é'])
})

test('who added a program by hand is told so', async () => {
  master.byHand = ['checkin']
  expect((await call('describe', { target: 'checkin_0' })).by_hand).toBe(true)
  expect((await call('avail', {})).rows.map((row) => [row.name, row.by_hand])).toEqual([['50% é', false], ['checkin_0', true], ['checkin_1', true], ['fresh', false]])
})

test('a message reaches whom it means, and who refuses it is told with the reason', async () => {
  expect(await call('send', { to: 'checkin', data: { table: 4 }, mode: 'all' })).toEqual({ n: 17, to: ['shop:checkin_0'], refused: [{ to: 'shop:checkin_1', code: 'INBOX_FULL', message: expect.stringContaining('wait') as unknown }] })
  expect(master.asked[0]).toEqual({ what: 'send', names: ['checkin'], more: { from: 'cli zoë', data: '{"table":4}', mode: 'all' } })
  await expect(client.call('send', { to: 'full', data: null })).rejects.toMatchObject({ fault: 'INBOX_FULL' })
  await expect(client.call('send', { to: 'checkin', data: undefined })).rejects.toThrow('data: is required')
})

test('who asked reaches the master', async () => {
  await call('start', { targets: ['checkin_0'], wait: false })
  expect(master.asked).toEqual([{ what: 'start', names: ['shop:checkin_0'], more: { by: 'cli zoë', wait: false } }])
})

test('restart stops, waits, then starts what there is then', async () => {
  const { stopped, started } = await call('restart', { targets: ['checkin'], wait: false })
  expect(master.asked.map(one => [one.what, one.more['wait']])).toEqual([['stop', true], ['start', false]])
  expect([...stopped, ...started].map(one => one.code)).toEqual([80, 80, 80, 80])
})

test('outcomes carry the fault and its code', async () => {
  master.act = () => Promise.resolve([{ group: 'shop', name: 'checkin_0', result: 'SPAWN_ERROR', description: 'no such command' }])
  expect((await call('start', { targets: ['checkin_0'] })).outcomes).toEqual([
    { group: 'shop', name: 'checkin_0', namespec: 'shop:checkin_0', result: 'SPAWN_ERROR', code: 50, description: 'no such command' },
  ])
})

test.each([
  ['a fault of the master', () => client.call('stdin', { target: '50% é', text: 'x' }), 'NOT_RUNNING', '50% é'],
  ['an unknown process', () => client.call('describe', { target: 'nochkin' }), 'BAD_NAME', 'nochkin (did you mean checkin?)'],
  ['a bad signal', () => client.call('signal', { targets: ['all'], signal: 'USR3' }), 'BAD_SIGNAL', 'USR3 (did you mean USR1?)'],
  ['a negative tail', () => client.call('tail', { target: 'checkin_0', channel: 'stdout', bytes: -5 }), 'INCORRECT_PARAMETERS', 'bytes: must be at least 0'],
  ['a bad channel', () => client.call('tail', { target: 'checkin_0', channel: 'stdin' as 'stdout' }), 'INCORRECT_PARAMETERS', 'channel: must be one of stdout, stderr'],
  ['no targets', () => client.call('start', { targets: [] }), 'INCORRECT_PARAMETERS', 'targets: must not be empty'],
  ['no log', () => client.call('tail', { target: 'checkin_1', channel: 'stderr' }), 'NO_FILE', 'shop:checkin_1 has no stderr log'],
  ['a missing log', () => client.call('tail', { target: 'checkin_0', channel: 'stdout' }), 'NO_FILE', undefined],
  ['no main log', () => client.call('maintail', {}), 'NO_FILE', 'the master has no log file'],
  ['an unknown table', () => client.call('operate', { table: 'countres', op: 'count' }), 'NO_TABLE', "'countres' (did you mean counters?)"],
  ['a table far from any', () => client.call('rows', { table: 'x' }), 'NO_TABLE', "'x' (there are counters)"],
  ['a row that is not there', () => client.call('row', { table: 'counters', key: 'zz' }), 'NO_ROW', "'zz' in the table counters"],
  ['a value that a table does not take', () => client.call('operate', { table: 'counters', op: 'incr', key: 'a', by: 0.5 }), 'BAD_ARGUMENTS', 'WRONG_TYPE in the table counters: by must be a whole number, as its column is int'],
  ['a group that is active', () => client.call('add', { group: 'shop' }), 'ALREADY_ADDED', 'shop'],
])('%s comes back as its fault', async (_, act, fault, detail) => {
  const error: unknown = await act().then(() => undefined, (thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Fault)
  expect(error).toMatchObject({ fault, ...(detail === undefined ? {} : { detail }) })
})

test('waiting ends with the timeout that was asked for, and the master is told', async () => {
  const told = new Promise<unknown>(resolve => {
    master.act = (_, { signal }) => new Promise(() => signal?.addEventListener('abort', () => resolve(signal.reason)))
  })
  await expect(client.call('stop', { targets: ['all'], timeout: 20 })).rejects.toThrow('stop was not finished after 0.02 s and goes on')
  expect(await told).toBeInstanceOf(Fault)
})

test('waiting for readiness ends with an answer for each process, and busy workers are replaced when they are done', async () => {
  master.act = (targets, { signal }) => new Promise(resolve => {
    signal?.addEventListener('abort', () => resolve(targets.map(({ group, name }) => ({ group, name, result: 'TIMEOUT', description: 'it is STARTING' }))))
  })
  expect((await call('start', { targets: ['shop:*'], until_ready: true, timeout: 20 })).outcomes).toMatchObject([{ result: 'TIMEOUT' }, { result: 'TIMEOUT' }])
  expect((await call('wait', { targets: ['shop:*'], for: 'stopped', timeout: 20 })).outcomes).toMatchObject([{ result: 'TIMEOUT' }, { result: 'TIMEOUT' }])
  master.act = targets => Promise.resolve(master.fine(targets))
  const stop = { sequence: [], command: null, extendMax: 0, busyWait: 5000, preStopDelay: 0 }
  master.views = [fakeView('shop', 'busy', { job: '12345', spec: { care: { stop } } }), fakeView('shop', 'idle')]
  master.asked.length = 0
  const { stopped, started } = await call('restart', { targets: ['all'] })
  expect([stopped, started].map(list => list.map(({ name }) => name).sort())).toEqual([['busy', 'idle'], ['busy', 'idle']])
  expect(master.asked.map(({ what, names }) => `${what} ${names.join()}`)).toEqual(['replace shop:busy', 'stop shop:idle', 'start shop:idle'])
})

test('a client that goes away stops costing', async () => {
  const leave = new AbortController()
  const told = new Promise<void>(resolve => {
    master.act = (_, { signal }) => {
      signal?.addEventListener('abort', () => resolve())
      leave.abort(new Error('enough'))
      return new Promise(() => undefined)
    }
  })
  await expect(client.call('start', { targets: ['all'] }, { signal: leave.signal })).rejects.toThrow('enough')
  await told
})

test('the client gives up on a master that does not answer', async () => {
  master.act = () => new Promise(() => undefined)
  await expect(client.call('start', { targets: ['all'] }, { timeout: 30 })).rejects.toMatchObject({ fault: 'TIMEOUT' })
})

test('where nobody listens, the client says so in supervisorctl\'s words', async () => {
  const path = join(house.folder, 'none.sock')
  const error = await connect({ socketPath: path }).call('info', {}).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error).toMatchObject({ code: 'ENOENT', message: `unix://${path} no such file` })
  writeFileSync(path, '')
  await expect(connect({ socketPath: path }).call('info', {})).rejects.toMatchObject({ code: 'ENOTSOCK', message: `unix://${path} is no socket` })
  await expect(connect({ host: '127.0.0.1', port: 1 }).call('info', {})).rejects.toThrow('http://127.0.0.1:1 refused connection')
})

test('an internal error is logged and its insides are not told', async () => {
  master.act = () => Promise.reject(new Error('the secret reason'))
  await expect(client.call('start', { targets: ['all'] })).rejects.toMatchObject({ fault: 'FAILED' })
  expect((await ask(house.socketPath, '/api/v1/start', { method: 'POST', body: '{"targets":["all"]}' })).text).not.toContain('secret')
  expect(house.logged.map(one => one.message).join()).toContain('the secret reason')
})

test('a log is followed over the wire until the reader leaves', async () => {
  const file = join(house.folder, 'out.log')
  writeFileSync(file, 'one\ntwo\n')
  const seen: string[] = []
  for await (const item of client.stream('follow', { target: 'checkin_0', channel: 'stdout', lines: 1 })) {
    expect(streamItems.follow.parse(item)).toEqual(item)
    if (item.type === 'text') seen.push(item.text)
    if (seen.length === 1) appendFileSync(file, 'three\n')
    if (seen.join('') === 'two\nthree\n') break
  }
  expect(seen).toEqual(['two\n', 'three\n'])
  await expect(client.stream('follow', { target: 'checkin_1', channel: 'stderr' })[Symbol.asyncIterator]().next()).rejects.toMatchObject({ fault: 'NO_FILE' })
})

test('events stream as they happen, filtered by type', async () => {
  master.onSubscribe = () => {
    master.emit({ type: 'group.added', serial: 1, at: 5, group: 'new' })
    master.emit({
      type: 'process.survivors', serial: 2, at: 6, group: 'shop', name: 'web', killed: true, survivors: [{ pid: 3, name: 'sleep' }],
    })
  }
  const seen: ItemOf<'events'>[] = []
  for await (const event of client.stream('events', { type: ['process.*'] })) {
    seen.push(event)
    break
  }
  expect(seen).toEqual([{ type: 'process.survivors', serial: 2, at: 6, group: 'shop', name: 'web', killed: true, survivors: [{ pid: 3, name: 'sleep' }] }])
})

test('a stream whose reader left is unsubscribed', async () => {
  const events = client.stream('events', {})[Symbol.asyncIterator]()
  const subscribed = new Promise<void>(resolve => {
    master.onSubscribe = resolve
  })
  const first = events.next()
  await subscribed
  const [listener] = master.listeners
  const gone = new Promise<void>(resolve => {
    const forget = master.listeners.delete.bind(master.listeners)
    master.listeners.delete = one => {
      if (one === listener) resolve()
      return forget(one)
    }
  })
  master.emit({ type: 'group.added', serial: 1, at: 5, group: 'new' })
  await first
  await events.return?.()
  await gone
  expect(master.listeners.size).toBe(0)
})
