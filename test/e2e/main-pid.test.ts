/** A launcher that forks its daemon and names it (MAINPID of systemd's protocol): the daemon is the process from then on. */
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { whoIs } from '../../src/os/proc.ts'
import { newPlace } from './harness.ts'
import type { Place, Process } from './harness.ts'
import { untilFile, untilProcess, untilSaid } from './waits.ts'

const launcher = fileURLToPath(new URL('../fixtures/launches-daemon.pl', import.meta.url))

/** A program whose launcher waits, or has ended when the daemon is known. */
function placeWith(waits: boolean): Place {
  return newPlace('yaml', `
programs:
  daemon: { command: "perl '${launcher}'${waits ? ' waits' : ''}", ready: notify, startsecs: 0, stdout_logfile: '%(here)s/daemon.log' }
`)
}

/** The pids of the daemons and of their launchers, oldest first. */
async function launched(place: Place, count: number): Promise<{ readonly pid: number; readonly launcher: number }[]> {
  const all = (text: string): RegExpMatchArray[] => [...text.matchAll(/^launched (\d+) by (\d+)$/gm)]
  const text = await untilFile(place.path('daemon.log'), (so) => all(so).length >= count)
  return all(text).map(([, pid, by]) => ({ pid: Number(pid), launcher: Number(by) }))
}

const running = (place: Place, pid: number): Promise<Process> => untilProcess(place, 'daemon', `RUNNING as ${String(pid)}`, (one) => one.state === 'RUNNING' && one.pid === pid)

describe('a daemon that its launcher has named', () => {
  it('is the process after the launcher has ended: it is restarted when it dies, and ended by a stop', async () => {
    const place = placeWith(false)
    const master = await place.master()
    const [first] = await launched(place, 1)
    if (first === undefined) throw new Error('nothing was launched')
    expect(await running(place, first.pid)).toMatchObject({ ready: true, restarts: 0, incarnation: 1 })
    await untilSaid(master, `'daemon' goes on as pid ${String(first.pid)} (MAINPID); pid ${String(first.launcher)} was spawned for it`)
    process.kill(first.pid, 'SIGKILL')
    const second = (await launched(place, 2))[1]
    if (second === undefined) throw new Error('nothing was launched again')
    expect(await running(place, second.pid)).toMatchObject({ restarts: 1, incarnation: 2, exits: [{ pid: first.pid, kind: 'unknown', expected: false }] })
    expect(await place.nsup('stop', 'daemon')).toEqual({ stdout: 'daemon: stopped\n', stderr: '', exitCode: 0 })
    expect(whoIs(second.pid)).toBeUndefined() // a zombie at most, if nobody reaps here
    expect(await place.one('daemon')).toMatchObject({ state: 'STOPPED', pid: 0 })
    expect(master.said()).not.toContain('left behind')
  })

  it('is adopted by the next master', async () => {
    const place = placeWith(false)
    const first = await place.master()
    const [daemon] = await launched(place, 1)
    const { pid } = await running(place, daemon?.pid ?? 0)
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    await place.master()
    expect(await running(place, pid)).toMatchObject({ adopted: true, incarnation: 1 })
    expect(await place.nsup('stop', 'daemon')).toMatchObject({ stdout: 'daemon: stopped\n' })
    expect(whoIs(pid)).toBeUndefined()
  })

  it('takes its launcher along if that lives on', async () => {
    const place = placeWith(true)
    const master = await place.master()
    const [both] = await launched(place, 1)
    if (both === undefined) throw new Error('nothing was launched')
    await running(place, both.pid)
    expect(whoIs(both.launcher)).toBeDefined()
    await place.nsup('stop', 'daemon')
    await untilSaid(master, `killed what it left behind: perl (${String(both.launcher)})`)
    expect(await place.one('daemon')).toMatchObject({ state: 'STOPPED' })
  })
})

it('a process that is none of this program is not followed', async () => {
  const stranger = process.pid
  const send = [
    'socket(my $s, AF_UNIX, SOCK_DGRAM, 0)', 'my $to = pack_sockaddr_un("\\0" . substr($ENV{NOTIFY_SOCKET}, 1))',
    `send($s, "MAINPID=${String(stranger)}\\nREADY=1", 0, $to) or die "send: $!"`, 'sleep 600 while 1',
  ].join('; ')
  const place = newPlace('yaml', `
programs:
  liar: { command: ${JSON.stringify(`perl -MSocket -e '${send}'`)}, ready: notify, startsecs: 0 }
`)
  const master = await place.master()
  const { pid } = await untilProcess(place, 'liar', 'RUNNING', ({ state }) => state === 'RUNNING')
  expect(pid).not.toBe(stranger)
  await untilSaid(master, `pid ${String(stranger)} goes on in its place (MAINPID); nsup keeps to pid ${String(pid)}: the other is not of this incarnation`)
})
