/** The shell of the built program, with lines through a pipe and a real master behind it. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import type { Place, Ran } from './harness.ts'
import { untilFile, untilSaid, untilState } from './waits.ts'

const config = `[supervisord]
[program:cat]
command=cat
stdout_logfile=cat.log
autorestart=false
startsecs=0
[program:idle]
command=sleep 1000
autostart=false
startsecs=0
[supervisorctl]
prompt=shop
`

function shell(place: Place, input: string, ...options: readonly string[]): Promise<Ran> {
  return place.run('nsup', ['-c', place.config, ...options], { input })
}

it('shows the status, acts on processes, and says supervisorctl\'s words for each', async () => {
  const place = newPlace('ini', config)
  await place.master()
  await untilState(place, 'cat', 'RUNNING')
  const { stdout, stderr, exitCode } = await shell(place, [
    'start idle', 'start idle', 'restart idle', 'stop idle idle', 'status idle', 'status nobody', 'signal USR9 cat', 'pid cat', 'nonsense  here', 'version now', 'avail', 'quit',
  ].join('\n'))
  const { pid } = await place.one('cat')
  const lines = stdout.split('\n')
  expect(lines[0]).toMatch(/^cat {30}RUNNING {3}pid \d+, uptime 0:00:\d\d$/)
  expect(lines[1]).toBe(`${'idle'.padEnd(33)}STOPPED   Not started`)
  expect(stdout).toContain('shop> idle: started\nshop> idle: ERROR (already started)\nshop> idle: stopped\nidle: started\nshop> idle: stopped\n')
  expect(stdout).toMatch(/\nshop> idle {29}STOPPED {3}\w+ \d\d \d\d:\d\d [AP]M\n/)
  expect(stdout).toContain(`shop> nobody: ERROR (no such process)\nshop> cat: ERROR (bad signal name)\nshop> ${pid}\nshop> *** Unknown syntax: nonsense  here\n`)
  expect(stdout).toContain('shop> Error: version accepts no arguments\n')
  expect(stdout).toMatch(/shop> cat {30}in use {4}auto {6}999:999\nidle {29}in use {4}manual {4}999:999\nshop> \n$/)
  expect(stderr).not.toContain('nsup:')
  expect(exitCode).toBe(0)
})

it('talks with a process by fg, and has its next line for itself again', async () => {
  const place = newPlace('ini', config)
  await place.master()
  await untilState(place, 'cat', 'RUNNING')
  const { child, said, ended, pid } = place.background()
  const running = { child, said, ended, pid }
  child.stdin?.write('fg cat\n')
  await untilSaid(running, '==> Press Ctrl-C to exit <==')
  child.stdin?.write('hello from the keyboard\n')
  await untilFile(place.path('cat.log'), 'hello from the keyboard\n')
  await untilSaid(running, '\nhello from the keyboard\n')
  child.kill('SIGINT')
  await untilSaid(running, 'Exiting foreground\nshop> ')
  child.stdin?.write('tail cat\n')
  await untilSaid(running, 'shop> hello from the keyboard\n\nshop> ')
  child.kill('SIGINT')
  expect(await ended).toBe(0)
})

it('asks before it shuts down, and then the master is gone', async () => {
  const place = newPlace('ini', config)
  const master = await place.master()
  expect((await shell(place, 'shutdown\nno\nreload\n\n')).stdout).toMatch(
    /shop> Really shut the remote supervisord process down y\/N\? shop> Really restart the remote supervisord process y\/N\? shop> \n$/,
  )
  const { stdout, exitCode } = await shell(place, 'shutdown\nyes\n')
  expect(stdout).toMatch(/y\/N\? Shut down\nshop> \n$/)
  expect(exitCode).toBe(0)
  expect(await master.ended).toBe(0)
  expect((await shell(place, 'version\n')).exitCode).toBe(0)
})

it('goes to another server by open, and to none by a wrong address', async () => {
  const [here, there] = [newPlace('ini', config), newPlace('ini', config.replace('program:idle', 'program:other'))]
  await Promise.all([here.master(), there.master()])
  const { stdout } = await shell(here, `open ftp://nowhere\nopen unix://${there.socket}\nstatus\nopen unix:///nowhere.sock\n`)
  expect(stdout).toContain('shop> ERROR: url must be http:// or unix://\n')
  expect(stdout.match(/^(shop> )?cat /gm)).toHaveLength(3)
  expect(stdout.match(/^other /gm)).toHaveLength(2)
  expect(stdout).toMatch(/shop> unix:\/\/\/nowhere\.sock no such file\nshop> \n$/)
})

it('asks for name and password at a server that wants them', async () => {
  const place = newPlace('ini', config)
  place.write(place.config, `${config}serverurl=unix://${place.path('s.sock')}\n[unix_http_server]\nfile=${place.path('s.sock')}\nusername=ops\npassword=secret\n`)
  await place.master()
  const { stdout } = await shell(place, 'ops\nwrong\nops\nsecret\npid\n', '-s', `unix://${place.path('s.sock')}`)
  const refused = 'Server requires authentication\nUsername:Password:'
  expect(stdout.startsWith(`${refused}${refused}cat `)).toBe(true)
  expect(stdout).toMatch(/shop> \d+\nshop> \n$/)
  expect(stdout).not.toContain('secret')
})

it('migrates a config that the master then runs as before', async () => {
  const place = newPlace('ini', config)
  expect((await place.run('nsup', ['migrate', place.config])).exitCode).toBe(0)
  expect(existsSync(place.path('programs.yaml'))).toBe(true)
  expect(readFileSync(place.path('programs.yaml'), 'utf8')).toContain('prompt: shop')
  const { stdout, exitCode } = await place.run('nsup', ['-c', place.path('programs.yaml'), 'check'])
  expect(stdout).toContain('good: 2 groups, 2 processes')
  expect(exitCode).toBe(0)
})
