/** An existing supervisord.conf with its conf.d runs unchanged; and what only users of nsup's own words see. */
import { mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { expect, it } from 'vitest'
import { fixture, newPlace } from './harness.ts'
import { untilFile, untilSaid, untilState } from './waits.ts'

it('runs a stock supervisord.conf with its conf.d, sockets, groups and expansions, without a word', async () => {
  const place = newPlace('ini', `; Sample supervisor config file.
[unix_http_server]
file=%(here)s/supervisor.sock   ; the path to the socket file
chmod=0700                 ; socket file mode (default 0700)

[supervisord]
logfile=%(here)s/log/supervisord.log ; main log file
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s/log            ; ('AUTO' child log dir)
environment=REGION="north",TIER="%(ENV_TIER)s"

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://%(here)s/supervisor.sock ; use a unix:// URL for a unix socket

[include]
files = conf.d/*.conf
`)
  mkdirSync(place.path('log'))
  mkdirSync(place.path('conf.d'))
  place.write('conf.d/10-shop.conf', `[program:checkin]
command=${fixture('reports-signals.mjs')}
process_name=%(program_name)s_%(process_num)02d
numprocs=2
startsecs=0
stdout_logfile=%(ENV_LOGS)s/%(process_num)d.log
redirect_stderr=true
stopsignal=TERM
autorestart=unexpected
exitcodes=0,2
[group:shop]
programs=checkin
`)
  place.write('conf.d/20-env.conf', `[program:env]
command=sh -c 'echo "$REGION $TIER $SUPERVISOR_GROUP_NAME $MESSAGE"; exec sleep 600'
environment=MESSAGE="it; says ""hello""",
    LAST='one'
startsecs=0
`)
  place.write('conf.d/ignored.txt', 'garbage')
  const env = { TIER: 'gold', LOGS: place.path('log') }
  const run = (...args: string[]): ReturnType<typeof place.run> => place.run('nsup', args, { env })
  expect(await run('check')).toEqual({ stdout: `${place.config}: good: 2 groups, 3 processes\n`, stderr: '', exitCode: 0 })
  expect((await place.run('nsupd', [], { env })).exitCode).toBe(0)
  const { stdout } = await run('status')
  expect(stdout).toMatch(/^env +RUNNING.*\nshop:checkin_00 +RUNNING.*\nshop:checkin_01 +RUNNING.*\n$/)
  await untilFile(place.path('log/1.log'), 'ready')
  const log = String((await place.one('env')).stdout_logfile)
  expect(log).toMatch(/\/log\/env-stdout---supervisor-\w+\.log$/)
  expect(await untilFile(log, '\n')).toMatch(/^north gold env it; says /)
  expect(place.read('log/supervisord.log')).toMatch(/INFO Included extra file ".*conf\.d\/10-shop\.conf" during parsing/)
  expect(place.read('supervisord.pid')).toBe((await run('pid')).stdout)
  expect(await run('-s', `unix://${place.path('supervisor.sock')}`, 'shutdown')).toMatchObject({ stdout: 'Shut down\n', exitCode: 0 })
})

it('forwards to its own stdout what goes to /dev/stdout, as containers want it', async () => {
  const place = newPlace('ini', `[supervisord]
[program:one]
command=sh -c 'echo to-stdout; echo to-stderr >&2; exec sleep 600'
startsecs=0
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
stderr_logfile=/dev/fd/2
stderr_logfile_maxbytes=0
`)
  const master = await place.master()
  await untilSaid(master, /^to-stdout$/m)
  await untilSaid(master, /^to-stderr$/m)
})

it('runs a program as the user that is asked for, or says why not', async () => {
  const place = newPlace('yaml', `programs: { other: { command: "sh -c 'id -un; exec sleep 600'", user: nobody, startsecs: 0, startretries: 0, directory: / } }`)
  const root = userInfo().uid === 0
  const started = await place.nsup('start', 'all')
  if (root) expect(await untilFile(String((await place.one('other')).stdout_logfile), '\n')).toBe('nobody\n')
  else expect(started.stdout + started.stderr + (await place.nsup('status')).stdout).toMatch(/nobody|root|user/)
  const wrong = newPlace('yaml', 'programs: { other: { command: sleep 600, user: no-such-user-here, startretries: 0 } }')
  expect((await wrong.nsup('check')).stdout).toMatch(/programs\.yaml:1:\d+: warning: .*no-such-user-here/)
  await wrong.master()
  expect((await untilState(wrong, 'other', 'FATAL')).description).toMatch(/no-such-user-here/)
})

it('gives up after --timeout, and the work goes on', async () => {
  const place = newPlace('yaml', `programs: { slow: { command: "${fixture('tells-when-stopped.mjs')} '%(here)s/order' slow '%(here)s/gate'", startsecs: 0, stopwaitsecs: 60 } }`)
  await place.master()
  await untilFile(String((await place.one('slow')).stdout_logfile), 'ready')
  const { stdout, stderr, exitCode } = await place.nsup('stop', 'slow', '--timeout', '0.2')
  expect(exitCode).not.toBe(0)
  expect(stdout + stderr).toMatch(/0\.2 s/)
  await untilFile(place.path('order'), 'slow begin')
  place.write('gate', '')
  await untilState(place, 'slow', 'STOPPED')
})

it('completes live names in three shells, and says nothing without a master', async () => {
  const place = newPlace('yaml', 'programs: { checkin: { command: sleep 600, numprocs: 2, startsecs: 0 } }')
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, exitCode } = await place.run('nsup', ['completion', shell])
    expect([stdout.includes('__names'), exitCode]).toEqual([true, 0])
  }
  expect(await place.nsup('__names', 'names')).toEqual({ stdout: '', stderr: '', exitCode: 0 })
  await place.master()
  const { stdout } = await place.nsup('__names', 'names')
  expect(stdout.trim().split('\n')).toEqual(expect.arrayContaining(['all', 'checkin:checkin_00', 'checkin:checkin_01', 'checkin:*']))
})

it('lives on when it may open no more files: what cannot be spawned is BACKOFF with the reason', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`)
  const place = newPlace('ini', `[supervisord]\nminfds=10\n${names.map((name) => `[program:${name}]\ncommand=sleep 600\nstartsecs=0\nstartretries=1000\n`).join('')}`)
  const master = await place.master([], {}, 'ulimit -n 100; exec "$@"')
  expect(master.pid).toBeGreaterThan(0)
  await untilState(place, 'p0', 'RUNNING')
  const last = await untilState(place, 'p19', 'BACKOFF')
  expect(last.spawn_error).toBe("too many open files to spawn 'p19'")
  await place.nsup('stop', ...names.slice(0, 6))
  expect((await place.nsup('status', 'p0')).stdout).toMatch(/^p0 +STOPPED/)
  await place.nsup('shutdown')
  expect(await master.ended).toBe(0)
})
