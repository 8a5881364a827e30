/** `nsup dev`: the list in the foreground, and no worker left behind, however it ends. */
import { existsSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import type { Master, Place } from './harness.ts'
import { untilSaid } from './waits.ts'

/** A program that shows its file, says so on stderr too, and takes a child of its own with it only when it is told to. */
const web = (place: Place): string => `programs:
  web:
    command: sh -c 'cat src/text; echo up >&2; sleep 600 & wait'
    directory: ${place.dir}
    watch: [src]
    stdout_logfile: ${place.path('production.log')}
    numprocs: 2
    startsecs: 0
`

function developing(config: (place: Place) => string): Place {
  const place = newPlace('yaml', '')
  mkdirSync(place.path('src'))
  place.write('src/text', 'one\n')
  place.write(place.config, config(place))
  return place
}

const homes = (place: Place): string[] => readdirSync(place.path('home/dev'))
const workersOf = (said: string): number[] => [...said.matchAll(/started, pid (\d+)/g)].map((match) => Number(match[1]))

/** Resolves when the last master of nsup dev has removed its folder, which is the last that it does. */
async function untilCleared(place: Place): Promise<void> {
  const stop = new AbortController()
  await new Promise<void>((resolve) => {
    const look = (): void => { if (homes(place).length === 0) resolve() }
    watch(place.path('home/dev'), { signal: stop.signal }, look)
    look()
  })
  stop.abort()
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${String(pid)}/environ`)
}

async function begun(place: Place): Promise<Master> {
  const dev = place.background('dev')
  await untilSaid(dev, /(! up[^]*){2}/)
  await untilSaid(dev, /(pid \d+[^]*){2}/)
  return dev
}

describe('nsup dev', () => {
  it('shows all output side by side, restarts what has changed, and stops all on Ctrl-C', async () => {
    const place = developing(web)
    const dev = await begun(place)
    place.write('src/text', 'two\n')
    await untilSaid(dev, /web_00 \| two/)
    const said = await untilSaid(dev, /web_01 \| two/)
    expect(said).toMatch(/^web_00 \| one$/m)
    expect(said).toMatch(/^web_01 ! up$/m)
    expect(said).toMatch(/^nsup {3}\* web: src\/text changed \(watch\)$/m)
    await untilSaid(dev, /(started, pid[^]*){4}/)
    process.kill(dev.pid, 'SIGINT')
    expect(await dev.ended).toBe(0)
    expect([place.left(), homes(place), existsSync(place.path('production.log'))]).toEqual([[], [], false])
  })

  it('takes all workers with it when it is killed', async () => {
    const place = developing(web)
    const dev = await begun(place)
    process.kill(dev.pid, 'SIGKILL')
    await untilCleared(place)
    expect(workersOf(dev.said()).filter(isAlive)).toEqual([])
  })

  it('ends all that its master leaves when that is killed, and says so', async () => {
    const place = developing(web)
    const dev = await begun(place)
    const [master = 0] = place.left().filter(isMaster)
    process.kill(master, 'SIGKILL')
    expect(await dev.ended).toBe(1)
    expect(dev.said()).toContain('its master ended by itself (SIGKILL): what it left is being stopped')
    expect([place.left(), homes(place)]).toEqual([[], []])
  })

  it('ends by itself when nothing runs any more, with a code that says how it went', async () => {
    const place = developing(() => `programs:
  good: {command: 'sh -c "echo fine"', startsecs: 0, autorestart: false}
  bad: {command: 'sh -c "exit 3"', startsecs: 0, autorestart: false}
`)
    expect(await place.nsup('dev', '--only', 'good')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^good \| fine$/m) as string })
    const all = await place.nsup('dev')
    expect(all).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/nsup \* did not go well: bad: exit status 3, not expected\n$/) as string })
    expect(await place.nsup('dev', '--only', 'god')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('did you mean good?') as string })
  })

  it('applies an edited config, goes on with the last good one, and lives through a restart of its only program', async () => {
    const program = (name: string, text: string): string => `  ${name}: {command: 'sh -c "echo ${text}; exec sleep 600"', startsecs: 0}\n`
    const place = developing(() => `programs:\n${program('web', 'one')}`)
    const dev = place.background('dev')
    const [, address = ''] = /nsup -s (\S+) status/.exec(await untilSaid(dev, /nsup -s \S+ status[^]*web +\| one|web +\| one[^]*nsup -s \S+ status/)) ?? []
    expect(await place.nsup('-s', address, 'restart', 'web')).toMatchObject({ exitCode: 0 })
    await untilSaid(dev, /(web +\| one[^]*){2}/)
    place.write(place.config, `programs:\n${program('web', 'one')}  queue: {command: sleep, autostart: perhaps}\n`)
    await untilSaid(dev, /programs\.yaml:3:\d+: error: programs\.queue\.autostart[^]*programs\.yaml cannot be run as it is; the last good list goes on/)
    place.write(place.config, `programs:\n${program('web', 'two')}${program('queue', 'new')}`)
    await untilSaid(dev, /programs\.yaml changed \(watch\): changes web; adds queue\n/)
    await untilSaid(dev, /web +\| two/)
    await untilSaid(dev, /queue +\| new/)
    place.write(place.config, `programs:\n${program('queue', 'new')}`)
    await untilSaid(dev, /removes web\n[^]*web +\* stopped/)
    process.kill(dev.pid, 'SIGINT')
    expect(await dev.ended).toBe(0)
    expect([place.left(), homes(place), dev.said().match(/queue +\| new/g)]).toEqual([[], [], ['queue | new']])
  })

  it('does not begin beside a master of the same config', async () => {
    const place = developing(() => 'programs: {a: {command: sleep 600}}\n')
    await place.master()
    const dev = await place.nsup('dev')
    expect(dev).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('stop it first with nsup shutdown') as string })
    expect((await place.one('a')).state).not.toBe('STOPPED')
  })
})

function isMaster(pid: number): boolean {
  return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').includes('nsupd')
}
