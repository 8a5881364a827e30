/** Event listeners beside the built program: what a Python listener reads, and what becomes of events through deaths. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { untilFile, untilSaid, untilState } from './waits.ts'

const script = fileURLToPath(new URL('../fixtures/listener.py', import.meta.url))

interface Got {
  readonly line: string
  readonly payload: string
}

/** A place with one listener, `ear`, that begins at once; `more` is the rest of the config. */
function placeWith(listener: string, more: string): Place {
  const place = newPlace('ini', '')
  mkdirSync(place.path('orders'))
  place.write(place.config, `[supervisord]\nloglevel=debug\nlogfile=${place.path('main.log')}\nidentifier=shop
[eventlistener:ear]\ncommand=python3 '${script}' '${place.path('got')}' '${place.path('orders')}'
startsecs=0\nstdout_logfile=${place.path('ear.log')}\n${listener}\n${more}`)
  return place
}

/** Stands for a path that is known only when there is a folder. */
const ownLog = '{w.log}'

const worker = (name: string, command: string, more = ''): string => `[program:${name}]\ncommand=${command}\nstartsecs=0\nautostart=false\nautorestart=false\n${more}\n`

function got(place: Place): Got[] {
  return place.read('got').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Got)
}

/** Resolves with all that the listener has read as soon as there are so many. */
async function untilGot(place: Place, count: number): Promise<Got[]> {
  await untilFile(place.path('got'), (text) => text.split('\n').length > count)
  return got(place)
}

/** Has the listener wait in the middle of its next event; returns the opening of the gate. */
function gate(place: Place): () => void {
  const path = place.path('orders/gate')
  execFileSync('mkfifo', [path])
  return () => closeSync(openSync(path, 'w'))
}

const words = ({ line, payload }: Got): string => `${/eventname:(\w+)/.exec(line)?.[1] ?? ''} ${payload}`.replace(/pid:[1-9]\d*/g, 'pid:N')

describe('an event listener', () => {
  it('gets what happened before it was ready, then what happens, with headers as supervisord writes them', async () => {
    const place = placeWith('events=PROCESS_STATE,PROCESS_GROUP,SUPERVISOR_STATE_CHANGE\nbuffer_size=50', worker('w', "sh -c 'exit 3'"))
    await place.master()
    await place.nsup('start', 'w')
    const all = await untilGot(place, 8)
    expect(all.map(words).slice(0, 8)).toEqual([
      'PROCESS_GROUP_ADDED groupname:ear\n',
      'PROCESS_GROUP_ADDED groupname:w\n',
      'SUPERVISOR_STATE_CHANGE_RUNNING ',
      'PROCESS_STATE_STARTING processname:ear groupname:ear from_state:STOPPED tries:0',
      'PROCESS_STATE_RUNNING processname:ear groupname:ear from_state:STARTING pid:N',
      'PROCESS_STATE_STARTING processname:w groupname:w from_state:STOPPED tries:0',
      'PROCESS_STATE_RUNNING processname:w groupname:w from_state:STARTING pid:N',
      'PROCESS_STATE_EXITED processname:w groupname:w from_state:RUNNING expected:0 pid:N',
    ])
    expect(all[1]?.line).toBe('ver:3.0 server:shop serial:1 pool:ear poolserial:1 eventname:PROCESS_GROUP_ADDED len:12\n')
    expect(await untilFile(place.path('ear.log'), (text) => text.split('OKREADY').length > 8)).toMatch(/^READY\nRESULT 2\nOKREADY\nRESULT 2\nOKREADY\n/)
  })

  it('gets captured and logged output, counted in characters, and the log does not hold what was captured', async () => {
    const talks = "python3 -c \"import sys; w = sys.stdout.buffer; w.write('é<!--XSUPERVISOR:BEGIN-->日本<!--XSUPERVISOR:END-->x'.encode()); w.flush()\""
    const place = placeWith('events=PROCESS_COMMUNICATION', worker('w', talks, `stdout_capture_maxbytes=1MB\nstdout_logfile=${ownLog}`))
    place.write(place.config, place.read(place.config).replace(ownLog, place.path('w.log')))
    await place.master()
    await place.nsup('start', 'w')
    const [event] = await untilGot(place, 1)
    expect(words(event as Got)).toBe('PROCESS_COMMUNICATION_STDOUT processname:w groupname:w pid:N\n日本')
    expect(event?.line).toContain(` len:${String([...(event?.payload ?? '')].length)}\n`)
    expect(await untilFile(place.path('w.log'), 'x')).toBe('éx')
  })

  it('gets an event that is larger than any pipe', async () => {
    const talks = `python3 -c "print('<!--XSUPERVISOR:BEGIN-->' + 'x' * 600000 + '<!--XSUPERVISOR:END-->')"`
    const place = placeWith('events=PROCESS_COMMUNICATION', worker('w', talks, 'stdout_capture_maxbytes=1MB'))
    await place.master()
    await place.nsup('start', 'w')
    const [event] = await untilGot(place, 1)
    expect(event?.payload).toMatch(/^processname:w groupname:w pid:\d+\nx{600000}$/)
    await untilFile(place.path('main.log'), /ear: event 0 was accepted/)
  })

  it('gets a rejected event, and the one that it died of, again with the same serials', async () => {
    const place = placeWith('events=PROCESS_STATE_EXITED', worker('w', 'true') + worker('x', 'true'))
    place.write('orders/fail', '')
    await place.master()
    await place.nsup('start', 'w')
    const [first, second] = await untilGot(place, 2)
    expect(second).toEqual(first)
    await untilFile(place.path('main.log'), /ear: event 0 was accepted/)
    place.write('orders/die', '')
    await place.nsup('start', 'x')
    const [, , third, fourth] = await untilGot(place, 4)
    expect(fourth).toEqual(third)
    expect(third?.line).toContain('poolserial:1')
  })

  it('that writes rubbish gets nothing more, keeps running, and the log says why', async () => {
    const place = placeWith('events=PROCESS_STATE_EXITED', worker('w', 'true'))
    place.write('orders/rubbish', '')
    await place.master()
    await place.nsup('start', 'w')
    await untilFile(place.path('main.log'), 'WARN ear: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol')
    expect(await place.nsup('why', 'ear')).toMatchObject({ stdout: expect.stringContaining('it gets no events any more') as string, exitCode: 3 })
    expect(await place.one('ear')).toMatchObject({ state: 'RUNNING' })
    await place.nsup('restart', 'ear')
    const [before, after] = await untilGot(place, 2)
    expect(after).toEqual(before)
  })

  it('that is never ready costs the oldest events, and the log names them', async () => {
    const place = placeWith('events=PROCESS_STATE_EXITED', `[eventlistener:deaf]\ncommand=sleep 600\nevents=PROCESS_STATE_RUNNING\nbuffer_size=2\nstartsecs=0\n${worker('w', 'true')}`)
    await place.master()
    for (let turn = 0; turn < 2; turn++) await place.nsup('start', 'w')
    await untilFile(place.path('main.log'), /ERRO pool deaf event buffer overflowed, discarding event \d+/)
  })

  it('is told that the server stops, and goes last', async () => {
    const lingers = `sh -c 'trap "cat last; exit 0" TERM; echo up; sleep 600 & wait'`
    const place = placeWith('events=SUPERVISOR_STATE_CHANGE', worker('w', lingers, 'stdout_logfile={w.log}'))
    place.write(place.config, place.read(place.config).replace(ownLog, place.path('w.log')))
    execFileSync('mkfifo', [place.path('last')])
    await place.master()
    await place.nsup('start', 'w')
    await untilFile(place.path('w.log'), 'up')
    const over = place.nsup('shutdown')
    expect((await untilGot(place, 2)).map(words)).toEqual(['SUPERVISOR_STATE_CHANGE_RUNNING ', 'SUPERVISOR_STATE_CHANGE_STOPPING '])
    closeSync(openSync(place.path('last'), 'w'))
    await over
    const log = place.read('main.log')
    expect(log.indexOf('waiting for ear to stop')).toBeGreaterThan(log.indexOf('stopped: w'))
  })
})

describe('the death of the master', () => {
  const config = worker('w', 'true') + worker('x', 'true')

  it.each(['SIGKILL', 'SIGKILL, with an answer while there is no master', 'hand-over'])('by %s loses no event of a listener that is busy, and it is served again', async (how) => {
    const place = placeWith('events=PROCESS_STATE_EXITED', config)
    const open = gate(place)
    const first = await place.master()
    await place.nsup('start', 'w')
    await untilGot(place, 1)
    await place.nsup('start', 'x')
    await untilState(place, 'x', 'EXITED') // a next master would not know how it ended
    if (how.startsWith('SIGKILL')) first.child.kill('SIGKILL')
    else await place.nsup('shutdown', '--keep-workers')
    await first.ended
    if (how.endsWith('no master')) open()
    const pid = Number(/spawned: 'ear' with pid (\d+)/.exec(place.read('main.log'))?.[1])
    await place.master()
    expect(await place.one('ear')).toMatchObject({ state: 'RUNNING', pid })
    if (!how.endsWith('no master')) open()
    const all = await untilGot(place, 2)
    expect(all.map(words)).toEqual(['w', 'x'].map((name) => `PROCESS_STATE_EXITED processname:${name} groupname:${name} from_state:RUNNING expected:1 pid:N`))
    await place.nsup('start', 'w')
    const lines = (await untilGot(place, 3)).map(({ line }) => line.split(' ').slice(2, 5).join(' '))
    expect(lines).toEqual([0, 1, 2].map((serial) => `serial:${String(serial)} pool:ear poolserial:${String(serial)}`))
  })

  it('leaves a listener busy with an event that the next master knows nothing of, and it is served again', async () => {
    const place = placeWith('events=PROCESS_STATE_EXITED', config)
    const open = gate(place)
    const first = await place.master()
    await place.nsup('start', 'w')
    await untilGot(place, 1)
    first.child.kill('SIGKILL')
    await first.ended
    rmSync(join(place.runDir, 'e'), { recursive: true })
    await place.master()
    const { pid } = await place.one('ear')
    open()
    await place.nsup('start', 'x')
    expect((await untilGot(place, 2)).map(words)[1]).toContain('processname:x')
    expect(await place.one('ear')).toMatchObject({ state: 'RUNNING', pid })
  })

  it('leaves a listener that waits, and one that dies meanwhile has its event sent again', async () => {
    const place = placeWith('events=PROCESS_STATE_EXITED', config)
    const first = await place.master()
    await place.nsup('start', 'w')
    await untilFile(place.path('ear.log'), (text) => text.split('READY').length > 2)
    await untilFile(place.path('main.log'), /ear: event 0 was accepted[^]*ear: is ready/)
    gate(place)
    await place.nsup('start', 'x')
    await untilGot(place, 2)
    const { pid } = await place.one('ear')
    first.child.kill('SIGKILL')
    await first.ended
    process.kill(pid, 'SIGKILL')
    execFileSync('rm', [place.path('orders/gate')])
    await place.master()
    await untilState(place, 'ear', 'RUNNING')
    const all = await untilGot(place, 3)
    expect(all[2]).toEqual(all[1])
  })
})

describe('ticks', () => {
  it('come at multiples of their period, only for who wants them', async () => {
    const place = placeWith('events=TICK_5', '')
    await place.master()
    const [tick] = await untilGot(place, 1)
    const when = Number(/^when:(\d+)$/.exec(tick?.payload ?? '')?.[1])
    expect(when % 5).toBe(0)
    expect(Math.abs(when - Date.now() / 1000)).toBeLessThan(5)
  })
})

describe('nsup events', () => {
  it('shows what has happened, and with -f what happens, as text and as JSON', async () => {
    const place = placeWith('events=TICK_3600', worker('w', 'true'))
    const master = await place.master()
    const past = await place.nsup('events', '--type', 'group.*')
    expect(past.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d group\.added ear\n.* group\.added w\n$/)
    const follower = place.background('events', '-f', '--json', '-n', '0', '--type', 'process.*')
    await untilSaid(follower, /^/)
    await place.nsup('start', 'w')
    const said = await untilFollowed(follower, place)
    expect(said).toMatchObject({ type: 'process.state', name: 'w' })
    follower.child.kill('SIGINT')
    expect(await follower.ended).toBe(0)
    expect(master.child.exitCode).toBeNull()
  })
})

/** The first event that a follower shows; starts the worker again until it listens. */
async function untilFollowed(follower: ReturnType<Place['background']>, place: Place): Promise<unknown> {
  while (!follower.said().includes('\n')) {
    const more = once(follower.child.stdout ?? process.stdout, 'data')
    await Promise.race([more, place.nsup('start', 'w')])
  }
  return JSON.parse(follower.said().split('\n')[0] ?? '')
}
