import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { processOf, processesOf, tempFolder } from './harness.ts'

const folder = tempFolder()
const head = '[supervisord]\n'

describe('an INI config', () => {
  it('runs the stock Debian file with a PHP worker in a group', () => {
    mkdirSync(join(folder.path, 'log'))
    folder.write('conf.d/worker.conf', `[program:app-worker]
process_name=%(program_name)s_%(process_num)02d
command=php /srv/app/artisan queue:work --sleep=3 --tries=3
autostart=true
autorestart=true
user=root
numprocs=2
redirect_stderr=true
stdout_logfile=%(here)s/../log/worker.log
stopwaitsecs=3600

[group:app]
programs=app-worker
`)
    const { config, problems } = folder.good('supervisord.conf', `; supervisor config file
[unix_http_server]
file=/var/run/supervisor.sock   ; (the path to the socket file)
chmod=0700                       ; socket file mode (default 0700)

[supervisord]
logfile=${folder.path}/log/supervisord.log ; (main log file)
pidfile=${folder.path}/supervisord.pid ; (supervisord pidfile)
childlogdir=${folder.path}/log            ; ('AUTO' child log dir)

; the below section must remain in the config file for RPC
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix:///var/run/supervisor.sock ; use a unix:// URL  for a unix socket

[include]
files = conf.d/*.conf
`)
    expect(problems).toEqual([])
    expect(config.files.map((file) => file.slice(folder.path.length + 1))).toEqual(['supervisord.conf', 'conf.d/worker.conf'])
    expect(config.master).toMatchObject({ logfile: join(folder.path, 'log/supervisord.log'), logfileFormat: 'text', umask: 0o22, minfds: 1024 })
    expect(config.servers).toEqual([
      { kind: 'unix', section: 'unix_http_server', path: '/var/run/supervisor.sock', chmod: 0o700, chown: null, credentials: null },
    ])
    expect(config.client).toEqual({ serverurl: 'unix:///var/run/supervisor.sock', credentials: null, prompt: 'supervisor', historyFile: null })
    expect(config.groups.map(({ name }) => name)).toEqual(['app'])
    expect(Object.keys(processesOf(config))).toEqual(['app:app-worker_00', 'app:app-worker_01'])
    expect(processOf(config, 'app:app-worker_01')).toMatchObject({
      program: 'app-worker', processNum: 1, autorestart: 'always', stopwait: 3_600_000, redirectStderr: true, user: 'root',
      argv: ['php', '/srv/app/artisan', 'queue:work', '--sleep=3', '--tries=3'],
      stopasgroup: false, killasgroup: false, killSurvivors: false,
      stdout: { file: join(folder.path, 'log/worker.log'), auto: false, maxBytes: 52_428_800, backups: 10 },
      stderr: { file: null, auto: false },
    })
  })

  it('has the defaults of the reference', () => {
    const { config, problems } = folder.good('plain.conf', `${head}[program:x]\ncommand=cat\n`)
    expect(problems).toEqual([])
    const log = {
      file: null, auto: true, maxBytes: 52_428_800, backups: 10, captureMaxBytes: 0, events: false, syslog: false,
      compress: false, timestamp: false, stripAnsi: false,
    }
    expect(config.groups).toEqual([{
      name: 'x', priority: 999, processes: [{
        group: 'x', name: 'x', program: 'x', processNum: 0, command: 'cat', argv: ['cat'], commandProblem: null, priority: 999,
        autostart: true, autorestart: 'unexpected', exitcodes: [0], startsecs: 1000, startretries: 3, stopsignal: 'SIGTERM',
        stopwait: 10_000, stopasgroup: false, killasgroup: false, killSurvivors: false, user: null, redirectStderr: false,
        stdout: log, stderr: log, environment: {}, directory: null, umask: null, serverurl: null,
      }],
    }])
    expect(config.master).toMatchObject({
      logfile: join(folder.path, 'supervisord.log'), pidfile: join(folder.path, 'supervisord.pid'), identifier: 'supervisor', loglevel: 'info',
    })
  })

  it('reads every option of a program', () => {
    const { config } = folder.good('full.conf', `${head}strip_ansi=yes
environment=BASE="b",SHARED=base
[program:x]
command=%(ENV_TOOL)s --in %(here)s --n %(process_num)d/%(numprocs)d --as %(group_name)s@%(host_node_name)s
process_name=p%(process_num)x
numprocs=2
numprocs_start=10
priority=-5
autostart=no
autorestart=unexpected
startsecs=0
startretries=7
exitcodes=0, 2,3
stopsignal=usr1
stopwaitsecs=20
stopasgroup=on
umask=027
redirect_stderr=false
stdout_logfile=NONE
stderr_logfile=/dev/stderr
stderr_logfile_maxbytes=0
stderr_logfile_backups=0
stdout_capture_maxbytes=1MB
stdout_events_enabled=1
stderr_syslog=true
environment=TOOL="/bin/x",SHARED=own,N="%(process_num)03d",FROM="%(ENV_BASE)s"
directory=/srv/%(ENV_N)s
serverurl=auto
stdout_logfile_compress=true
log_timestamp=true
`)
    expect(Object.keys(processesOf(config))).toEqual(['x:pa', 'x:pb'])
    expect(processOf(config, 'x:pb')).toMatchObject({
      argv: ['/bin/x', '--in', folder.path, '--n', '11/2', '--as', `x@${hostname()}`], processNum: 11, instance: 1, priority: -5,
      autostart: false, startsecs: 0, startretries: 7, exitcodes: [0, 2, 3], stopsignal: 'SIGUSR1', stopwait: 20_000,
      stopasgroup: true, killasgroup: true, umask: 0o27, directory: '/srv/011', serverurl: null,
      environment: { BASE: 'b', SHARED: 'own', TOOL: '/bin/x', N: '011', FROM: 'b' },
      stdout: { file: null, auto: false, captureMaxBytes: 1_048_576, events: true, compress: true, timestamp: true, stripAnsi: true },
      stderr: { file: '/dev/stderr', maxBytes: 0, backups: 0, syslog: true },
    })
    expect(config.groups[0]?.priority).toBe(-5)
  })

  it('calls a command that cannot be split a spawn problem and no config error', () => {
    const { config } = folder.good('cmd.conf', `${head}[program:a]\ncommand=sh -c 'a ; b'\n[program:b]\ncommand=\n`)
    expect(processOf(config, 'a:a')).toMatchObject({ argv: [], commandProblem: `can't parse command "sh -c 'a": No closing quotation` })
    expect(processOf(config, 'b:b')).toMatchObject({ argv: [], commandProblem: 'command is empty' })
  })

  it('warns of unknown options and sections and says what was meant', () => {
    const { problems } = folder.good('unknown.conf', `${head}[program:x]\ncommand=cat\nautorestat=true\n[progam:y]\ncommand=cat\n[program]\n[supervisord:z]\n`)
    expect(problems).toEqual([
      "unknown.conf:4:1: warning: unknown option 'autorestat' in section 'program:x' is ignored; did you mean autorestart?",
      'unknown.conf:5:1: warning: unknown section [progam:y] is ignored; did you mean program?',
      'unknown.conf:7:1: warning: unknown section [program] is ignored; write [program:NAME]',
      'unknown.conf:8:1: warning: unknown section [supervisord:z] is ignored; write [supervisord]',
    ])
  })

  it('warns, once for each copy, of a section that stands there twice', () => {
    const { config, problems } = folder.good('twice.conf', `${head}[program:a]\ncommand=sleep 1\nautostart=false\n[program:b]\ncommand=cat\n[program:a]\ncommand=sleep 2\nautostart=true\n`)
    expect(processOf(config, 'a:a').command).toBe('sleep 2')
    expect(problems).toEqual(["twice.conf:8:1: warning: command in section 'program:a' is set again; the one of line 3 does not count"])
    folder.write('twice.d/copy.conf', '[program:c]\nautostart=false\ncommand=sleep 3\n')
    expect(folder.good('once.conf', `${head}[program:c]\ncommand=cat\n[include]\nfiles=twice.d/*.conf\n`).problems).toEqual([
      expect.stringMatching(/twice\.d\/copy\.conf:3:\d+: warning: command in section 'program:c' is set again; the one of .*once\.conf:3 does not count/),
    ])
  })

  it('says what cannot be loaded, and runs the rest', () => {
    const { config, problems } = folder.good('later.conf', `${head}[program:x]\ncommand=cat
[group:g]\nprograms=x
[ctlplugin:p]\nsupervisor.ctl_factory=a:b\n[rpcinterface:other]\nsupervisor.rpcinterface_factory=some.python:thing\n`)
    expect(Object.keys(processesOf(config))).toEqual(['g:x'])
    expect(problems).toEqual([
      'later.conf:6:1: warning: [ctlplugin:p] is ignored: plugins of supervisorctl are Python and cannot be loaded',
      'later.conf:8:1: warning: [rpcinterface:other] is ignored: the RPC interface some.python:thing is Python and cannot be loaded; only supervisor.rpcinterface:make_main_rpcinterface is built in',
    ])
  })

  it('shows all errors at once, each at its place', () => {
    expect(folder.bad('bad.conf', `[program:a]
numprocs=many
stopsignal=TREM
startsecs=30s
priority=%(nope)s
stdout_logfile=/no/such/folder/x.log
[program:b]
command=date +%Y
numprocs=2
[program:c d]
command=cat
[group:g]
programs=a,bb
[inet_http_server]
port=*:9001
[unix_http_server]
username=u
[rpcinterface:supervisor]
`)).toEqual([
      'bad.conf:18:1: error: [rpcinterface:supervisor] needs supervisor.rpcinterface_factory; write supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface',
      'bad.conf:1:1: error: the file does not include a [supervisord] section; add the line [supervisord]',
      "bad.conf:16:1: error: file in section 'unix_http_server' is required; add file",
      "bad.conf:17:1: error: username in section 'unix_http_server' needs password too; set both or neither",
      "bad.conf:15:6: error: port in section 'inet_http_server': every interface is beyond loopback, where anybody could command this master; set username and password, or bind to 127.0.0.1",
      "bad.conf:10:1: error: program:c d: invalid name 'c d': it must not contain a blank, a colon or a slash",
      "bad.conf:2:10: error: numprocs in section 'program:a': 'many' is not a whole number",
      "bad.conf:5:10: error: priority in section 'program:a': '%(nope)s' contains names ('nope') which cannot be expanded; available names: group_name, here, host_node_name, program_name and ENV_NAME for each variable of the environment",
      "bad.conf:4:11: error: startsecs in section 'program:a': '30s' is not a whole number of seconds",
      "bad.conf:3:12: error: stopsignal in section 'program:a': 'TREM' is not a valid signal name (did you mean TERM?)",
      "bad.conf:6:16: error: stdout_logfile in section 'program:a': the folder of '/no/such/folder/x.log' cannot be used: '/no/such/folder' does not exist; create the folder or name another",
      "bad.conf:1:1: error: command in section 'program:a' is required; add command",
      'bad.conf:13:10: error: [group:g] names unknown program or fcgi-program bb; did you mean b?',
      "bad.conf:9:10: error: process_name in section 'program:b': %(process_num) must be present within process_name when numprocs > 1; write process_name=%(program_name)s_%(process_num)02d",
      "bad.conf:8:15: error: command in section 'program:b': 'date +%Y' is badly formatted at '%Y'; write %% for a literal percent sign, and %(name)s for a name",
    ])
  })

  it('points into a continuation line, and never shows a secret', () => {
    const problems = folder.bad('secret.conf', `${head}environment=A="hunter2",\n  B="%(ENV_NOPE)s"\n[program:x]
command=cat\nenvironment=P=hunter2,Q\npriority=%(ENV_PASSWORD)s\n[inet_http_server]\nport=127.0.0.1:1\nusername=u\npassword=hunter2%(x)s\n`,
    { env: { PASSWORD: 'hunter2' } })
    expect(problems.join('\n')).not.toContain('hunter2')
    expect(problems).toEqual([
      "secret.conf:3:6: error: environment in section 'supervisord': the value contains names ('ENV_NOPE') which cannot be expanded; the variable NOPE is not set in the environment of the master",
      "secret.conf:11:17: error: password in section 'inet_http_server': the value contains names ('x') which cannot be expanded; available names: here and ENV_NAME for each variable of the environment",
      "secret.conf:10:1: error: username in section 'inet_http_server' needs password too; set both or neither",
      "secret.conf:7:10: error: priority in section 'program:x': what it expands to is not a whole number",
      "secret.conf:6:13: error: environment in section 'program:x': Unexpected end of key/value pairs after P; write KEY=\"value\",OTHER=\"value\"; quote what is not letters, digits or _ / . + - ( ) :",
    ])
  })

  it('warns of log options that contradict each other', () => {
    const { config, problems } = folder.good('logs.conf', `${head}[program:x]\ncommand=cat\nredirect_stderr=true\nstderr_logfile=/tmp/e.log
stdout_logfile_maxbytes=0\n[program:y]\ncommand=cat\nstdout_logfile=syslog\n`)
    expect(problems).toEqual([
      "logs.conf:6:25: warning: stdout_logfile_maxbytes in section 'program:x': the AUTO log of stdout is never rotated and can fill the disk; set it to more than 0",
      "logs.conf:5:16: warning: stderr_logfile in section 'program:x': the file is ignored, because redirect_stderr=true; remove one of the two",
      "logs.conf:9:16: warning: stdout_logfile in section 'program:y': syslog is read as NONE and stdout_syslog=true; write stdout_logfile=NONE and stdout_syslog=true",
    ])
    expect(processOf(config, 'y:y').stdout).toMatchObject({ file: null, auto: false, syslog: true })
  })

  it('warns of one log with two limits, and not of one that is shared with the same', () => {
    const text = `${head}[program:x]\ncommand=cat\nstdout_logfile=/tmp/x.log\nstdout_logfile_maxbytes=5KB\nstderr_logfile=/tmp/x.log\n[program:y]\ncommand=cat\nnumprocs=2\nprocess_name=y%(process_num)d\nstdout_logfile=/tmp/y.log\nredirect_stderr=true\n`
    expect(folder.good('shared.conf', text).problems).toEqual([
      "shared.conf:6:16: warning: stderr_logfile in section 'program:x': the file is that of stdout_logfile in section 'program:x' too, with other maxbytes or backups; whoever opens it last decides; give both the same, or a file each",
    ])
  })

  it('refuses stopasgroup without killasgroup', () => {
    expect(folder.bad('asgroup.conf', `${head}[program:x]\ncommand=cat\nstopasgroup=true\nkillasgroup=false\n`)).toEqual([
      "asgroup.conf:5:1: error: killasgroup in section 'program:x': cannot set stopasgroup=true and killasgroup=false; what is asked to stop as a group is killed as one; set both or only killasgroup",
    ])
  })

  it('warns of a missing user of a program, and refuses one of the master', () => {
    expect(folder.good('user.conf', `${head}[program:x]\ncommand=cat\nuser=nobody-such\n`).problems).toEqual([
      "user.conf:4:6: warning: user in section 'program:x': there is no user 'nobody-such'",
    ])
    expect(folder.bad('user2.conf', `${head}user=nobody-such\n`)).toEqual([
      "user2.conf:2:6: error: user in section 'supervisord': there is no user 'nobody-such'",
    ])
  })

  it('lets a program be in two groups and orders groups and members by priority and name', () => {
    const { config } = folder.good('groups.conf', `${head}[program:a]\ncommand=cat\npriority=5\n[program:b]\ncommand=cat\npriority=1
[program:z]\ncommand=cat\npriority=7\n[group:g]\nprograms=a,b\npriority=10\n[group:h]\nprograms=a\n`)
    expect(config.groups.map(({ name, priority, processes }) => [name, priority, processes.map((spec) => spec.name)])).toEqual([
      ['z', 7, ['z']], ['g', 10, ['b', 'a']], ['h', 999, ['a']],
    ])
  })

  it('keeps the later of two members with one name and says so', () => {
    const { config, problems } = folder.good('twice.conf', `${head}[program:a]\ncommand=cat 1\nprocess_name=p\n[program:b]\ncommand=cat 2\nprocess_name=p\n[group:g]\nprograms=a,b\n`)
    expect(processOf(config, 'g:p').command).toBe('cat 2')
    expect(problems).toEqual(["twice.conf:8:1: warning: group:g: two processes are named 'p'; only the last one is kept; give them different process_name"])
  })

  it('makes an empty group of numprocs=0', () => {
    expect(folder.good('zero.conf', `${head}[program:x]\ncommand=cat\nnumprocs=0\n`).config.groups).toEqual([{ name: 'x', priority: 999, processes: [] }])
  })

  it('reads several servers with their credentials', () => {
    const { config } = folder.good('servers.conf', `${head}[unix_http_server:a]\nfile=a.sock\nchmod=770\nchown=root\n[inet_http_server]\nport=*:9001\nusername=u\npassword={SHA}abc\n[inet_http_server:b]\nport=LOCALHOST:9002\n`)
    expect(config.servers).toEqual([
      { kind: 'unix', section: 'unix_http_server:a', path: join(folder.path, 'a.sock'), chmod: 0o770, chown: 'root', credentials: null },
      { kind: 'inet', section: 'inet_http_server', host: '', port: 9001, credentials: { username: 'u', password: '{SHA}abc' }, healthOpen: false },
      { kind: 'inet', section: 'inet_http_server:b', host: 'localhost', port: 9002, credentials: null, healthOpen: false },
    ])
  })

  it('lets the command line win over the file', () => {
    const overrides = { loglevel: 'DEBUG', nodaemon: 'true', identifier: '100%' }
    const { config } = folder.good('cli.conf', `${head}loglevel=warn\n`, { overrides })
    expect(config.master).toMatchObject({ loglevel: 'debug', nodaemon: true, identifier: '100%' })
    const literal = { identifier: '${HOME}' }
    expect(folder.good('cli.yaml', 'programs: {}\n', { overrides: literal }).config.master.identifier).toBe('${HOME}')
    expect(folder.bad('cli.conf', head, { overrides: { loglevel: 'bogus' } })).toEqual([
      "command line:1:1: error: loglevel in section 'supervisord': 'bogus' is no log level (critical error warn info debug trace blather)",
    ])
  })
})
