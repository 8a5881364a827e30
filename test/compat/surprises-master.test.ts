/**
 * What implementers of supervisord's contract get wrong, one by one, beside the real supervisord: the config, the
 * server and its end. The numbers are those of the list that the project keeps; surprises.test.ts has the others.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, it } from 'vitest'
import { newPlace } from '../e2e/harness.ts'
import type { Ran } from '../e2e/harness.ts'
import { root } from '../e2e/root.ts'
import { untilFile } from '../e2e/waits.ts'
import { head, masked, startPair } from './pair.ts'
import type { Pair, Side } from './pair.ts'

const tells = (name: string): string => `command=sh -c 'trap "echo begin ${name} >> {dir}/order; while [ ! -e {dir}/go ]; do sleep 0.05; done; echo end ${name} >> {dir}/order; exit 0" TERM; echo up; while :; do sleep 600 & wait $!; done'\nstdout_logfile={dir}/${name}.out\nstartsecs=0\nstopwaitsecs=3600\n`

const config = `${head.replace('[supervisord]', '[unix_http_server:locked]\nfile={dir}/%(ENV_SOCKET)s.sock\nusername=anna\npassword=secret\n[supervisord]\numask=077\ndirectory=/\nenvironment=FROM_MASTER="a b",SOCKET=locked')}
[include]
files=conf.d/*.conf *.none
[program:dup]
command=first
autostart=false
startsecs=5
[program:Cuts]
COMMAND=sh -c 'a;b # c ; d'
autostart=false
Priority=3 ; comment
[program:lines]
command=sh -c
  'echo "$0" "$@"'
  ; a comment
  one
  two
autostart=false
[program:where]
command=sh -c 'echo "$(umask) $(pwd) $FROM_MASTER %(ENV_FROM_MASTER)s"; exec cat'
startsecs=0
stdout_logfile={dir}/where.out
[program:a]
${tells('a')}priority=1
[program:b]
${tells('b')}priority=2
[program:auto]
command=cat
startsecs=0
[program:explicit]
command=cat
startsecs=0
stdout_logfile={dir}/explicit.out
[program:gone]
command=cat
startsecs=0
[program:red]
command=printf 'a\\033[31mb\\033[0Gcd\\033[1me'
autorestart=false
startsecs=0
stdout_logfile={dir}/red.out
`.replace('childlogdir={dir}', 'childlogdir={dir}\nstrip_ansi=true')

const included = `[program:included]
command=%(here)s/run
autostart=false
[program:dup]
command=second
[include]
files=deeper/*.conf
[supervisorctl]
serverurl=unix:///no/such.sock
prompt=other
`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config, (place) => {
    mkdirSync(place.path('conf.d/deeper'), { recursive: true })
    place.write('conf.d/more.conf', included)
    place.write('conf.d/deeper/never.conf', '[program:never]\ncommand=cat\n')
  })
  await pair.both(async (side) => {
    await side.until({ where: ['RUNNING'], a: ['RUNNING'], b: ['RUNNING'], auto: ['RUNNING'], explicit: ['RUNNING'], gone: ['RUNNING'], red: ['EXITED'] })
    for (const name of ['a', 'b']) await untilFile(side.place.path(`${name}.out`), 'up')
  })
}, 60_000)

async function sameCtl(words: string): Promise<Ran> {
  const { real, ours } = await pair.both((side) => side.ctl(words.split(' ')))
  expect(ours, `supervisorctl ${words}`).toEqual(real)
  return ours
}

async function configOf(name: string): Promise<Record<string, unknown>> {
  const { real, ours } = await pair.both(async (side) => {
    const all = (masked(side, await side.call('supervisor.getAllConfigInfo')) as { value: Record<string, unknown>[] }).value
    return all.find((one) => one['name'] === name) ?? {}
  })
  expect(ours).toEqual(real)
  return ours
}

const pidOf = async (side: Side): Promise<number> => (await side.call('supervisor.getPID')).value as number
const rewrite = (side: Side, change: (text: string) => string): Promise<string> => Promise.resolve(side.place.write(side.place.config, change(side.place.read(side.place.config))))

describe('surprises', () => {
  it('12: here of an included file is its own folder, includes are relative to the main file and do not nest, doubles merge, supervisorctl sees no includes', async () => {
    expect(await configOf('included')).toMatchObject({ command: '{dir}/conf.d/run' })
    expect(await configOf('dup')).toMatchObject({ command: 'second', startsecs: 5 })
    expect(await configOf('never')).toEqual({})
    expect((await sameCtl('status auto')).exitCode).toBe(0)
  })

  it('13: a blank before ; or # cuts a value also in quotes, a line end in a command separates, option names fold case', async () => {
    expect(await configOf('Cuts')).toMatchObject({ command: 'sh -c \'a;b', process_prio: 3 })
    expect(await configOf('lines')).toMatchObject({ command: 'sh -c\n\'echo "$0" "$@"\'\none\ntwo' })
  })

  it('14 and 15: umask and directory of [supervisord] do nothing in the foreground, and its environment reaches programs', async () => {
    const { real, ours } = await pair.both(async (side) => side.masked(await untilFile(side.place.path('where.out'), '\n')))
    expect(ours).toBe(real)
    expect(ours).toMatch(/^00\d\d \{dir\} a b a b\n$/)
    expect(ours).not.toMatch(/^0077/)
  })

  it('15: the environment of [supervisord] can be used by what is read later, and is not that of the server itself', async () => {
    expect(await pair.both((side) => Promise.resolve(existsSync(side.place.path('locked.sock'))))).toEqual({ real: true, ours: true })
    const place = newPlace('ini', '[supervisord]\nenvironment=ONLY_HERE=9\n[include]\nfiles=%(ENV_ONLY_HERE)s.conf\n')
    const real = await execa('supervisord', ['-n', '-c', place.config], { cwd: place.dir, env: place.env, reject: false, timeout: 20_000 })
    const ours = await place.run('nsupd', ['-n', '-c', place.config])
    expect([real.exitCode, ours.exitCode]).toEqual([2, 2])
    for (const { stderr } of [real, ours]) expect(stderr).toContain('ENV_ONLY_HERE')
  })

  it('19: update tells what is removed, changed and added in that order; AUTO in the new config equals any log that is used', async () => {
    await pair.both((side) => rewrite(side, (text) => {
      return `${text.replace(/\[program:gone\][^[]*/, '').replace(`stdout_logfile=${side.place.path('explicit.out')}\n`, '').replace('[program:auto]\n', `[program:auto]\nstdout_logfile=${side.place.path('auto.out')}\n`)}[program:fresh]\ncommand=cat\nstartsecs=0\n`
    }))
    expect((await sameCtl('reread')).stdout).toBe('auto: changed\nfresh: available\ngone: disappeared\n')
    expect((await sameCtl('update')).stdout).toBe('gone: stopped\ngone: removed process group\nauto: stopped\nauto: updated process group\nfresh: added process group\n')
    expect((await sameCtl('update')).stdout).toBe('')
  })

  it('20: a socket is 0700, and a live one is not taken away', async () => {
    const modes = await pair.both((side) => Promise.resolve(statSync(side.place.path('rpc.sock')).mode & 0o7777))
    expect([modes.real, modes.ours]).toEqual([0o700, 0o700])
    const refusal = async (side: Side, start: (place: ReturnType<typeof newPlace>) => Promise<Ran>): Promise<Ran> => {
      const place = newPlace('ini', `[supervisord]\n[unix_http_server]\nfile=${side.place.path('rpc.sock')}\n`)
      return start(place)
    }
    const real = await refusal(pair.real, async (place) => {
      const { stdout, stderr, exitCode } = await execa('supervisord', ['-n', '-c', place.config], { cwd: place.dir, env: place.env, reject: false })
      return { stdout, stderr, exitCode }
    })
    const ours = await refusal(pair.ours, (place) => place.run('nsupd', ['-n', '-c', place.config]))
    expect([real.exitCode, ours.exitCode]).toEqual([2, 2])
    for (const { stderr } of [real, ours]) expect(stderr).toContain('Another program is already listening on a port that one of our HTTP servers is configured to use.')
    await pair.both(async (side) => expect((await side.call('supervisor.getState')).value).toMatchObject({ statecode: 1 }))
  })

  it('23: supervisord has web pages whose actions answer 301; nsup has none', async () => {
    const { real, ours } = await pair.both((side) => side.send({ verb: 'GET', path: '/index.html?action=refresh', headers: { Host: 'there' } }))
    expect([real.status, ours.status]).toEqual([301, 404])
    expect((await pair.both((side) => side.send({ verb: 'GET', path: '/ok.html' }))).ours).toMatchObject({ status: 200, body: 'OK' })
  })

  it('24: 401 on every path of a server with a password, and of that server only', async () => {
    for (const path of ['/RPC2', '/', '/index.html', '/stylesheets/supervisor.css', '/logtail/auto', '/mainlogtail', '/no/such', '/ok.html']) {
      for (const verb of ['GET', 'POST']) {
        const { real, ours } = await pair.both((side) => side.send({ verb, path, socket: side.place.path('locked.sock'), raw: '' }))
        expect([path, verb, ours.status, ours.authenticate]).toEqual([path, verb, real.status, real.authenticate])
        expect([ours.status, ours.authenticate]).toEqual([401, 'Basic realm="default"'])
      }
    }
  })
})

describe('bugs that are not copied', () => {
  it('a log of /dev/stdout with a size goes on, where supervisord finds that a pipe cannot seek', async () => {
    const text = (dir: string): string => `[supervisord]
logfile=${dir}/main.log
pidfile=${dir}/main.pid
[program:console]
command=sh -c 'trap "" PIPE; for i in 1 2 3 4; do echo said $i; sleep 0.2; done; kill -TERM $(cat ${dir}/main.pid)'
startsecs=0
autorestart=false
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=1KB
`
    // A pipe of the shell: Node's own are sockets, which /dev/stdout cannot open.
    const said = async (words: readonly string[]): Promise<string> => {
      const place = newPlace('ini', '')
      place.write(place.config, text(place.dir))
      const { stdout } = await execa('sh', ['-c', '"$@" 2>&1 | cat', 'sh', ...words, '-n', '-c', place.config], { cwd: place.dir, env: place.env, reject: false })
      return stdout
    }
    const [real, ours] = await Promise.all([said(['supervisord']), said([process.execPath, join(root, 'bin', 'nsupd')])])
    expect(real).toMatch(/closing channel .*Illegal seek/)
    expect(ours.match(/^said \d$|Illegal seek/gm)).toEqual(['said 1', 'said 2', 'said 3', 'said 4'])
  })

  it('strip_ansi takes away sequences with any end, and nothing else', async () => {
    const { real, ours } = await pair.both((side) => untilFile(side.place.path('red.out'), 'e'))
    expect(ours).toBe('abcde')
    expect(real).not.toBe(ours)
  })
})

describe('the end', () => {
  it('5 and 21: HUP stops group after group, the highest first, and starts all again under the same pid; manual stops are forgotten, AUTO logs are removed', async () => {
    await sameCtl('stop where')
    const before = await pair.both(pidOf)
    const logs = await pair.both((side) => Promise.resolve(readdirSync(side.place.dir).filter((name) => name.startsWith('fresh-stdout---'))))
    expect([logs.real.length, logs.ours.length]).toEqual([1, 1])
    await pair.both(async (side) => {
      process.kill(await pidOf(side), 'SIGHUP')
      await untilFile(side.place.path('order'), 'begin b')
      expect(side.place.read('order')).toBe('begin b\n')
      side.place.write('go', '')
      await untilFile(side.place.path('order'), 'end a')
      expect(side.place.read('order')).toBe('begin b\nend b\nbegin a\nend a\n')
      await side.until({ where: ['RUNNING'], b: ['RUNNING'], a: ['RUNNING'], fresh: ['RUNNING'] })
      for (const name of logs[side === pair.real ? 'real' : 'ours']) expect(existsSync(side.place.path(name))).toBe(false)
    })
    expect(await pair.both(pidOf)).toEqual(before)
  })

  it('20: a stale socket is replaced, and sockets are removed at the end; 21: a broken config at HUP ends supervisord with 2, nsup goes on with the old one', async () => {
    await pair.both((side) => rewrite(side, (text) => `${text}[program:broken]\n`))
    const pids = await pair.both(pidOf)
    process.kill(pids.real, 'SIGHUP')
    process.kill(pids.ours, 'SIGHUP')
    expect(await pair.real.ended).toBe(2)
    await untilFile(pair.ours.place.path('main.log'), /program:broken/)
    await pair.ours.until({ where: ['RUNNING'] })
    expect(await pidOf(pair.ours)).toBe(pids.ours)
    process.kill(pids.ours, 'SIGTERM')
    expect(await pair.ours.ended).toBe(0)
    expect([existsSync(pair.ours.place.path('rpc.sock')), existsSync(pair.ours.place.path('main.pid'))]).toEqual([false, false])
    const bound = spawn('/usr/bin/python3', ['-c', 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', pair.ours.place.path('rpc.sock')])
    await new Promise((resolve) => bound.once('exit', resolve))
    await rewrite(pair.ours, (text) => text.replace('[program:broken]\n', ''))
    const again = await pair.ours.place.master()
    expect(again.said()).toContain('Unlinking stale socket')
    expect((await pair.ours.ctl(['version'])).exitCode).toBe(0)
    process.kill(again.pid, 'SIGTERM')
    expect(await again.ended).toBe(0)
  })
})
