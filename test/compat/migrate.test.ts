/** A machine moves over: nsup migrate looks at a real supervisord, and the commands that it prints switch over and back. */
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { expect, it } from 'vitest'
import { newPlace } from '../e2e/harness.ts'
import type { Place, Ran } from '../e2e/harness.ts'
import { root } from '../e2e/root.ts'
import { untilFile } from '../e2e/waits.ts'

const config = `; the shop
[unix_http_server]
file=%(here)s/s.sock
[supervisord]
logfile=%(here)s/s.log
pidfile=%(here)s/s.pid
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/s.sock
[include]
files=conf.d/*.conf
`
const program = `[program:tells]
; it stays
command=sh -c 'echo "$WHO runs"; exec sleep 600'
environment=WHO="%(program_name)s, \${HOME}"
stdout_logfile=%(here)s/tells.log
startsecs=0
`

/** What stands below a title, line by line. */
function below(text: string, title: string): string[] {
  const lines = text.split('\n')
  const from = lines.indexOf(title) + 1
  const rest = lines.slice(from)
  const end = rest.findIndex((line) => !line.startsWith('  '))
  return (end < 0 ? rest : rest.slice(0, end)).map((line) => line.trim())
}

/** With nsup and nsupd on the PATH, as an installation has them. */
async function shell(place: Place, line: string): Promise<Ran> {
  const PATH = `${place.path('bin')}:${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`
  const { stdout, stderr, exitCode } = await execa('sh', ['-c', line], { cwd: '/', env: { ...place.env, PATH }, reject: false, stdin: 'ignore' })
  return { stdout, stderr, exitCode }
}

it('moves from a supervisord that runs to nsup and back, by the very commands that are printed', async () => {
  const place = newPlace('ini', config)
  for (const folder of ['bin', 'conf.d']) mkdirSync(place.path(folder))
  for (const name of ['nsup', 'nsupd']) symlinkSync(join(root, 'bin', name), place.path(`bin/${name}`))
  place.write('conf.d/tells.conf', program)
  expect((await shell(place, `supervisord -c ${place.config}`)).exitCode).toBe(0)
  await untilFile(place.path('conf.d/tells.log'), 'runs')
  const pid = Number(place.read('s.pid'))

  const yaml = place.path('programs.yaml')
  const { stdout: looked, exitCode } = await shell(place, `nsup migrate -s unix://${place.path('s.sock')} --check`)
  expect(exitCode).toBe(0)
  expect(looked).toContain(`${place.config}: 1 group, 1 process, 2 files\nsupervisord 4.`)
  expect(looked).toContain(` runs with pid ${pid}\n`)
  const { stdout } = await shell(place, `nsup migrate -s unix://${place.path('s.sock')} -o ${yaml}`)
  expect(place.read(yaml)).toContain('# it stays')

  const over = below(stdout, 'to switch over:')
  expect(over).toHaveLength(4)
  for (const command of over.slice(0, 3)) expect(await shell(place, command), command).toMatchObject({ exitCode: 0 })
  expect(place.left()).not.toContain(pid)
  const status = await shell(place, over[3] ?? '')
  expect(status.stdout).toMatch(/^tells +RUNNING +pid \d+, uptime /)
  await untilFile(place.path('conf.d/tells.log'), (text) => text.split('runs').length === 3)
  const back = below(stdout, 'and back:')
  for (const command of back) expect(await shell(place, command), command).toMatchObject({ exitCode: 0 })
  const again = await untilFile(place.path('conf.d/tells.log'), (text) => text.split('runs').length === 4)
  expect(new Set(again.trim().split('\n'))).toEqual(new Set(['tells, ${HOME} runs']))
  expect(await shell(place, `supervisorctl -c ${place.config} shutdown`)).toMatchObject({ exitCode: 0 })
})
