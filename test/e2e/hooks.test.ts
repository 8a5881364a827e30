import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newPlace } from './harness.ts'
import { events, untilFile, untilProcess, untilSaid, untilState } from './waits.ts'

/** A receiver of webhooks on loopback; the first answers as given, then 200. */
async function receiver(...statuses: readonly number[]) {
  const got: Record<string, unknown>[] = []
  const waiting = new Set<() => void>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk)).on('end', () => {
      got.push(JSON.parse(body) as Record<string, unknown>)
      response.writeHead(statuses[got.length - 1] ?? 200).end()
      for (const look of waiting) look()
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => { server.close() })
  const until = (count: number): Promise<void> => new Promise((resolve) => {
    const look = (): void => { if (got.length >= count) resolve() }
    waiting.add(look)
    look()
  })
  return { port: (server.address() as AddressInfo).port, got, until }
}

describe('Hooks', () => {
  it('run around the life of a process, in its folder and environment, and speak in its log', async () => {
    const here = newPlace('yaml', `programs:
  a:
    command: sh -c 'echo up; exec sleep 1000'
    startsecs: 0
    autostart: false
    environment: {COLOUR: red}
    stdout_logfile: out.log
    pre_start: sh -c 'echo "$COLOUR $NSUP_PROCESS $NSUP_INCARNATION"'
    post_start: sh -c 'echo "pid $NSUP_PID" >&2'
    pre_stop: sh -c 'kill -0 $NSUP_PID && echo "still there"'
    on_exit: sh -c 'echo "by $NSUP_EXIT_SIGNAL"'
    post_stop: sh -c 'echo "$NSUP_REASON"'
`)
    await here.master()
    expect((await here.nsup('start', 'a')).exitCode).toBe(0)
    const { pid } = await here.one('a')
    await untilFile(here.path('out.log'), `[post_start] pid ${String(pid)}\n`)
    expect((await here.nsup('stop', 'a')).exitCode).toBe(0)
    const text = await untilFile(here.path('out.log'), (all) => all.includes('[on_exit]') && all.includes('[post_stop]'))
    expect(text.split('\n').slice(0, 2)).toEqual(['[pre_start] red a 1', 'up'])
    expect(text).toContain('[pre_stop] still there\n')
    expect(text).toContain('[on_exit] by SIGTERM\n')
    expect(text).toMatch(/\[post_stop\] stopped by .*: terminated by SIGTERM\n/)
    expect(text.indexOf('[pre_stop]')).toBeLessThan(text.indexOf('[on_exit]'))
  })

  it('that fail or hang before a start fail it, with the reason in the status, and hold up nobody else', async () => {
    const here = newPlace('yaml', `programs:
  fails:
    command: sleep 1000
    startretries: 0
    pre_start: sh -c 'echo "no such table"; exit 4'
    on_fatal: sh -c 'echo "$NSUP_EVENT" > fatal.txt'
    directory: .
  hangs:
    command: sleep 1000
    startretries: 0
    pre_start: {command: sleep 1000, timeout: 2s}
  fine:
    command: sleep 1000
    startsecs: 0
`)
    const master = await here.master()
    await untilState(here, 'fine', 'RUNNING')
    expect(await untilState(here, 'fails', 'FATAL')).toMatchObject({ spawn_error: 'pre_start has failed: exit status 4 (no such table)', pid: 0 })
    expect(await untilState(here, 'hangs', 'FATAL')).toMatchObject({ spawn_error: 'pre_start has failed: it was killed: it did not end within 2 s' })
    expect(await untilFile(here.path('fatal.txt'), 'on_fatal')).toBe('on_fatal\n')
    await untilSaid(master, 'pre_start of hangs has failed: it was killed')
  })

  it('are not run twice at once when the master dies in the middle of one', async () => {
    const here = newPlace('yaml', `programs:
  a:
    command: sleep 1000
    startsecs: 0
    directory: .
    pre_start: {command: [sh, -c, 'echo $$ >> pids; [ -e go ] || exec sleep 1000'], timeout: 10m}
`)
    const first = await here.master()
    const pids = (text: string): number[] => text.split('\n').filter((line) => line !== '').map(Number)
    const [before = 0] = pids(await untilFile(here.path('pids'), /\d+\n/))
    first.child.kill('SIGKILL')
    await first.ended
    expect(process.kill(before, 0)).toBe(true) // it lives on, and nobody has told it to end
    here.write('go', '')
    const second = await here.master()
    await untilSaid(second, `pre_start of a that the last master began is killed (pid ${String(before)}): it begins anew`)
    await untilState(here, 'a', 'RUNNING')
    expect(pids(here.read('pids'))).toHaveLength(2)
  })

  it('of the last processes are waited for by a shutdown', async () => {
    const here = newPlace('yaml', `programs:
  a:
    command: sleep 1000
    startsecs: 0
    directory: .
    post_stop: sh -c 'while [ ! -e go ]; do sleep 0.05; done; echo done > done.txt'
`)
    const master = await here.master()
    await untilState(here, 'a', 'RUNNING')
    master.child.kill('SIGTERM')
    await untilSaid(master, 'stopped: a')
    here.write('go', '')
    expect(await master.ended).toBe(0)
    expect(here.read('done.txt')).toBe('done\n')
  })
})

describe('A process that is unhealthy', () => {
  it('has its hook run and is told of, once each way, and a pre_stop that hangs does not keep it from being stopped', async () => {
    const { port, got, until } = await receiver()
    const here = newPlace('yaml', `supervisord:
  notify: [{on: [unhealthy], webhook: "http://127.0.0.1:${String(port)}/", template: "%(process)s: %(kind)s"}]
programs:
  a:
    command: sleep 1000
    startsecs: 0
    directory: .
    health: {exec: [test, -e, well], interval: 200ms, retries: 1}
    on_unhealthy: none
    on_unhealthy_hook: sh -c 'echo "$NSUP_EVENT $NSUP_PID" >> ill.txt'
    pre_stop: {command: sleep 1000, timeout: 1s}
`)
    const master = await here.master()
    const { pid } = await untilState(here, 'a', 'RUNNING')
    await until(1)
    expect(got[0]).toMatchObject({ text: 'a: unhealthy', kind: 'unhealthy', pid })
    expect(await untilFile(here.path('ill.txt'), 'on_unhealthy')).toBe(`on_unhealthy ${String(pid)}\n`)
    const stream = await events(here)
    here.write('well', '')
    await stream.until('that it is well again', (event) => event.type === 'process.health' && event['healthy'] === true)
    stream.close()
    expect((await here.nsup('stop', 'a')).stdout).toBe('a: stopped\n')
    await untilSaid(master, 'pre_stop of a has failed: it was killed: it did not end within 1 s')
    expect(got).toHaveLength(1)
    expect(here.read('ill.txt')).toBe(`on_unhealthy ${String(pid)}\n`)
  })
})

describe('A process that waits for an address', () => {
  it('says so, is started as soon as somebody answers, and can be stopped meanwhile', async () => {
    const late = createTcpServer((socket) => socket.on('error', () => undefined).end())
    const here = newPlace('yaml', '')
    const socket = here.path('db.sock')
    here.write('programs.yaml', `programs:
  a: {command: sleep 1000, startsecs: 0, wait_for: "unix://${socket}"}
  b: {command: sleep 1000, startsecs: 0, wait_for: "unix://${here.path('never.sock')}"}
`)
    await here.master()
    const waiting = await untilProcess(here, 'a', 'waiting', ({ description }) => description.startsWith('waiting'))
    expect(waiting).toMatchObject({ state: 'STARTING', pid: 0, description: `waiting for unix://${socket} (no such socket)` })
    await new Promise<void>((resolve) => { late.listen(socket, resolve) })
    onTestFinished(() => { late.close() })
    await untilState(here, 'a', 'RUNNING')
    expect((await here.nsup('stop', 'b')).stdout).toContain('b: stopped')
    expect(await here.one('b')).toMatchObject({ state: 'STOPPED', pid: 0 })
  })
})

describe('Alerts', () => {
  it('reach a webhook, again after it was in trouble, and a command, and tell no secret to the log', async () => {
    const { port, got, until } = await receiver(503)
    const here = newPlace('yaml', `supervisord:
  notify:
    - {on: [fatal], webhook: "http://ann:hunter2@127.0.0.1:${String(port)}/s3cret?key=k3y"}
    - {on: [fatal, crash_loop], exec: [sh, -c, 'echo "$NSUP_EVENT $NSUP_PROCESS $NSUP_EXIT_CODE" > alert.txt']}
    - {on: [unhealthy], webhook: "http://127.0.0.1:9/"}
programs:
  bad:
    command: sh -c 'exit 3'
    startretries: 0
  loops:
    command: sh -c 'exit 5'
    startsecs: 0
    autorestart: true
    autostart: false
    restart_limit: 1 per 10m
`)
    const master = await here.master()
    await until(2)
    expect(got[1]).toEqual(got[0])
    expect(got[1]).toMatchObject({ kind: 'fatal', process: 'bad', state: 'FATAL', exit_code: '3', suppressed: 0 })
    expect(got[1]?.['text']).toMatch(/^bad on .* has been given up \(FATAL\): Exited too quickly/)
    expect(await untilFile(here.path('alert.txt'), 'bad')).toBe('fatal bad 3\n')
    const stream = await events(here)
    await here.nsup('start', 'loops')
    await stream.until('FATAL of loops', (event) => event['name'] === 'loops' && event['to'] === 'FATAL' && event['cause'] === 'crash_loop')
    stream.close()
    expect(await untilFile(here.path('alert.txt'), 'loops')).toBe('crash_loop loops 5\n')
    await until(3)
    expect(got[2]).toMatchObject({ kind: 'fatal', process: 'loops' })
    expect(master.said()).not.toMatch(/hunter2|s3cret|k3y/)
  })
})
