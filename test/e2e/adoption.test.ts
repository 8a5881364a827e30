/** The workers outlive the master: hand-over, kill -9, what died meanwhile, and records that are gone or cut. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fixture, newPlace } from './harness.ts'
import type { Master, Place } from './harness.ts'
import { untilFile, untilProcess, untilSaid, untilState } from './waits.ts'

async function kill(master: Master): Promise<void> {
  process.kill(master.pid, 'SIGKILL')
  await master.ended
}

const config = `
defaults: { startsecs: 0 }
programs:
  steady: { command: "${fixture('reports-signals.mjs')}", stdout_logfile: '%(here)s/steady.log' }
  numbers: { command: "${fixture('numbered-lines.mjs', 500)}", stdout_logfile: '%(here)s/numbers.log' }
  stubborn: { command: "${fixture('ignores-term.sh')}", stopwaitsecs: 300ms, stdout_logfile: '%(here)s/stubborn.log' }
  crashes: { command: sleep 600, autorestart: true }
  ends: { command: sleep 600, autorestart: false }
  off: { command: sleep 600 }
`

async function ready(place: Place): Promise<void> {
  for (const [name, word] of [['steady', 'ready'], ['numbers', ' 5\n'], ['stubborn', 'ready']] as const) {
    await untilFile(place.path(`${name}.log`), word)
  }
}

/** No line doubled, none out of order; the count of those that are missing. */
function missingNumbers(text: string): number {
  const numbers = text.trim().split('\n').map((line) => Number(line.split(' ')[1]))
  expect(numbers.every((each, index) => index === 0 || each > (numbers[index - 1] ?? 0))).toBe(true)
  return (numbers.at(-1) ?? 0) - numbers.length
}

describe('after kill -9 of the master', () => {
  it('what is in the config no more is forgotten, though nothing else is there', async () => {
    const place = newPlace('yaml', 'programs: { old: { command: sleep 600 } }\n')
    const first = await place.master()
    await place.client().call('stop', { targets: ['old'] })
    await kill(first)
    const journal = join(place.runDir, 'journal.jsonl')
    expect(readFileSync(journal, 'utf8')).toContain('"old"')
    place.write(place.config, 'programs: {}\n')
    await place.master()
    expect(readFileSync(journal, 'utf8')).toBe('')
  })

  it('a worker whose log cannot be opened is read on, and logged again when the log is back', async () => {
    const place = newPlace('yaml', `programs:\n  steady: { command: "${fixture('reports-signals.mjs')}", stdout_logfile: '%(here)s/steady.log' }\n`)
    const log = place.path('steady.log')
    const first = await place.master()
    await untilFile(log, 'ready')
    const { pid } = await place.one('steady')
    await kill(first)
    rmSync(log)
    mkdirSync(log)
    const second = await place.master()
    await untilSaid(second, 'steady.log cannot be opened: EISDIR')
    process.kill(pid, 'SIGUSR1')
    await untilSaid(second, 'output is being dropped')
    rmdirSync(log)
    process.kill(second.pid, 'SIGUSR2')
    await untilSaid(second, 'can be written again')
    process.kill(pid, 'SIGUSR1')
    await untilFile(log, 'SIGUSR1')
    expect(await place.one('steady')).toMatchObject({ pid, adopted: true, restarts: 0 })
    expect((await place.client().call('info', {})).log_bytes_dropped).toBeGreaterThan(0)
  })

  it('the next one adopts what runs, counts what died, remembers what was stopped, and supervises on', async () => {
    const place = newPlace('yaml', config)
    const first = await place.master()
    await ready(place)
    await place.nsup('stop', 'off')
    const before = new Map((await place.processes()).map((each) => [each.name, each]))
    const pidOf = (name: string): number => before.get(name)?.pid ?? 0
    await kill(first)
    expect(await place.nsup('status')).toMatchObject({ stdout: '', stderr: expect.stringMatching(/no master runs for .*; [2-9] workers of the last one run on, and the next one adopts them/) as string, exitCode: 4 })
    for (const name of ['ends', 'crashes']) process.kill(pidOf(name), 'SIGKILL')

    const second = await place.master()
    for (const name of ['steady', 'numbers', 'stubborn']) {
      const old = before.get(name)
      const now = await place.one(name)
      expect(now).toMatchObject({ state: 'RUNNING', pid: old?.pid, adopted: true, restarts: 0, incarnation: 1, started_at: old?.started_at })
      expect(now.uptime).toBeGreaterThanOrEqual(old?.uptime ?? 0)
    }
    expect(await place.one('off')).toMatchObject({ state: 'STOPPED', want: 'down' })
    const ended = await untilState(place, 'ends', 'EXITED')
    expect(ended.exits).toMatchObject([{ pid: pidOf('ends'), kind: 'unknown', code: null, signal: null, wanted: false }])
    expect((await place.nsup('describe', 'ends')).stdout).toContain('exit status unknown')
    const again = await untilState(place, 'crashes', 'RUNNING')
    expect(again).toMatchObject({ restarts: 1, incarnation: 2, adopted: false })

    // as its own: output, signals, stop with escalation, restart after a crash
    expect(await place.nsup('signal', 'USR1', 'steady')).toMatchObject({ stdout: 'steady: signalled\n' })
    await untilFile(place.path('steady.log'), 'got SIGUSR1')
    expect(await place.nsup('stop', 'stubborn')).toMatchObject({ stdout: 'stubborn: stopped\n', exitCode: 0 })
    process.kill(pidOf('steady'), 'SIGKILL')
    const steady = await untilProcess(place, 'steady', 'restarted', ({ restarts, state }) => restarts === 1 && state === 'RUNNING')
    expect(steady.pid).not.toBe(pidOf('steady'))
    const { length } = place.read('numbers.log')
    await untilFile(place.path('numbers.log'), (text) => text.length > length)
    expect(second.said()).toContain(`adopted: 'steady' with pid ${pidOf('steady')}`)
    expect(missingNumbers(place.read('numbers.log'))).toBeLessThan(500)
  })

  it('the next nsup start brings the next master', async () => {
    const place = newPlace('yaml', config)
    const first = await place.master()
    await ready(place)
    const { pid } = await place.one('steady')
    await kill(first)
    expect(await place.nsup('start', 'steady')).toMatchObject({ exitCode: 0 })
    expect(await place.one('steady')).toMatchObject({ pid, adopted: true })
    expect(await place.nsup('shutdown')).toMatchObject({ stdout: 'Shut down\n', exitCode: 0 })
    expect(place.left()).toEqual([])
  })

  it.each([
    ['cut in half', (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2))],
    ['filled with nonsense', (path: string) => writeFileSync(path, '\0\0{"pid":1}')],
    ['removed', (path: string) => rmSync(path)],
  ])('records that were %s cost no worker', async (_, spoil) => {
    const place = newPlace('yaml', config)
    const first = await place.master()
    await ready(place)
    const { pid } = await place.one('steady')
    await kill(first)
    const files = readdirSync(place.runDir, { recursive: true, encoding: 'utf8' }).filter((name) => /\.jsonl?$/.test(name))
    expect(files.length).toBeGreaterThan(0)
    for (const name of files) spoil(join(place.runDir, name))
    await place.master()
    const steady = await untilState(place, 'steady', 'RUNNING')
    expect(steady.pid).toBe(pid)
    await place.nsup('signal', 'USR2', 'steady')
    expect(await untilFile(place.path('steady.log'), 'got SIGUSR2')).toMatch(/^ready \d+\ngot SIGUSR2\n$/)
  })

  it('a config that has changed leaves alone what runs until update', async () => {
    const place = newPlace('yaml', 'programs: { one: { command: sleep 600, startsecs: 0 }, gone: { command: sleep 600, startsecs: 0 } }')
    const first = await place.master()
    const [one, gone] = [await place.one('one'), await place.one('gone')]
    await kill(first)
    place.write(place.config, 'programs: { one: { command: sleep 700, startsecs: 0 } }')
    await place.master()
    expect((await place.one('one')).pid).toBe(one.pid)
    expect((await place.one('gone')).pid).toBe(gone.pid)
    expect((await place.nsup('update')).stdout).toBe('gone: stopped\ngone: removed process group\none: stopped\none: updated process group\n')
    expect((await untilState(place, 'one', 'RUNNING')).pid).not.toBe(one.pid)
  })
})

describe('an orderly hand-over', () => {
  it('ends the master only, and loses not one line', async () => {
    const place = newPlace('yaml', config)
    const pids = async (): Promise<number[]> => (await place.processes()).map(({ pid }) => pid)
    let master = await place.master()
    await ready(place)
    const before = await pids()
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await place.nsup('shutdown', '--keep-workers')).toMatchObject({ stdout: 'Shut down\n', exitCode: 0 })
      expect(await master.ended).toBe(0)
      const { length } = place.read('numbers.log')
      master = await place.master()
      expect(await pids()).toEqual(before)
      await untilFile(place.path('numbers.log'), (text) => text.length > length + 1000)
    }
    await place.nsup('stop', 'numbers')
    expect(missingNumbers(place.read('numbers.log'))).toBe(0)
    expect(place.read('steady.log')).toMatch(/^ready \d+\n$/)
  })
})

describe('FIFOs that are removed under a running worker', () => {
  function removeFifos(place: Place): void {
    const fifos = readdirSync(place.runDir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.fifo'))
    expect(fifos.length).toBeGreaterThan(0)
    for (const name of fifos) rmSync(join(place.runDir, name))
  }

  it('cost neither the worker nor its output, also of the next master and the next incarnation', async () => {
    const place = newPlace('yaml', config)
    const first = await place.master()
    await ready(place)
    const { pid } = await place.one('steady')
    removeFifos(place)
    await place.nsup('signal', 'USR1', 'steady')
    await untilFile(place.path('steady.log'), 'got SIGUSR1')
    await place.client().call('stdin', { target: 'steady', text: 'x' })
    expect(await place.one('steady')).toMatchObject({ pid, state: 'RUNNING', restarts: 0 })
    expect(await place.nsup('restart', 'steady')).toMatchObject({ stdout: 'steady: stopped\nsteady: started\n', exitCode: 0 })
    await untilFile(place.path('steady.log'), /ready[^]*ready/)
    const again = await place.one('steady')
    await kill(first)
    const second = await place.master()
    expect(await place.one('steady')).toMatchObject({ pid: again.pid, state: 'RUNNING', adopted: true })
    await untilSaid(second, `adopted: 'steady' with pid ${again.pid}`)
    await place.nsup('signal', 'USR2', 'steady')
    await untilFile(place.path('steady.log'), 'got SIGUSR2')
  })
})
