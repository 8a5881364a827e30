/** Syslog through `logger`, of which another stands first on the PATH of the master and writes down what it gets. */
import { mkdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import type { Master, Place } from './harness.ts'
import { untilFile, untilSaid, untilState } from './waits.ts'

/** Starts a master for which `logger` is this line of sh. */
function masterWith(place: Place, logger: string): Promise<Master> {
  mkdirSync(place.path('bin'))
  place.write('bin/logger', `#!/bin/sh\n${logger}\n`, 0o755)
  return place.master([], { PATH: `${place.path('bin')}:${process.env['PATH'] ?? ''}`, FOLDER: place.dir })
}

const say = (place: Place, target: string, text: string): Promise<unknown> => place.client().call('stdin', { target, text })

describe('syslog', () => {
  it('gets the lines of programs with their names, beside a log file or instead of one, and those of the master', async () => {
    const place = newPlace('ini', `[supervisord]
logfile=syslog
[program:both]
command=cat
startsecs=0
stdout_syslog=true
stdout_logfile=%(here)s/both.log
[program:only]
command=sh -c 'while read line; do echo "$line"; echo "e-$line" >&2; done'
startsecs=0
stdout_logfile=syslog
stderr_logfile=syslog
[program:silent]
command=cat
startsecs=0
stdout_logfile=%(here)s/silent.log
`)
    await masterWith(place, 'echo "$@" >> "$FOLDER/words"; exec cat >> "$FOLDER/got"')
    await say(place, 'silent', 'not for syslog\n')
    await untilFile(place.path('silent.log'), 'not for syslog\n')
    await say(place, 'both', 'one\ntw')
    await say(place, 'both', 'o\n')
    await say(place, 'only', 'three\n')
    const got = await untilFile(place.path('got'), (text) => ['both one\n', 'both two\n', 'only three\n', 'only e-three\n'].every((line) => text.includes(line)))
    expect(got).toMatch(/INFO spawned: 'both' with pid \d+/)
    expect(got).not.toContain('not for syslog')
    expect(place.read('both.log')).toBe('one\ntwo\n')
    expect(new Set(place.read('words').trim().split('\n'))).toEqual(new Set(['--priority user.info --tag nsup']))
  })

  it('goes on with another logger when the first one dies, and the workers do not notice', async () => {
    const place = newPlace('ini', '[supervisord]\n[program:p]\ncommand=cat\nstartsecs=0\nstdout_syslog=true\nstdout_logfile=%(here)s/p.log\n')
    const master = await masterWith(place, 'echo $$ >> "$FOLDER/pids"; exec cat >> "$FOLDER/got"')
    const { pid } = await untilState(place, 'p', 'RUNNING')
    await say(place, 'p', 'first\n')
    await untilFile(place.path('got'), 'p first\n')
    process.kill(Number(place.read('pids').trim()), 'SIGKILL')
    await untilSaid(master, /p: stdout: .*logger/)
    await say(place, 'p', 'second\n')
    await untilFile(place.path('got'), 'p second\n')
    expect(place.read('pids').trim().split('\n')).toHaveLength(2)
    expect(place.read('p.log')).toBe('first\nsecond\n')
    expect(await place.one('p')).toMatchObject({ pid, state: 'RUNNING' })
  })

  it('that does not work is told of, and costs its lines and nothing else', async () => {
    const place = newPlace('ini', '[supervisord]\n[program:p]\ncommand=cat\nstartsecs=0\nstdout_syslog=true\nstdout_logfile=%(here)s/p.log\n')
    const master = await masterWith(place, 'exit 3')
    for (let turn = 0; turn < 3; turn += 1) await say(place, 'p', `${'x'.repeat(1000)}\n`)
    await untilSaid(master, /p: stdout: .*logger/)
    await untilFile(place.path('p.log'), (text) => text.length === 3003)
    expect(await place.one('p')).toMatchObject({ state: 'RUNNING' })
  })
})
