/** Programs that are in no config: started by one command, kept over deaths of the master, saved, shown and deleted. */
import { rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { ResultOf } from '../../src/api/results.ts'
import { newPlace } from './harness.ts'

const app = `const { spawn } = require('node:child_process')
spawn('sleep', ['1000'], { stdio: 'ignore', detached: true })
console.log([process.argv.slice(2).join(' '), process.cwd(), process.env.TOKEN, ...['SUPERVISOR_PROCESS_NAME', 'SUPERVISOR_GROUP_NAME', 'NSUP_INSTANCE', 'NODE_APP_INSTANCE', 'NSUP_PROCESS'].map((name) => process.env[name])].join('|'))
setInterval(() => {}, 60_000)
`

it('starts a file in a folder without a config, keeps it, and writes the config when it is asked to', async () => {
  const place = newPlace('yaml', '')
  rmSync(place.config)
  place.write('app.js', app)
  const nsup = (...words: readonly string[]) => place.run('nsup', words)
  expect(await nsup('start', 'app.js', '--name', 'api', '-i', '2', '--set', 'ready=log api_', '--env', 'TOKEN=50%', '--', '--port', '3000', 'a b')).toMatchObject({ exitCode: 0, stdout: 'api:api_00: started\napi:api_01: started\n', stderr: '' })
  expect((await nsup('tail', 'api_01')).stdout.trim()).toBe(`--port 3000 a b|${place.dir}|50%|api_01|api|1|1|api:api_01`)
  const typo = await nsup('start', 'appi')
  expect([typo.exitCode, typo.stdout, typo.stderr]).toEqual([1, 'appi: ERROR (no such process)\n', 'did you mean api?\n'])
  expect((await nsup('start', 'app.js', '--name', 'api')).stderr).toContain('api is there already')

  const before = await place.processes()
  const master = (await place.client().call('info', {})).pid
  process.kill(master, 'SIGKILL')
  expect(await nsup('start', 'all')).toMatchObject({ exitCode: 0 })
  expect((await place.processes()).map(({ namespec, pid }) => [namespec, pid])).toEqual(before.map(({ namespec, pid }) => [namespec, pid]))
  expect((await nsup('update')).stdout).toBe('')
  expect((await nsup('avail')).stdout).toMatch(/^api:api_00 .*\(added by hand\)$/m)

  expect((await nsup('save')).stdout).toBe(`wrote api into ${place.config}\n`)
  expect(place.read('programs.yaml')).toMatch(/command: \[\S*node, \S+\/app\.js, --port, "3000", a b\]/)
  expect((await nsup('update')).stdout).toBe('')
  expect((await place.processes()).map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid))

  const { rows } = JSON.parse((await nsup('ps', 'api', '--json')).stdout) as ResultOf<'tree'>
  expect(rows.map(({ depth, process: name, command }) => [depth, name, command.split(' ').at(-1)])).toEqual([
    [0, null, place.config], [1, 'api:api_00', 'b'], [2, 'api:api_00', '1000'], [1, 'api:api_01', 'b'], [2, 'api:api_01', '1000'],
  ])
  expect(await nsup('delete', 'api')).toMatchObject({ exitCode: 0, stdout: `api: deleted, also from ${place.config}\n` })
  expect(place.read('programs.yaml')).toBe('programs:\n')
  expect(await place.processes()).toEqual([])
  expect(await nsup('shutdown')).toMatchObject({ exitCode: 0 })
})

it('begins one master for all who start something at once, and none for a mistake', async () => {
  const place = newPlace('yaml', '')
  rmSync(place.config)
  place.write('app.js', 'setInterval(() => {}, 60_000)\n')
  expect(await place.run('nsup', ['start', './gone.js', '--name', 'gone'])).toMatchObject({ exitCode: 1, stderr: 'nsup: there is no file ./gone.js in this folder\n' })
  expect((await place.run('nsup', ['pid'])).exitCode).not.toBe(0)
  const names = ['a', 'b', 'c']
  const all = await Promise.all(names.map((name) => place.run('nsup', ['start', 'app.js', '--name', name, '--set', 'startsecs=0'])))
  expect(all).toMatchObject(names.map((name) => ({ exitCode: 0, stdout: `${name}: started\n`, stderr: '' })))
  expect((await place.run('nsup', ['start', 'app.js', '--name', 'a'])).stderr).toContain('nsup delete a removes it')
  expect(await place.run('nsup', ['delete', 'aa'])).toMatchObject({ exitCode: 1, stdout: 'aa: ERROR (no such program)\n', stderr: 'did you mean a?\n' })
  expect(await place.run('nsup', ['shutdown'])).toMatchObject({ exitCode: 0 })
})

it('adds a command to an INI that runs, starts it with the next master, and leaves the lines of others alone', async () => {
  const ini = '[supervisord]\n\n; mine\n[program:mine]\ncommand=cat\nstartsecs=0\n'
  const place = newPlace('ini', ini)
  expect(await place.nsup('start', 'sleep 1000', '--name', 'q', '--numprocs', '2', '--set', 'startsecs=0')).toMatchObject({ exitCode: 0, stdout: 'q:q_00: started\nq:q_01: started\n' })
  const bad = await place.nsup('start', 'sleep 1000', '--name', 'r', '--set', 'stopwaitsec=3')
  expect([bad.exitCode, bad.stderr]).toEqual([1, 'nsup: there is no option stopwaitsec; did you mean stopwaitsecs?\n'])
  expect(await place.nsup('shutdown')).toMatchObject({ exitCode: 0 })
  expect((await place.nsup('start', 'all')).stdout.trim().split('\n').sort()).toEqual(['mine', 'q:q_00', 'q:q_01'].map((name) => `${name}: started`))
  expect((await place.nsup('save')).exitCode).toBe(0)
  expect(place.read('supervisord.conf')).toBe(`${ini}\n[program:q]\ncommand=sleep 1000\ndirectory=${place.dir}\nprocess_name=%(program_name)s_%(process_num)02d\nnumprocs=2\nstartsecs=0\n`)
  const refused = await place.nsup('delete', 'mine')
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('nsup delete mine --yes removes it from there too')])
  expect((await place.nsup('delete', 'q')).exitCode).toBe(0)
  expect(place.read('supervisord.conf')).toBe(ini)
  expect((await place.processes()).map(({ namespec }) => namespec)).toEqual(['mine'])
  expect(await place.nsup('shutdown')).toMatchObject({ exitCode: 0 })
})
