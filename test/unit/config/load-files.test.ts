import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { starterConfig } from '../../../src/config/starter.ts'
import { matches } from '../../../src/config/glob.ts'
import { processOf, processesOf, tempFolder } from './harness.ts'

const folder = tempFolder()

describe('the files of a config', () => {
  it('are included sorted, by their own format, relative to the main file', () => {
    folder.write('inc/20.conf', '[program:b]\ncommand=%(here)s/b\npriority=2\n[supervisord]\nloglevel=debug\n')
    folder.write('inc/10.conf', '[program:b]\npriority=1\nautostart=false\n[include]\nfiles=x\n')
    folder.write('inc/30.yaml', 'programs:\n  y: {command: cat}\n')
    folder.write('inc/.hidden.conf', 'garbage')
    mkdirSync(join(folder.path, 'inc/sub'))
    const { config, problems } = folder.good('main.conf', '[supervisord]\nloglevel=warn\n[include]\nfiles = inc/*.conf\n  inc/[13]0.yaml none/*.conf\n')
    expect(config.files.map((file) => file.slice(folder.path.length + 1))).toEqual(['main.conf', 'inc/10.conf', 'inc/20.conf', 'inc/30.yaml'])
    expect(processOf(config, 'b:b')).toMatchObject({ command: `${folder.path}/inc/b`, priority: 2, autostart: false, killasgroup: false })
    expect(processOf(config, 'y:y')).toMatchObject({ killasgroup: true })
    expect(config.master.loglevel).toBe('debug')
    expect(problems).toEqual([
      'main.conf:5:3: warning: No file matches via include "none/*.conf"',
      'inc/10.conf:4:1: warning: include in an included file is ignored; name the files in the main file',
    ])
  })

  it('are included from YAML by one pattern or a list', () => {
    folder.write('more dir/a.yaml', 'programs:\n  a: {command: cat, oops: 1}\n')
    expect(folder.bad('list.yaml', 'include: ["more dir/*.yaml"]\n')).toEqual(["more dir/a.yaml:2:21: error: unknown key 'oops' in programs.a"])
    expect(folder.bad('map.yaml', 'include: {a: b}\n')).toEqual(['map.yaml:1:10: error: include names no files; give it a pattern such as conf.d/*'])
    expect(folder.bad('nofiles.conf', '[supervisord]\n[include]\n')).toEqual(['nofiles.conf:2:1: error: include names no files; give it a pattern such as conf.d/*'])
    expect(folder.good('one.yaml', 'include: inc/30.yaml\n').config.files).toHaveLength(2)
  })

  it('that cannot be read are a clear problem', () => {
    mkdirSync(join(folder.path, 'folder.yaml'))
    expect(folder.load('folder.yaml').problems).toEqual([`${'folder.yaml'}:1:1: error: this is a folder, not a config file; name the file in it`])
    expect(folder.load('missing.conf').problems).toEqual(['missing.conf:1:1: error: the config cannot be read: there is no such file'])
    folder.write('latin.conf', Buffer.from('[supervisord]\nidentifier=gr\xfc\xdf\n', 'latin1'))
    expect(folder.load('latin.conf').problems).toEqual(['latin.conf:2:14: error: this is not UTF-8 text; save the file as UTF-8'])
    folder.write('binary.conf', Buffer.from('a\nb\0c'))
    expect(folder.load('binary.conf').problems).toEqual(['binary.conf:2:2: error: this is not text: it holds a NUL byte'])
    folder.write('huge.yaml', Buffer.alloc(10 * 1024 * 1024, 'x'))
    expect(folder.load('huge.yaml').problems).toEqual(['huge.yaml:1:1: error: the file is 10 MB long, a config may have at most 4 MB'])
    execFileSync('mkfifo', [join(folder.path, 'fifo.conf')])
    expect(folder.load('fifo.conf').problems).toEqual(['fifo.conf:1:1: error: this is not a regular file'])
  })

  it('full of garbage end in a bounded number of problems', () => {
    const problems = folder.bad('garbage.conf', `[supervisord]\n${'garbage\n'.repeat(100_000)}`)
    expect(problems).toHaveLength(201)
    expect(problems.at(-1)).toContain('and 99800 more errors')
    expect(folder.bad('headless.conf', 'garbage\n'.repeat(100_000))).toEqual([
      'headless.conf:1:1: error: text before the first section header; begin with a header such as [supervisord], or end the name of the file in .yaml if it is YAML',
    ])
  })

  it('of PM2 are named for what they are', () => {
    expect(folder.bad('ecosystem.config.js', 'module.exports = { apps: [] }')[0]).toContain("a list of PM2's is no config: nsup start FILE")
    expect(folder.bad('process.yml', 'apps: []')[0]).toContain("a list of PM2's is no config: nsup start FILE")
  })

  it('of variables are read beside, and the environment wins over them', () => {
    folder.write('conf/.env', '# comment\nexport A=1\nB = "two\\nlines" # c\nC=\'#x\'\nD=plain text # c\nE=\n')
    folder.write('conf/over.env', 'A=over\n')
    const { config } = folder.good('conf/env.yaml', `supervisord: {env_file: .env}
programs:
  x: {command: 'cat %(ENV_A)s \${D}', env_file: [.env, over.env], environment: {D: own}}
`)
    expect(processOf(config, 'x:x')).toMatchObject({ command: 'cat over own', environment: { A: 'over', B: 'two\nlines', C: '#x', D: 'own', E: '' } })
    expect(config.master.environment).toMatchObject({ A: '1', D: 'plain text' })
  })

  it('of variables with mistakes are reported without their values', () => {
    folder.write('bad.env', 'OK=1\nnot a pair hunter2\nQ="hunter2\n')
    const problems = folder.bad('badenv.conf', '[supervisord]\n[program:x]\ncommand=cat\nenv_file=bad.env, none.env\n')
    expect(problems).toEqual([
      'bad.env:2:1: error: this line is not KEY=value',
      'bad.env:3:1: error: the value of Q has no closing quote or holds what it cannot',
      "badenv.conf:4:10: error: env_file in section 'program:x': 'none.env' cannot be read: ENOENT",
    ])
  })

  it('named by the starter load without any problem, and name the schema first', () => {
    const { config, problems } = folder.good('starter.yaml', starterConfig())
    expect(problems).toEqual([])
    expect(Object.keys(processesOf(config))).toEqual(['hello:hello'])
    expect(readFileSync(join(folder.path, 'starter.yaml'), 'utf8')).toMatch(/^# yaml-language-server: \$schema=\S+programs\.schema\.json\n/)
  })

  it('of the starter still load when what is commented out is taken in', () => {
    folder.write('.env', 'A=1\n')
    const whole = starterConfig().replace(/^( *)# (?=( {2})*(- |[a-z_]+:))/gm, '$1')
    const { config } = folder.good('whole.yaml', whole)
    expect(Object.keys(processesOf(config)).sort()).toEqual(['backend:hello', 'backend:worker_00', 'backend:worker_01'])
  })

  it('never make loading throw', () => {
    const line = fc.constantFrom('[supervisord]', '[program:x]', '[group:x]', '[include]', 'files=*', 'command=%', 'command=cat', 'numprocs=3', 'programs=x,y',
      'process_name=%(process_num)c', 'environment=A=%(ENV_HOME)s', 'environment="', 'stdout_logfile=~/x', '[inet_http_server]', 'port=x', '[unix_http_server]', 'user=', 'chown=a:b:c', ' x')
    fc.assert(fc.property(fc.array(line), (lines) => {
      folder.write('fuzz/fuzz.conf', lines.join('\n'))
      const { config, problems } = folder.load('fuzz/fuzz.conf')
      expect(config === null).toBe(problems.some((problem) => problem.includes(': error: ')))
    }), { numRuns: 200 })
  })
})

describe('file patterns', () => {
  it('know * ? and sets', () => {
    const cases: [string, string, boolean][] = [
      ['a.conf', '*.conf', true], ['a.conf', '?.conf', true], ['ab.conf', '?.conf', false], ['b1', '[a-c][!2]', true], ['b2', '[a-c][!2]', false],
      [']', '[]]', true], ['[x', '[x', true], ['abcb', 'a*b', true], ['abc', 'a*b', false], ['a-', 'a[b-]', true],
    ]
    for (const [name, pattern, wanted] of cases) expect(matches(name, pattern), `${name} ${pattern}`).toBe(wanted)
  })

  it('with many stars are no trap', () => {
    expect(matches('a'.repeat(250), `${'*a'.repeat(100)}b`)).toBe(false)
  })
})
