/** Readiness, health and the watchdog with real children, through the built program. */
import { readFileSync, statSync, unlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, it } from 'vitest'
import { newPlace, sharedPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { events, untilFile, untilProcess, untilSaid, untilState } from './waits.ts'

/** Ports that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(servers.map((server) => new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => { resolve((server.address() as AddressInfo).port) })
  })))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

const node = process.execPath

describe('A process that is asked whether it is ready', () => {
  let place: Place
  let ports: number[]
  beforeAll(async () => {
    ports = await freePorts(3)
    const [web, late, never] = ports
    place = sharedPlace('yaml', '')
    place.write('late.mjs', `
import { createServer } from 'node:net'
import { existsSync, watch } from 'node:fs'
const [, , where, flag] = process.argv
const begin = () => { if (existsSync(flag) && !server.listening) server.listen(/^\\d+$/.test(where) ? { host: '127.0.0.1', port: Number(where) } : where) }
const server = createServer((socket) => socket.end())
watch('.', begin)
begin()
`)
    place.write('log.sh', 'echo "not listening on 1"; while [ ! -e go.log ]; do sleep 0.05; done; echo "$(printf "\\033[1m")listening on 8080$(printf "\\033[0m")"; exec sleep 1000')
    place.write('programs.yaml', `
defaults: { startsecs: 0, directory: ${place.dir}, ready_timeout: 40s }
programs:
  web: { command: python3 -m http.server --bind 127.0.0.1 ${web}, ready: { http: "http://127.0.0.1:${web}/late.mjs", body: createServer } }
  late: { command: "${node} late.mjs ${late} go.late", ready: "tcp://127.0.0.1:${late}" }
  unix: { command: "${node} late.mjs ${place.dir}/sock go.unix", ready: "unix://${place.dir}/sock" }
  exec: { command: sleep 1000, ready: { exec: [sh, -c, "test \\"$WHO\\" = ann && test -e go.exec"] }, environment: { WHO: ann } }
  log: { command: sh log.sh, ready: { log: "^listening on \\\\d+$" } }
  never: { command: sleep 1000, ready: "tcp://127.0.0.1:${never}", ready_timeout: 1s, startretries: 0 }
`)
    await place.master()
  })

  it('is RUNNING when an http server answers, with the body that is asked for', async () => {
    expect(await untilState(place, 'web', 'RUNNING')).toMatchObject({ ready: true })
  })

  it.each([['late', 'go.late', 'connection refused on 127.0.0.1:'], ['unix', 'go.unix', 'there is no '], ['exec', 'go.exec', 'exit status 1']])(
    '%s is STARTING, with the reason, until it answers', async (name, flag, why) => {
      const before = await place.nsup('why', name)
      expect(before.stdout).toContain('STARTING')
      for (;;) {
        const { reason, state } = await place.one(name)
        expect(state).toBe('STARTING')
        if (reason.includes(why)) break
      }
      place.write(flag, '')
      expect(await untilState(place, name, 'RUNNING')).toMatchObject({ ready: true, incarnation: 1 })
    })

  it('is RUNNING when it has written the line that is waited for', async () => {
    await untilFile(String((await place.one('log')).stdout_logfile), 'not listening on 1')
    expect(await place.one('log')).toMatchObject({ state: 'STARTING', ready: false })
    place.write('go.log', '')
    expect(await untilState(place, 'log', 'RUNNING')).toMatchObject({ ready: true })
  })

  it('has failed to start when it never answers, and says what the last answer was', async () => {
    const { reason } = await untilState(place, 'never', 'FATAL')
    expect(reason).toBe(`not ready within 1 s (ready_timeout): connection refused on 127.0.0.1:${ports[2]}; gave up after 1 try`)
    expect((await place.nsup('status', 'never')).stdout).toContain('connection refused')
  })
})

describe('A process whose health is asked for', () => {
  it('flips with what is found, in events and in the log, and also after the master has died', async () => {
    const place = newPlace('yaml', '')
    place.write('programs.yaml', `
programs:
  worker: { command: sleep 1000, startsecs: 0, directory: ${place.dir}, on_unhealthy: none, health: { exec: [sh, -c, "cat ill && exit 1 || exit 0"], interval: 100ms, retries: 3 } }
`)
    const first = await place.master()
    await untilProcess(place, 'worker', 'healthy', (one) => one.health === 'healthy')
    await untilSaid(first, 'healthy: worker')
    const stream = await events(place)
    place.write('ill', 'the queue is gone\n')
    await stream.until('unhealthy', ({ type, name, healthy }) => type === 'process.health' && name === 'worker' && healthy === false)
    expect(await place.one('worker')).toMatchObject({ state: 'RUNNING', health: 'unhealthy', ailment: 'exit status 1: the queue is gone' })
    await untilSaid(first, 'unhealthy: worker (exit status 1: the queue is gone)')
    unlinkSync(place.path('ill'))
    await untilProcess(place, 'worker', 'healthy', (one) => one.health === 'healthy')
    stream.close()

    const { pid } = await place.one('worker')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    const second = await place.master()
    expect(await untilProcess(place, 'worker', 'healthy again', (one) => one.health === 'healthy')).toMatchObject({ pid, adopted: true })
    place.write('ill', 'again\n')
    await untilSaid(second, 'unhealthy: worker (exit status 1: again)')
  })

  it('is not unwell for fewer failures in a row than retries', async () => {
    const place = newPlace('yaml', '')
    place.write('programs.yaml', `
programs:
  flaps: { command: sleep 1000, startsecs: 0, directory: ${place.dir}, health: { exec: [sh, -c, "echo x >> asked; test $(( $(wc -l < asked) %% 3 )) = 0"], interval: 20ms, retries: 3 } }
`)
    const master = await place.master()
    await untilFile(place.path('asked'), (text) => text.length >= 2 * 14)
    expect(await place.one('flaps')).toMatchObject({ health: 'healthy', incarnation: 1 })
    expect(master.said()).not.toContain('unhealthy')
  })

  it('is restarted when it is not well, and says why', async () => {
    const place = newPlace('yaml', '')
    place.write('programs.yaml', `
programs:
  shot: { command: sleep 1000, startsecs: 0, directory: ${place.dir}, health: { exec: [sh, -c, "test ! -e ill"], interval: 100ms, retries: 2 } }
`)
    await place.master()
    const { pid } = await untilProcess(place, 'shot', 'healthy', (one) => one.health === 'healthy')
    place.write('ill', '')
    const after = await untilProcess(place, 'shot', 'another', (one) => one.pid !== pid && one.state === 'RUNNING')
    expect(after.exits?.[0]).toMatchObject({ pid, wanted: true, by: 'health check', signal: 'SIGTERM' })
  })
})

describe('A watchdog', () => {
  it('has a silent Node looked at before it is aborted: its JavaScript, threads, sockets and last lines', async () => {
    const place = newPlace('yaml', '')
    place.write('stuck.mjs', `
import { createServer } from 'node:net'
import { writeSync } from 'node:fs'
console.log('these are its last words')
createServer().listen(0, '127.0.0.1', () => setTimeout(spinsForEver, 50))
function spinsForEver() { for (;;) ; }
`)
    place.write('programs.yaml', `
programs:
  stuck: { command: "${node} ${place.path('stuck.mjs')}", startsecs: 0, watchdog: 2s, restart_limit: 1 per 1h }
  mute: { command: "sh -c 'echo here I wait; exec sleep 1000'", startsecs: 0, watchdog: 2s, restart_limit: 1 per 1h, environment: { A: b } }
`)
    const master = await place.master()
    await untilState(place, 'stuck', 'FATAL')
    const { exits } = await untilState(place, 'mute', 'FATAL')
    const [end] = (await place.one('stuck')).exits ?? []
    expect(end).toMatchObject({ by: 'watchdog', signal: 'SIGABRT' })
    const file = String(end?.forensics)
    const text = readFileSync(file, 'utf8')
    expect(text).toMatch(new RegExp(`^stuck, pid ${String(end?.pid)}, incarnation 1, .*: silent for 2 s \\(watchdog\\)\n`))
    expect(text).toContain('State:\tR (running)')
    expect(text).toMatch(/== Threads[^]*\d+ .*: . \(.*\), wchan .*, syscall /)
    expect(text).toMatch(/\nat spinsForEver \(file:\/\/.*stuck\.mjs:6:\d+\)\n|no stack: port 9229/)
    expect(text).toMatch(/ tcp 127\.0\.0\.1:\d+ -> 0\.0\.0\.0:0 LISTEN\n/)
    expect(text).toContain('these are its last words')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(master.said()).toContain(file)
    expect((await place.nsup('why', 'stuck')).stdout).toContain(file)

    const other = readFileSync(String(exits?.[0]?.forensics), 'utf8')
    expect(other).toContain('it is no Node (sleep)')
    expect(other).toContain('here I wait')
  })
})
