import { expect, test } from 'vitest'
import { AuthenticationError } from '../../../src/api/client.ts'
import { startInNewMaster } from '../../../src/cli/act.ts'
import type { Context } from '../../../src/cli/command.ts'
import { findCommand } from '../../../src/cli/commands.ts'
import { Fault } from '../../../src/lib/fault.ts'
import { command, lines, lost, outcome, status } from './harness.ts'

const answer = (outcomes: unknown[], missing: unknown[] = []) => () => ({ outcomes, missing })

test.each([
  ['OK', 'web: started', 0], ['ALREADY_STARTED', 'web: ERROR (already started)', 0], ['SPAWN_ERROR', 'web: ERROR (spawn error)', 7],
  ['ABNORMAL_TERMINATION', 'web: ERROR (abnormal termination)', 7], ['NO_FILE', 'web: ERROR (no such file)', 1],
  ['NOT_EXECUTABLE', 'web: ERROR (file is not executable)', 1],
])('a start that ends as %s prints `%s` and exits %i', async (result, line, code) => {
  expect(await command(['start', 'web'], { start: answer([outcome('web', result)]) })).toMatchObject({ code, out: `${line}\n` })
})

test('an unknown process exits 1, an unknown group 2; lines come in the order of the words', async () => {
  const answers = { start: answer([outcome('web')], [lost('nochkin', 'process', 'checkin')]) }
  expect(await command(['start', 'nochkin', 'web'], answers)).toMatchObject({
    code: 1, out: 'nochkin: ERROR (no such process)\nweb: started\n', err: 'did you mean checkin?\n',
  })
  expect(await command(['start', 'zoo:*'], { start: answer([], [lost('zoo:*', 'group')]) }))
    .toMatchObject({ code: 2, out: 'zoo: ERROR (no such group)\n' })
})

test('stopping what is stopped is no error, and an unknown group is a common one', async () => {
  expect(await command(['stop', 'web'], { stop: answer([outcome('web', 'NOT_RUNNING')]) }))
    .toMatchObject({ code: 0, out: 'web: ERROR (not running)\n' })
  expect(await command(['stop', 'zoo:*'], { stop: answer([], [lost('zoo:*', 'group')]) })).toMatchObject({ code: 1 })
})

test('for all and for groups what needed nothing is left out, as supervisord leaves it out; by name it is told', async () => {
  const outcomes = [outcome('web', 'ALREADY_STARTED'), outcome('shop:api')]
  expect(await command(['start', 'all'], { start: answer(outcomes) })).toMatchObject({ code: 0, out: 'shop:api: started\n' })
  expect(await command(['start', 'shop:*', 'web'], { start: answer(outcomes) }))
    .toMatchObject({ code: 0, out: 'shop:api: started\nweb: ERROR (already started)\n' })
  expect(await command(['signal', 'USR1', 'all'], { signal: answer([outcome('web', 'NOT_RUNNING'), outcome('shop:api')]) }))
    .toMatchObject({ code: 0, out: 'shop:api: signalled\n' })
  const json = await command(['start', 'all', '--json'], { start: answer(outcomes) })
  expect(JSON.parse(json.out)).toMatchObject({ outcomes: [{ result: 'ALREADY_STARTED' }, { result: 'OK' }] })
})

test('start and stop without a name say what they need', async () => {
  const start = await command(['start'], {})
  expect(start.code).toBe(2)
  expect(start.out).toMatch(/^Error: start requires a process name\nnsup start \[--wait\] target\.\.\./)
  expect(await command(['stop'], {})).toMatchObject({ code: 1 })
})

test('restart prints all stops, then all starts; not running and started is fine', async () => {
  const restart = () => ({ stopped: [outcome('web', 'NOT_RUNNING'), outcome('api')], started: [outcome('web'), outcome('api')], missing: [] })
  expect(await command(['restart', 'web', 'api'], { restart })).toMatchObject({
    code: 0, out: 'web: ERROR (not running)\napi: stopped\nweb: started\napi: started\n',
  })
})

test('a signal reaches stopped processes as an error 7, and a wrong name is told with a suggestion', async () => {
  expect(await command(['signal', 'USR1', 'web'], { signal: answer([outcome('web', 'NOT_RUNNING')]) }))
    .toMatchObject({ code: 7, out: 'web: ERROR (not running)\n' })
  const bad = await command(['signal', 'USR9', 'web'], { status: () => ({ processes: [status('web')], missing: [] }) })
  expect(bad).toMatchObject({ code: 1, out: 'web: ERROR (bad signal name)\n' })
  expect(bad.err).toMatch(/^did you mean USR[12]\?\n$/)
})

test('pid prints one number a line and exits 7 for what does not run, except with all', async () => {
  const processes = [status('web'), status('api', { pid: 0 })]
  const answers = { status: () => ({ processes, missing: [] }), info: () => ({ pid: 7 }) }
  expect(await command(['pid'], answers)).toMatchObject({ code: 0, out: '7\n' })
  expect(await command(['pid', 'web', 'api'], answers)).toMatchObject({ code: 7, out: '42\n0\n' })
  expect(await command(['pid', 'all'], answers)).toMatchObject({ code: 0, out: '42\n0\n' })
  expect(await command(['pid', 'nope'], { status: () => ({ processes: [], missing: [lost('nope')] }) }))
    .toMatchObject({ code: 1, out: 'No such process nope\n' })
})

test('reread sorts by group and says when there is nothing', async () => {
  expect(await command(['reread'], { reread: () => ({ added: ['z'], changed: ['b'], removed: ['c'] }) }))
    .toMatchObject({ code: 0, out: 'b: changed\nc: disappeared\nz: available\n' })
  expect(await command(['reread'], { reread: () => ({ added: [], changed: [], removed: [] }) }))
    .toMatchObject({ out: 'No config updates to processes\n' })
  const fail = (): never => { throw new Fault('CANT_REREAD', 'a.yaml:1:1: error: no') }
  expect(await command(['reread'], { reread: fail })).toMatchObject({ code: 1, out: 'ERROR: CANT_REREAD: a.yaml:1:1: error: no\n' })
  expect((await command(['reread', 'x'], {})).out).toMatch(/^Error: reread accepts no arguments\n/)
})

test('add and remove answer for each group by itself', async () => {
  const add = ({ group }: Record<string, unknown>): unknown => {
    if (group === 'old') throw new Fault('ALREADY_ADDED', 'old')
    if (group === 'no') throw new Fault('BAD_NAME', 'no')
    return { ok: true }
  }
  expect(await command(['add', 'new', 'old'], { add })).toMatchObject({
    code: 0, out: 'new: added process group\nERROR: process group already active\n',
  })
  expect(await command(['add', 'no'], { add })).toMatchObject({ code: 1, out: 'ERROR: no such process/group: no\n' })
  const remove = (): never => { throw new Fault('STILL_RUNNING', 'web') }
  expect(await command(['remove', 'web'], { remove })).toMatchObject({ code: 1, out: 'ERROR: process/group still running: web\n' })
})

test('update prints its steps, and first of all a group that it does not know', async () => {
  const steps = [{ group: 'a', did: 'stopped' }, { group: 'a', did: 'removed process group' }]
  expect(await command(['update'], { update: () => ({ steps, unknown: [] }) })).toMatchObject({ code: 0, out: 'a: stopped\na: removed process group\n' })
  const update = () => ({ steps: [{ group: 'a', did: 'updated process group' }], unknown: ['no'] })
  expect(await command(['update', 'a', 'no'], { update })).toMatchObject({ code: 1, out: 'ERROR: no such group: no\na: updated process group\n' })
  expect(JSON.parse((await command(['update', 'a', 'no', '--json'], { update })).out)).toEqual(update())
  const kept = [{ group: 'b', reason: 'the list cannot be read' }]
  expect(await command(['update'], { update: () => ({ steps: [], unknown: [], kept }) })).toMatchObject({ code: 0, out: '', err: 'nsup: b is left as it is: the list cannot be read\n' })
})

test('avail pads as supervisorctl does', async () => {
  const rows = [{ namespec: 'g:a', in_use: true, autostart: false, group_priority: 1, process_priority: 2 }]
  expect((await command(['avail'], { avail: () => ({ rows }) })).out)
    .toBe(`${'g:a'.padEnd(32)} ${'in use'.padEnd(9)} ${'manual'.padEnd(9)} 1:2\n`)
})

test('what a server refuses is one sentence without a stack, unless NSUP_DEBUG asks for it', async () => {
  const refuse = (): never => { throw new AuthenticationError() }
  expect(await command(['version'], { info: refuse })).toMatchObject({ code: 1, out: 'Server requires authentication\n', err: '' })
  const crash = (): never => { throw new TypeError('boom') }
  expect(await command(['version'], { info: crash })).toMatchObject({ code: 1, err: 'nsup: boom\n' })
  expect((await command(['version'], { info: crash }, { env: { NSUP_DEBUG: '1' } })).err).toContain('TypeError: boom\n    at')
})

test('an unknown command and an unknown option get a suggestion', async () => {
  expect(await command(['stats', 'x'], {})).toMatchObject({ code: 1, out: '*** Unknown syntax: stats x\n', err: 'did you mean status?\n' })
  const option = await command(['status', '--jsno'], {})
  expect(option).toMatchObject({ code: 2, out: '' })
  expect(option.err).toContain('did you mean --json?')
})

test('on a terminal each process gets its line once, when its event comes', async () => {
  const { out, asked } = await command(['stop', 'all'], {
    status: () => ({ processes: [status('web'), status('api')], missing: [] }),
    stop: answer([outcome('web'), outcome('api')]),
  }, {
    isTTY: true,
    streams: () => lines([{ type: 'process.state', group: 'web', name: 'web', to: 'STOPPED' }]),
  })
  expect(asked.map(({ method }) => method)).toEqual(['status', 'events', 'stop'])
  expect(out).toBe('✓ web: stopped\n✓ api: stopped\n')
})

test('in a new master what starts by itself is awaited and said to be started', async () => {
  let finish: (event: unknown) => void = () => undefined
  const event = new Promise<unknown>((resolve) => (finish = resolve))
  const said: string[] = []
  const silent = { isTTY: false, columns: 80, colour: false, write: () => undefined, line: (text: string) => void said.push(text) }
  const client = {
    async *stream(_method: string, _params: unknown, options: { onOpen?: () => void; signal?: AbortSignal }) {
      options.onOpen?.()
      yield await event
      await new Promise<void>((resolve) => options.signal?.addEventListener('abort', () => resolve(), { once: true }))
    },
    call(method: string) {
      if (method === 'status') {
        const processes = [status('web', { state: 'STARTING' }), status('api'), status('bad', { state: 'BACKOFF' }), status('late', { state: 'STOPPED' })]
        return Promise.resolve({ processes, missing: [] })
      }
      queueMicrotask(() => finish({ type: 'process.state', group: 'web', name: 'web', to: 'RUNNING' }))
      const outcomes = [outcome('web', 'ALREADY_STARTED'), outcome('api', 'ALREADY_STARTED'), outcome('bad', 'ALREADY_STARTED'), outcome('late')]
      return Promise.resolve({ outcomes, missing: [] })
    },
  }
  const context = { command: findCommand('start'), style: 'plain', options: {}, out: silent, err: silent, timeout: undefined } as unknown as Context
  const code = await startInNewMaster(context, client as never, ['all'])
  expect(said).toEqual(['api: started', 'web: started', 'bad: ERROR (spawn error)', 'late: started'])
  expect(code).toBe(7)
})

test.each(['EXITED', 'RUNNING'] as const)('in a new master a job that is %s by itself is not run once more', async (state) => {
  const asked: unknown[] = []
  const silent = { isTTY: false, columns: 80, colour: false, write: () => undefined, line: () => undefined }
  const client = {
    async *stream(_method: string, _params: unknown, options: { onOpen?: () => void; signal?: AbortSignal }) {
      options.onOpen?.()
      yield* []
      await new Promise<void>((resolve) => options.signal?.addEventListener('abort', () => resolve(), { once: true }))
    },
    call(method: string, params: { readonly targets?: unknown; readonly ended_since?: number }) {
      if (method === 'status') return Promise.resolve({ processes: [status('migrate', { state, started_at: 20, task: {} as never }), status('late', { state: 'STOPPED' })], missing: [] })
      if (method === 'info') return Promise.resolve({ started_at: 10 })
      asked.push(params.targets, params.ended_since)
      return Promise.resolve({ outcomes: [outcome('late')], missing: [] })
    },
  }
  const context = { command: findCommand('start'), style: 'plain', options: {}, out: silent, err: silent, timeout: undefined } as unknown as Context
  expect([await startInNewMaster(context, client as never, ['all']), asked]).toEqual([0, [['late'], 10]])
  asked.length = 0
  await startInNewMaster(context, client as never, ['all'], false) // the programs are new, the master is not
  expect(asked).toEqual([['late'], undefined])
})

test('a start in vain names what it waits for, on the error output and for programs', async () => {
  const vain = { ...outcome('web', 'SPAWN_ERROR'), description: 'waiting for db (FATAL: no such file); that does not come by itself any more', dependency: 'db' }
  expect(await command(['start', 'web'], { start: answer([vain]) })).toMatchObject({ code: 7, out: 'web: ERROR (spawn error)\n', err: `web: ${vain.description}\n` })
  expect(await command(['start', 'web', '--json'], { start: answer([vain]) })).toMatchObject({ code: 7, err: '', out: expect.stringContaining('"dependency": "db"') as string })
})

test('--wait asks for a start that goes on through failed tries, and says why it was in vain', async () => {
  const late = { ...outcome('web', 'TIMEOUT'), description: 'it is STOPPED: waiting for db (FATAL: no such file)' }
  const result = await command(['start', '--wait', 'web', '--timeout', '2m'], { start: answer([late]) })
  expect(result).toMatchObject({
    code: 124, out: 'web: ERROR (timed out)\n', err: 'web: it is STOPPED: waiting for db (FATAL: no such file)\n',
    asked: [{ method: 'start', params: { targets: ['web'], timeout: 120_000, until_ready: true } }],
  })
  const restarted = () => ({ stopped: [outcome('web')], started: [outcome('web', 'SPAWN_ERROR')], missing: [] })
  expect(await command(['restart', 'web', '--wait'], { restart: restarted })).toMatchObject({
    code: 7, out: 'web: stopped\nweb: ERROR (spawn error)\n', asked: [{ params: { targets: ['web'], until_ready: true } }],
  })
})

test.each([
  [['web'], 'ready'], [['web', '--for', 'exited'], 'exited'],
])('wait %j waits until it is %s', async (words, condition) => {
  expect(await command(['wait', ...words], { wait: answer([outcome('web')]) })).toMatchObject({
    code: 0, out: `web: ${condition}\n`, asked: [{ method: 'wait', params: { targets: ['web'], for: condition } }],
  })
})

test('wait knows its conditions, and tells a timeout from a failure', async () => {
  expect(await command(['wait', 'web', '--for', 'lunch'], {})).toMatchObject({
    code: 2, err: 'nsup: there is no condition lunch; there are ready, healthy, stopped, exited\n',
  })
  expect(await command(['wait', 'web'], { wait: answer([outcome('web', 'TIMEOUT')]) })).toMatchObject({ code: 124 })
  expect(await command(['wait', 'web'], { wait: answer([outcome('web', 'SPAWN_ERROR')]) })).toMatchObject({ code: 7 })
})

test('on a terminal what was so already is no error', async () => {
  const answers = { status: () => ({ processes: [status('web')], missing: [] }), stop: answer([outcome('web', 'NOT_RUNNING')]) }
  const { out } = await command(['stop', 'web'], answers, { isTTY: true, streams: () => lines([]) })
  expect(out).toMatch(/^✓ web: not running/)
})
