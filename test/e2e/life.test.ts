/** The life of a process, seen from outside: states, reasons, retries, exits, and who asked for a stop. */
import { mkdirSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture, sharedPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { events, untilFile, untilProcess, untilState } from './waits.ts'

const config = `
defaults: { autostart: false, startsecs: 0, startretries: 0 }
programs:
  steady: { command: "${fixture('reports-signals.mjs')}" }
  leaves-3: { command: "${fixture('reports-signals.mjs', 3)}" }
  stubborn: { command: "${fixture('ignores-term.sh')}", stopwaitsecs: 300ms }
  slow: { command: sleep 600, startsecs: 600 }
  retries: { command: "${fixture('exits-with.sh', 5)}", startsecs: 1, startretries: 2 }
  long-retries: { command: "${fixture('exits-with.sh', 5)}", startsecs: 1, startretries: 1000 }
  expected: { command: "${fixture('exits-with.sh', 2)}", exitcodes: [0, 2], autorestart: unexpected }
  unexpected: { command: sh -c 'test -e again && exec sleep 600; touch again; exit 7', autorestart: unexpected }
  never: { command: "${fixture('exits-with.sh', 7)}", autorestart: false }
  suicide: { command: sh -c 'kill -SEGV $$', autorestart: false }
  says-143: { command: "${fixture('exits-with.sh', 143)}", autorestart: false }
  wails: { command: sh -c 'for i in $(seq 1 30); do echo line $i >&2; done; printf unfinished >&2; exit 1', autorestart: false }
  missing: { command: no-such-program-anywhere --now, autostart: true }
  missing-path: { command: /no/such/program, autostart: true }
  plain-file: { command: ./plain-file.txt, autostart: true }
  folder: { command: ./folder, autostart: true }
  no-folder: { command: sleep 600, directory: /no/such/folder, startsecs: 1 }
  twice: { command: /no/such/program, startretries: 1, autostart: true }
  stopped-missing: { command: /no/such/program }
  stopped-plain: { command: ./plain-file.txt }
`

let place: Place

beforeAll(async () => {
  place = sharedPlace('yaml', config)
  place.write('plain-file.txt', 'text\n', 0o644)
  mkdirSync(place.path('folder'))
  await place.master(['--loglevel=debug'])
})

describe('a process', () => {
  it('goes from STOPPED over STARTING to RUNNING, and over STOPPING back, each told as an event', async () => {
    expect(await place.one('steady')).toMatchObject({ state: 'STOPPED', description: 'Not started', pid: 0 })
    const stream = await events(place)
    expect(await place.nsup('start', 'steady')).toEqual({ stdout: 'steady: started\n', stderr: '', exitCode: 0 })
    const { pid, stdout_logfile: log } = await place.one('steady')
    await untilFile(String(log), 'ready')
    expect(await place.nsup('stop', 'steady')).toEqual({ stdout: 'steady: stopped\n', stderr: '', exitCode: 0 })
    await stream.until('STOPPED', ({ name, to }) => name === 'steady' && to === 'STOPPED')
    const states = stream.seen.filter(({ name }) => name === 'steady')
    expect(states.map(({ from, to }) => `${String(from)} ${String(to)}`)).toEqual([
      'STOPPED STARTING', 'STARTING RUNNING', 'RUNNING STOPPING', 'STOPPING STOPPED',
    ])
    expect(states.slice(1).map((event) => event['pid'])).toEqual([pid, pid, pid])
    expect((await place.one('steady')).description).toMatch(/^\w{3} \d\d \d\d:\d\d [AP]M$/)
    stream.close()
  })

  it('keeps of each exit the code, the time, whether it was wanted, and who asked', async () => {
    await place.nsup('start', 'leaves-3')
    const { pid, stdout_logfile: log } = await place.one('leaves-3')
    await untilFile(String(log), 'ready')
    await place.nsup('stop', 'leaves-3')
    const { exits, exit_status: status } = await place.one('leaves-3')
    expect(status).toBe(3)
    expect(exits).toMatchObject([{ pid, kind: 'code', code: 3, signal: null, wanted: true }])
    expect(exits?.[0]?.by).toMatch(/^cli \w+/)
    const { uptime = 0, ended_at: ended = 0, started_at: started = 0 } = exits?.[0] ?? {}
    expect(started).toBeGreaterThan(Date.now() - 60_000)
    expect(Math.abs(uptime - (ended - started))).toBeLessThan(100)
    const described = await place.nsup('describe', 'leaves-3')
    expect(described.stdout).toMatch(/exit code 3/)
    expect(described.stdout).toMatch(/cli \w+/)
  })

  it('is killed when it ignores the stop signal for stopwaitsecs', async () => {
    await place.nsup('start', 'stubborn')
    const { pid, stdout_logfile: log } = await place.one('stubborn')
    await untilFile(String(log), 'ready')
    expect(await place.nsup('stop', 'stubborn')).toEqual({ stdout: 'stubborn: stopped\n', stderr: '', exitCode: 0 })
    expect((await place.one('stubborn')).exits).toMatchObject([{ pid, kind: 'signal', code: null, signal: 'SIGKILL', wanted: true }])
  })

  it('stops in STARTING, and its start says abnormal termination', async () => {
    const start = place.nsup('start', 'slow')
    await untilProcess(place, 'slow', 'STARTING with a pid', ({ state, pid }) => state === 'STARTING' && pid > 0)
    expect(await place.nsup('start', 'slow')).toMatchObject({ stdout: 'slow: ERROR (already started)\n', exitCode: 0 })
    expect(await place.nsup('stop', 'slow')).toMatchObject({ stdout: 'slow: stopped\n', exitCode: 0 })
    expect(await start).toMatchObject({ stdout: 'slow: ERROR (abnormal termination)\n', exitCode: 7 })
    expect((await place.one('slow')).state).toBe('STOPPED')
  })

  it('stops in BACKOFF at once, without a signal, and says nothing of a stop in STOPPED and FATAL', async () => {
    const start = place.nsup('start', 'long-retries')
    await untilState(place, 'long-retries', 'BACKOFF')
    const { stdout } = await place.nsup('status', 'long-retries')
    expect(stdout).toMatch(/^long-retries {21}BACKOFF {3}Exited too quickly \(process log may have details\)\n$/)
    await untilState(place, 'long-retries', 'BACKOFF')
    expect(await place.nsup('stop', 'long-retries')).toMatchObject({ exitCode: 0 })
    expect(await start).toMatchObject({ exitCode: 7 })
    expect(await place.one('long-retries')).toMatchObject({ state: 'STOPPED', pid: 0 })
    expect(await place.nsup('stop', 'long-retries')).toEqual({ stdout: 'long-retries: ERROR (not running)\n', stderr: '', exitCode: 0 })
  })

  it('is FATAL after startretries + 1 quick exits, with growing waits between them', async () => {
    const stream = await events(place)
    expect(await place.nsup('start', 'retries')).toEqual({ stdout: 'retries: ERROR (spawn error)\n', stderr: '', exitCode: 7 })
    const fatal = await stream.until('FATAL', ({ name, to }) => name === 'retries' && to === 'FATAL')
    const mine = stream.seen.filter(({ name }) => name === 'retries')
    expect(mine.map(({ to }) => to)).toEqual(['STARTING', 'BACKOFF', 'STARTING', 'BACKOFF', 'STARTING', 'BACKOFF', 'FATAL'])
    const at = mine.map((event) => Number(event['at']))
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(990)
    expect((at[4] ?? 0) - (at[3] ?? 0)).toBeGreaterThanOrEqual(1990)
    expect(fatal['reason']).toMatch(/\w/)
    const one = await place.one('retries')
    expect(one).toMatchObject({ state: 'FATAL', exit_status: 0, description: 'Exited too quickly (process log may have details)' })
    expect(one.exits?.map(({ code }) => code)).toEqual([5, 5, 5])
    expect((await place.nsup('status', 'retries')).exitCode).toBe(3)
    stream.close()
  })
})

describe('an exit', () => {
  it('with an expected code leaves it EXITED', async () => {
    await place.nsup('start', 'expected')
    await untilState(place, 'expected', 'EXITED')
    expect((await place.one('expected')).exits).toMatchObject([{ kind: 'code', code: 2, expected: true, wanted: false, by: null }])
  })

  it('with an unexpected code is followed by a start', async () => {
    await place.nsup('start', 'unexpected')
    const again = await untilProcess(place, 'unexpected', 'RUNNING again', ({ state, restarts }) => state === 'RUNNING' && restarts > 0)
    expect(again).toMatchObject({ restarts: 1, incarnation: 2 })
    expect(again.exits).toMatchObject([{ kind: 'code', code: 7, expected: false, wanted: false }])
  })

  it('with autorestart off leaves it EXITED and says the code', async () => {
    await place.nsup('start', 'never')
    const one = await untilState(place, 'never', 'EXITED')
    expect(one).toMatchObject({ exit_status: 7, restarts: 0 })
  })

  it('by a signal is not confused with the code 128 and more', async () => {
    await place.nsup('start', 'suicide', 'says-143')
    const killed = await untilState(place, 'suicide', 'EXITED')
    const said = await untilState(place, 'says-143', 'EXITED')
    expect(killed).toMatchObject({ exit_status: -1, exits: [{ kind: 'signal', signal: 'SIGSEGV', code: null }] })
    expect(typeof killed.exits?.[0]?.core_dumped).toBe('boolean')
    expect(said).toMatchObject({ exit_status: 143, exits: [{ kind: 'code', code: 143, signal: null, core_dumped: null }] })
    expect((await place.nsup('describe', 'suicide')).stdout).toContain('SIGSEGV')
    expect((await place.nsup('describe', 'says-143')).stdout).toContain('143')
  })

  it('keeps the last 20 lines of stderr, also one without an end', async () => {
    await place.nsup('start', 'wails')
    const { exits } = await untilState(place, 'wails', 'EXITED')
    const lines = Array.from({ length: 19 }, (_, index) => `line ${index + 12}`)
    expect(exits?.[0]?.last_lines).toEqual([...lines, 'unfinished'])
    const { stdout } = await place.nsup('describe', 'wails')
    for (const line of [...lines, 'unfinished']) expect(stdout).toContain(line)
  })
})

describe('a command that cannot be run', () => {
  it.each([
    ['missing', "can't find command 'no-such-program-anywhere'"],
    ['missing-path', "can't find command '/no/such/program'"],
    ['plain-file', "command at './plain-file.txt' is not executable"],
    ['folder', "command at './folder' is a directory"],
  ])('is FATAL with its reason in status: %s', async (name, reason) => {
    const one = await untilState(place, name, 'FATAL')
    expect(one.description).toBe(reason)
    expect(one.spawn_error).toBe(reason)
    expect((await place.nsup('status', name)).stdout).toBe(`${name.padEnd(33)}FATAL     ${reason}\n`)
  })

  it('names the folder that is not there', async () => {
    await place.nsup('start', 'no-folder')
    const one = await untilState(place, 'no-folder', 'FATAL')
    expect(`${one.description} ${one.reason} ${one.exits?.[0]?.last_lines.join(' ') ?? ''}`).toContain('/no/such/folder')
  })

  it('goes through BACKOFF and is tried again', async () => {
    await untilState(place, 'twice', 'FATAL')
    const lines = (await place.nsup('maintail', '-n', '1000')).stdout.split('\n').filter((line) => line.includes('"twice"'))
    const states = lines.map((line) => (JSON.parse(line) as { to?: string }).to).filter((to) => to !== undefined)
    expect(states).toEqual(['STARTING', 'BACKOFF', 'STARTING', 'BACKOFF', 'FATAL'])
  })

  it('is refused when it is asked for, and stays as it was', async () => {
    expect(await place.nsup('start', 'stopped-missing')).toEqual({ stdout: 'stopped-missing: ERROR (no such file)\n', stderr: '', exitCode: 1 })
    expect(await place.nsup('start', 'stopped-plain')).toEqual({ stdout: 'stopped-plain: ERROR (file is not executable)\n', stderr: '', exitCode: 1 })
    expect(await place.one('stopped-missing')).toMatchObject({ state: 'STOPPED', description: 'Not started' })
  })

  it('that is started by hand after the cause is gone runs', async () => {
    place.write('plain-file.txt', '#!/bin/sh\nexec sleep 600\n', 0o755)
    expect(await place.nsup('start', 'plain-file')).toMatchObject({ stdout: 'plain-file: started\n', exitCode: 0 })
  })
})
