/** `nsup migrate`: what it writes, what it says, and what it will not do. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { differences } from '../../../src/cli/migrate/compare.ts'
import { switchCommands } from '../../../src/cli/migrate/report.ts'
import { configOf, installedVersion, pidIn, runningAt } from '../../../src/cli/migrate/running.ts'
import { bare } from './harness.ts'
import type { Result } from './harness.ts'

interface Here {
  readonly folder: string
  readonly ini: string
  readonly yaml: string
  migrate(...words: readonly string[]): Promise<Result>
}

function here(text: string): Here {
  const folder = mkdtempSync(join(tmpdir(), 'nsup-migrate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [ini, yaml] = [join(folder, 'supervisord.conf'), join(folder, 'programs.yaml')]
  writeFileSync(ini, text)
  const env = { NSUP_HOME: join(folder, 'home'), HOME: folder }
  return { folder, ini, yaml, migrate: (...words) => bare(['migrate', ini, '-o', yaml, ...words], {}, { env }) }
}

const shop = `; Our shop.

[supervisord]
logfile=/dev/null ; nobody reads it
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[include]
files=conf.d/*.conf
[program:checkin]
; jobs take long
stopwaitsecs=60
command=php %(here)s/start.php "\${HOME}"
stopasgroup=true
environment=A="1",B="two words" ; both
; stdout_logfile=/tmp/x
`

it('writes what supervisord would do, with the comments where their options are', async () => {
  const place = here(shop)
  mkdirSync(join(place.folder, 'conf.d'))
  writeFileSync(join(place.folder, 'conf.d', 'web.conf'), '# the web\n[program:web]\ncommand=%(here)s/web\nautorestart=yes\n')
  const { code, out } = await place.migrate()
  expect(code).toBe(0)
  expect(readFileSync(place.yaml, 'utf8').split('\n').slice(1).join('\n')).toBe(`# Made by nsup migrate from ${place.ini}.
# Our shop.

supervisord:
  logfile: /dev/null # nobody reads it
  pidfile: supervisord.pid
  log_format: text
  restart_burst: 0

# supervisord's ways, where YAML has others: delete what you do not want to keep.
defaults:
  stopasgroup: false
  killasgroup: false
  kill_survivors: false

programs:
  checkin:
    # jobs take long
    stopwaitsecs: 60
    command: php %(here)s/start.php "$\${HOME}"
    stopasgroup: true
    # both
    environment:
      A: "1"
      B: two words
    killasgroup: true
    # stdout_logfile=/tmp/x

  # from ${place.folder}/conf.d/web.conf
  # the web
  web:
    command: ${place.folder}/conf.d/web
    autorestart: true
`)
  expect(out).toContain(`${place.ini}: 2 groups, 2 processes, 2 files\n`)
  expect(out).toContain('AUTO logs (checkin, web) get stable names')
  for (const line of [`nsup -c ${place.yaml} check`, `nsup -c ${place.yaml} status`]) expect(out).toContain(`\n  ${line}\n`)
})

it('says what does not carry over, with exit code 1, and with --check writes nothing', async () => {
  const place = here('[supervisord]\n[ctlplugin:mine]\nsupervisor.ctl_factory=a:b\n[rpcinterface:tw]\nsupervisor.rpcinterface_factory=t:w\n[mystery]\nx=1\n[program:a]\ncommand=a\nautostrat=1\n')
  const { code, out } = await place.migrate('--check')
  expect(code).toBe(1)
  expect(out).toContain('does not carry over:\n  [ctlplugin:mine]: plug-ins of supervisorctl are Python and cannot be loaded\n  [rpcinterface:tw]: the RPC interface t:w is Python')
  expect(out.match(/rpcinterface/g)).toHaveLength(1)
  expect(out).toContain('  [mystery]: unknown to supervisord and nsup, left out\n')
  expect(out).toContain("unknown option 'autostrat'")
  expect(existsSync(place.yaml)).toBe(false)
  const json = JSON.parse((await place.migrate('--check', '--json')).out) as { to: unknown; lost: string[] }
  expect(json).toMatchObject({ to: null, lost: [expect.stringContaining('[ctlplugin:mine]'), expect.stringContaining('t:w')] })
})

it('does not write over a file unless told so, nor a name that would be read as INI', async () => {
  const place = here('[supervisord]\n[program:a]\ncommand=a\n')
  writeFileSync(place.yaml, 'mine')
  expect(await place.migrate()).toMatchObject({ code: 1, err: `nsup: ${place.yaml} is already there (overwrite it with --force)\n` })
  expect(readFileSync(place.yaml, 'utf8')).toBe('mine')
  expect((await place.migrate('--force')).code).toBe(0)
  expect(readFileSync(place.yaml, 'utf8')).toContain('command: a')
  expect((await bare(['migrate', place.ini, '-o', 'x.conf'], {})).err).toContain('would not be read as YAML')
  expect((await bare(['migrate', place.yaml], {})).err).toContain('is YAML already')
})

it('keeps secrets as secret as they were', async () => {
  const place = here('[supervisord]\n[program:a]\ncommand=a\nenvironment=TOKEN="secret"\n')
  chmodSync(place.ini, 0o640)
  const { out, err } = await place.migrate()
  expect(statSync(place.yaml).mode & 0o777).toBe(0o640 & ~process.umask())
  expect(out + err).not.toContain('secret')
})

it('refuses a config that supervisord would refuse, with its problems', async () => {
  const place = here('[supervisord]\n[program:a]\n')
  const { code, err } = await place.migrate()
  expect(code).toBe(1)
  expect(err).toContain('supervisord.conf:2:1: error')
  expect(existsSync(place.yaml)).toBe(false)
})

it('sees every difference between two configs but the names of AUTO logs, and shows no value', () => {
  const place = here('[supervisord]\n[program:a]\ncommand=a\n')
  const load = (name: string, text: string): NonNullable<ReturnType<typeof loadConfig>['config']> => {
    writeFileSync(join(place.folder, name), text)
    const { config } = loadConfig(name, { env: {}, cwd: place.folder, logDir: place.folder })
    if (config === null) throw new Error('the config of the test is wrong')
    return config
  }
  const from = load('a.conf', '[supervisord]\n[program:a]\ncommand=a\nenvironment=X="secret"\n')
  const to = load('b.yaml', 'supervisord: {logfile: supervisord.log, pidfile: supervisord.pid}\nprograms:\n  a: {command: a b, environment: {X: other}}\n')
  expect(differences(from, from)).toEqual([])
  expect(differences(from, to).sort()).toEqual([
    'groups.a.processes.a.argv.1', 'groups.a.processes.a.command', 'groups.a.processes.a.environment.X', 'groups.a.processes.a.killSurvivors',
    'groups.a.processes.a.killasgroup', 'groups.a.processes.a.stopasgroup', 'master.logfileFormat', 'master.restartBurst',
  ])
})

it('stops supervisord and waits until it is gone, by what is known of it, before nsup starts', () => {
  const how = { from: '/a b.conf', to: '/p.yaml', pid: undefined, pidfile: '/s.pid', served: true, service: undefined, systemd: false }
  const second = (more: object): string => switchCommands({ ...how, ...more }).over[1] ?? ''
  expect(second({})).toBe("pid=$(supervisorctl -c '/a b.conf' pid) && supervisorctl -c '/a b.conf' shutdown && while kill -0 $pid 2>/dev/null; do sleep 1; done")
  expect(second({ pid: 7 })).toBe("supervisorctl -c '/a b.conf' shutdown && while kill -0 7 2>/dev/null; do sleep 1; done")
  expect(second({ served: false })).toBe('pid=$(cat /s.pid) && kill $pid && while kill -0 $pid 2>/dev/null; do sleep 1; done')
  expect(second({ served: false, pid: 7 })).toBe('kill 7 && while kill -0 7 2>/dev/null; do sleep 1; done')
  expect(second({ service: 'supervisor', systemd: true })).toBe('systemctl disable --now supervisor')
  expect(switchCommands({ ...how, service: 'supervisor', systemd: true })).toMatchObject({
    over: ['nsup -c /p.yaml check', 'systemctl disable --now supervisor', 'nsup -c /p.yaml install-service', 'nsup -c /p.yaml status'],
    back: ['nsup -c /p.yaml uninstall-service', 'systemctl enable --now supervisor'],
  })
})

it('knows a supervisord by its pidfile, unless another process has the pid by now', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nsup-migrate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o755 })
    return join(folder, name)
  }
  const child = spawn(file('supervisord', '#!/bin/sh\necho ready; read never\n'), { stdio: ['pipe', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  expect(pidIn(file('good.pid', `${String(child.pid)}\n`))).toBe(child.pid)
  child.stdin.end()
  await once(child, 'exit')
  expect(pidIn(join(folder, 'good.pid'))).toBeUndefined()
  for (const text of [String(process.pid), '-1', '', 'x']) expect(pidIn(file('bad.pid', text)), text).toBeUndefined()
  expect(pidIn(join(folder, 'none.pid'))).toBeUndefined()
})

it('tells the version of the supervisord that is installed, where one is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nsup-migrate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  expect(installedVersion({ PATH: folder })).toBeUndefined()
  writeFileSync(join(folder, 'supervisord'), '#!/bin/sh\necho 4.2.5\n', { mode: 0o755 })
  expect(installedVersion({ PATH: folder })).toBe('4.2.5')
  writeFileSync(join(folder, 'supervisord'), '#!/bin/sh\necho nonsense\n', { mode: 0o755 })
  expect(installedVersion({ PATH: folder })).toBeUndefined()
})

function answering(answer: (method: string) => string): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk)).on('end', () => response.end(answer(/<methodName>supervisor\.(\w+)</.exec(body)?.[1] ?? '')))
  })
  onTestFinished(() => void server.close())
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    resolve({ server, port: typeof address === 'object' && address !== null ? address.port : 0 })
  }))
}

it('asks a supervisord that runs for its version and its pid, and takes rubbish for nobody', async () => {
  const value = (type: string, text: string): string => `<?xml version='1.0'?><methodResponse><params><param><value><${type}>${text}</${type}></value></param></params></methodResponse>`
  const good = await answering((method) => (method === 'getPID' ? value('int', '77') : value('string', '4.2.5')))
  expect(await runningAt({ host: '127.0.0.1', port: good.port }, null)).toEqual({ version: '4.2.5', pid: 77 })
  const bad = await answering(() => 'hello')
  expect(await runningAt({ host: '127.0.0.1', port: bad.port }, null)).toBeUndefined()
  expect(await runningAt({ socketPath: '/nowhere/s.sock' }, null)).toBeUndefined()
})

it('finds no config for a process that is not there', () => {
  expect(configOf(2 ** 30)).toBeUndefined()
})
