/** A full disk under the logs and under the runtime folder: what is lost is counted and told, and what runs runs on. */
import { describe, expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { tightDisk } from './tight-disk.ts'
import { events, untilFile, untilProcess, untilSaid, untilState } from './waits.ts'

const say = (place: Place, target: string, text: string): Promise<unknown> => place.client().call('stdin', { target, text })
/** Longer than what a file has left of its last page. */
const long = (word: string): string => `${word.repeat(6000 / word.length)}\n`

/** Resolves when so many bytes have been dropped. */
async function untilDropped(place: Place, bytes: number): Promise<void> {
  while ((await place.client().call('info', {})).log_bytes_dropped < bytes) await new Promise((resolve) => setImmediate(resolve))
}

describe('a disk of logs that is full', () => {
  it('costs what is written meanwhile, which is counted and told, and nothing else; then it goes on', async () => {
    const place = newPlace('yaml', `
programs:
  writer: { command: cat, startsecs: 0, stdout_logfile: '%(here)s/disk/w.log', stdout_logfile_maxbytes: 0 }
  fine: { command: cat, startsecs: 0, stdout_logfile: '%(here)s/f.log' }
`)
    const disk = tightDisk(place, 'disk')
    const master = await place.master()
    const stream = await events(place)
    const { pid } = await untilState(place, 'writer', 'RUNNING')
    const written = ['before\n', long('lost'), long('gone'), long('away'), 'after\n']
    await say(place, 'writer', written[0] ?? '')
    await untilFile(place.path('disk/w.log'), 'before\n')
    disk.fill(master.pid)
    await say(place, 'writer', written[1] ?? '')
    expect(await stream.until('log.dropping', ({ type }) => type === 'log.dropping')).toMatchObject({ name: 'writer', channel: 'stdout', reason: expect.stringContaining(disk.errno) as string })
    await say(place, 'writer', written[2] ?? '')
    await say(place, 'writer', written[3] ?? '')
    if (disk.errno === 'ENOSPC') {
      await say(place, 'fine', 'still here\n')
      await untilFile(place.path('f.log'), 'still here\n')
    }
    expect(await place.one('writer')).toMatchObject({ pid, state: 'RUNNING' })
    await untilDropped(place, written.join('').length - 'before\nafter\n'.length - 8192)
    disk.free(master.pid)
    await say(place, 'writer', written[4] ?? '')
    const recovered = await stream.until('log.recovered', ({ type }) => type === 'log.recovered')
    const text = await untilFile(place.path('disk/w.log'), 'after\n')
    // What still fitted into the last page of the file is kept, as a line of its own.
    const cut = text.slice('before\n'.length, -'\nafter\n'.length)
    expect(text).toBe(`before\n${cut === '' ? '' : `${cut}\n`}after\n`)
    expect(written[1]?.startsWith(cut)).toBe(true)
    const kept = 'before\n'.length + cut.length + 'after\n'.length
    expect(recovered).toMatchObject({ name: 'writer', channel: 'stdout', bytes: written.join('').length - kept })
    expect((await place.client().call('info', {})).log_bytes_dropped).toBe(recovered['bytes'])
    const told = master.said().split('\n').filter((line) => line.includes('output is being dropped') || line.includes('can be written again'))
    expect(told).toHaveLength(2)
    expect(await place.one('writer')).toMatchObject({ pid, state: 'RUNNING' })
    stream.close()
  })
})

describe('a runtime disk that is full', () => {
  it('stops no command and loses nothing that runs, even when the master dies meanwhile', async () => {
    const place = newPlace('ini', `[supervisord]
logfile=%(here)s/main.log
pidfile=%(here)s/main.pid
[program:steady]
command=cat
startsecs=0
stdout_logfile=%(here)s/s.log
[program:other]
command=cat
startsecs=0
autorestart=true
stdout_logfile=%(here)s/o.log
`)
    const disk = tightDisk(place, 'home')
    const first = await place.master()
    const { pid } = await untilState(place, 'steady', 'RUNNING')
    const before = await untilState(place, 'other', 'RUNNING')
    disk.fill(first.pid)
    // The journal has room until its last page is full.
    while (!first.said().includes('cannot write the journal')) expect((await place.nsup('restart', 'other')).exitCode).toBe(0)
    await untilSaid(first, `cannot write the journal: ${disk.errno}; a next master would not know the latest states`)
    const again = await place.one('other')
    expect(again.pid).not.toBe(before.pid)
    process.kill(again.pid, 'SIGKILL')
    await untilProcess(place, 'other', 'with another pid', (one) => one.pid !== 0 && one.pid !== again.pid)
    expect((await place.nsup('stop', 'other')).exitCode).toBe(0)
    expect((await place.nsup('start', 'other')).exitCode).toBe(0)
    const other = await place.one('other')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    // The lock and the address of the next master find room: they need no page that is not there already.
    const second = await place.master()
    await untilSaid(second, `adopted: 'other' with pid ${String(other.pid)}`)
    await untilSaid(second, `adopted: 'steady' with pid ${String(pid)}`)
    if (disk.errno === 'ENOSPC') disk.free(second.pid) // a limit went with the first master
    expect((await place.nsup('restart', 'other')).exitCode).toBe(0)
    if (disk.errno === 'ENOSPC') await untilSaid(second, 'the journal can be written again')
    await say(place, 'steady', 'still here\n')
    await untilFile(place.path('s.log'), 'still here\n')
    process.kill(second.pid, 'SIGKILL')
    await second.ended
    await place.master()
    expect(await place.one('steady')).toMatchObject({ pid, state: 'RUNNING', restarts: 0 })
    expect(await place.one('other')).toMatchObject({ state: 'RUNNING', adopted: true })
  })
})
