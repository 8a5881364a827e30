import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { careRows } from '../../../src/config/rows-care.ts'
import type { CareSpec } from '../../../src/core/care.ts'
import type { MasterSpec } from '../../../src/config/config.ts'
import type { Capability } from '../../../src/core/ports.ts'
import { capabilities } from '../../../src/os/capabilities.ts'
import { careTexts } from './care-options.ts'
import { processOf, tempFolder } from './harness.ts'

const folder = tempFolder()
const ini = (lines: string): string => `[supervisord]\n[program:x]\ncommand=cat\n${lines}\n`
const yaml = (options: unknown): string => JSON.stringify({ programs: { x: { command: 'cat', ...(options as object) } } })
const ofIni = (lines: string): CareSpec | undefined => processOf(folder.good('care.conf', ini(lines)).config, 'x:x').care
const ofYaml = (options: unknown): CareSpec | undefined => processOf(folder.good('care.yaml', yaml(options)).config, 'x:x').care
const refused = (option: string, value: unknown): string => folder.bad('bad.yaml', yaml({ [option]: value })).join('\n')

describe('The options of care', () => {
  it('make nothing where nothing is asked, and say no with an empty value', () => {
    expect(ofIni('')).toBeUndefined()
    expect(processOf(folder.good('d.yaml', 'defaults:\n  max_memory: 1GB\n  ready: report\nprograms:\n  x:\n    command: cat\n    max_memory: ""\n    ready: ""\n').config, 'x:x').care).toBeUndefined()
  })

  it('mean the same in both formats', () => {
    expect(Object.keys(careTexts).sort()).toEqual(Object.keys(careRows).sort())
    const fromIni = ofIni(Object.entries(careTexts).map(([key, text]) => `${key}=${text}`).join('\n'))
    expect(ofYaml(careTexts)).toEqual(fromIni)
    expect(fromIni).toEqual({
      report: true, messages: true,
      ready: { by: { kind: 'http', url: 'http://127.0.0.1:8080/ready', status: [200, 204], headers: { 'X-A': 'b c' }, body: 'ok\\d' }, timeout: 45_000 },
      health: { by: { kind: 'tcp', host: 'localhost', port: 80 }, interval: 5000, timeout: 2000, retries: 2, startPeriod: 0, onUnhealthy: { kind: 'signal', signal: 'SIGUSR2' } },
      watchdog: 30_000, healthSignal: 'SIGUSR1', waitFor: ['tcp://db:5432', 'unix:///run/x.sock'],
      hooks: {
        pre_start: { command: 'sh -c "echo %a"', argv: ['sh', '-c', 'echo %a'], timeout: 5000, user: null },
        pre_stop: { command: 'true', argv: ['true'], timeout: 30_000, user: 'root' },
        ...Object.fromEntries(['post_start', 'post_stop', 'on_exit', 'on_fatal', 'on_unhealthy'].map((name) => [name, { command: 'true', argv: ['true'], timeout: 30_000, user: null }])),
      },
      restart: {
        delay: 500, backoff: { initial: 2000, factor: 2, max: 3_600_000, jitter: 0.1 }, reset: 300_000, limit: { count: 5, per: 600_000 }, retryAfter: 3_600_000,
        noRestartOn: [78, 'SIGSEGV'], window: { from: 1320, to: 360 },
      },
      job: { interval: null, schedule: '*/5 3 * * 1-5', timezone: 'Europe/Berlin', overlap: 'queue', catchUp: 'one', spread: 30_000, seed: hostname(), runTimeout: 600_000, retries: 2 },
      recycle: { maxMemory: 512 * 1024 ** 2, memoryAction: { kind: 'none' }, maxLifetime: { after: 86_400_000, spread: 0.1 } },
      watch: { base: folder.path, paths: ['src', 'lib/**/*.js'].map((path) => `${folder.path}/${path}`), ignore: ['dist', `${folder.path}/src/generated`], delay: 500 },
      stop: {
        sequence: [{ signal: 'SIGTERM', wait: 30_000 }, { signal: 'SIGINT', wait: 10_000 }, { signal: 'SIGKILL', wait: 0 }],
        command: { command: 'kill -s "QUIT" 1', argv: ['kill', '-s', 'QUIT', '1'] }, extendMax: 60_000, busyWait: 120_000, preStopDelay: 3000,
      },
      resources: {
        limits: { nofile: { soft: 1024, hard: 65_536 }, core: { soft: null, hard: null } }, nice: 5, ionice: { class: 'best-effort', level: 7 }, oomScoreAdj: -500,
        cpuAffinity: '0-3,6', cgroup: { memoryMax: 512 * 1024 ** 2, cpuMax: '50000 100000', pidsMax: 100 },
      },
    })
  })
})

describe('The lists and mappings of YAML', () => {
  it.each<[string, unknown, string]>([
    ['ready', { http: 'http://h/x', status: [200, 204], headers: { 'X-A': 'it\'s "b"' }, body: 'a b\\s"c"' }, 'http://h/x status=200,204 header="X-A: it\'s \\"b\\"" body="a b\\s\\"c\\""'],
    ['ready', { log: 'listening on .*:\\d+' }, 'log listening on .*:\\d+'],
    ['ready', { notification_fd: 3 }, 'notification_fd 3'],
    ['ready', { tcp: '[::1]:80' }, 'tcp://[::1]:80'],
    ['ready', { unix: '/run/a b.sock' }, "'unix:///run/a b.sock'"],
    ['ready', { exec: ['test', '-e', 'a b'] }, "exec test -e 'a b'"],
    ['health', { report: true, max_age: '40 s' }, 'report max_age=40s'],
    ['health', { exec: ['check', 'interval=1s'], interval: 5, retries: 1 }, "interval=5 retries=1 exec check 'interval=1s'"],
    ['health', { tcp: 'localhost:80', timeout: '1s', start_period: '1m' }, 'tcp://localhost:80 timeout=1s start_period=1m'],
    ['pre_start', { command: ['sh', '-c', 'exit 0'], timeout: '5s' }, "timeout=5s sh -c 'exit 0'"],
    ['pre_start', ['echo', 'a b'], "echo 'a b'"],
    ['stop_sequence', ['TERM 30s', 'KILL'], 'TERM 30s, KILL'],
    ['stop_command', ['kill', '-9', 'a b'], "kill -9 'a b'"],
    ['wait_for', ['tcp://a:1', 'unix:///b'], 'tcp://a:1,unix:///b'],
    ['no_restart_on', [78, 'SEGV'], '78, SEGV'],
    ['cpu_affinity', ['0-3', 6], '0-3,6'],
    ['restart_backoff', { initial: '2s', jitter: 0 }, 'initial=2s jitter=0'],
    ['limits', { nofile: { soft: 10, hard: 20 }, as: '1 GB' }, 'nofile=10:20 as=1GB'],
    ['cgroup', { cpu_max: '200%' }, 'cpu_max=200%%'],
  ])('of %s: %j is %s', (option, value, text) => {
    const care = ofYaml({ [option]: value })
    expect(care).toBeDefined()
    expect(care).toEqual(ofYaml({ [option]: text }))
  })

  it('take names to be expanded, each value for itself, with the number of the process', () => {
    const text = `programs:\n  x:\n    command: cat\n    numprocs: 2\n    ready:\n      http: http://127.0.0.1:80%(process_num)02d/\n      headers: {X-A: "\${ODD}"}\n`
    const { config } = folder.good('n.yaml', text, { env: { ODD: `a" b' status=500` } })
    expect(processOf(config, 'x:x_01').care?.ready?.by).toEqual({ kind: 'http', url: 'http://127.0.0.1:8001/', status: [], headers: { 'X-A': `a" b' status=500` }, body: null })
  })

  it('are refused at their place with what is meant', () => {
    const text = 'programs:\n  x:\n    command: cat\n    ready:\n      htpp: x\n    health: {tcp: "a:1", exec: b}\n    pre_stop: {timeout: 5}\n    limits:\n      nofile: [[1]]\n    watchdog: {a: 1}\n'
    expect(folder.bad('b.yaml', text)).toEqual([
      "b.yaml:5:7: error: programs.x.ready has no part 'htpp'; did you mean http?",
      'b.yaml:6:13: error: programs.x.health names two ways to ask, tcp and exec; keep one of them',
      "b.yaml:10:15: error: programs.x.watchdog must be a duration such as 30s, 1500ms, 2m or 1h, not a mapping",
      'b.yaml:7:15: error: programs.x.pre_stop needs command',
      'b.yaml:9:16: error: programs.x.limits holds a list where a plain value must be',
    ])
  })
})

describe('A report channel', () => {
  it.each([
    ['ready', 'report', true], ['health', 'report', true], ['watchdog', '30s', true], ['busy_wait', '1m', true], ['stop_extend_max', '1m', true], ['busy_wait', '0', undefined],
    ['ready', 'notify', undefined], ['health', 'tcp://h:1', undefined], ['pre_stop', 'true', undefined],
  ])('comes with %s: %s as %s', (option, text, report) => {
    expect(ofYaml({ [option]: text })?.report).toBe(report)
  })

  it('is not there where a NOTIFY_SOCKET does', () => {
    expect(ofYaml({ ready: 'notify', watchdog: '30s' })).toMatchObject({ notify: true, watchdog: 30_000 })
    expect(ofYaml({ ready: 'notify', watchdog: '30s' })?.report).toBeUndefined()
  })
})

describe('A value that is not one', () => {
  it.each<[string, unknown, string]>([
    ['ready', 'http:///health', "'http:///health' is a URL without a host"],
    ['ready', 'http://:80/', 'is a URL without a host'],
    ['ready', 'tcp://:80', 'has no host'],
    ['ready', 'tcp://h:99999', 'with a port from 1 to 65535'],
    ['ready', 'unix://x.sock', 'is not unix:///absolute/path'],
    ['ready', 'log (', 'does not compile'],
    ['ready', 'log (a+)+b', 'can take forever'],
    ['ready', 'http://h body=(x+x+)+y', 'can take forever'],
    ['ready', 'http://h status=900', 'status that is not from 100 to 599'],
    ['ready', 'http://h stattus=200', 'did you mean status?'],
    ['ready', 'http://h header=x', 'not "Name: value"'],
    ['ready', 'tcp://h:1 status=200', 'has status, which only http:// has'],
    ['ready', 'reprot', 'did you mean report?'],
    ['ready', 'notification_fd 2', 'from 3 to 255'],
    ['ready', 'exec', 'there is no command'],
    ['ready', 'exec "a', 'No closing quotation'],
    ['ready', 'http://h body="x', 'quote that is not closed'],
    ['health', 'http://h interval=0', 'not a duration longer than 0'],
    ['health', 'report timeout=3s', 'write max_age'],
    ['health', 'tcp://h:1 max_age=3s', 'which only report has'],
    ['health', 'tcp://h:1 retries=0', 'not a number from 1 to 1000'],
    ['health', 'tcp://h:1 retries=1 retries=2', 'has retries twice'],
    ['health', 'exec check interval=5s', 'write them before exec'],
    ['health', 'notify', 'is none of report'],
    ['on_unhealthy', 'restrat', 'did you mean restart?'],
    ['on_unhealthy', 'signal FOO', 'not a valid signal name'],
    ['ready_timeout', '0', 'longer than 0'],
    ['watchdog', '-1s', 'longer than 0'],
    ['depends_on', 'db=redy', 'did you mean ready?'],
    ['wait_for', 'http://h', 'is none of tcp://host:port, unix:///path'],
    ['pre_start', 'timeout=soon true', 'timeout:'],
    ['pre_start', 'timeout=5s', 'there is no command'],
    ['restart_backoff', 'factor=0.5', 'factor that is not a number from 1 to 100'],
    ['restart_backoff', 'initial=2m', 'at least initial'],
    ['restart_backoff', 'jitter=200%', 'jitter that is not from 0% to 100%'],
    ['restart_limit', '5', 'as in 5 per 10m'],
    ['no_restart_on', '256', 'neither an exit code'],
    ['restart_window', '25:00-06:00', 'not two times of the day'],
    ['restart_window', '06:00-06:00', 'begins when it ends'],
    ['max_memory', '0', 'a size above 0'],
    ['max_lifetime', '24h ±200%', 'not a duration such as'],
    ['stop_sequence', 'TERM 30s, KILL, INT 3s', 'nothing can come after KILL'],
    ['stop_sequence', 'KILL 3s', 'KILL takes no time'],
    ['stop_sequence', 'TRM 3s', 'did you mean TERM?'],
    ['limits', 'nofiles=3', 'did you mean nofile?'],
    ['limits', 'nofile=20:10', 'soft limit is above the hard one'],
    ['limits', 'nofile=many', 'which is not a number or unlimited'],
    ['nice', '20', 'more than 19'],
    ['ionice', 'idel', 'did you mean idle?'],
    ['ionice', 'best-effort 8', 'not from 0 to 7'],
    ['oom_score_adj', '1001', 'more than 1000'],
    ['cpu_affinity', '3-1', 'is not numbers of CPUs'],
    ['cgroup', 'cpu_max=half', 'not a share of one CPU'],
    ['cgroup', 'memory_max=0', 'not a size above 0'],
  ])('%s: %j is refused: %s', (option, value, words) => {
    expect(refused(option, value)).toContain(words)
    expect(refused(option, value)).toMatch(/^bad\.yaml:1:\d+: error: programs\.x\.\w+/)
  })

  it('is a warning where it does nothing alone', () => {
    const { problems } = folder.good('w.conf', ini('ready_timeout=5\non_unhealthy=none\nstop_sequence=TERM 3s\nstopsignal=INT'))
    expect(problems.map((problem) => problem.split(': ').slice(1).join(': '))).toEqual([
      "warning: ready_timeout in section 'program:x' does nothing without ready",
      "warning: on_unhealthy in section 'program:x' does nothing without health",
      "warning: stopsignal in section 'program:x' does nothing where stop_sequence is said; keep one of them",
    ])
  })
})

describe('Dependencies', () => {
  const programs = (depends: Record<string, unknown>, more: object = {}): string => JSON.stringify({ programs: Object.fromEntries(Object.entries(depends).map(([name, on]) => [name, { command: 'cat', ...(on === null ? {} : { depends_on: on }) }])), ...more })

  it('are read alike from a text, a list and a mapping', () => {
    const wanted = [{ on: 'db', condition: 'ready', required: true }, { on: 'cache', condition: 'started', required: false }, { on: 'm', condition: 'completed', required: true }]
    const forms = ['db=ready, cache?, m=completed', ['db=ready', 'cache=started?', { m: 'completed' }], { db: 'ready', cache: { required: false }, m: { condition: 'completed', required: true } }]
    for (const form of forms) {
      const { config } = folder.good('dep.yaml', programs({ x: form, db: null, cache: null, m: null }))
      expect(processOf(config, 'x:x').care?.dependsOn, JSON.stringify(form)).toEqual(wanted)
    }
  })

  it('may name programs, groups and processes, also of another group', () => {
    folder.good('names.yaml', programs({ x: 'g, g:b, c', a: null, b: null, c: null }, { groups: { g: { programs: ['a', 'b'] } } }))
  })

  it('on what is not there are refused with a guess, or only told where they need not be there', () => {
    expect(folder.bad('u.yaml', programs({ x: 'dbb=ready', db: null }))).toEqual([`u.yaml:1:48: error: programs.x.depends_on: there is no program, group or process named 'dbb'; did you mean db?`])
    expect(folder.good('v.yaml', programs({ x: 'other?' })).problems).toEqual([`v.yaml:1:48: warning: programs.x.depends_on: there is no program, group or process named 'other'; known are x, x:x`])
  })

  it('on itself are refused, and in a circle with its way', () => {
    expect(folder.bad('s.yaml', programs({ x: 'x' }))).toEqual(['s.yaml:1:48: error: programs.x.depends_on: x cannot depend on itself; remove the name'])
    expect(folder.bad('c.conf', '[supervisord]\n[program:a]\ncommand=cat\ndepends_on=b\n[program:b]\ncommand=cat\ndepends_on=c\n[program:c]\ncommand=cat\ndepends_on=a\n')).toEqual([
      "c.conf:4:12: error: depends_on in section 'program:a': depends on itself in a circle: a -> b -> c -> a; take out one of these",
    ])
  })

  it('on the end of what is always restarted are told', () => {
    const { problems } = folder.good('e.conf', '[supervisord]\n[program:a]\ncommand=cat\ndepends_on=b=completed\n[program:b]\ncommand=cat\nautorestart=true\n')
    expect(problems).toEqual(["e.conf:4:12: warning: depends_on in section 'program:a': b never completes, because it is always restarted; set autorestart of b to unexpected or false"])
  })
})

describe('What a machine cannot give', () => {
  it('is told at the option that asks for it, once for all processes', () => {
    const lacks: Capability = ({ care }) => (care?.notify === true ? { severity: 'error', option: 'notify', message: 'no library', hint: 'install it' } : null)
    folder.write('cap.conf', '[supervisord]\n[program:x]\ncommand=cat\nnotify=true\nnumprocs=3\nprocess_name=x%(process_num)d\n[program:y]\ncommand=cat\n')
    expect(folder.load('cap.conf', { capabilities: [lacks] })).toEqual({ config: null, problems: ["cap.conf:4:8: error: notify in section 'program:x': no library; install it"] })
    expect(folder.load('cap.conf').problems).toEqual([])
  })

  it('is a CPU that is not there', () => {
    folder.write('cpu.yaml', yaml({ cpu_affinity: '0,9000-9001' }))
    expect(folder.load('cpu.yaml', { capabilities }).problems.join()).toMatch(/^cpu\.yaml:1:\d+: error: programs\.x\.cpu_affinity: this machine has no CPU 9001; its CPUs are 0-\d+$/)
    folder.write('cpu.yaml', yaml({ cpu_affinity: 0 }))
    expect(folder.load('cpu.yaml', { capabilities }).problems).toEqual([])
  })
})

describe('The master', () => {
  const masterOf = (name: string, text: string): MasterSpec => folder.good(name, text).config.master

  it('limits restarts in YAML by default, and a shutdown in both', () => {
    const limits = { shutdownTimeout: 'auto', forceQuit: true, forceDelay: 10_000, alerts: [] }
    expect(masterOf('m.conf', '[supervisord]\n')).toMatchObject({ ...limits, restartBurst: null })
    expect(masterOf('m.yaml', 'programs: {}\n')).toMatchObject({ ...limits, restartBurst: 20 })
    const said = { restartBurst: 5, shutdownTimeout: 90_000, forceQuit: false, forceDelay: 1500 }
    expect(masterOf('n.conf', '[supervisord]\nrestart_burst=5\nshutdown_timeout=90\nforce_quit=no\nforce_delay=1500ms\n')).toMatchObject(said)
    expect(masterOf('o.yaml', 'supervisord: {restart_burst: 0, shutdown_timeout: 0}\n')).toMatchObject({ restartBurst: null, shutdownTimeout: null })
  })

  it('tells whom of what, the same in both formats', () => {
    const wanted = [
      { on: ['fatal', 'crash_loop'], to: { kind: 'webhook', url: 'https://h/x?a=b' }, template: '{"text": "it\'s \\d"}\nand more' },
      { on: ['oom'], to: { kind: 'exec', command: "mail -s 'a b' root", argv: ['mail', '-s', 'a b', 'root'] }, template: null },
    ]
    const yamlText = { supervisord: { notify: [{ on: ['fatal', 'crash_loop'], webhook: 'https://h/x?a=b', template: '{"text": "it\'s \\d"}\nand more' }, { on: 'oom', exec: ['mail', '-s', 'a b', 'root'] }] } }
    expect(masterOf('p.yaml', JSON.stringify(yamlText)).alerts).toEqual(wanted)
    const iniText = '[supervisord]\nnotify=on=fatal,crash_loop webhook=https://h/x?a=b template="{\\"text\\": \\"it\'s \\d\\"}\n  and more"\n  on=oom exec="mail -s \'a b\' root"\n'
    expect(masterOf('p.conf', iniText).alerts).toEqual(wanted)
  })

  it('keeps what an alert fills in later, and expands the rest now', () => {
    const alert = { on: ['fatal'], to: { kind: 'webhook', url: 'https://h/' }, template: `%(process)s: %(reason)s of %(time)s in ${folder.path}, 100%` }
    expect(masterOf('q.yaml', 'supervisord: {notify: [{on: fatal, webhook: "https://h/", template: "%(process)s: %%(reason)s of %(time)s in %(here)s, 100%%"}]}\n').alerts).toEqual([alert])
    expect(masterOf('q.conf', '[supervisord]\nnotify=on=fatal webhook=https://h/ template="%(process)s: %%(reason)s of %(time)s in %(here)s, 100%%"\n').alerts).toEqual([alert])
  })

  it.each([
    [{ on: ['fatl'], webhook: 'http://h/' }, 'did you mean fatal?'],
    [{ on: 'fatal' }, 'needs either webhook=URL or exec'],
    [{ on: 'fatal', webhook: 'http://h', template: '%(proces)s' }, 'process'],
    [{ on: 'fatal', webhook: 'http://h', template: '%%(proces)s' }, 'notify'],
    [{ on: 'fatal', webhook: 'http://h', exec: 'a' }, 'needs either'],
    [{ webhook: 'http://h' }, 'without on='],
    [{ on: 'fatal', webhok: 'http://h' }, 'did you mean webhook?'],
    [{ on: 'fatal', exec: '"a' }, 'No closing quotation'],
    ['on=fatal exec=mail root', 'quote what holds blanks'],
  ])('refuses an alert that nobody would get: %j', (alert, words) => {
    const problems = folder.bad('q.yaml', JSON.stringify({ supervisord: { notify: [alert] } })).join('\n')
    expect(problems).toContain(words)
  })

  it('never shows the secrets of an alert that is wrong', () => {
    const problems = folder.bad('r.yaml', JSON.stringify({ supervisord: { notify: [{ on: 'fatal', webhook: 'hooks.example.org/t0ps3cret' }] } })).join('\n')
    expect(problems).not.toContain('t0ps3cret')
    expect(problems).toContain('supervisord.notify')
  })
})
