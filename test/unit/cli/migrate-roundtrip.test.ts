/** INI, the YAML that is made of it, and the programs that both resolve to. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { differences } from '../../../src/cli/migrate/compare.ts'
import { translate } from '../../../src/cli/migrate/translate.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { Config } from '../../../src/config/config.ts'
import { sectionSchema } from '../../../src/config/schema.ts'
import { careTexts } from '../config/care-options.ts'

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

/** Beside programs fewer names can be expanded. */
const credential = fc.constantFrom('a', 'p%%w', '${b}', '{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d', '"x"', '#1', 'null', '%(ENV_PATHS)s', '0x1f')

/** Options that a stream has twice. */
const stream = (channel: string): Record<string, fc.Arbitrary<string>> => Object.fromEntries(Object.entries({
  logfile, logfile_maxbytes: size, logfile_backups: number, logfile_compress: bool, capture_maxbytes: size, events_enabled: bool, syslog: bool,
}).map(([option, values]) => [`${channel}_${option}`, values]))

/** Beside those of {@link careTexts}: other spellings, and what the way to YAML could stumble over. */
const otherTexts: Record<string, readonly string[]> = {
  report: ['no', 'On'], messages: ['yes', 'Off'], ready: ['', 'report', 'log up: \\d+ #{%%} "${x}"', 'exec sh -c "exit $${X}"', "http://h/ 'header=A: b' body=' a '", 'notification_fd 3', 'unix://%(here)s/%(program_name)s.sock'],
  health: ['', 'report max_age=1m', 'interval=7 exec true: {a}', 'tcp://127.0.0.1:9%(process_num)03d'], on_unhealthy: ['none', 'signal 10'], watchdog: ['', '5'],
  depends_on: ['sometimes?', 'sometimes = healthy ?', 'web=ready'], wait_for: ['tcp://h:1', ''], pre_start: ['', 'timeout=5s user=root sh -c "a; b"', '- x', '%(here)s/run: now'], on_exit: ['[1]', '%(ENV_PATHS)s'],
  restart_backoff: ['', 'jitter=5%%', 'factor=1.5'], restart_limit: ['3/1m'], no_restart_on: ['', '1 , 2', 'KILL'], restart_window: ['6:00-24:00'], max_memory: ['1_000', '64 mb'],
  max_lifetime: ['1d', '24h 10%%', '3600'], stop_sequence: ['KILL', 'TERM 5,KILL'], stop_command: ['true # x'], limits: ['cpu=1m', 'core=0 nofile=10:20'], ionice: ['idle'], cpu_affinity: ['0', '1-2'],
  nice: ['-5', '0'], cgroup: ['pids_max=5', 'cpu_max=1%%'], health_signal: ['sigusr2', '12'],
}

const processOptions: Record<string, fc.Arbitrary<string>> = {
  process_name: fc.constantFrom('%(program_name)s', '%(program_name)s_%(process_num)02d', 'n%(process_num)3d', '%(group_name)s-%(process_num)s'),
  environment, directory: text, umask: fc.constantFrom('022', '7', '0o77'), user: fc.constantFrom('root', '0'), serverurl: fc.constantFrom('AUTO', 'auto', 'http://x:1'),
  numprocs: fc.constantFrom('0', '1', '1', '1', '3'), numprocs_start: number, priority: fc.constantFrom('-5', '1', '999', '1_0'),
  autostart: bool, autorestart: fc.oneof(bool, fc.constantFrom('unexpected', 'Unexpected')), exitcodes: fc.constantFrom('0', '0,2', '', ' 1 , 255', '007'),
  startsecs: number, startretries: number, stopsignal: fc.constantFrom('TERM', 'sigint', '9', 'TSTP'), stopwaitsecs: number,
  stopasgroup: bool, killasgroup: bool, kill_survivors: bool, redirect_stderr: bool, strip_ansi: bool, log_timestamp: bool,
  env_file: fc.constantFrom('vars.env', '%(here)s/vars.env', 'vars.env,\nvars.env'), ...stream('stdout'), ...stream('stderr'),
  ...Object.fromEntries(Object.entries(careTexts).map(([option, text]) => [option, fc.constantFrom(text, ...(otherTexts[option] ?? []))])),
}

/** Of each kind of section: values for everything that it may say, required or not. */
const optionsOf: Record<string, Record<string, fc.Arbitrary<string>>> = {
  program: { command: text, ...processOptions },
  'fcgi-program': {
    command: text, socket: fc.constantFrom('tcp://localhost:9000', 'unix://%(here)s/%(program_name)s.sock'), socket_backlog: fc.constantFrom('1', '16', '4096'),
    socket_mode: fc.constantFrom('0660', '700'), socket_owner: fc.constantFrom('root', 'root:root'), ...processOptions,
  },
  eventlistener: {
    command: text, events: fc.constantFrom('EVENT', 'PROCESS_STATE,TICK_5', ' TICK_60 , PROCESS_LOG'), buffer_size: fc.constantFrom('1', '5', '1000'),
    result_handler: fc.constant('supervisor.dispatchers:default_handler'), ...processOptions, redirect_stderr: fc.constantFrom('no', 'false'),
  },
  supervisord: {
    logfile: fc.constantFrom('main.log', '%(here)s/m.log', 'syslog'), logfile_maxbytes: size, logfile_backups: number, log_format: fc.constantFrom('json', 'TEXT'),
    loglevel: fc.constantFrom('Debug', 'warn'), pidfile: fc.constantFrom('p.pid', '%(here)s/p.pid'), nodaemon: bool, silent: bool, umask: fc.constantFrom('022', '0'),
    identifier: fc.constantFrom('me', '${x}'), nocleanup: bool, minfds: number, minprocs: number, strip_ansi: bool, environment, user: fc.constantFrom('root'),
    directory: fc.constantFrom('%(here)s', '/'), childlogdir: fc.constantFrom('%(here)s', '/tmp'), env_file: fc.constantFrom('vars.env'),
    restart_burst: fc.constantFrom('0', '5', '007'), shutdown_timeout: fc.constantFrom('', '0', '90', '2m'), force_quit: bool, force_delay: fc.constantFrom('0', '5s'),
    notify: fc.constantFrom('', 'on=fatal,oom webhook=https://h/x?a=%%20', 'on=unhealthy exec="mail -s \'a b\' root" template="$${x}: {y}"\non=disk_full webhook=http://h/ template=\'# a\''),
  },
  unix_http_server: {
    file: fc.constantFrom('%(here)s/s.sock', 's.sock', '~/s.sock'), chmod: fc.constantFrom('0770', '7'), chown: fc.constantFrom('root', 'root:root'), username: credential, password: credential,
  },
  inet_http_server: { port: fc.constantFrom('127.0.0.1:9001', 'localhost:1'), username: credential, password: credential, health_open: bool },
  supervisorctl: {
    serverurl: fc.constantFrom('unix://%(here)s/s.sock', 'http://localhost:9001', 'unix:///s.sock'), username: credential, password: credential, prompt: credential,
    history_file: fc.constantFrom('~/h', '%(here)s/h'),
  },
  group: { programs: fc.constant(''), priority: fc.constantFrom('-1', '5', '999') },
}

/** What must be there for the section to be good. */
const required: Record<string, readonly string[]> = {
  program: ['command'], 'fcgi-program': ['command', 'socket'], eventlistener: ['command', 'events'], unix_http_server: ['file'], inet_http_server: ['port'], group: ['programs'],
}

const comment = fc.oneof(fc.constant(''), fc.constantFrom('; about it', '# %(x)s ${y} "', ';; -*- ', '#', '; é 🐘', '; a: {b'))
const beside = fc.constantFrom('', '', '', ' ; why', ' # {"', ' ;', ' ; é')
const assignment = fc.constantFrom('=', ' = ', ':', ' : ')
const apart = fc.constantFrom('', '\n', '\n; ----\n\n')

type Line = readonly [before: string, key: string, sign: string, value: string, behind: string]

/** Without what would make the section wrong: half of the credentials, the owner of a port. */
function fitting(lines: readonly Line[]): Line[] {
  const has = (key: string, word = ''): boolean => lines.some(([, one, , value]) => one === key && value.startsWith(word))
  return lines.filter(([, key]) => {
    if (key === 'username' || key === 'password') return has('username') && has('password')
    return !has('socket', 'tcp') || !key.startsWith('socket_') || key === 'socket_backlog'
  })
}

/** Lines of a section: some of its options in some order, spelled and commented in some way. */
function section(kind: string): fc.Arbitrary<(header: string, fixed?: Readonly<Record<string, string>>) => string> {
  const all = optionsOf[kind] ?? {}
  const keys = Object.keys(all).filter((key) => !(required[kind] ?? []).includes(key))
  const chosen = fc.subarray(keys, { maxLength: Math.min(keys.length, 12) }).chain((some) => fc.shuffledSubarray([...some, ...(required[kind] ?? [])], { minLength: some.length + (required[kind] ?? []).length }))
  return chosen.chain((some) => fc.record({
    lines: fc.tuple(...some.map((key) => fc.tuple(comment, fc.constant(key), assignment, all[key] ?? text, beside))),
    above: comment, gap: apart, shout: fc.boolean(), nonsense: fc.option(text),
  })).map(({ lines, above, gap, shout, nonsense }) => (header, fixed = {}) => {
    const written = fitting(lines).flatMap(([before, key, sign, value, behind]) => {
      const shown = (fixed[key] ?? value).replaceAll('\n', '\n  ')
      return [...(before === '' ? [] : [before]), `${shout ? key.toUpperCase() : key}${sign}${shown}${shown.includes('\n') ? '' : behind}`]
    })
    return [above, `[${header}]`, ...written, ...(nonsense === null ? [] : [`nonsense=${nonsense}`]), gap, ''].join('\n')
  })
}

const names = fc.uniqueArray(fc.constantFrom('web', 'null', '7', 'a.b', 'x-y', '{', '*z', 'true', 'é', "o'b"), { minLength: 1, maxLength: 4 })

/** A main file and one that it includes. */
const files = names.chain((all) => fc.record({
  programs: fc.tuple(...all.map((name) => fc.record({
    name: fc.constant(name), kind: fc.constantFrom('program', 'program', 'program', 'fcgi-program', 'eventlistener'), included: fc.boolean(),
    grouped: fc.boolean(), render: fc.record({ program: section('program'), 'fcgi-program': section('fcgi-program'), eventlistener: section('eventlistener') }),
  }))),
  group: section('group'), master: section('supervisord'), unix: fc.option(section('unix_http_server')), inet: fc.option(section('inet_http_server')),
  client: fc.option(section('supervisorctl')), inetName: fc.constantFrom('inet_http_server', 'inet_http_server:x y'),
  defaults: fc.option(fc.constantFrom('[DEFAULT]\nautostart=no\n', '[DEFAULT]\nstopwaitsecs=7\npriority=3\n')),
})).map(({ programs, group, master, unix, inet, client, inetName, defaults }) => {
  const members = programs.filter(({ kind, grouped }) => grouped && kind !== 'eventlistener').map(({ name }) => name)
  const textOf = (included: boolean): string => programs.filter((one) => one.included === included).map(({ name, kind, render }) => render[kind](`${kind}:${name}`)).join('')
  return {
    main: [
      '; at the top\n', defaults ?? '', master('supervisord'), textOf(false), members.length > 0 ? group('group:g', { programs: members.join(', ') }) : '',
      unix?.('unix_http_server') ?? '', inet?.(inetName) ?? '', client?.('supervisorctl') ?? '', '[include]\nfiles = more/*.ini nowhere/*\n',
    ].join('\n'),
    included: textOf(true),
  }
})

it('knows values for every option that a section may have', () => {
  for (const [kind, values] of Object.entries(optionsOf)) expect(Object.keys(values).sort(), kind).toEqual(Object.keys(sectionSchema(kind)?.rows ?? {}).sort())
})

function count(text: string, comment: string): number {
  return text.split(`# ${comment}`).length + text.split(`; ${comment}`).length - 2
}

function load(file: string): { config: Config | null; problems: string } {
  const { config, problems } = loadConfig(file, options)
  return { config, problems: problems.map(({ message }) => message).join('\n') }
}

it('resolves to the same programs, master, servers and client, whatever the INI says, in the same folder and in another', () => {
  mkdirSync(join(folder, 'more'))
  for (const place of [folder, join(folder, 'more')]) writeFileSync(join(place, 'vars.env'), `FROM="${place}"\nEXTRA=1\n`)
  let tried = 0
  fc.assert(fc.property(files, fc.boolean(), ({ main, included }, away) => {
    const from = join(folder, 'supervisord.conf')
    writeFileSync(from, main)
    writeFileSync(join(folder, 'more/a.ini'), included)
    const before = load(from).config
    if (before === null) return
    tried++
    const to = join(away ? elsewhere : folder, 'programs.yaml')
    writeFileSync(to, translate(from, to, options).text)
    const { config: after, problems } = load(to)
    for (const kept of ['about it', 'why']) expect(count(readFileSync(to, 'utf8'), kept), kept).toBe(count(main + included, kept))
    expect(after, `${problems}\n${readFileSync(to, 'utf8')}`).not.toBeNull()
    if (after !== null) expect(differences(before, after), readFileSync(to, 'utf8')).toEqual([])
  }), { numRuns: 150 })
  expect(tried).toBeGreaterThan(40)
})
