/** Stops of workers that make it hard: descendants, closed outputs, other programs, other titles, floods. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture, sharedPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { events, untilFile, untilState } from './waits.ts'

/** The pid that a fixture has written after the word. */
async function pidAfter(place: Place, name: string, word: string): Promise<number> {
  const { stdout_logfile: log } = await place.one(name)
  const text = await untilFile(String(log), new RegExp(`${word} \\d+\\n`))
  return Number(new RegExp(`${word} (\\d+)\\n`).exec(text)?.[1])
}

function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
  } catch {
    return false // no such process
  }
}

describe('YAML', () => {
  let place: Place
  beforeAll(async () => {
    place = sharedPlace('yaml', `
defaults: { startsecs: 0, stopwaitsecs: 20 }
programs:
  parent: { command: "${fixture('forks-grandchild.sh')}" }
  polite: { command: "${fixture('forks-grandchild.sh')}", killasgroup: false }
  leaves: { command: "${fixture('forks-grandchild.sh', 0)}", autorestart: false, autostart: false }
  silent: { command: "${fixture('closes-stdout.sh')}" }
  other: { command: "${fixture('execs-another.sh')}" }
  titled: { command: "${fixture('changes-title.mjs')}" }
  flood: { command: "${fixture('floods-stdout.sh')}", stdout_logfile_maxbytes: 1MB, stdout_logfile_backups: 1 }
`)
    await place.master()
  })

  it('stops a process together with a grandchild of its group', async () => {
    const grandchild = await pidAfter(place, 'parent', 'grandchild')
    expect(runs(grandchild)).toBe(true)
    expect(await place.nsup('stop', 'parent')).toMatchObject({ stdout: 'parent: stopped\n', exitCode: 0 })
    expect(runs(grandchild)).toBe(false)
  })

  it('reports by name and pid what a stopped process leaves behind, and leaves it alone with killasgroup: false', async () => {
    const grandchild = await pidAfter(place, 'polite', 'grandchild')
    const stream = await events(place)
    await place.nsup('stop', 'polite')
    const event = await stream.until('survivors', ({ type }) => type === 'process.survivors')
    expect(event).toMatchObject({ name: 'polite', killed: false, survivors: [{ pid: grandchild, name: 'sleep' }] })
    expect(runs(grandchild)).toBe(true)
    expect((await place.nsup('maintail', '-n', '20')).stdout).toContain(String(grandchild))
    stream.close()
  })

  it('stops a process that has closed its stdout', async () => {
    await untilFile(String((await place.one('silent')).stdout_logfile), 'ready')
    expect(await place.nsup('stop', 'silent')).toMatchObject({ stdout: 'silent: stopped\n', exitCode: 0 })
  })

  it('knows a process that has become another program, and one with a misleading title', async () => {
    const second = await pidAfter(place, 'other', 'second')
    expect((await place.one('other')).pid).toBe(second)
    await untilFile(String((await place.one('titled')).stdout_logfile), 'ready')
    expect(await place.nsup('stop', 'other', 'titled')).toMatchObject({ stdout: 'other: stopped\ntitled: stopped\n', exitCode: 0 })
    expect((await place.one('titled')).exits).toMatchObject([{ kind: 'signal', signal: 'SIGTERM' }])
  })

  it('answers and stops while a process floods its stdout', async () => {
    const log = String((await place.one('flood')).stdout_logfile)
    await untilFile(`${log}.1`, 'It goes on')
    expect(await place.nsup('status', 'flood')).toMatchObject({ exitCode: 0 })
    expect(await place.nsup('stop', 'flood')).toMatchObject({ stdout: 'flood: stopped\n', exitCode: 0 })
    expect(Buffer.byteLength(readFileSync(`${log}.1`))).toBeLessThan(2 * 1024 * 1024)
  })
})

describe('INI', () => {
  let place: Place
  beforeAll(async () => {
    const grandchild = `command=${fixture('forks-grandchild.sh')}`
    place = sharedPlace('ini', `
[supervisord]
[program:plain]
${grandchild}
startsecs=0
[program:asgroup]
${grandchild}
stopasgroup=true
startsecs=0
[program:owngroup]
command=${fixture('grandchild-in-own-group.sh')}
stopasgroup=true
startsecs=0
`)
    await place.master()
  })

  it('leaves a grandchild alone by default, as supervisord does', async () => {
    const grandchild = await pidAfter(place, 'plain', 'grandchild')
    expect(await place.nsup('stop', 'plain')).toMatchObject({ stdout: 'plain: stopped\n', exitCode: 0 })
    expect(runs(grandchild)).toBe(true)
  })

  it('signals the whole group with stopasgroup, and no other group of the session', async () => {
    const [inside, outside] = [await pidAfter(place, 'asgroup', 'grandchild'), await pidAfter(place, 'owngroup', 'grandchild')]
    const stream = await events(place)
    expect(await place.nsup('stop', 'asgroup', 'owngroup')).toMatchObject({ stdout: 'asgroup: stopped\nowngroup: stopped\n', exitCode: 0 })
    await untilState(place, 'owngroup', 'STOPPED')
    const event = await stream.until('survivors', ({ type, name }) => type === 'process.survivors' && name === 'owngroup')
    expect(event['killed']).toBe(false)
    expect([runs(inside), runs(outside)]).toEqual([false, true])
    stream.close()
  })
})
