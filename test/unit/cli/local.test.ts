import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { completionScript } from '../../../src/cli/completion.ts'
import { duration, size } from '../../../src/cli/humane.ts'
import { optionNames } from '../../../src/cli/options.ts'
import { readUrl, resolveServer } from '../../../src/cli/server.ts'
import { instanceOf } from '../../../src/config/instance.ts'
import { bare, command, outcome, project, status } from './harness.ts'

let remove: () => void = () => undefined
const fresh = (): ReturnType<typeof project> => {
  const made = project()
  remove = made.remove
  return made
}
afterEach(() => {
  remove()
  remove = () => undefined
})

test('init writes a config that check finds good, and does not write over it', async () => {
  const { folder, env } = fresh()
  const file = join(folder, 'new.yaml')
  expect(await bare(['init', '-c', file], {}, { env })).toMatchObject({ code: 0, out: `wrote ${file}; start it with: nsup start all\n` })
  expect(readFileSync(file, 'utf8')).toContain('yaml-language-server')
  expect(await bare(['check', '-c', file], {}, { env })).toMatchObject({ code: 0, err: '' })
  writeFileSync(file, 'mine')
  expect(await bare(['init', '-c', file], {}, { env })).toMatchObject({ code: 1, err: `nsup: ${file} is already there (overwrite it with --force)\n` })
  expect(readFileSync(file, 'utf8')).toBe('mine')
  expect(await bare(['init', '--force', '-c', file], {}, { env })).toMatchObject({ code: 0 })
})

test('check shows every problem with its place and exits 1', async () => {
  const { config, env } = fresh()
  writeFileSync(config, 'programs:\n  web:\n    comand: cat\n  api:\n    command: cat\n    startsecs: soon\n')
  const { code, out } = await bare(['check', '-c', config], {}, { env })
  expect(code).toBe(1)
  expect(out).toMatch(new RegExp(`${config}:3:\\d+: error: .*comand`))
  expect(out).toMatch(new RegExp(`${config}:6:\\d+: error: .*startsecs`))
  const json = await bare(['check', '-c', config, '--json'], {}, { env })
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, file: config })
})

test('a config that is not there is a problem with its name', async () => {
  const { env } = fresh()
  const result = await bare(['check', '-c', '/nowhere/programs.yaml'], {}, { env })
  expect(result.code).toBe(1)
  expect(result.out).toContain('/nowhere/programs.yaml')
})

test('-s takes unix and http addresses and refuses others', () => {
  expect(readUrl('unix:///run/x.sock')).toEqual({ socketPath: '/run/x.sock' })
  expect(readUrl('http://localhost:9001/RPC2')).toEqual({ host: 'localhost', port: 9001 })
  expect(readUrl('http://[::1]:80')).toEqual({ host: '::1', port: 80 })
  for (const bad of ['ftp://x', 'unix://relative', 'http://', 'http://x:99999', 'localhost:9001']) {
    expect(() => readUrl(bad)).toThrow(/url must/)
  }
})

test("the private socket is asked when it is there, else what [supervisorctl] names", async () => {
  const { folder, env } = fresh()
  const config = join(folder, 'supervisord.conf')
  writeFileSync(config, '[supervisord]\n[supervisorctl]\nserverurl = http://127.0.0.1:9001\nusername = me\npassword = secret\n[program:web]\ncommand = cat\n')
  const named = await resolveServer({ configuration: config }, env)
  expect(named).toMatchObject({ endpoint: { host: '127.0.0.1', port: 9001 }, credentials: { username: 'me', password: 'secret' } })
  const { socket, runDir } = instanceOf(config, env)
  mkdirSync(runDir, { recursive: true })
  writeFileSync(socket, '')
  expect(await resolveServer({ configuration: config, username: 'you' }, env))
    .toMatchObject({ endpoint: { socketPath: socket }, credentials: { username: 'you', password: '' } })
})

test.each(['bash', 'zsh', 'fish'] as const)('the %s script knows every command and option', (shell) => {
  const script = completionScript(shell, commands)
  for (const { name, hidden } of commands) if (!hidden) expect(script).toContain(name)
  for (const name of optionNames()) expect(script).toContain(name)
  expect(script).toMatch(/__names/)
})

test('in bash the script completes commands, options, and live names with a colon in them', () => {
  const { folder } = fresh()
  writeFileSync(join(folder, 'nsup'), '#!/bin/sh\nprintf "%s\\n" all shop:checkin_00 shop:checkin_01 web "$*" > "$0.said"\ncat "$0.said"\n', { mode: 0o755 })
  const complete = (line: string): string[] => {
    const script = `${completionScript('bash', commands)}
COMP_LINE=$1 COMP_POINT=\${#1}
_nsup 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"`
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}` }
    return execFileSync('bash', ['--norc', '-c', script, 'bash', line], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).split('\n').filter(Boolean)
  }
  expect(complete('nsup sta')).toEqual(['status', 'start'])
  expect(complete('nsup -c a.yaml stop shop:checkin_0')).toEqual(['checkin_00', 'checkin_01'])
  expect(readFileSync(join(folder, 'nsup.said'), 'utf8')).toContain('-c a.yaml __names names')
  expect(complete('nsup tail --fo')).toEqual(['--follow'])
  expect(complete('nsup signal USR')).toEqual(['USR1', 'USR2'])
})

test('the names for completion are silent when no master answers', async () => {
  const fail = (): never => { throw new Error('nobody') }
  expect(await command(['__names', 'names'], { status: fail })).toMatchObject({ code: 0, out: '', err: '' })
  const processes = [status('web'), status('shop:a'), status('shop:b')]
  expect((await command(['__names', 'names'], { status: () => ({ processes, missing: [] }) })).out)
    .toBe('all\nweb\nshop:a\nshop:b\nshop:*\n')
})

test('describe tells how it ended, who asked, the last lines, and only names of the environment', async () => {
  const log = {
    logfile: null, auto: false, maxbytes: 0, backups: 0, capture_maxbytes: 0, events_enabled: false, syslog: false,
    compress: false, timestamp: false, strip_ansi: false,
  }
  const exit = {
    incarnation: 1, pid: 9, kind: 'signal', code: null, signal: 'SIGSEGV', core_dumped: true, started_at: 1, ended_at: 61_000,
    uptime: 60_000, wanted: false, by: null, expected: false, last_lines: ['segfault at 0'],
  }
  const config = {
    command: 'cat', command_problem: null, process_num: 0, priority: 999, autostart: true, autorestart: 'unexpected', exitcodes: [0],
    startsecs: 1, startretries: 3, stopsignal: 'SIGTERM', stopwaitsecs: 10, stopasgroup: false, killasgroup: false, user: null,
    redirect_stderr: false, directory: null, umask: null, serverurl: null, socket: { url: 'unix:///run/w.sock', backlog: 16, mode: '0660', owner: 'www-data' }, job: null, environment_keys: ['TOKEN'], stdout: log, stderr: log,
  }
  const view = status('web', { state: 'STOPPED', pid: 0, reason: 'stopped by cli root', stop_requested_by: 'cli root' })
  const answers = { status: () => ({ processes: [view], missing: [] }), describe: () => ({ ...view, inbox: { waiting: 1, waiting_bytes: 10, delivered: 2, refused: 0 }, exits: [exit], config }) }
  const { out, code } = await command(['describe', 'web'], answers)
  expect(code).toBe(0)
  expect(out).toMatch(/^web {2}STOPPED\n/)
  expect(out).toMatch(/stopped by +cli root\n/)
  expect(out).toMatch(/socket +unix:\/\/\/run\/w\.sock \(descriptor 0, backlog 16, mode 0660, owner www-data\)\n/)
  expect(out).toMatch(/inbox +1 message waits \(.*\), 2 delivered\n/)
  expect(out).toMatch(/environment +TOKEN\n/)
  expect(out).toMatch(/pid 9 {2}killed by SIGSEGV \(core dumped\) after 1m 0s, unexpected\n {6}segfault at 0\n/)
})

test('help lists every command, and all about one', async () => {
  const list = await command(['help'], {})
  for (const { name, hidden } of commands) expect(list.out.includes(`nsup ${name}`)).toBe(!hidden)
  const about = await command(['help', 'tail'], {})
  expect(about.out).toContain('nsup tail [-f] [-n LINES | -BYTES] target... [stdout|stderr]')
  expect(about.out).toContain('--follow')
  expect(await command(['tail', '--help'], {})).toMatchObject({ out: about.out })
  expect(await command(['help', 'no'], {})).toMatchObject({ code: 1, out: '*** No help on no\n' })
})

test('durations and sizes fit a narrow column', () => {
  expect([0, 59_999, 60_000, 3_600_000, 90_000_000].map(duration)).toEqual(['0s', '59s', '1m 0s', '1h 0m', '1d 1h'])
  expect([0, 1023, 1024, 1.5 * 1024 ** 3].map(size)).toEqual(['0 B', '1023 B', '1.0 kB', '1.5 GB'])
})

test('a password is in no output', async () => {
  const words = ['-u', 'me', '-p', 'hunter2', 'stop', 'web', '--json']
  const { out, err } = await command(words, { stop: () => ({ outcomes: [outcome('web')], missing: [] }) })
  expect(out + err).not.toContain('hunter2')
})
