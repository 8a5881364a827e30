/** INI, the YAML that is made of it, and the programs that both resolve to. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { differences } from '../../../src/cli/migrate/compare.ts'
import { translate } from '../../../src/cli/migrate/translate.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { Config } from '../../../src/config/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-migrate-'))
const elsewhere = mkdtempSync(join(tmpdir(), 'nsup-migrated-'))
afterAll(() => [folder, elsewhere].forEach((path) => rmSync(path, { recursive: true, force: true })))

const options = { env: { HOME: folder, GREETING: 'good "day", all', PATHS: '/a:/b' }, cwd: folder, logDir: join(folder, 'logs') }

/** What a person may write as a value: blanks, quotes, percent and dollar signs, words that YAML takes for something else. */
const piece = fc.oneof(
  fc.constantFrom(
    'null', '~', 'true', '1', '007', '- a', 'a: b', '{', '}', '[', '*x', '&y', '!z', '${HOME}', '$${A:-b}', '$', '%%', '%(here)s', '%(ENV_GREETING)s',
    '%(ENV_PATHS)s', '%(program_name)s', '%(host_node_name)s', '"a b"', "'c'", '#d', ';e', '|', '>', '?', ',', '\\', '=', ': ', '@', '`', 'é', '\u2028', '🐘',
  ),
  fc.string({ maxLength: 6, unit: 'grapheme-ascii' }),
)
const text = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(' '))
const bool = fc.constantFrom('true', 'false', 'yes', 'No', 'on', '0', '1', 'FALSE')
const number = fc.constantFrom('0', '1', '10', '+3', '007', '1_000')
const size = fc.constantFrom('0', '1MB', '50 kb', '1024', '2gb')
const logfile = fc.constantFrom('AUTO', 'none', '', 'off', '/dev/stdout', '%(here)s/x.log', '%(program_name)s-%(process_num)d.log', 'syslog')
const environment = fc.constantFrom(
  'A=1,B="two words"', 'A="%(ENV_PATHS)s",', "C='it''s'", 'D="50%%"', 'E="${HOME}",null="~"', 'A="x\ny"', '', 'PATH="/x:%(ENV_PATHS)s",__proto__=a', '"<<"=x',
)

const programOptions = fc.record({
  process_name: fc.constantFrom('%(program_name)s', '%(program_name)s_%(process_num)02d', 'n%(process_num)3d'),
  environment, directory: text, umask: fc.constantFrom('022', '7', '0o77'), user: fc.constantFrom('root', '0'), serverurl: fc.constantFrom('AUTO', 'auto', 'http://x:1'),
  numprocs: fc.constantFrom('0', '1', '3'), numprocs_start: number, priority: fc.constantFrom('-5', '1', '999', '1_0'),
  autostart: bool, autorestart: fc.oneof(bool, fc.constantFrom('unexpected', 'Unexpected')), exitcodes: fc.constantFrom('0', '0,2', '', ' 1 , 255', '007'),
  startsecs: number, startretries: number, stopsignal: fc.constantFrom('TERM', 'sigint', '9'), stopwaitsecs: number,
  stopasgroup: bool, killasgroup: bool, kill_survivors: bool, redirect_stderr: bool, strip_ansi: bool, log_timestamp: bool,
  stdout_logfile: logfile, stderr_logfile: logfile, stdout_logfile_maxbytes: size, stderr_logfile_maxbytes: size, stdout_logfile_backups: number,
  stderr_logfile_compress: bool, stdout_capture_maxbytes: size, stderr_events_enabled: bool, stdout_syslog: bool, nonsense: text,
}, { requiredKeys: [] })

const masterOptions = fc.record({
  logfile: fc.constantFrom('main.log', '%(here)s/m.log', 'syslog'), logfile_maxbytes: size, logfile_backups: number, log_format: fc.constantFrom('json', 'TEXT'),
  loglevel: fc.constantFrom('Debug', 'warn'), pidfile: fc.constantFrom('p.pid', '%(here)s/p.pid'), nodaemon: bool, silent: bool, umask: fc.constantFrom('022', '0'),
  identifier: fc.constantFrom('me', '${x}'), nocleanup: bool, minfds: number, minprocs: number, strip_ansi: bool, environment, user: fc.constantFrom('root'),
}, { requiredKeys: [] })

const lines = (all: object): string => Object.entries(all).map(([key, value]) => `${key}=${String(value).replaceAll('\n', '\n  ')}\n`).join('')

const ini = fc.record({
  master: masterOptions,
  programs: fc.uniqueArray(fc.record({ name: fc.constantFrom('web', 'null', '7', 'a.b', 'x-y', '{', '*z', 'true'), command: text, options: programOptions }), {
    selector: ({ name }) => name, minLength: 1, maxLength: 4,
  }),
  grouped: fc.boolean(),
  server: fc.constantFrom('', '[unix_http_server]\nfile=%(here)s/s.sock\nchmod=0770\nusername=a\npassword=${b}\n', '[inet_http_server:x y]\nport=127.0.0.1:9001\n'),
  client: fc.constantFrom('', '[supervisorctl]\n', '[supervisorctl]\nserverurl=unix://%(here)s/s.sock\nprompt=#1\nhistory_file=~/h\n'),
  listener: fc.constantFrom('', '[eventlistener:l]\ncommand=l\nevents=PROCESS_STATE,TICK_5\nbuffer_size=5\n', '[eventlistener:l]\ncommand=l\nevents=EVENT\nstopasgroup=true\n'),
  fcgi: fc.constantFrom(
    '', '[fcgi-program:c]\ncommand=c\nsocket=tcp://localhost:9000\nsocket_backlog=16\n',
    '[fcgi-program:c]\ncommand=c\nsocket=unix://%(here)s/%(program_name)s.sock\nsocket_mode=0660\nsocket_owner=root:root\nkillasgroup=true\n',
  ),
}).map(({ master, programs, grouped, server, client, listener, fcgi }) => [
  `[supervisord]\n${lines(master)}`,
  ...programs.map(({ name, command, options: more }) => `; about ${name}\n[program:${name}]\n# run it\ncommand=${command}\n${lines(more)}`),
  grouped ? `[group:g]\nprograms=${programs.map(({ name }) => name).join(', ')}\npriority=5\n` : '',
  server, client, listener, fcgi,
].join('\n'))

function load(file: string): { config: Config | null; problems: string } {
  const { config, problems } = loadConfig(file, options)
  return { config, problems: problems.map(({ message }) => message).join('\n') }
}

it('resolves to the same programs, master, servers and client, whatever the INI says, in the same folder and in another', () => {
  let tried = 0
  fc.assert(fc.property(ini, fc.boolean(), (source, away) => {
    const from = join(folder, 'supervisord.conf')
    writeFileSync(from, source)
    const before = load(from).config
    if (before === null) return
    tried++
    const to = join(away ? elsewhere : folder, 'programs.yaml')
    writeFileSync(to, translate(from, to, options).text)
    const { config: after, problems } = load(to)
    expect(after, `${problems}\n${readFileSync(to, 'utf8')}`).not.toBeNull()
    if (after !== null) expect(differences(before, after), readFileSync(to, 'utf8')).toEqual([])
  }), { numRuns: 150 })
  expect(tried).toBeGreaterThan(20)
})
