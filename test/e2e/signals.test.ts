/** Signals to the master, and the order in which a shutdown goes. */
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fixture, newPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { events, untilFile, untilSaid, untilState } from './waits.ts'

const logOf = async (place: Place, name: string): Promise<string> => String((await place.one(name)).stdout_logfile)

describe('an exit signal', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)('%s stops all and ends the master with 0', async (signal) => {
    const place = newPlace('ini', `
[unix_http_server]
file=%(here)s/own.sock
[supervisord]
pidfile=%(here)s/nsupd.pid
[program:one]
command=${fixture('tells-when-stopped.mjs')} %(here)s/order one
stdout_logfile=%(here)s/one.log
[program:failing]
command=${fixture('exits-with.sh', 3)}
startsecs=0
autorestart=false
`)
    const master = await place.master()
    await untilFile(place.path('one.log'), 'ready')
    expect(place.read('nsupd.pid')).toBe(`${master.pid}\n`)
    process.kill(master.pid, signal)
    expect(await master.ended).toBe(0)
    expect(place.read('order')).toBe('one begin\none end\n')
    expect(master.said()).toContain(`WARN received ${signal} indicating exit request`)
    expect([existsSync(place.path('nsupd.pid')), existsSync(place.path('own.sock')), existsSync(place.socket)]).toEqual([false, false, false])
    expect(place.left()).toEqual([])
  })

  it('a second time does not shorten the grace, and requests are answered until the end', async () => {
    const place = newPlace('yaml', `
programs:
  slow: { command: "${fixture('tells-when-stopped.mjs')} '%(here)s/order' slow '%(here)s/gate'", stopwaitsecs: 60, stdout_logfile: '%(here)s/slow.log' }
`)
    const master = await place.master()
    await untilFile(place.path('slow.log'), 'ready')
    process.kill(master.pid, 'SIGTERM')
    await untilFile(place.path('order'), 'slow begin')
    process.kill(master.pid, 'SIGTERM')
    await untilSaid(master, /received SIGTERM[^]*received SIGTERM/)
    expect((await place.nsup('status')).stdout).toMatch(/^slow +STOPPING\s*\n$/)
    expect((await place.nsup('start', 'slow')).exitCode).toBe(1)
    expect(await place.nsup('shutdown')).toMatchObject({ stdout: 'ERROR: already shutting down\n', exitCode: 0 })
    expect(place.read('order')).toBe('slow begin\n')
    place.write('gate', '')
    expect(await master.ended).toBe(0)
    expect(place.read('order')).toBe('slow begin\nslow end\n')
  })

  it('is not lost when it is a request that comes while a restart goes on: that becomes the end', async () => {
    const place = newPlace('ini', `
[supervisord]
[program:slow]
command=${fixture('tells-when-stopped.mjs')} %(here)s/order slow %(here)s/gate
stopwaitsecs=60
stdout_logfile=%(here)s/slow.log
`)
    const master = await place.master()
    await untilFile(place.path('slow.log'), 'ready')
    process.kill(master.pid, 'SIGHUP')
    await untilFile(place.path('order'), 'slow begin')
    await place.client().call('shutdown', { keep_workers: false })
    place.write('gate', '')
    expect(await master.ended).toBe(0)
    expect(place.read('order')).toBe('slow begin\nslow end\n')
  })

  it('the third time within 2 s kills at once', async () => {
    const place = newPlace('yaml', `
programs:
  never: { command: "${fixture('ignores-term.sh')}", stopwaitsecs: 10m, stdout_logfile: '%(here)s/never.log' }
`)
    const master = await place.master()
    await untilFile(place.path('never.log'), 'ready')
    for (const time of [1, 2, 3]) {
      process.kill(master.pid, 'SIGTERM')
      await untilSaid(master, new RegExp('(received SIGTERM[^]*){' + String(time) + '}'))
    }
    expect(await master.ended).toBe(0)
    expect(master.said()).toContain('SIGKILL')
    expect(place.left()).toEqual([])
  })
})

describe('a shutdown', () => {
  it('goes by priority, reversed, group after group; equal ones stop together', async () => {
    const program = (name: string, priority: number, gate: string): string => `
  ${name}: { command: "${fixture('tells-when-stopped.mjs')} '%(here)s/order' ${name} ${gate}", priority: ${priority}, stdout_logfile: '%(here)s/${name}.log' }`
    const place = newPlace('yaml', `
programs:${program('base', 1, '')}${program('left', 500, "'%(here)s/gate'")}${program('right', 500, "'%(here)s/gate'")}${program('front', 900, '')}
groups:
  middle: { programs: [left, right], priority: 500 }
`)
    await place.master()
    for (const name of ['base', 'left', 'right', 'front']) await untilFile(place.path(`${name}.log`), 'ready')
    const shutdown = place.nsup('shutdown')
    const middle = await untilFile(place.path('order'), (text) => text.includes('left begin') && text.includes('right begin'))
    expect(middle.split('\n').slice(0, 2)).toEqual(['front begin', 'front end'])
    expect(middle).not.toContain('base')
    place.write('gate', '')
    expect(await shutdown).toEqual({ stdout: 'Shut down\n', stderr: '', exitCode: 0 })
    expect(place.read('order').trim().split('\n').slice(-2)).toEqual(['base begin', 'base end'])
    expect(place.left()).toEqual([])
  })
})

describe('other signals', () => {
  it('USR1 goes on to every running worker that does not die of it, TTIN and TTOU do nothing', async () => {
    const place = newPlace('yaml', `
defaults: { startsecs: 0 }
programs:
  one: { command: "${fixture('reports-signals.mjs')}" }
  two: { command: "${fixture('reports-signals.mjs')}" }
  deaf: { command: sleep 600 }
  off: { command: sleep 600, autostart: false }
`)
    const master = await place.master()
    const logs = [await logOf(place, 'one'), await logOf(place, 'two')]
    for (const log of logs) await untilFile(log, 'ready')
    const { pid } = await untilState(place, 'deaf', 'RUNNING')
    for (const signal of ['SIGTTIN', 'SIGTTOU', 'SIGUSR1'] as const) {
      process.kill(master.pid, signal)
      await untilSaid(master, `received ${signal}`)
    }
    for (const log of logs) expect(await untilFile(log, 'got')).toMatch(/^ready \d+\ngot SIGUSR1\n$/)
    await untilSaid(master, 'SIGUSR1 was not sent to who would die of it: deaf (no handler)')
    expect((await place.nsup('status', 'one', 'two')).exitCode).toBe(0)
    expect(await place.one('deaf')).toMatchObject({ pid, state: 'RUNNING' })
  })

  it('who asked for a stop is kept: a command, a change of the config, a signal', async () => {
    const text = (more: string): string => `programs: { one: { command: sleep 600, startsecs: 0${more} } }`
    const place = newPlace('yaml', text(''))
    const first = await place.master()
    await place.nsup('stop', 'one')
    await place.nsup('start', 'one')
    place.write(place.config, text(', environment: { A: b }'))
    const stream = await events(place)
    await place.nsup('update')
    await stream.until('RUNNING again', ({ name, to }) => name === 'one' && to === 'RUNNING')
    stream.close()
    const { exits } = await place.one('one')
    expect(exits?.map(({ by }) => by)).toEqual([expect.stringMatching(/^cli /), expect.stringMatching(/^config change, cli /)])
    process.kill(first.pid, 'SIGTERM')
    await first.ended
    expect(first.said()).toMatch(/"to":"STOPPED".*"by":"shutdown, signal SIGTERM"/)
  })
})
