import fc from 'fast-check'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readYaml } from '../../../src/config/yaml.ts'
import { processOf, processesOf, tempFolder } from './harness.ts'

const folder = tempFolder()

describe('a YAML config', () => {
  it('has the better defaults', () => {
    const { config, problems } = folder.good('plain.yaml', 'programs:\n  x: {command: cat}\n')
    expect(problems).toEqual([])
    expect(processOf(config, 'x:x')).toMatchObject({
      stopasgroup: true, killasgroup: true, killSurvivors: true, startsecs: 1000, exitcodes: [0],
      stdout: { file: join(folder.path, 'logs/x-stdout.log'), auto: true }, stderr: { file: join(folder.path, 'logs/x-stderr.log'), auto: true },
    })
    expect(config.master).toMatchObject({ logfileFormat: 'json', logfile: join(folder.path, 'logs/nsupd.log'), pidfile: null })
    expect(config.servers).toEqual([])
  })

  it('reads the forms that YAML has: lists, maps, durations, sizes, booleans, modes', () => {
    const { config } = folder.good('forms.yaml', `
programs:
  web:
    command: [sh, -c, 'echo "%(process_num)d" \${GREETING} $\${X}']
    numprocs: 2
    environment: {PORT: 80, ON: true, EMPTY: null, TEXT: "a, b=%(ENV_GREETING)s"}
    startsecs: 1500ms
    stopwaitsecs: 0.5
    stdout_logfile_maxbytes: 10MB
    exitcodes: [0, 2]
    autorestart: true
    umask: 022
    stopsignal: 2
  text:
    command: |
      cat a
        'b c'
    environment: A=1,B="2"
    stopwaitsecs: 2m
groups:
  shop: {programs: [web, text], priority: 1}
unix_http_server: {file: /tmp/x.sock, chmod: 0770}
inet_http_server:b: {port: 9001, username: u, password: p}
`)
    expect(processOf(config, 'shop:web_01')).toMatchObject({
      argv: ['sh', '-c', 'echo "1" hello ${X}'], command: "sh -c 'echo \"1\" hello ${X}'", startsecs: 1500, stopwait: 500, umask: 0o22,
      environment: { PORT: '80', ON: 'true', EMPTY: '', TEXT: 'a, b=hello' }, exitcodes: [0, 2], autorestart: 'always', stopsignal: 'SIGINT',
      stdout: { maxBytes: 10_485_760, file: join(folder.path, 'logs/shop_web_01-stdout.log') },
    })
    expect(processOf(config, 'shop:text')).toMatchObject({ argv: ['cat', 'a', 'b c'], environment: { A: '1', B: '2' }, stopwait: 120_000 })
    expect(config.servers).toMatchObject([{ kind: 'unix', chmod: 0o770 }, { kind: 'inet', host: '', port: 9001 }])
  })

  it('shares defaults, anchors and merge keys; the program itself wins', () => {
    const { config } = folder.good('shared.yaml', `
x-base: &base {stopwaitsecs: 7s, priority: 3}
defaults:
  environment: {A: "1", B: "1"}
  startretries: 9
  log_timestamp: true
programs:
  one: {<<: *base, command: cat, environment: {B: "2"}, startretries: 1}
  two: {<<: [{priority: 4}, *base], command: cat, priority: 5}
  three: {<<: [{priority: 4}, *base], command: cat}
`)
    expect(processOf(config, 'one:one')).toMatchObject({ stopwait: 7000, priority: 3, startretries: 1, environment: { A: '1', B: '2' } })
    expect(processOf(config, 'two:two')).toMatchObject({ priority: 5, stopwait: 7000, startretries: 9, environment: { A: '1', B: '1' } })
    expect(processOf(config, 'three:three')).toMatchObject({ priority: 4, stdout: { timestamp: true } })
  })

  it('lets one of the group options decide the other', () => {
    const { config } = folder.good('group-options.yaml', `programs:
  a: {command: cat, killasgroup: false}
  b: {command: cat, stopasgroup: false}
  c: {command: cat, kill_survivors: false}
`)
    expect(Object.values(processesOf(config)).map((spec) => [spec.stopasgroup, spec.killasgroup, spec.killSurvivors])).toEqual([
      [false, false, false], [false, true, true], [true, true, false],
    ])
    expect(folder.bad('group-options2.yaml', 'programs:\n  a: {command: cat, stopasgroup: true, killasgroup: false}\n')[0]).toContain('cannot set stopasgroup=true and killasgroup=false')
  })

  it('refuses unknown keys and says what was meant', () => {
    expect(folder.bad('unknown.yaml', 'program:\n  x: {}\nprograms:\n  y: {comand: cat}\ndefaults: {umaks: 0}\nwhatever: 1\n')).toEqual([
      "unknown.yaml:1:1: error: unknown key 'program'; did you mean programs?",
      "unknown.yaml:6:1: error: unknown key 'whatever'; known here are programs, groups, eventlisteners, fcgi_programs, tables, supervisord, unix_http_server, inet_http_server, supervisorctl, defaults, include",
      "unknown.yaml:4:7: error: unknown key 'comand' in programs.y; did you mean command?",
      "unknown.yaml:5:12: error: unknown key 'umaks' in defaults; did you mean umask?",
      'unknown.yaml:4:3: error: programs.y.command is required; add command',
    ])
  })

  it('says where a value has the wrong form', () => {
    expect(folder.bad('forms-bad.yaml', `programs:
  a: {command: {x: y}, numprocs: [1], environment: [A]}
  b: just text
  c: {command: cat, environment: {A: {B: c}}, startsecs: soon, exitcodes: [300]}
  d: {command: 'cat \${NOPE}'}
`)).toEqual([
      'forms-bad.yaml:3:6: error: programs.b must be a mapping of names to values',
      'forms-bad.yaml:4:38: error: programs.c.environment.A holds a mapping where a plain value must be',
      'forms-bad.yaml:2:34: error: programs.a.numprocs must be a whole number, not a list',
      'forms-bad.yaml:2:52: error: programs.a.environment must be a mapping of names to values, not a list',
      'forms-bad.yaml:2:16: error: programs.a.command must be text, not a mapping',
      'forms-bad.yaml:3:3: error: programs.b.command is required; add command',
      "forms-bad.yaml:4:75: error: programs.c.exitcodes: '300' is not a list of exit codes from 0 to 255",
      "forms-bad.yaml:4:58: error: programs.c.startsecs: 'soon' is not a duration such as 10, 0.5, 30s, 1500ms, 2m or 1h",
      "forms-bad.yaml:5:21: error: programs.d.command: 'cat ${NOPE}' contains names ('ENV_NOPE') which cannot be expanded; the variable NOPE is not set in the environment of the master",
    ])
  })

  it('finds the place of a name within a value, whatever its quotes, escapes and line breaks', () => {
    expect(folder.bad('signs.yaml', `programs:
  folded: {command: "cat \\t %% %(program_name)s
    and
    \${NOPE} x"}
  block:
    command: >-
      cat %(program_name)s
      %(bad)s
  quoted: {command: cat, environment: {A: 'it''s %(no)s'}}
  list: {command: [cat, "%(program_name)s", "%(none)s"]}
  escape: {command: "cat \\x25(nope)s"}
`).map((line) => line.replace(/: error: (\S+): .*('ENV_NOPE'|'\w+'\)).*/, ' $1 $2'))).toEqual([
      "signs.yaml:4:5 programs.folded.command 'ENV_NOPE'",
      "signs.yaml:8:7 programs.block.command 'bad')",
      "signs.yaml:9:50 programs.quoted.environment.A 'no')",
      "signs.yaml:10:46 programs.list.command 'none')",
      "signs.yaml:11:21 programs.escape.command 'nope')",
    ])
  })

  it('refuses what is no YAML, a key that is there twice, and a bomb of aliases', () => {
    expect(folder.bad('broken.yaml', 'programs:\n  a: [1\n')[0]).toMatch(/^broken\.yaml:\d+:\d+: error: this is not YAML: /)
    expect(folder.bad('twice.yaml', 'programs: {}\nprograms: {}\n')).toEqual(["twice.yaml:2:1: error: the key 'programs' is there twice"])
    expect(folder.bad('list.yaml', '- a\n')[0]).toContain('the config must be a mapping')
    const levels = Array.from({ length: 25 }, (_, index) => `x-${index + 1}: &a${index + 1} {<<: [*a${index}, *a${index}]}`)
    expect(folder.bad('bomb.yaml', `x-0: &a0 {a: 1}\n${levels.join('\n')}\nprograms:\n  p: *a25\n`)[0]).toContain('aliases unfold to too much')
    for (const deep of ['[', '- ', '{a: ', '? ', ': ']) expect(folder.bad('deep.yaml', deep.repeat(100_000))[0]).toContain('error')
    expect(folder.bad('steps.yaml', Array.from({ length: 1000 }, (_, index) => `${' '.repeat(index)}a:`).join('\n'))[0]).toContain('nested too deeply')
    expect(folder.bad('cycle.yaml', 'programs: &a\n  x: *a\n')[0]).toContain('error')
  })

  it('accepts an empty file and JSON', () => {
    expect(folder.good('empty.yaml', '# nothing\n').config.groups).toEqual([])
    expect(Object.keys(processesOf(folder.good('programs.json', '{"programs": {"x": {"command": ["cat"]}}}').config))).toEqual(['x:x'])
  })

  it('never lets two processes share a stable log', () => {
    const { config } = folder.good('logs.yaml', `programs:
  p: {command: cat, process_name: b_c}
  q: {command: cat, process_name: c}
groups:
  a: {programs: [p]}
  a_b: {programs: [q]}
`)
    const files = Object.values(processesOf(config)).map((spec) => spec.stdout.file?.slice(folder.path.length + 6))
    expect(files).toEqual(['a:b_c-stdout.log', 'a_b:c-stdout.log'])
  })

  it('never throws, whatever the text', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.constantFrom('programs:', '\n', '  ', '- ', 'x: ', '{', '}', '[', ']', '&a ', '*a', '<<: ', '"', "'", '|\n', '? ', '!!int ', '---\n', '%', 'null', ','),
    )
    fc.assert(fc.property(fc.array(piece), (pieces) => {
      const { sections, problems } = readYaml(pieces.join(''), 'f')
      expect(problems.every((problem) => problem.line >= 1 && problem.column >= 1)).toBe(true)
      expect(Array.isArray(sections)).toBe(true)
    }), { numRuns: 300 })
  })
})
