/**
 * What superlance's programs do, beside the real supervisord, by listeners on supervisor's own childutils: they restart
 * over XML-RPC who hangs or is too large, mail crashes, gather failures until a tick, and hear what programs tell them.
 */
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { untilFile } from '../e2e/waits.ts'
import { head, startPair } from './pair.ts'
import type { Pair } from './pair.ts'

/** Debian's own Python has supervisor's modules. */
const python = '/usr/bin/python3'
const watcher = `${python} -u '${fileURLToPath(new URL('watcher.py', import.meta.url))}'`
const config = `${head}
[inet_http_server]
port=127.0.0.1:{port}
username=watcher
password=p:w 1
[eventlistener:web]
command=${watcher} web {dir}/web.got {dir}/web.sock
events=TICK_5
stdout_logfile={dir}/web.out
stderr_logfile={dir}/web.err
[eventlistener:memory]
command=${watcher} memory {dir}/memory.got 60000000
events=TICK
environment=SUPERVISOR_SERVER_URL="http://127.0.0.1:{port}",SUPERVISOR_USERNAME="watcher",SUPERVISOR_PASSWORD="p:w 1"
[eventlistener:crash]
command=${watcher} crash {dir}/crash.got
events=PROCESS_STATE_EXITED
[eventlistener:batch]
command=${watcher} batch {dir}/batch.got
events=PROCESS_STATE,TICK_5
buffer_size=100
[eventlistener:talk]
command=${watcher} talk {dir}/talk.got
events=PROCESS_COMMUNICATION
[program:hung]
command=${watcher} hung {dir}/web.sock
startsecs=0
[program:large]
command=${python} -c "x = bytearray(90000000); import time; time.sleep(600)"
startsecs=0
[program:crashes]
command=sh -c 'exit 3'
startsecs=0
autorestart=false
[program:ends]
command=true
startsecs=0
autorestart=false
[program:never]
command=false
startsecs=9
startretries=0
[program:neither]
command=false
startsecs=9
startretries=0
[program:says]
command=${watcher} worker
stdout_capture_maxbytes=1KB
stderr_capture_maxbytes=1KB
startsecs=0
`

let pair: Pair

beforeAll(async () => {
  pair = await startPair(config)
}, 120_000)

/** What a listener has written down on both sides, as soon as it holds all of these. */
async function noted(name: string, ...seen: readonly string[]): Promise<{ readonly real: string; readonly ours: string }> {
  return pair.both((side) => untilFile(side.place.path(`${name}.got`), (text) => seen.every((one) => text.includes(one))))
}

it('a listener that finds a server hung restarts it over the unix socket, and may ask again a quarter of a minute later', async () => {
  const { real, ours } = await noted('web', 'later')
  expect(ours).toBe(real)
  expect(ours).toContain('["stop", "hung", true]\n["fault", 70, "NOT_RUNNING: hung"]\n["start", "hung", true]\n')
  expect(ours).toContain('["later", "RUNNING"]')
}, 90_000)

it('what a listener writes to stderr is in its log, and its side of the protocol in that of its stdout', async () => {
  const { real, ours } = await pair.both(async (side) => ({
    out: (await untilFile(side.place.path('web.out'), (text) => text.split('OK').length > 4)).slice(0, 51),
    err: (await untilFile(side.place.path('web.err'), 'later')).slice(0, 40),
  }))
  expect(ours).toEqual(real)
  expect(ours.out).toBe('READY\nRESULT 2\nOK'.repeat(3))
})

it('a listener that finds a program too large restarts it over TCP with a password', async () => {
  const { real, ours } = await noted('memory', '"start", "large:large"')
  expect(ours).toBe(real)
})

it('a listener mails what has crashed, and nothing of what has ended well', async () => {
  const { real, ours } = await noted('crash', 'crashes')
  expect(ours).toBe(real)
  expect((await pair.both((side) => untilFile(side.place.path('crash.got.mail'), '\n'))).ours).toBe('crashes of crashes from RUNNING\n')
})

it('a listener gathers what has failed until a tick', async () => {
  const { real, ours } = await noted('batch', 'neither', 'never')
  // Whether a tick comes between the two is chance.
  const names = (text: string): string[] => text.split('\n').filter((line) => line !== '').flatMap((line) => (JSON.parse(line) as [string, string[]])[1])
  expect(names(ours).sort()).toEqual(names(real).sort())
})

it('a listener hears what a program says by childutils, on stdout and stderr', async () => {
  const { real, ours } = await noted('talk', 'STDOUT', 'STDERR')
  expect(ours.split('\n').sort()).toEqual(real.split('\n').sort())
  expect(ours).toContain(JSON.stringify('on \u65e5\u672c stderr').replace(/[^\x20-\x7e]/g, (one) => `\\u${one.charCodeAt(0).toString(16)}`))
})
