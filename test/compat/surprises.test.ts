/**
 * What implementers of supervisord's contract get wrong, one by one, beside the real supervisord: the life of processes.
 * The numbers are those of the list that the project keeps; surprises-master.test.ts has the others.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { untilFile } from '../e2e/waits.ts'
import { head, masked, startPair } from './pair.ts'
import type { Answer, Pair, Side } from './pair.ts'

const recorder = `/usr/bin/python3 '${fileURLToPath(new URL('raw-listener.py', import.meta.url))}'`

/** `startsecs=9`: a loaded supervisord may notice an end so late that it takes a second for long enough. */
const config = `${head}
[eventlistener:events]
command=${recorder} {dir}/events
events=PROCESS_STATE,PROCESS_GROUP,REMOTE_COMMUNICATION
buffer_size=1000
[eventlistener:rude]
command=sh -c 'printf "READY\\n"; sleep 0.3; echo more; exec sleep 600'
events=REMOTE_COMMUNICATION
startsecs=0
[program:zero]
command=true
startsecs=9
startretries=1000
exitcodes=0
[program:tries]
command=sh -c 'date +%%s%%N >> {dir}/tries; exit 1'
startretries=2
startsecs=9
[program:back]
command=false
startsecs=9
startretries=1000
[program:stubborn]
command=sh -c 'trap : TERM; echo up; while :; do sleep 600 & wait $!; done'
stdout_logfile={dir}/stubborn.out
startsecs=0
stopwaitsecs=3600
[program:low]
command=sh -c 'trap "while [ ! -e {dir}/high.told ]; do sleep 0.05; done; exit 0" TERM; echo up; while :; do sleep 600 & wait $!; done'
stdout_logfile={dir}/low.out
priority=1
startsecs=0
[program:high]
command=sh -c 'trap ": > {dir}/high.told; exit 0" TERM; echo up; while :; do sleep 600 & wait $!; done'
stdout_logfile={dir}/high.out
priority=2
startsecs=0
[program:family]
command=sh -c 'trap "echo leader >> {dir}/family" USR1; sh -c "trap \\"echo child >> {dir}/family\\" USR1; echo \\$\\$ > {dir}/child; while :; do sleep 0.1; done" & echo up; while :; do wait; done'
stdout_logfile={dir}/family.out
startsecs=0
stopasgroup=true
[program:killas]
command=sh -c 'sleep 600 & echo $! > {dir}/killas; wait'
startsecs=0
killasgroup=true
[program:stopas]
command=sh -c 'sh -c "trap : TERM; echo \\$\\$ > {dir}/stopas; while :; do sleep 0.1; done" & wait'
startsecs=0
stopasgroup=true
[program:file]
command={dir}/program.sh
autostart=false
startsecs=0
[program:done]
command=true
startsecs=0
autorestart=false
[program:slow]
command=cat
startsecs=3600
[program:idle]
command=cat
autostart=false
startsecs=0
[program:pool]
command=cat
process_name=%(program_name)s_%(process_num)d
numprocs=2
startsecs=0
[program:quick]
command=false
startsecs=9
autostart=false
startretries=0
[program:log]
command=sh -c 'printf abcdefghij; exec cat'
startsecs=0
stdout_logfile={dir}/log.out
`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  await pair.both(async (side) => {
    side.place.write('program.sh', '#!/bin/sh\nexec sleep 600\n', 0o755)
    await side.until({ zero: ['BACKOFF'], stubborn: ['RUNNING'], low: ['RUNNING'], high: ['RUNNING'], done: ['EXITED'], slow: ['STARTING'], events: ['RUNNING'] })
    for (const name of ['stubborn', 'low', 'high', 'family']) await untilFile(side.place.path(`${name}.out`), 'up')
    for (const name of ['child', 'killas', 'stopas']) await untilFile(side.place.path(name), '\n')
    await untilFile(side.place.path('log.out'), 'abcdefghij')
  })
}, 60_000)

async function same(method: string, ...args: readonly unknown[]): Promise<Answer> {
  const { real, ours } = await pair.both(async (side) => masked(side, await side.call(method, ...args)) as Answer)
  expect(ours, `${method}(${JSON.stringify(args)})`).toEqual(real)
  return ours
}

async function info(side: Side, name: string): Promise<{ readonly pid: number; readonly statename: string }> {
  return (await side.call('supervisor.getProcessInfo', name)).value as { pid: number; statename: string }
}

const events = (side: Side): { header: string; payload: string }[] => side.place.read('events').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { header: string; payload: string })

/** Resolves when the listener has read all that was before. */
async function heard(mark: string): Promise<void> {
  await pair.both(async (side) => {
    await side.call('supervisor.sendRemoteCommEvent', 'mark', mark)
    await untilFile(side.place.path('events'), `\\n${mark}`)
  })
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
const pidIn = (side: Side, file: string): number => Number(side.place.read(file))

describe('surprises', () => {
  it('1: a quick exit with code 0 is BACKOFF all the same', async () => {
    // Between two tries it is STARTING for a moment, with supervisord up to a second.
    await vi.waitFor(async () => {
      expect(await same('supervisor.getProcessInfo', 'zero')).toMatchObject({ value: { statename: 'BACKOFF', exitstatus: 0, spawnerr: 'Exited too quickly (process log may have details)' } })
    }, { timeout: 30_000 })
  })

  it('2: startretries=2 means three starts, after more than 1 and more than 2 seconds', async () => {
    await pair.both(async (side) => {
      await side.until({ tries: ['FATAL'] })
      const [first = 0n, second = 0n, third = 0n, ...more] = side.place.read('tries').trim().split('\n').map(BigInt)
      expect(more).toEqual([])
      expect([second - first > 1_000_000_000n, third - second > 2_000_000_000n]).toEqual([true, true])
    })
    await same('supervisor.getProcessInfo', 'tries')
  })

  it('3: stop in BACKOFF is an immediate STOPPED that keeps the counter, start in BACKOFF is ALREADY_STARTED', async () => {
    // In the third BACKOFF it is for three seconds, in the fourth for four.
    const backoff = (side: Side, tries: number): Promise<string> => untilFile(side.place.path('events'), new RegExp(`BACKOFF .*processname:back groupname:back from_state:STARTING tries:${tries}"`))
    await pair.both((side) => backoff(side, 3))
    expect((await same('supervisor.stopProcess', 'back')).value).toBe(true)
    // Whether it has failed already when the answer is given is a matter of moments.
    await pair.both((side) => side.call('supervisor.startProcess', 'back', false))
    await pair.both((side) => backoff(side, 4))
    expect((await same('supervisor.startProcess', 'back')).fault).toEqual([60, 'ALREADY_STARTED: back'])
  })

  it('4: start during STOPPING starts nothing, stop during STOPPING is NOT_RUNNING', async () => {
    await same('supervisor.stopProcess', 'stubborn', false)
    const before = await pair.both((side) => info(side, 'stubborn'))
    expect((await same('supervisor.startProcess', 'stubborn', false)).value).toBe(true)
    expect((await same('supervisor.startProcess', 'stubborn')).fault).toEqual([40, 'ABNORMAL_TERMINATION: stubborn'])
    expect((await same('supervisor.stopProcess', 'stubborn')).fault).toEqual([70, 'NOT_RUNNING: stubborn'])
    const after = await pair.both((side) => info(side, 'stubborn'))
    expect([after.real.pid, after.ours.pid]).toEqual([before.real.pid, before.ours.pid])
    expect([after.real.statename, after.ours.statename]).toEqual(['STOPPING', 'STOPPING'])
  })

  it('6: signals to what does not run are NOT_RUNNING, after the name of the signal was looked at, and reach never the group', async () => {
    for (const name of ['idle', 'zero', 'done']) {
      expect((await same('supervisor.signalProcess', name, 'USR1')).fault).toEqual([70, `NOT_RUNNING: ${name}`])
      expect((await same('supervisor.signalProcess', name, 'NOSUCH')).fault).toEqual([11, 'BAD_SIGNAL: NOSUCH'])
    }
    expect((await same('supervisor.signalProcess', 'family', 'USR1')).value).toBe(true)
    await pair.both(async (side) => {
      await untilFile(side.place.path('family'), 'leader')
      process.kill(pidIn(side, 'child'), 'SIGUSR1')
      await untilFile(side.place.path('family'), 'child')
      expect(side.place.read('family')).toBe('leader\nchild\n')
    })
  })

  it('7: killasgroup does nothing unless it comes to SIGKILL, and stopasgroup does not chase who survives', async () => {
    expect((await same('supervisor.stopProcess', 'killas')).value).toBe(true)
    expect((await same('supervisor.stopProcess', 'stopas')).value).toBe(true)
    await pair.both((side) => {
      const pids = ['killas', 'stopas'].map((file) => pidIn(side, file))
      expect(pids.map(isAlive)).toEqual([true, true])
      for (const pid of pids) process.kill(pid, 'SIGKILL')
      return Promise.resolve()
    })
  })

  it('8: startProcess looks at the file before the state', async () => {
    await same('supervisor.startProcess', 'file')
    expect((await same('supervisor.startProcess', 'file')).fault?.[0]).toBe(60)
    await pair.both((side) => Promise.resolve(rmSync(side.place.path('program.sh'))))
    const { real, ours } = await pair.both(async (side) => masked(side, await side.call('supervisor.startProcess', 'file')) as Answer)
    expect(real.fault?.[0]).toBe(20)
    expect(ours).toEqual(real)
  })

  it.each([
    ['status done', 3], ['status zero', 0], ['status slow', 0], ['status slow no-such', 4], ['status done no-such', 3], ['start slow', 0], ['start no-such', 1], ['start no-such:*', 2],
    ['start quick', 7], ['pid idle', 7], ['signal CONT idle', 7], ['stop idle', 0], ['stop no-such', 1],
  ] as const)('9: exit codes of supervisorctl: %s is %d, and 0 in the shell', async (words, code) => {
    for (const [args, input] of [[words.split(' '), ''], [[], `${words}\n`]] as const) {
      const { real, ours } = await pair.both((side) => side.ctl(args, input))
      expect([real.exitCode, ours.exitCode]).toEqual(input === '' ? [code, code] : [0, 0])
    }
  })

  it('10: result lists leave out who is skipped, and multicall returns bare values', async () => {
    await same('supervisor.stopProcess', 'pool:pool_0')
    expect((await same('supervisor.stopProcessGroup', 'pool')).value).toEqual([{ name: 'pool_1', group: 'pool', status: 80, description: 'OK' }])
    expect((await same('supervisor.stopProcessGroup', 'pool')).value).toEqual([])
    expect((await same('system.multicall', [{ methodName: 'supervisor.getAPIVersion', params: [] }])).value).toEqual(['3.0'])
  })

  it('11: tail sends bytes again, tells an overflow by the size, and returns the size as offset', async () => {
    expect((await same('supervisor.tailProcessStdoutLog', 'log', 8, 5)).value).toEqual(['fghij', 10, false])
    expect((await same('supervisor.tailProcessStdoutLog', 'log', 0, 5)).value).toEqual(['fghij', 10, true])
    expect((await same('supervisor.tailProcessStdoutLog', 'log', 5, 5)).value).toEqual(['fghij', 10, false])
    expect((await same('supervisor.tailProcessStdoutLog', 'log', 10, 5)).value).toEqual(['', 10, false])
  })

  it('16: a log is opened with each spawn, so that a vanished folder is a spawn error; to clear what is stopped does nothing', async () => {
    await pair.both((side) => {
      mkdirSync(side.place.path('gone'))
      side.place.write(side.place.config, `${side.place.read(side.place.config)}[program:late]\ncommand=cat\nautostart=false\nstartsecs=0\nstdout_logfile=${side.place.path('gone')}/late.out\n`)
      return Promise.resolve()
    })
    await same('supervisor.reloadConfig')
    await same('supervisor.addProcessGroup', 'late')
    await same('supervisor.startProcess', 'late')
    await same('supervisor.stopProcess', 'late')
    await pair.both((side) => Promise.resolve(side.place.write('gone/late.out', 'kept')))
    expect((await same('supervisor.clearProcessLogs', 'late')).value).toBe(true)
    expect((await same('supervisor.readProcessStdoutLog', 'late', 0, 0)).value).toBe('kept')
    await pair.both((side) => Promise.resolve(rmSync(side.place.path('gone'), { recursive: true })))
    expect((await same('supervisor.startProcess', 'late', false)).fault).toEqual([50, 'SPAWN_ERROR: late'])
    await pair.both((side) => side.call('supervisor.stopProcess', 'late'))
    const { real, ours } = await pair.both(async (side) => ((await side.call('supervisor.getProcessInfo', 'late')).value as { spawnerr: string }).spawnerr)
    expect(real).toMatch(/ENOENT$/)
    expect(ours).toBe(real)
  })

  it('17: len counts characters, STOPPED from BACKOFF has pid:0, group events end with a line end and others do not', async () => {
    await pair.both((side) => side.call('supervisor.removeProcessGroup', 'idle'))
    await heard('h\u00e9llo \u65e5\u672c')
    await pair.both((side) => {
      const payloads = events(side)
      expect(payloads.find(({ payload }) => payload.includes('h\u00e9llo'))).toMatchObject({ payload: 'type:mark\nh\u00e9llo \u65e5\u672c', header: expect.stringMatching(/len:18\n$/) as string })
      expect(payloads.some(({ payload }) => payload === 'processname:back groupname:back from_state:BACKOFF pid:0')).toBe(true)
      expect(payloads.some(({ payload }) => payload === 'groupname:idle\n')).toBe(true)
      return Promise.resolve()
    })
  })

  it('18: a listener that prints while READY gets no event any more and stays RUNNING', async () => {
    await pair.both((side) => untilFile(side.place.path('main.log'), 'rude: has entered the UNKNOWN state and will no longer receive events'))
    const { real, ours } = await pair.both((side) => info(side, 'rude'))
    expect([real.statename, ours.statename]).toEqual(['RUNNING', 'RUNNING'])
  })

  it('22: a child leads its own group; its session is the server\'s under supervisord and its own under nsup', async () => {
    const { real, ours } = await pair.both(async (side) => {
      const { pid } = await info(side, 'slow')
      const [, , group, session] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ').map(Number)
      return { leadsGroup: group === pid, leadsSession: session === pid }
    })
    expect(real).toEqual({ leadsGroup: true, leadsSession: false })
    expect(ours).toEqual({ leadsGroup: true, leadsSession: true })
  })

  it('25: times are integers of 32 bits', async () => {
    const raw = '<methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value>done</value></param></params></methodCall>'
    await pair.both(async (side) => {
      const { body = '' } = await side.send({ raw })
      for (const name of ['start', 'stop', 'now']) {
        const found = new RegExp(`<name>${name}</name>\\s*<value><int>(\\d+)</int></value>`).exec(body)?.[1]
        expect(Number(found)).toBeGreaterThan(1_600_000_000)
        expect(Number(found)).toBeLessThan(2 ** 31)
      }
    })
  })
  it('5: stop all goes in ascending priority and signals all without waiting in between', async () => {
    // `low` ends only when `high` has been told: in a shutdown it would be the other way round.
    const { real, ours } = await pair.both(async (side) => ((await side.call('supervisor.stopAllProcesses', false)).value as { name: string }[]).map(({ name }) => name))
    expect(ours).toEqual(real)
    expect(ours.indexOf('low')).toBeLessThan(ours.indexOf('high'))
    await pair.both((side) => side.until({ low: ['STOPPED'], high: ['STOPPED'] }))
  })
})
