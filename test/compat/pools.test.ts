/**
 * Pools of event listeners beside the real supervisord: several members, several pools for one event, what a death, a
 * refusal, rubbish and a full buffer do to events; output of every kind; update, reload and shutdown.
 */
import { closeSync, openSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { untilFile } from '../e2e/waits.ts'
import { head, startPair } from './pair.ts'
import type { Pair, Side } from './pair.ts'

const listener = `/usr/bin/python3 '${fileURLToPath(new URL('listener.py', import.meta.url))}'`
/** As people write them in Python; what becomes of the next event is decided by files in a folder. */
const ordered = `/usr/bin/python3 '${fileURLToPath(new URL('../fixtures/listener.py', import.meta.url))}'`
const token = (name: string): string => `<!--XSUPERVISOR:${name}-->`
const once = 'autostart=false\nautorestart=false\nstartsecs=0'

/** Listeners of different priority: supervisord takes those of the same for one another when an event is refused. */
const config = `${head}
[eventlistener:watch]
command=${listener} {dir}/watch
events=EVENT
buffer_size=200
startsecs=0
[eventlistener:many]
command=${ordered} {dir}/many%(process_num)d {dir}/orders%(process_num)d
process_name=m%(process_num)d
numprocs=2
events=REMOTE_COMMUNICATION
priority=-3
startsecs=0
[eventlistener:small]
command=${ordered} {dir}/small {dir}/orders
events=remote_communication,Process_Group
buffer_size=1
priority=-4
startsecs=0
[eventlistener:noisy]
command=sh -c 'printf "READY\\nsomething more\\n"; exec sleep 600'
events=TICK_3600
priority=-5
startsecs=0
[eventlistener:wrong]
command=sh -c 'echo READY; read line; printf "RESULT \\303\\251\\n"; exec sleep 600'
events=SUPERVISOR_STATE_CHANGE_RUNNING
priority=-6
startsecs=0
[program:both]
command=sh -c 'echo to stderr >&2'
redirect_stderr=true
stdout_events_enabled=true
${once}
[program:apart]
command=sh -c 'printf "h\\303\\251" >&2'
stderr_events_enabled=true
stdout_events_enabled=true
${once}
[program:pieces]
command=cat
stdout_capture_maxbytes=1MB
stdout_events_enabled=true
stdout_logfile={dir}/pieces.log
${once}
[program:held]
command=echo short
stdout_capture_maxbytes=1MB
stdout_logfile={dir}/held.log
${once}
[program:grouped_one]
command=sleep 600
${once}
[program:grouped_two]
command=sleep 600
${once}
[group:g]
programs=grouped_one,grouped_two
[program:retries]
command=false
autostart=false
startsecs=9
startretries=50
`

interface Got {
  readonly headers: readonly (readonly [string, string])[]
  readonly parts: readonly unknown[]
}

interface Raw {
  readonly line: string
  readonly payload: string
}

let pair: Pair

const lines = <T>(text: string): T[] => text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as T)
const noPids = (text: string): string => text.replace(/("pid": "|pid:)[1-9]\d*/g, '$1P')
const header = ({ headers }: Got, name: string): string | undefined => new Map(headers).get(name)

/** What `watch` has read of these types, as soon as it holds the text; without pids and what depends on them. */
async function watched(side: Side, seen: string | RegExp, type: RegExp): Promise<string[]> {
  const text = await untilFile(side.place.path('watch'), seen)
  return lines<Got>(noPids(text)).filter((one) => type.test(header(one, 'eventname') ?? '')).map((one) => `${header(one, 'eventname') ?? ''} ${JSON.stringify(one.parts)}`)
}

const call = (method: string, ...args: unknown[]) => (side: Side): Promise<unknown> => side.call(`supervisor.${method}`, ...args)
const raw = async (side: Side, name: string, count: number): Promise<Raw[]> => lines<Raw>(await untilFile(side.place.path(name), (text) => text.split('\n').length > count))
const remote = (kind: string, data: string): Promise<unknown> => pair.both(call('sendRemoteCommEvent', kind, data))
/** An event of a listener of test/fixtures, without its serial among all pools. */
const own = ({ line, payload }: Raw): string => `${line.replace(/ serial:\d+/, '')}${payload}`

/** Has the listeners of both wait in the middle of their next event; returns the opening of the gates. */
function gates(orders: string): () => void {
  const paths = [pair.real, pair.ours].map((side) => side.place.path(`${orders}/gate`))
  execFileSync('mkfifo', paths)
  return () => paths.forEach((path) => closeSync(openSync(path, 'w')))
}

beforeAll(async () => {
  pair = await startPair(config, (place) => execFileSync('mkdir', ['orders', 'orders0', 'orders1'].map((name) => place.path(name))))
  await pair.both((side) => side.until(Object.fromEntries(['watch', 'many:m0', 'many:m1', 'small', 'noisy', 'wrong'].map((name) => [name, ['RUNNING']]))))
}, 120_000)

describe('a pool', () => {
  it('says that it is of priority -1, and its members of 999', async () => {
    const { real, ours } = await pair.both((side) => side.ctl(['avail']))
    expect(ours).toEqual(real)
    expect(ours.stdout).toMatch(/^watch +in use +auto +-1:999$/m)
  })

  it('of two members gives the next event to the second while the first is busy, each once', async () => {
    const open = gates('orders0')
    await remote('one', 'h\u00e9 \u65e5\u672c \u{1f600}')
    await pair.both((side) => raw(side, 'many0', 1))
    await remote('two', '')
    const read = (side: Side): Promise<string[][]> => Promise.all([raw(side, 'many0', 1), raw(side, 'many1', 1)]).then((all) => all.map((each) => each.map(own)))
    const { real, ours } = await pair.both(read)
    expect(ours).toEqual(real)
    expect(ours[0]).toEqual(['ver:3.0 server:supervisor pool:many poolserial:0 eventname:REMOTE_COMMUNICATION len:16\ntype:one\nh\u00e9 \u65e5\u672c \u{1f600}'])
    open()
  })

  it('has a serial of its own; that of the event is the same in every pool', async () => {
    const serials = async (side: Side): Promise<(string | undefined)[]> => {
      const watch = lines<Got>(await untilFile(side.place.path('watch'), 'type:two')).find((one) => JSON.stringify(one.parts).includes('type:two'))
      const [many] = await raw(side, 'many1', 1)
      return [watch === undefined ? undefined : header(watch, 'serial'), / serial:(\d+)/.exec(many?.line ?? '')?.[1]]
    }
    for (const side of [pair.real, pair.ours]) {
      const [watch, many] = await serials(side)
      expect(watch).toBe(many)
    }
  })

  it('that is full loses the oldest for what comes back', async () => {
    // Not after a member has died: what comes once more then is in the way.
    const refused = async (side: Side, count: number): Promise<string[]> => {
      for (let seen = count; ; seen += 1) {
        const found = (await raw(side, 'small', seen)).filter(({ payload }) => payload.includes('type:refused'))
        if (found.length >= count) return found.map(own)
      }
    }
    await pair.both((side) => Promise.resolve(side.place.write('orders/fail', '')))
    const open = gates('orders')
    await remote('refused', '')
    await pair.both((side) => refused(side, 1))
    await remote('lost', '')
    await pair.both((side) => untilFile(side.place.path('watch'), 'type:lost'))
    open()
    const { real, ours } = await pair.both((side) => refused(side, 2))
    expect(ours).toEqual(real)
    expect(ours[1]).toBe(ours[0])
    // How often it is rejected until somebody looks is a matter of chance.
    const told = async (side: Side): Promise<ReadonlySet<string>> => {
      const log = await untilFile(side.place.path('main.log'), (text) => /pool small event buffer overflowed, discarding event \d+/.test(text) && text.includes('small: event was rejected'))
      const about = log.split('\n').filter((line) => line.includes('pool small') || /small: event was/.test(line))
      return new Set(about.map((line) => line.replace(/^\S+ \S+ /, '').replace(/\d+$/, 'N')))
    }
    const said = await pair.both(told)
    expect(said.ours).toEqual(said.real)
    expect(said.ours).toContain('WARN small: event was rejected')
  })

  it('whose member dies of an event gives it to the next incarnation, with the same serials', async () => {
    const before = await pair.both((side) => raw(side, 'small', 2).then((all) => all.length))
    await pair.both((side) => Promise.resolve(side.place.write('orders/die', '')))
    await remote('deadly', 'x')
    const { real, ours } = await pair.both(async (side) => {
      const from = side === pair.ours ? before.ours : before.real
      return (await raw(side, 'small', from + 2)).slice(from).map(own)
    })
    expect(ours).toEqual(real)
    expect(ours[1]).toBe(ours[0])
  })
})

describe('a listener', () => {
  it.each([
    ['says more than READY', 'noisy', /^WARN noisy: .*$/],
    ['answers with a line that holds no number', 'wrong', /^WARN wrong: .*$/],
  ])('that %s stays RUNNING, and the log says the same', async (_, name, what) => {
    const { real, ours } = await pair.both(async (side) => {
      const log = await untilFile(side.place.path('main.log'), `${name}: has entered the UNKNOWN state`)
      return log.split('\n').map((line) => line.replace(/^\S+ \S+ /, '')).filter((line) => what.test(line))
    })
    expect(ours).toEqual(real)
    expect((await pair.ours.ctl(['status', name])).stdout).toContain('RUNNING')
  })
})

describe('output', () => {
  it('of stderr is an event of stdout where it is redirected, and one of its own where it is not', async () => {
    for (const name of ['both', 'apart']) await pair.both(call('startProcess', name))
    const { real, ours } = await pair.both((side) => untilFile(side.place.path('watch'), 'PROCESS_LOG_STDERR').then(() => watched(side, 'PROCESS_LOG_STDOUT', /LOG/)))
    expect(ours.sort()).toEqual(real.sort())
    expect(ours).toEqual(['PROCESS_LOG_STDERR [{"processname":"apart","groupname":"apart","pid":"P","channel":"stderr"},"h\u00e9"]', 'PROCESS_LOG_STDOUT [{"processname":"both","groupname":"both","pid":"P","channel":"stdout"},"to stderr\\n"]'])
  })

  it('between tokens that come in pieces is one event, and not in the log', async () => {
    await pair.both(call('startProcess', 'pieces'))
    const whole = `${token('BEGIN')}<!--XSUPERVISOR:EN is no token \u00e9${token('END')}and what follows is long enough for both\n`
    for (let at = 0; at < whole.length; at += 13) await pair.both(call('sendProcessStdin', 'pieces', whole.slice(at, at + 13)))
    const { real, ours } = await pair.both((side) => watched(side, 'PROCESS_COMMUNICATION_STDOUT', /COMMUNICATION_STDOUT/))
    expect(ours).toEqual(real)
    // supervisord keeps back the end.
    const log = await pair.both((side) => untilFile(side.place.path('pieces.log'), side === pair.ours ? 'both\n' : 'follows'))
    expect(log.ours).toMatch(/^and what follows is long enough for both\n$/)
    expect(log.ours.startsWith(log.real)).toBe(true)
  })

  // supervisord keeps back whatever is shorter than a token, and throws it away at the end.
  it('that cannot be a token is logged at once, which supervisord puts off until more comes', async () => {
    await pair.both(call('startProcess', 'held'))
    await pair.both((side) => side.until({ held: ['EXITED'] }))
    expect(await untilFile(pair.ours.place.path('held.log'), 'short\n')).toBe('short\n')
    expect(pair.real.place.read('held.log')).toBe('')
  })
})

describe('states', () => {
  it('are told with the number of tries, and a stop between two of them with no pid', async () => {
    await pair.both(call('startProcess', 'retries', false))
    await pair.both(async (side) => {
      await untilFile(side.place.path('watch'), /PROCESS_STATE_BACKOFF.*"retries".*"tries": "3"/)
      await side.call('supervisor.stopProcess', 'retries')
    })
    const { real, ours } = await pair.both((side) => watched(side, /PROCESS_STATE_STOPPED.*"retries"/, /PROCESS_STATE/))
    const about = (all: string[]): string[] => all.filter((one) => one.includes('"retries"'))
    expect(about(ours)).toEqual(about(real))
    expect(about(ours).at(-1)).toContain('"from_state":"BACKOFF","pid":"0"')
  })

  it('of members of a group bear its name', async () => {
    await pair.both(call('startProcessGroup', 'g'))
    await pair.both(call('stopProcessGroup', 'g'))
    const { real, ours } = await pair.both((side) => watched(side, /STATE_STOPPED.*grouped_one[^]*STATE_STOPPED.*grouped_two|STATE_STOPPED.*grouped_two[^]*STATE_STOPPED.*grouped_one/, /PROCESS_STATE/))
    const about = (all: string[]): string[] => all.filter((one) => one.includes('"g"')).sort()
    expect(about(ours)).toEqual(about(real))
    expect(about(ours)).toHaveLength(8)
  })
})

describe('the server', () => {
  it('tells of the groups that an update removes, changes and adds', async () => {
    const before = await pair.both((side) => watched(side, 'PROCESS_GROUP', /GROUP/))
    const done = await pair.both(async (side) => {
      const { place } = side
      place.write(place.config, `${place.read(place.config).replace(/\[program:both\][^[]*/, '').replace('command=echo short', 'command=echo other')}[program:late]\ncommand=sleep 600\n${once}\n`)
      return side.ctl(['update'])
    })
    expect(done.ours).toEqual(done.real)
    const { real, ours } = await pair.both((side) => watched(side, /PROCESS_GROUP_ADDED.*late/, /GROUP/))
    expect(ours.slice(before.ours.length)).toEqual(real.slice(before.real.length))
    expect(ours.slice(before.ours.length)).toHaveLength(4)
  })

  it('goes on counting over a reload, and its pools begin anew', async () => {
    const last = await pair.both(async (side) => {
      await side.call('supervisor.sendRemoteCommEvent', 'the last', '')
      return Number(header(lines<Got>(await untilFile(side.place.path('watch'), 'the last')).at(-1) as Got, 'serial'))
    })
    const first = await pair.both(async (side) => {
      const { length } = side.place.read('watch')
      await side.call('supervisor.restart')
      const text = await untilFile(side.place.path('watch'), (all) => all.slice(length).includes('"poolserial", "0"'))
      return lines<Got>(text.slice(length)).find((one) => header(one, 'poolserial') === '0') as Got
    })
    for (const side of ['real', 'ours'] as const) expect(Number(header(first[side], 'serial'))).toBeGreaterThan(last[side])
    expect(first.ours.parts).toEqual(first.real.parts)
  })

  it('tells that it stops, and stops listeners last, those of the lowest priority at the end', async () => {
    await pair.both((side) => side.until({ watch: ['RUNNING'], small: ['RUNNING'] }))
    await pair.both(call('startProcess', 'late'))
    const { real, ours } = await pair.both(async (side) => {
      await side.call('supervisor.shutdown')
      await side.ended
      const log = side.place.read('main.log')
      const order = log.slice(log.lastIndexOf('supervisord started')).split('\n').flatMap((line) => /stopped: (\S+)/.exec(line)?.[1] ?? [])
      return { order, told: await watched(side, 'SUPERVISOR_STATE_CHANGE_STOPPING', /STATE_CHANGE_STOPPING|STATE_STOP/) }
    })
    expect(ours.order.map((name) => name.replace(/^m\d$/, 'm'))).toEqual(real.order.map((name) => name.replace(/^m\d$/, 'm')))
    expect(ours.order[0]).toBe('late')
    const about = (all: string[]): string[] => all.filter((one) => /SUPERVISOR|"late"/.test(one))
    // The last events may reach the listener of the real one too late: it is killed with the rest.
    expect(about(ours.told).slice(0, about(real.told).length)).toEqual(about(real.told))
    expect(about(ours.told).slice(-3).map((one) => one.split(' ')[0])).toEqual(['SUPERVISOR_STATE_CHANGE_STOPPING', 'PROCESS_STATE_STOPPING', 'PROCESS_STATE_STOPPED'])
  })
})
