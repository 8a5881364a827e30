/** Every XML-RPC method in every state of a process, asked of the real supervisord and of nsup by Python's own client. */
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture } from '../e2e/harness.ts'
import { head, masked, startPair } from './pair.ts'
import type { Answer, Pair, Side } from './pair.ts'

/** How to get a process into each state; UNKNOWN cannot be had without a broken kernel. */
const recipes = {
  STOPPED: 'command=cat\nautostart=false',
  STARTING: 'command=cat\nstartsecs=3600',
  RUNNING: 'command=cat\nstartsecs=0',
  BACKOFF: 'command=no-such-command\nstartretries=1000',
  STOPPING: `command=${fixture('ignores-term.sh')}\nstartsecs=1\nstopwaitsecs=3600`,
  // It lives long enough that supervisord sees it run before it sees it end, when it is started again.
  EXITED: 'command=sleep 1\nstartsecs=0\nautorestart=false',
  FATAL: 'command=no-such-command\nstartretries=0',
} as const
type StateName = keyof typeof recipes
const states = Object.keys(recipes) as StateName[]

/** What changes a process is tried on a process of its own. */
const acts: Readonly<Record<string, readonly [string, ...unknown[]]>> = {
  start: ['startProcess', false],
  startw: ['startProcess', true],
  stop: ['stopProcess', false],
  stopw: ['stopProcess'],
  sig: ['signalProcess', 'CONT'],
  badsig: ['signalProcess', 'NOSUCH'],
}
const looked = 'look'
const members = [...Object.keys(acts), looked]

const programs = states.flatMap((state) => members.map((act) => `[program:${state}_${act}]\n${recipes[state]}\n`))
const config = `${head}${programs.join('')}
[program:logs]
command=printf 'one\\ntwo\\nthree\\n\\303\\244 <&>\\n'
startsecs=0
autorestart=false
stdout_logfile={dir}/logs.out
stderr_logfile=NONE
[program:merged]
command=cat
redirect_stderr=true
stdout_logfile={dir}/merged.out
[program:fleet]
command=cat
process_name=%(program_name)s_%(process_num)02d
numprocs=3
priority=5
[program:realtime]
command=cat
startsecs=0
autorestart=false
[program:idle]
command=cat
autostart=false
stdout_logfile={dir}/idle.out
stopsignal=HUP
exitcodes=0,3
directory=/
[program:noexec]
command=/etc/passwd
autostart=false
[program:folder]
command=/etc
autostart=false
[program:unparsable]
command=cat 'a
autostart=false
`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  await pair.both(async (side) => {
    const first = states.map((state) => every(state, state === 'STOPPING' ? 'RUNNING' : state))
    await side.until(Object.assign({ logs: ['EXITED'], merged: ['RUNNING'], 'fleet:fleet_02': ['RUNNING'] }, ...first) as Record<string, string[]>)
    for (const act of members) await side.call('supervisor.stopProcess', `STOPPING_${act}`, false)
    await side.until(every('STOPPING', 'STOPPING'))
  })
}, 120_000)

function every(recipe: StateName, state: StateName): Record<string, readonly string[]> {
  return Object.fromEntries(members.map((act) => [`${recipe}_${act}`, [state]]))
}

/** Asks both, expects the same, and returns the answer. */
async function same(method: string, ...args: readonly unknown[]): Promise<Answer> {
  const { real, ours } = await pair.both(async (side) => masked(side, await side.call(method, ...args)) as Answer)
  expect(ours, `${method}(${JSON.stringify(args)})`).toEqual(real)
  return ours
}

/** Results come in the order in which processes get ready, which is nobody's promise. */
function sorted({ value }: Answer): unknown {
  return Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value
}

async function sameList(method: string, ...args: readonly unknown[]): Promise<void> {
  const { real, ours } = await pair.both(async (side) => sorted(await side.call(method, ...args)))
  expect(ours, `${method}(${JSON.stringify(args)})`).toEqual(real)
}

describe.each(states)('a process that is %s', (state) => {
  it.each(Object.entries(acts))('answers %s as under supervisord', async (act, [method, ...args]) => {
    await same(`supervisor.${method}`, `${state}_${act}`, ...args)
  })

  it('is told of, and its logs and stdin can be had, as under supervisord', async () => {
    const name = `${state}_${looked}`
    await same('supervisor.getProcessInfo', name)
    await same('supervisor.getProcessInfo', `${name}:${name}`)
    await same('supervisor.getProcessInfo', `${name}:*`)
    await same('supervisor.readProcessStdoutLog', name, 0, 100)
    await same('supervisor.tailProcessStderrLog', name, 0, 100)
    await same('supervisor.clearProcessLogs', name)
    await same('supervisor.sendProcessStdin', name, '')
    await same('supervisor.signalProcessGroup', name, 'CONT')
    await same('supervisor.signalProcess', `${name}:*`, 'CONT')
    await same('supervisor.signalProcessGroup', name, 'NOSUCH')
    await same('supervisor.removeProcessGroup', state === 'STOPPED' || state === 'EXITED' || state === 'FATAL' ? 'no-such' : name)
  })
})

describe('names', () => {
  it.each(['no-such', 'fleet', 'fleet:no-such', 'no:such', 'no-such:*', 'no-such:', '', ':', '*', 'all', 'fleet_00', 'a:b:c'])('mean the same: %j', async (name) => {
    for (const method of ['getProcessInfo', 'startProcess', 'stopProcess', 'clearProcessLogs', 'startProcessGroup', 'stopProcessGroup']) {
      if (name === 'fleet' && /Group$/.test(method)) continue
      await same(`supervisor.${method}`, name)
    }
    await same('supervisor.signalProcess', name, 'NOSUCH')
    await same('supervisor.sendProcessStdin', name, 'x')
    await same('supervisor.tailProcessStdoutLog', name, 0, 10)
    await same('supervisor.readProcessStderrLog', name, 0, 10)
    await same('supervisor.addProcessGroup', name)
    if (name !== 'fleet') await same('supervisor.removeProcessGroup', name)
  })
})

describe('groups', () => {
  it('start, stop and take signals as lists', async () => {
    await sameList('supervisor.startProcessGroup', 'fleet')
    await sameList('supervisor.signalProcessGroup', 'fleet', 'CONT')
    await sameList('supervisor.signalProcess', 'fleet:*', '18')
    await sameList('supervisor.signalProcess', 'fleet:', 99)
    await sameList('supervisor.stopProcess', 'fleet:*')
    await sameList('supervisor.stopProcessGroup', 'fleet')
    await sameList('supervisor.startProcess', 'fleet:', false)
    await pair.both((side) => side.until({ 'fleet:fleet_00': ['RUNNING'], 'fleet:fleet_01': ['RUNNING'], 'fleet:fleet_02': ['RUNNING'] }))
    await same('supervisor.stopProcess', 'fleet:fleet_01')
    await sameList('supervisor.startProcessGroup', 'fleet', true)
  })
  it('that are active cannot be added, and those that run cannot be removed', async () => {
    await same('supervisor.addProcessGroup', 'fleet')
    await same('supervisor.removeProcessGroup', 'fleet')
    await same('supervisor.removeProcessGroup', 'idle')
    await same('supervisor.removeProcessGroup', 'idle')
    await same('supervisor.getProcessInfo', 'idle')
    await same('supervisor.addProcessGroup', 'idle')
    await same('supervisor.getProcessInfo', 'idle')
  })
})

describe('signals', () => {
  it.each(['0', '-0', 'RTMIN', 'sigrtmax', '34', '64', '35', '63', '32', 'RTMIN+1', 'CLD', 'POLL', 'iot', ' cont ', 'SIG', '', '-18', '1e1', '+18', '1_8', 'SIGSIGCONT'])('as text: %j', async (signal) => {
    // What would end a cat is tried where there is none.
    const name = /rtm|34|64|poll|iot/i.test(signal) ? `STOPPED_${looked}` : `STARTING_${looked}`
    await same('supervisor.signalProcess', name, signal)
  })
  it.each([0, 18, -1, 35, 99, 28.9, true])('as a number: %j', async (signal) => {
    await same('supervisor.signalProcess', signal === true ? `STOPPED_${looked}` : `STARTING_${looked}`, signal)
  })
})

describe('a death by a real-time signal', () => {
  it('is exit status -1 under supervisord, and 0 under nsup, from which Node hides it', async () => {
    await pair.both((side) => side.until({ realtime: ['RUNNING'] }))
    await same('supervisor.signalProcess', 'realtime', 'RTMIN')
    await pair.both((side) => side.until({ realtime: ['EXITED'] }))
    const { real, ours } = await pair.both((side) => side.call('supervisor.getProcessInfo', 'realtime'))
    expect([real.value, ours.value]).toMatchObject([{ exitstatus: -1 }, { exitstatus: 0 }])
  })
})

describe('commands that cannot be run', () => {
  it.each(['noexec', 'folder', 'unparsable'])('%s', async (name) => {
    await same('supervisor.startProcess', name)
    await same('supervisor.startProcess', name, false)
    await same('supervisor.startProcessGroup', name)
  })
})

describe('logs', () => {
  const ranges = [
    [0, 0], [0, 3], [4, 3], [0, 1000], [1000, 3], [-3, 0], [-1000, 0], [-3, 3], [0, -1], [3, 0], [13, 0], [14, 0], [14, 1], [2, 12],
  ] as const
  it.each(ranges)('are read from %d for %d as by supervisord', async (offset, length) => {
    if (offset !== 14 || length !== 1) await same('supervisor.readProcessStdoutLog', 'logs', offset, length)
    await same('supervisor.tailProcessStdoutLog', 'logs', offset, length)
    await same('supervisor.tailProcessStderrLog', 'logs', offset, length)
    await same('supervisor.readProcessStderrLog', 'logs', offset, length)
    await same('supervisor.readProcessLog', 'idle', offset, length)
    await same('supervisor.tailProcessLog', 'idle', offset, length)
  })
  it('take numbers as text', async () => {
    await same('supervisor.readProcessStdoutLog', 'logs', '0', ' 3 ')
    await same('supervisor.readProcessStdoutLog', 'logs', 1.9, true)
  })
  it('have no stderr of their own where it is redirected', async () => {
    await same('supervisor.readProcessStderrLog', 'merged', 0, 10)
    await same('supervisor.tailProcessStderrLog', 'merged', 0, 10)
    await same('supervisor.getProcessInfo', 'merged')
  })
  it('hold what was sent to stdin', async () => {
    await same('supervisor.sendProcessStdin', 'merged', 'grüße\n')
    await pair.both(async (side) => {
      let got: Answer = {}
      while (!String(got.value).includes('grüße')) got = await side.call('supervisor.readProcessStdoutLog', 'merged', 0, 0)
    })
    await same('supervisor.tailProcessStdoutLog', 'merged', 0, 8)
    await same('supervisor.clearProcessLogs', 'merged')
    await same('supervisor.readProcessStdoutLog', 'merged', 0, 0)
  })
  it('of the master are read and cleared', async () => {
    await same('supervisor.readLog', -4, 4)
    await same('supervisor.readMainLog', 0, -4)
    await same('supervisor.readLog', 0, 2)
    await same('supervisor.clearLog')
  })
})

describe('the config', () => {
  it('is told in full', async () => {
    await same('supervisor.getAllConfigInfo')
  })
  it('is compared by reloadConfig, and what is new can be added', async () => {
    await same('supervisor.reloadConfig')
    await pair.both((side) => Promise.resolve(side.place.write(side.place.config, `${side.place.read(side.place.config).replace('stopsignal=HUP', 'stopsignal=INT')}[program:later]\ncommand=cat\n`)))
    await same('supervisor.addProcessGroup', 'later')
    await same('supervisor.reloadConfig')
    await same('supervisor.addProcessGroup', 'later')
    await same('supervisor.addProcessGroup', 'later')
    await pair.both((side) => Promise.resolve(side.place.write(side.place.config, side.place.read(side.place.config).replace(/\[program:later\][^[]*/, ''))))
    await same('supervisor.reloadConfig')
    await same('supervisor.stopProcess', 'later')
    await same('supervisor.removeProcessGroup', 'later')
    await same('supervisor.addProcessGroup', 'later')
  })
  it('that does not hold is fault 92, whose words differ', async () => {
    const kept = pair.ours.place.read(pair.ours.place.config)
    await pair.both((side) => Promise.resolve(side.place.write('broken.conf', `${side.place.read(side.place.config)}[program:broken]\n`)))
    const swap = (side: Side): Promise<string> => Promise.resolve(side.place.write(side.place.config, side.place.read('broken.conf')))
    const before = await pair.both((side) => Promise.resolve(side.place.read(side.place.config)))
    await pair.both(swap)
    const { real, ours } = await pair.both((side) => side.call('supervisor.reloadConfig'))
    expect([real.fault?.[0], ours.fault?.[0]]).toEqual([92, 92])
    expect(ours.fault?.[1]).toMatch(/^CANT_REREAD: /)
    await pair.both((side) => Promise.resolve(side.place.write(side.place.config, before[side === pair.ours ? 'ours' : 'real'])))
    expect(pair.ours.place.read(pair.ours.place.config)).toBe(kept)
  })
})

describe('arguments', () => {
  it.each([
    ['getState', 1], ['getProcessInfo'], ['getProcessInfo', 'idle', 'idle'], ['startProcess'], ['startProcess', 'no-such', true, 1],
    ['readLog', 1], ['readLog'], ['tailProcessLog', 'idle', 1], ['signalProcess', 'idle'], ['sendProcessStdin', 'merged'],
    ['sendProcessStdin', 'merged', 42], ['sendProcessStdin', 'no-such', 42], ['sendRemoteCommEvent', 'a'], ['reloadConfig', 1], ['shutdown', 1], ['restart', 'now'],
  ])('are counted: %s', async (method, ...args) => {
    expect((await same(`supervisor.${method}`, ...args)).fault?.[0]).toBe(2)
  })
  it.each(['getProcessInfo', 'supervisor', 'supervisor.', '.getState', 'supervisor.getState.x', 'supervisor._update', 'supervisor.nope', 'nope.getState', 'system.nope', 'supervisor.__init__'])('no method is called %s', async (name) => {
    expect((await same(name)).fault).toEqual([1, 'UNKNOWN_METHOD'])
  })
  it.each([['startProcess', 5], ['getProcessInfo', []], ['readLog', 'x', 'y'], ['tailProcessLog', 'logs', {}, 1]])('of a wrong type are fault 2 (supervisord: HTTP 500 or fault 2): %s', async (method, ...args) => {
    const { real, ours } = await pair.both((side) => side.call(`supervisor.${method}`, ...args))
    expect(real.http ?? real.fault?.[0]).toBeOneOf([500, 2])
    expect(ours.fault?.[0]).toBe(2)
  })
})

describe('system methods', () => {
  it('list the same methods with the same signatures', async () => {
    const { value } = await same('system.listMethods')
    for (const name of value as string[]) await same('system.methodSignature', name)
    await same('system.methodSignature', 'nope')
    await same('system.methodHelp', 'nope')
  })
  it('help with every method, in words of their own', async () => {
    const { value } = await pair.ours.call('system.listMethods')
    for (const name of value as string[]) expect((await pair.ours.call('system.methodHelp', name)).value).toMatch(/^[A-Z].*\n\n(@param \S+ \S+ {2}.*\n)*@return \S+ result {2}\S/s)
  })
  it('call several methods, faults and waits among them', async () => {
    const calls = [
      { methodName: 'supervisor.getAPIVersion', params: [] }, { methodName: 'supervisor.getState' }, { methodName: 'nope', params: [] },
      { methodName: 'supervisor.stopProcess', params: ['fleet:fleet_00'] }, { methodName: 'supervisor.startProcess', params: ['fleet:fleet_00'] },
      { methodName: 'supervisor.startProcess', params: ['no-such'] }, { methodName: 'system.multicall', params: [[]] }, { params: [] },
      { methodName: 'supervisor.getProcessInfo', params: ['fleet:fleet_00'] }, { methodName: 'supervisor.getState', params: [1] }, {},
    ]
    await same('system.multicall', calls)
    await same('system.multicall', [])
    await same('system.multicall')
    await same('system.multicall', 5)
  })
})

describe('the wire', () => {
  const raws: readonly (readonly [string, object])[] = [
    ['no XML', { raw: 'hello' }], ['nothing', { raw: '' }], ['no end', { raw: '<methodCall><methodName>supervisor.getState</methodName>' }],
    ['no name', { raw: '<methodCall/>' }], ['an empty name', { raw: '<methodCall><methodName></methodName></methodCall>' }],
    ['no params', { raw: '<methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>' }],
    ['another path', { raw: '<methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>', path: '/RPC2/more?x' }],
    ['a value without type', { raw: '<methodCall><methodName>supervisor.startProcess</methodName><params><param><value>no-such</value></param></params></methodCall>' }],
    ['a fault', { raw: '<methodCall><methodName>a&lt;&#62;</methodName></methodCall>' }],
    ['a bad integer', { raw: '<methodCall><methodName>supervisor.readLog</methodName><params><param><value><int>x</int></value></param></params></methodCall>' }],
    ['a GET', { verb: 'GET' }], ['no length', { verb: 'POST' }],
    ['a result list', { raw: '<methodCall><methodName>supervisor.signalProcessGroup</methodName><params><param><value>fleet</value></param><param><value>NOPE</value></param></params></methodCall>' }],
  ]
  it.each(raws)('has the same answer to %s', async (what, request) => {
    if (what === 'nothing') return expect((await pair.ours.send(request)).status).toBe(400)
    const { real, ours } = await pair.both((side) => side.send(request))
    expect(ours.status).toBe(real.status)
    if (real.status === 200) expect(ours).toEqual(real)
  })
})

describe('the end', () => {
  it('is told at once, and then all but a few methods are refused', async () => {
    await same('supervisor.sendRemoteCommEvent', 'a', 'b')
    await same('supervisor.shutdown')
    await same('supervisor.getState')
    await same('supervisor.shutdown')
    await same('supervisor.startProcess', 'no-such')
    await same('supervisor.getState', 1)
    await same('supervisor.sendRemoteCommEvent', 'a', 'b')
    await same('system.methodSignature', 'supervisor.getState')
  })
})
