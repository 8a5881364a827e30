/** What the config says of care, from outside: the limit of a shutdown, and what `nsup check` says of values that are wrong. */
import { expect, it } from 'vitest'
import { fixture, newPlace } from './harness.ts'
import { untilFile } from './waits.ts'

it('ends a shutdown at its limit, also for those whose turn has not come', async () => {
  const place = newPlace('ini', `[supervisord]\nshutdown_timeout=300ms\n[program:last]\ncommand=${fixture('ignores-term.sh')}\nstopwaitsecs=600\npriority=1
[program:first]\ncommand=${fixture('ignores-term.sh')}\nstopwaitsecs=600\npriority=2\nstdout_logfile=%(here)s/first.log\n`)
  const master = await place.master()
  await untilFile(place.path('first.log'), 'ready')
  expect(await place.nsup('shutdown')).toMatchObject({ stdout: 'Shut down\n', exitCode: 0 })
  expect(await master.ended).toBe(0)
  expect(place.left()).toEqual([])
})

it('shows all that is wrong at once, each at its place', async () => {
  const place = newPlace('yaml', `programs:
  web:
    command: cat
    ready: {http: 'http:///health'}
    health: {tcp: localhost:80, retires: 3}
    depends_on: {bd: ready}
    stop_sequence: [TERM 30s, KIL]
  db:
    command: cat
    ready: log (a+)+$
    cpu_affinity: 9000
`)
  const { stdout, exitCode } = await place.nsup('check')
  expect(exitCode).toBe(1)
  expect(stdout.replaceAll(`${place.config}:`, '').split('\n').slice(0, 5)).toEqual([
    "4:12: error: programs.web.ready: 'http:///health' is a URL without a host (write http://127.0.0.1:8080/path)",
    "5:33: error: programs.web.health has no part 'retires'; did you mean retries?",
    "6:17: error: programs.web.depends_on: there is no program, group or process named 'bd'; did you mean db?",
    "7:20: error: programs.web.stop_sequence: 'KIL' is not a valid signal name (did you mean KILL?)",
    '10:12: error: programs.db.ready: has a pattern that can take forever: what is repeated can match the same text in several ways, as (a+)+ does; repeat it once',
  ])
  expect(stdout).toContain('11:19: error: programs.db.cpu_affinity: this machine has no CPU 9000')
})
