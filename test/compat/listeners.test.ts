/** Event listeners beside the real supervisord: the same listener, on supervisor's own childutils, records what it reads. */
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { untilFile } from '../e2e/waits.ts'
import { head, startPair } from './pair.ts'
import type { Pair, Side } from './pair.ts'

/** Debian's own Python has supervisor's modules. */
const listener = `/usr/bin/python3 '${fileURLToPath(new URL('listener.py', import.meta.url))}'`
const token = (name: string): string => `<!--XSUPERVISOR:${name}-->`

/**
 * `ends` has a priority of its own: supervisord takes listeners of equal priority for one another, and gives what one
 * refuses to the pools of all. nsup gives it back to the one pool.
 */
const config = `${head}
[eventlistener:all]
command=${listener} {dir}/all
events=PROCESS_STATE,PROCESS_LOG,PROCESS_COMMUNICATION,REMOTE_COMMUNICATION,SUPERVISOR_STATE_CHANGE,PROCESS_GROUP
buffer_size=100
[eventlistener:ends]
command=${listener} {dir}/ends refuse
events=process_state_exited
priority=-2
startsecs=0
[eventlistener:rude]
command=sh -c 'echo hello; exec sleep 600'
events=PROCESS_STATE
buffer_size=100
startsecs=0
[eventlistener:deaf]
command=sleep 600
events=REMOTE_COMMUNICATION
buffer_size=2
startsecs=0
[program:logs]
command=cat
stdout_events_enabled=true
autostart=false
startsecs=0
[program:captures]
command=cat
stdout_capture_maxbytes=1MB
autostart=false
startsecs=0
[program:fails]
command=sh -c 'exit 3'
autostart=false
autorestart=false
startsecs=0
[program:hasty]
command=false
autostart=false
startsecs=10
startretries=0
[program:bytes]
command=printf '\\377\\\\x'
stdout_events_enabled=true
autostart=false
autorestart=false
startsecs=0
`

interface Got {
  readonly headers: readonly (readonly [string, string])[]
  readonly parts: readonly unknown[]
}

let pair: Pair

/** Has both do it, and waits until both listeners have read something that holds `seen`. */
async function until(seen: string, act: (side: Side) => Promise<unknown>, file = 'all'): Promise<void> {
  await Promise.all([pair.real, pair.ours].map(async (side) => {
    await act(side)
    await untilFile(side.place.path(file), seen)
  }))
}

/** What a listener has read, without pids. */
function got(side: Side, file: string): Got[] {
  const lines = side.place.read(file).split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line.replace(/("pid": ")[1-9]\d*"/g, '$1P"')) as Got)
}

const typeOf = ({ headers }: Got): string => new Map(headers).get('eventname') ?? ''
/** Lengths are left out here: they follow from the pids too. */
const contents = (all: readonly Got[]): string[] => all.map((one) => `${typeOf(one)} ${JSON.stringify(one.parts)}`)

beforeAll(async () => {
  pair = await startPair(config)
  await pair.both((side) => side.until({ all: ['RUNNING'], ends: ['RUNNING'], rude: ['RUNNING'], deaf: ['RUNNING'] }))
  await until('the beginning is over', (side) => side.call('supervisor.sendRemoteCommEvent', 'mark', 'the beginning is over'))
}, 120_000)

/** What came after the beginning. */
const later = (side: Side): string[] => {
  const all = contents(got(side, 'all'))
  return all.slice(all.findIndex((one) => one.includes('the beginning is over')) + 1)
}

describe('a listener', () => {
  it('finds waiting what happened before it was ready, in the same order', () => {
    const early = (side: Side): string[] => contents(got(side, 'all')).filter((one) => /^(PROCESS_GROUP|SUPERVISOR)/.test(one))
    expect(early(pair.ours)).toEqual(early(pair.real))
    expect(early(pair.ours)).toHaveLength(9)
  })

  it('reads headers of the same form', () => {
    const form = (side: Side): unknown => got(side, 'all').slice(0, 5).map(({ headers }) => headers)
    expect(form(pair.ours)).toEqual(form(pair.real))
  })

  it('reads the same of everything that happens', async () => {
    const call = (method: string, ...args: unknown[]) => (side: Side) => side.call(`supervisor.${method}`, ...args)
    await until('"processname": "logs", "groupname": "logs", "from_state": "STARTING"', call('startProcess', 'logs'))
    await until('first', call('sendProcessStdin', 'logs', 'first h\u00e9 \u65e5\u672c\n'))
    await until('"from_state": "STOPPING"', call('stopProcess', 'logs'))
    await until('"processname": "captures", "groupname": "captures", "from_state": "STARTING"', call('startProcess', 'captures'))
    await until('captured', call('sendProcessStdin', 'captures', `before ${token('BEGIN')}captured \u00e9${token('END')} after all of it\n`))
    await until('"expected": "0"', call('startProcess', 'fails'))
    await until('"from_state": "BACKOFF"', call('startProcess', 'hasty'))
    await until('Undecodable', call('startProcess', 'bytes'))
    await until('"processname": "bytes", "groupname": "bytes", "from_state": "RUNNING", "expected": "1"', call('getState'))
    await until('PROCESS_GROUP_REMOVED', call('removeProcessGroup', 'fails'))
    await until('again', call('sendRemoteCommEvent', 'kind', 'once again\n'))
    await pair.both((side) => side.call('supervisor.addProcessGroup', 'fails'))
    await until('the very last', call('sendRemoteCommEvent', 'kind', 'the very last'))
    // A RUNNING and the output of the same moment have no order between them.
    expect(later(pair.ours).filter((one) => !one.includes('"bytes"'))).toEqual(later(pair.real).filter((one) => !one.includes('"bytes"')))
    expect(later(pair.ours).sort()).toEqual(later(pair.real).sort())
  })

  it('that refuses an event reads it again', async () => {
    await pair.both((side) => untilFile(side.place.path('ends'), '"processname": "bytes"'))
    const serials = (side: Side): unknown => got(side, 'ends').map((one) => [new Map(one.headers).get('poolserial'), one.parts])
    expect(serials(pair.ours)).toEqual(serials(pair.real))
    expect(new Set(contents(got(pair.ours, 'ends'))).size).toBe(got(pair.ours, 'ends').length - 1)
  })

  it('that writes rubbish, and a pool that overflows, are told in the same words', async () => {
    for (const sentence of [
      'rude: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol',
      /ERRO pool deaf event buffer overflowed, discarding event \d+/,
    ]) await pair.both((side) => untilFile(side.place.path('main.log'), sentence))
    const { real, ours } = await pair.both((side) => side.ctl(['status', 'rude']))
    expect(ours.exitCode).toEqual(real.exitCode)
    expect(ours.stdout).toContain('RUNNING')
  })
})
