/** What becomes of a list of PM2's: the programs that are ordered, and what is said of the rest. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { bare, command } from './harness.ts'
import type { Answers, Result } from './harness.ts'

const dir = mkdtempSync(join(tmpdir(), 'nsup-ecosystem-'))
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})
const file = (name: string, text = ''): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}
const script = file('app.js')

const answers = (...known: readonly string[]): Answers => ({
  info: () => ({}),
  brief: ({ targets }) => ({ processes: [], missing: (targets as string[]).filter((target) => !known.includes(target)).map((target) => ({ target, kind: 'process', suggestion: null })) }),
  launch: ({ name }) => ({ name, warnings: [] }),
  start: () => ({ outcomes: [], missing: [] }),
  status: () => ({ processes: [], missing: [] }),
})
const start = (words: readonly string[], ...known: readonly string[]): Promise<Result> => command(['start', ...words], answers(...known), { env: { PATH: dir } })
const launched = ({ asked }: Result): unknown[] => asked.filter(({ method }) => method === 'launch').map(({ params }) => params)

const full = file('ecosystem.config.cjs', `module.exports = { apps: [{
  name: 'my api', script: 'app.js', args: '--port 3000', node_args: '--max-old-space-size=200', instances: 2, exec_mode: 'cluster', env: { A: 1 }, env_production: { A: '2', B: 'x y' },
  max_memory_restart: '200M', kill_timeout: 3000, watch: ['src', 'lib'], out_file: 'out.log', error_file: '/dev/null', min_uptime: '5s', restart_delay: 500, gid: 'www',
}, { script: './app.js', cron_restart: '0 3 * * *', autorestart: false }] }`)

it('makes a program of each app, with what its options are called here', async () => {
  const result = await start([full])
  expect(launched(result)).toEqual([{
    name: 'my_api', command: `${process.execPath} --max-old-space-size=200 ${script} --port 3000`, literal: true, directory: dir, environment: ['A=1'],
    options: ['numprocs=2', 'stopsignal=INT', 'autorestart=true', 'startsecs=5s', 'stopwaitsecs=3000ms', 'restart_backoff=initial=500ms factor=1 max=500ms', 'max_memory=200MB', 'watch=src,lib', `stdout_logfile=${join(dir, 'out-%(process_num)d.log')}`, 'stderr_logfile=NONE'],
  }, {
    name: 'app', command: `${process.execPath} ${script}`, literal: true, directory: dir, environment: [], options: ['stopsignal=INT', 'schedule=0 3 * * *'],
  }])
  expect(result.err).toContain('my_api: there is no cluster mode')
  expect(result.err).toContain('my_api: left out, since it is not here or goes another way: gid\n')
})

it('takes env_NAME by --env NAME, and what is there already as it is', async () => {
  const result = await start([full, '--env', 'production', '--env', 'C=3'], 'app')
  expect(launched(result)).toMatchObject([{ name: 'my_api', environment: ['A=1', 'A=2', 'B=x y', 'C=3'] }])
  expect(result.err).toContain('app: there already, and as before')
})

it.each([
  [[full, '--env', 'staging'], 'no app in', 2],
  [[full, '--name', 'x'], 'is started alone, without --name', 2],
  [[file('process.json', '{"apps": [{"name": "x"}]}')], 'each of its apps needs a script', 1],
  [[file('broken.config.mjs', 'export const apps = [')], 'cannot be read: ', 1],
  [[file('lost.json', '{"apps": [{"script": "gone.js"}]}')], 'and no command gone.js on the PATH', 1],
])('refuses %j in a sentence, and orders nothing', async (words, sentence, code) => {
  const result = await start(words)
  expect([result.code, launched(result)]).toEqual([code, []])
  expect(result.err).toContain(sentence)
})

it('is named by migrate, which reads other lists', async () => {
  expect((await bare(['migrate', full], {})).err).toContain('ecosystem.config.cjs makes programs of it')
})
