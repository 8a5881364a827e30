/** Which words of `start` become programs, and what is ordered of the master; and how `ps`, `save` and `delete` speak. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { Fault } from '../../../src/lib/fault.ts'
import { command, lost, outcome, status } from './harness.ts'
import type { Answers, Result } from './harness.ts'

const dir = mkdtempSync(join(tmpdir(), 'nsup-quick-'))
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})
for (const name of ['app.js', 'job.py', 'tool', 'plain', 'types.ts', 'my app.sh']) writeFileSync(join(dir, name), '')
for (const name of ['python3', 'mine', 'tool']) {
  writeFileSync(join(dir, name), '')
  chmodSync(join(dir, name), 0o755)
}
writeFileSync(join(dir, 'own.py'), '#!/usr/bin/env python9\n', { mode: 0o755 })
const file = (name: string): string => join(dir, name)

const unknown = (targets: readonly string[]): object => ({ processes: [], missing: targets.map((target) => ({ target, kind: 'process', suggestion: null })) })
const answers: Answers = {
  info: () => ({}),
  brief: ({ targets }) => unknown(targets as string[]),
  status: () => ({ processes: [status('api')], missing: [] }),
  start: () => ({ outcomes: [outcome('api', 'ALREADY_STARTED')], missing: [] }),
  launch: ({ name }) => ({ name, warnings: [] }),
}

const start = (words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> => command(['start', ...words], answers, { env: { PATH: dir, ...env } })

const orderOf = ({ asked }: Result): Record<string, unknown> => (asked.find(({ method }) => method === 'launch')?.params ?? {}) as Record<string, unknown>

it.each([
  [[file('app.js')], 'app', `${process.execPath} ${file('app.js')}`],
  [[file('job.py'), '--', '-v', 'a b'], 'job', `${file('python3')} ${file('job.py')} -v 'a b'`],
  [[file('own.py')], 'own', file('own.py')],
  [[file('tool'), '--name', 't'], 't', file('tool')],
  [[file('plain'), '--interpreter', 'mine -x'], 'plain', `${file('mine')} -x ${file('plain')}`],
  [[file('app.js'), '--interpreter', file('mine')], 'app', `${file('mine')} ${file('app.js')}`],
  [['mine', '--name', 'm', '--', '100%'], 'm', `${file('mine')} 100%`],
])('runs %j as %s by what its kind needs, with words that mean themselves', async (words, name, line) => {
  expect(orderOf(await start(words))).toMatchObject({ name, command: line, literal: true, directory: process.cwd(), environment: [], options: [] })
})

it('takes a command in quotes as the text of a config, with the path in front made absolute', async () => {
  expect(orderOf(await start(['php artisan queue:work --n=%(process_num)d']))).toMatchObject({ name: 'artisan', command: 'php artisan queue:work --n=%(process_num)d', literal: false })
  expect(orderOf(await start(['bin/nsup help', '--', '5%']))).toMatchObject({ name: 'nsup', command: `${join(process.cwd(), 'bin/nsup')} help 5%%` })
})

it('hands on folder, environment, user, number and any other option', async () => {
  const words = [file('app.js'), '--cwd', dir, '--env', 'A=1=2', '--env', 'HERE', '--user', 'me', '-i', '4', '--set', 'stopwaitsecs=3', '--set', 'stdout_logfile=x.log', '--set', 'stderr_logfile=NONE']
  expect(orderOf(await start(words, { HERE: 'mine' }))).toMatchObject({
    directory: dir, environment: ['A=1=2', 'HERE=mine'],
    options: ['numprocs=4', 'user=me', 'stopwaitsecs=3', `stdout_logfile=${join(process.cwd(), 'x.log')}`, 'stderr_logfile=NONE'],
  })
  expect(orderOf(await start([file('app.js'), '-i', 'max']))['options']).toEqual([`numprocs=${String(availableParallelism())}`])
  expect(orderOf(await start([file('app.js'), '-i2']))['options']).toEqual(['numprocs=2'])
})

it.each([
  [['chekin', '--name', 'x'], 'there is no file chekin in this folder, and no command of that name on the PATH'],
  [[file('plain'), '--name', 'x'], 'is not executable: chmod +x it, or say what runs it with --interpreter'],
  [[file('app.js'), '--interpreter', 'nothing'], 'there is no interpreter nothing'],
  [['a b', '--interpreter', 'mine'], '--interpreter is for a file'],
  [[file('app.js'), '--cwd', file('nowhere')], 'there is no folder'],
  [[file('app.js'), '--env', 'GONE'], 'there is no such variable here'],
  [[file('app.js'), '--set', 'x'], '--set takes KEY=VALUE'],
  [[file('app.js'), '--numprocs', '0'], 'a number of processes is a whole number from 1 on'],
  [[file('app.js'), '--numprocs', '2', '-i', '2'], 'give one of them'],
  [['a', 'b', '--name', 'x'], 'name one program to start'],
  [[file('app.js'), '--name', 'x', '-i', 'many'], '-i takes a number of processes, or max'],
])('refuses %j in a sentence, and orders nothing', async (words, sentence) => {
  const result = await start(words)
  expect(result.code).not.toBe(0)
  expect(result.err).toContain(sentence)
  expect(orderOf(result)).toEqual({})
})

it('starts what is a process, be there a file of that name or not, and adds what is none', async () => {
  const known = { ...answers, brief: () => ({ processes: [], missing: [] }) }
  const result = await command(['start', file('app.js')], known)
  expect(result.asked.map(({ method }) => method)).toEqual(['info', 'brief', 'start'])
  const knowsApi = { ...answers, brief: ({ targets }: Record<string, unknown>) => unknown((targets as string[]).filter((word) => word !== 'api')) }
  const mixed = await command(['start', 'api', file('app.js')], knowsApi, { env: {} })
  expect(mixed.asked.filter(({ method }) => method === 'launch' || method === 'start').map(({ params }) => params)).toMatchObject([{ name: 'app' }, { targets: ['api', 'app:*'] }])
  const strange = await command(['start', file('plain')], { ...answers, start: () => ({ outcomes: [], missing: [{ target: file('plain'), kind: 'process', suggestion: null }] }) })
  expect([strange.code, strange.out, strange.err]).toEqual([1, `${file('plain')}: ERROR (no such process)\n`, expect.stringContaining('is a file, but not executable')])
  expect((await command(['start', 'chekin'], answers)).asked.map(({ method }) => method)).toEqual(['start'])
})

it('takes a command without quotes for a mistake, and words behind -- for those of a new program', async () => {
  const unquoted = await command(['start', 'node', file('app.js')], answers)
  expect([unquoted.code, unquoted.err]).toEqual([1, `nsup: there is no process node, so nothing is started; a command stands in quotes: nsup start "node ${file('app.js')}"\n`])
  const known = await command(['start', 'api', '--', '--port', '3'], { ...answers, brief: () => ({ processes: [], missing: [] }) })
  expect([known.code, known.err]).toEqual([1, expect.stringContaining('api is there already, and options and words behind -- are for a new program')])
  expect([...unquoted.asked, ...known.asked].map(({ method }) => method)).not.toContain('launch')
})

it('deletes all, or those of a pattern, program by program', async () => {
  const processes = [status('api:api_00', { program: 'api' }), status('api:api_01', { program: 'api' }), status('web', { program: 'web' })]
  const remove = ({ program }: Record<string, unknown>): object => { if (program === 'x*') throw new Fault('BAD_NAME', 'x*'); return { result: 'deleted', file: null } }
  const all = await command(['delete', 'all', 'web', 'x*'], { status: ({ targets }) => ({ processes: String(targets) === 'all' ? processes : [], missing: [] }), delete: remove })
  expect([all.code, all.out]).toEqual([1, 'api: deleted\nweb: deleted\nx*: ERROR (no such program)\n'])
})

it('tells who comes from PM2 what its words are here', async () => {
  expect(await command(['list'], {})).toMatchObject({ code: 1, out: '*** Unknown syntax: list\n', err: 'from PM2? here it is: nsup status\n' })
  expect(await command(['reload', 'api'], {})).toMatchObject({ code: 1, err: 'from PM2? here it is: nsup restart NAME; nsup reload stops all and starts anew\n' })
  expect((await command(['logs', '--err'], {})).err).toBe('nsup: there is no option --err\nfrom PM2? here it is: nsup tail NAME stderr\nsee: nsup help logs\n')
  expect((await command(['restart', '0'], { restart: () => ({ stopped: [], started: [], missing: [lost('0')] }) })).err).toContain('no numbers here, only names')
  expect((await start([file('app.js'), '-n', 'api'])).err).toBe('nsup: the command start has no option -n\nfrom PM2? here it is: --name NAME\nsee: nsup help start\n')
  expect((await start([file('app.js'), '--watch'])).err).toContain('--set watch=true')
  expect((await start([file('app.js'), '-i', '2.5'])).err).toContain("not '2.5'")
})

it('says what is wrong with an order in the words of the config', async () => {
  const refused = { ...answers, launch: () => { throw new Fault('BAD_ARGUMENTS', 'api is there already: nsup restart api restarts it') } }
  expect(await command(['start', file('app.js')], refused)).toMatchObject({ code: 1, out: '', err: 'nsup: api is there already: nsup restart api restarts it\n' })
})

it('shows the tree within 80 columns, and what does not run below it', async () => {
  const one = { user: 'root', cpu: 12.34, memory: 42 * 1024 * 1024, uptime: 65_000, fled: false, process: 'shop:web' }
  const rows = [
    { ...one, pid: 1, parent: 0, depth: 0, process: null, command: 'nsupd -c x.yaml' },
    { ...one, pid: 2, parent: 1, depth: 1, command: `node ${'w'.repeat(100)}` },
    { ...one, pid: 30_000, parent: 2, depth: 2, command: 'sleep 9', fled: true },
    { ...one, pid: 4, parent: 1, depth: 1, process: 'z', cpu: null, memory: null, uptime: null, command: 'z' },
  ]
  const { out, code } = await command(['ps'], { tree: () => ({ rows, stopped: ['a', 'b'], missing: [] }) }, { isTTY: true, columns: 80 })
  expect(out.split('\n')).toEqual([
    '  pid  user    cpu   memory  uptime  process',
    '    1  root  12.3%  42.0 MB   1m 5s  master  nsupd -c x.yaml',
    `    2  root  12.3%  42.0 MB   1m 5s  ├─ shop:web  node ${'w'.repeat(24)}…`,
    '30000  root  12.3%  42.0 MB   1m 5s  │ └─ (fled) sleep 9',
    '    4  root      -        -       -  └─ z  z',
    'not running: a, b', '',
  ])
  expect(code).toBe(0)
})

it('asks a person before it removes what was written by hand, and leaves it alone for a script', async () => {
  const asked: unknown[] = []
  const table: Answers = {
    delete: (params) => {
      asked.push(params['sure'])
      return { result: params['sure'] === true ? 'deleted' : 'unsure', file: '/x.yaml' }
    },
  }
  const script = await command(['delete', 'a'], table)
  expect(script).toMatchObject({ code: 1, out: '' })
  expect(script.err).toContain('nsup delete a --yes removes it from there too')
  expect(await command(['delete', 'a', '--yes'], table)).toMatchObject({ code: 0, out: 'a: deleted, also from /x.yaml\n' })
  expect(asked).toEqual([false, true])
})

it('says what was saved, and where everybody can read it now', async () => {
  const result = await command(['save'], { save: () => ({ file: '/x.yaml', programs: ['a', 'b'], exposed: true }) })
  expect(result).toMatchObject({ code: 0, out: 'wrote a, b into /x.yaml\n' })
  expect(result.err).toContain('everybody can read /x.yaml')
})
