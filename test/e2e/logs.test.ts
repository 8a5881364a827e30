/** What workers write: in order and complete, rotated, compressed, stamped, followed, and on a disk that is full. */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import { events, untilFile, untilProcess, untilSaid, untilState } from './waits.ts'

const numbers = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}\n`).join('')

describe('a log file', () => {
  it('holds every byte of a process that has ended, also the last one without an end of line', async () => {
    const place = newPlace('yaml', `
programs:
  writer: { command: sh -c 'seq 1 50000; printf the-end', autorestart: false, startsecs: 0, stdout_logfile: '%(here)s/w.log' }
  mixed: { command: sh -c 'echo a; echo b >&2; echo c', redirect_stderr: true, autorestart: false, startsecs: 0, stdout_logfile: '%(here)s/m.log' }
`)
    await place.master()
    await untilState(place, 'writer', 'EXITED')
    await untilState(place, 'mixed', 'EXITED')
    expect(place.read('w.log') === `${numbers(1, 50_000)}the-end`).toBe(true)
    expect(place.read('m.log')).toBe('a\nb\nc\n')
  })

  it('is rotated at its size, keeps the numbered backups, and loses nothing between them', async () => {
    const place = newPlace('yaml', `
programs:
  writer:
    command: sh -c 'for i in $(seq 1 400); do printf "%%099d\\n" $i; test $((i %% 10)) = 0 && read go; done; exec sleep 600'
    startsecs: 0
    stdout_logfile: '%(here)s/w.log'
    stdout_logfile_maxbytes: 1000
    stdout_logfile_backups: 2
`)
    await place.master()
    // ten lines of 100 bytes, then a word on stdin: each chunk ends a file
    for (let turn = 1; turn <= 4; turn += 1) {
      await untilFile(place.path('w.log.1'), `${String(turn * 10).padStart(99, '0')}\n`)
      await place.client().call('stdin', { target: 'writer', text: 'go\n' })
    }
    await untilFile(place.path('w.log.1'), String(50).padStart(99, '0'))
    expect(place.read('w.log.2')).toContain(String(40).padStart(99, '0'))
    expect(existsSync(place.path('w.log.3'))).toBe(false)
    await untilFile(place.path('w.log'), () => existsSync(place.path('w.log'))) // it is made after the old one has its new name
    const lines = (place.read('w.log.2') + place.read('w.log.1') + place.read('w.log')).trim().split('\n').map(Number)
    expect(lines).toEqual(Array.from({ length: lines.length }, (_, index) => (lines[0] ?? 0) + index))
    expect(lines.at(-1)).toBe(50)
  })

  it('is emptied in place with backups 0', async () => {
    const place = newPlace('ini', `
[supervisord]
[program:writer]
command=sh -c 'seq 1 1000; exec sleep 600'
startsecs=0
stdout_logfile=%(here)s/w.log
stdout_logfile_maxbytes=100
stdout_logfile_backups=0
`)
    await place.master()
    await untilFile(place.path('w.log'), (text) => text.length < 100)
    await untilProcess(place, 'writer', 'RUNNING', ({ state }) => state === 'RUNNING')
    expect(existsSync(place.path('w.log.1'))).toBe(false)
  })

  it('has gzipped backups where asked', async () => {
    const place = newPlace('yaml', `
programs:
  writer: { command: sh -c 'read go; seq 1 500; read go; seq 501 1000; exec sleep 600', startsecs: 0, stdout_logfile: '%(here)s/w.log',
    stdout_logfile_maxbytes: 1000, stdout_logfile_compress: true }
`)
    await place.master()
    const stdin = (): Promise<unknown> => place.client().call('stdin', { target: 'writer', text: 'go\n' })
    await stdin()
    await untilFile(place.path('w.log.1.gz'), (text) => text.length > 20)
    expect(gunzipSync(readFileSync(place.path('w.log.1.gz'))).toString().startsWith('1\n2\n')).toBe(true)
    await stdin()
    await untilFile(place.path('w.log.2.gz'), (text) => text.length > 20)
    expect(gunzipSync(readFileSync(place.path('w.log.2.gz'))).toString().startsWith('1\n2\n')).toBe(true)
  })

  it('has no colours with strip_ansi, and the time before each line with log_timestamp', async () => {
    const place = newPlace('yaml', `
defaults: { startsecs: 0, autorestart: false }
programs:
  plain: { command: "printf '\\\\033[1;31mred\\\\033[0m and green\\\\n'", strip_ansi: true, stdout_logfile: '%(here)s/p.log' }
  stamped: { command: "printf 'one\\\\ntwo\\\\n'", log_timestamp: true, stdout_logfile: '%(here)s/s.log' }
`)
    await place.master()
    expect(await untilFile(place.path('p.log'), 'green\n')).toBe('red and green\n')
    expect(await untilFile(place.path('s.log'), 'two\n')).toMatch(/^\d{4}-\d\d-\d\d\S* ?\S* one\n\d{4}-\d\d-\d\d\S* ?\S* two\n$/)
  })

  it('is opened anew on USR2, as logrotate needs it', async () => {
    const place = newPlace('ini', `
[supervisord]
logfile=%(here)s/main.log
[program:writer]
command=cat
startsecs=0
stdout_logfile=%(here)s/w.log
`)
    const master = await place.master()
    const say = (text: string): Promise<unknown> => place.client().call('stdin', { target: 'writer', text })
    await say('before\n')
    await untilFile(place.path('w.log'), 'before\n')
    renameSync(place.path('w.log'), place.path('w.old'))
    renameSync(place.path('main.log'), place.path('main.old'))
    await say('between\n')
    await untilFile(place.path('w.old'), 'between\n')
    process.kill(master.pid, 'SIGUSR2')
    await untilFile(place.path('w.log'), () => existsSync(place.path('w.log')))
    await say('after\n')
    await untilFile(place.path('w.log'), 'after\n')
    expect(place.read('w.old')).toBe('before\nbetween\n')
    expect(place.read('w.log')).toBe('after\n')
    expect(place.read('main.old')).toContain('supervisord logreopen')
    expect(existsSync(place.path('main.log'))).toBe(true)
  })

  it('on a full disk is dropped with a counter, said once, and the worker lives on', async () => {
    const place = newPlace('yaml', `
programs:
  full: { command: cat, startsecs: 0, stdout_logfile: /dev/full, stdout_logfile_maxbytes: 0 }
  fine: { command: cat, startsecs: 0, stdout_logfile: '%(here)s/f.log' }
`)
    const master = await place.master()
    const stream = await events(place)
    const { pid } = await place.one('full')
    for (const text of ['one\n', 'two\n', 'three\n']) await place.client().call('stdin', { target: 'full', text })
    expect(await stream.until('dropping', ({ type }) => type === 'log.dropping')).toMatchObject({ name: 'full', channel: 'stdout' })
    await place.client().call('stdin', { target: 'fine', text: 'still here\n' })
    await untilFile(place.path('f.log'), 'still here\n')
    expect((await place.client().call('info', {})).log_bytes_dropped).toBeGreaterThan(0)
    expect(await place.one('full')).toMatchObject({ pid, state: 'RUNNING' })
    expect(master.said().split('\n').filter((line) => /ENOSPC|no space|disk/i.test(line))).toHaveLength(1)
    stream.close()
  })

  it('whose folder is not there is a problem of the config; one that goes later is a spawn error', async () => {
    const place = newPlace('yaml', `programs: { one: { command: cat, stdout_logfile: /no/such/folder/x.log } }`)
    expect(await place.nsup('check')).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/programs\.yaml:1:\d+: .*\/no\/such\/folder/) as string })
    place.write(place.config, `programs: { one: { command: cat, startsecs: 0, stdout_logfile: '%(here)s/logs/x.log' } }`)
    const { mkdirSync } = await import('node:fs')
    mkdirSync(place.path('logs'))
    await place.master()
    await untilState(place, 'one', 'RUNNING')
    await place.nsup('stop', 'one')
    rmSync(place.path('logs'), { recursive: true })
    expect(await place.nsup('start', 'one')).toMatchObject({ exitCode: 7, stdout: 'one: ERROR (spawn error)\n' })
    expect((await place.one('one')).spawn_error).toContain('ENOENT')
  })
})

describe('tail -f', () => {
  it('goes on through a rotation and a restart of the master', async () => {
    const place = newPlace('yaml', `
programs:
  writer: { command: cat, startsecs: 0, stdout_logfile: '%(here)s/w.log', stdout_logfile_maxbytes: 10, stdout_logfile_backups: 3 }
`)
    const first = await place.master()
    const say = (text: string): Promise<unknown> => place.client().call('stdin', { target: 'writer', text })
    await say('early\n')
    await untilFile(place.path('w.log'), 'early')
    const tail = place.background('tail', '-f', 'writer')
    await untilSaid(tail, 'early')
    await say('long enough to rotate\n')
    await untilSaid(tail, 'long enough to rotate\n')
    await say('second\n')
    await untilSaid(tail, 'second\n')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    await place.master()
    await say('third\n')
    await untilSaid(tail, 'third\n')
    for (const word of ['early', 'long enough', 'second', 'third']) expect(tail.said().split(word), tail.said()).toHaveLength(2)
    tail.child.kill('SIGINT')
    expect(await tail.ended).toBe(0)
  })

  it('of several processes has their names before the lines, and maintail -f follows the master', async () => {
    const place = newPlace('ini', `
[supervisord]
[program:one]
command=cat
startsecs=0
[program:two]
command=cat
startsecs=0
`)
    await place.master()
    const tail = place.background('tail', '-f', 'one', 'two')
    const main = place.background('maintail', '-f')
    await untilSaid(main, 'started with pid')
    await untilSaid(tail, 'Ctrl-C')
    await place.client().call('stdin', { target: 'one', text: 'from one\n' })
    await place.client().call('stdin', { target: 'two', text: 'from two\n' })
    await untilSaid(tail, /one\b.*from one\n/)
    await untilSaid(tail, /two\b.*from two\n/)
    await place.nsup('stop', 'two')
    await untilSaid(main, 'stopped: two (terminated by SIGTERM)')
  })
})

describe('fg', () => {
  it('gives lines to the process and shows what it answers', async () => {
    const place = newPlace('ini', `
[supervisord]
[program:echo]
command=sh -c 'while read line; do echo "heard $line"; done'
startsecs=0
[program:still]
command=cat
autostart=false
`)
    await place.master()
    expect((await place.nsup('fg', 'still')).stdout).toBe('ERROR: process not running\n')
    expect((await place.nsup('fg', 'nochkin')).stdout).toBe('ERROR: bad process name supplied\n')
    expect((await place.nsup('fg')).stdout).toBe('ERROR: no process name supplied\n')
    expect((await place.nsup('fg', 'echo', 'still')).stdout).toBe('ERROR: too many process names supplied\n')
    const fg = place.background('fg', 'echo')
    await untilSaid(fg, '==>')
    fg.child.stdin?.write('hello\n')
    await untilSaid(fg, 'heard hello\n')
    fg.child.kill('SIGINT')
    await fg.ended
    expect((await place.one('echo')).state).toBe('RUNNING')
  })
})
