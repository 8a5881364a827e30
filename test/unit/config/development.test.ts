import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { forDevelopment, isNamed } from '../../../src/config/development.ts'
import type { DevWishes } from '../../../src/config/development.ts'
import type { Config } from '../../../src/config/config.ts'
import type { WatchSpec } from '../../../src/core/watch.ts'
import { processesOf, processOf, tempFolder } from './harness.ts'

const folder = tempFolder()

describe('The options of a watch', () => {
  const watchOf = (lines: string): WatchSpec | undefined => processOf(folder.good('watch.yaml', `programs:\n  x:\n    command: cat\n${lines}`).config, 'x:x').care?.watch
  const refused = (lines: string): string => folder.bad('bad.yaml', `programs:\n  x:\n    command: cat\n${lines}`).join('\n')

  it('are relative to the directory of the program, or else to the folder of the config', () => {
    expect(watchOf('    watch: [src, ../lib/**/*.js, /etc/x, ~/y]\n    watch_ignore: [dist, src/made/, "*.tmp"]\n    watch_delay: 1s\n')).toEqual({
      base: folder.path, delay: 1000,
      paths: [join(folder.path, 'src'), join(folder.path, '../lib/**/*.js'), '/etc/x', join(folder.path, 'y')], ignore: ['dist', join(folder.path, 'src/made'), '*.tmp'],
    })
    expect(watchOf('    watch: src\n    directory: /srv/app\n')).toEqual({ base: '/srv/app', paths: ['/srv/app/src'], ignore: [], delay: 300 })
  })

  it('take true for all of that folder, and false or nothing for none', () => {
    expect(watchOf('    watch: true\n    watch_delay: 1ms\n')).toEqual({ base: folder.path, paths: [folder.path], ignore: [], delay: 100 })
    expect([watchOf('    watch: false\n'), watchOf('    watch: []\n')]).toEqual([undefined, undefined])
    expect(processOf(folder.good('watch.conf', '[supervisord]\n[program:x]\ncommand=cat\nwatch=src, lib\n').config, 'x:x').care?.watch?.paths).toEqual([join(folder.path, 'src'), join(folder.path, 'lib')])
  })

  it('say what is no pattern, and what does nothing', () => {
    expect(refused('    watch: ["src/*.{ts,js}"]\n')).toMatch(/^bad\.yaml:4:\d+: error: programs\.x\.watch: 'src\/\*\.\{ts' is no pattern: there are \*, \?, \[\.\.\] and \*\*; write /)
    expect(refused('    watch: ["!dist"]\n')).toContain('into watch_ignore')
    expect(folder.good('w.yaml', 'programs:\n  x:\n    command: cat\n    watch_ignore: dist\n').problems).toEqual(['w.yaml:4:5: warning: programs.x.watch_ignore does nothing without watch'])
  })
})

describe('A config for development', () => {
  const text = `supervisord: {logfile: out.log, pidfile: x.pid, notify: [{on: fatal, exec: mail}]}
inet_http_server: {port: 127.0.0.1:9001}
unix_http_server: {file: x.sock}
groups: {shop: {programs: [web, db]}}
programs:
  web: {command: cat, stdout_logfile: ./web.log, stdout_syslog: true, redirect_stderr: true, user: root, watch: src}
  db: {command: cat, directory: /srv, stdout_logfile: NONE, stderr_syslog: true, killasgroup: false, stopsignal: INT}
  tool: {command: cat, autostart: false}
eventlisteners: {mails: {command: cat, events: PROCESS_STATE}}
`
  const wishes: DevWishes = { only: null, watch: false, root: false, binds: false }
  const made = (change: Partial<DevWishes> = {}): Config => forDevelopment(folder.good('dev.yaml', text).config, { ...wishes, ...change }, '/dev/logs')

  it('touches nothing that a master in production has', () => {
    const config = made()
    expect([config.servers, config.master.alerts, config.master.pidfile, config.master.logfile]).toEqual([[], [], null, '/dev/logs/nsupd.log'])
    const { 'shop:web': web, 'shop:db': db, 'mails:mails': mails } = processesOf(config)
    expect([web?.stdout, web?.stderr.file, web?.user]).toMatchObject([{ file: '/dev/logs/shop:web.out', auto: false, syslog: false }, null, null])
    expect([db?.stdout.file, db?.stderr]).toMatchObject(['/dev/logs/shop:db.out', { file: '/dev/logs/shop:db.err', syslog: false }])
    expect(mails?.stdout.file).toBeNull()
  })

  it('leaves nothing of a program behind, whatever it says', () => {
    expect(processOf(made(), 'shop:db')).toMatchObject({ killasgroup: true, killSurvivors: true })
    expect(processOf(made(), 'shop:db').care?.deathSignal).toBeUndefined()
    expect(processOf(made({ binds: true }), 'shop:db').care?.deathSignal).toBe('SIGINT')
    expect(processOf(made({ root: true }), 'shop:web').user).toBe('root')
  })

  it('starts what starts by itself, but no listeners, or only what is named', () => {
    const started = (only: readonly string[] | null): string[] => Object.values(processesOf(made({ only }))).filter(({ autostart }) => autostart).map(({ name }) => name).sort()
    expect(started(null)).toEqual(['db', 'web'])
    expect([started(['tool']), started(['shop']), started(['shop:db']), started(['shop:*', 'mails'])]).toEqual([['tool'], ['db', 'web'], ['db'], ['db', 'mails', 'web']])
    expect(isNamed(processOf(made(), 'shop:web'), ['we'])).toBe(false)
  })

  it('watches the folder of each program that says nothing, where that is wished', () => {
    const watched = (name: string, watch: boolean) => processOf(made({ watch }), name).care?.watch?.paths
    expect([watched('shop:web', false), watched('shop:db', false), watched('tool:tool', false)]).toEqual([[join(folder.path, 'src')], undefined, undefined])
    expect([watched('shop:web', true), watched('shop:db', true), watched('tool:tool', true)]).toEqual([[join(folder.path, 'src')], ['/srv'], [folder.path]])
  })
})
