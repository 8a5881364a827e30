/** Every command as a script sees it: piped lines word for word and the exit codes of supervisorctl. */
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { fixture, sharedPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { untilFile, untilState } from './waits.ts'

let place: Place

beforeAll(async () => {
  place = sharedPlace('ini', `
[supervisord]
identifier=shop-1
[program:checkin]
command=${fixture('reports-signals.mjs')}
process_name=%(program_name)s_%(process_num)02d
numprocs=2
startsecs=0
stdout_logfile=%(here)s/%(program_name)s_%(process_num)02d.log
[program:web]
command=sh -c 'echo out-line; echo err-line >&2; exec sleep 600'
startsecs=0
stdout_logfile=%(here)s/web.log
stderr_logfile=%(here)s/web.err
[program:quiet]
command=sleep 600
autostart=false
startsecs=0
stdout_logfile=NONE
[program:broken]
command=${fixture('exits-with.sh', 1)}
autostart=false
startretries=0
[program:done]
command=true
startsecs=0
autorestart=false
[group:shop]
programs=checkin,web
priority=5
`)
  await place.master()
  await untilFile(place.path('checkin_00.log'), 'ready')
  await untilFile(place.path('checkin_01.log'), 'ready')
  await untilFile(place.path('web.err'), 'err-line')
  await untilState(place, 'done', 'EXITED')
})

/** What a command wrote, and its code. */
async function lines(...args: string[]): Promise<[string, number | undefined]> {
  const { stdout, exitCode } = await place.nsup(...args)
  return [stdout, exitCode]
}

describe('status', () => {
  const running = (name: string): string => `${name.padEnd(33)}RUNNING   pid \\d+, uptime 0:00:\\d\\d\n`

  it('has one line for each process, by group and name, and exits 3 when something is stopped', async () => {
    const [stdout, exitCode] = await lines('status')
    const time = '\\w{3} \\d\\d \\d\\d:\\d\\d [AP]M'
    const rest = [`${'broken'.padEnd(33)}STOPPED   Not started\n`, `${'done'.padEnd(33)}EXITED    ${time}\n`, `${'quiet'.padEnd(33)}STOPPED   Not started\n`]
    const shop = [running('shop:checkin_00'), running('shop:checkin_01'), running('shop:web')]
    expect(stdout.split(/(?<=\n)/).sort().join('')).toMatch(new RegExp(`^${[...rest, ...shop].join('')}$`))
    expect(exitCode).toBe(3)
  })

  it.each([['shop:web'], ['shop:*'], ['shop:'], ['web'], ['*eb'], ['shop:checkin_0?']])('finds %s and exits 0', async (target) => {
    const [stdout, exitCode] = await lines('status', target)
    expect(stdout).toMatch(/^(shop:\w+ +RUNNING {3}pid \d+, uptime 0:00:\d\d\n)+$/)
    expect(exitCode).toBe(0)
  })

  it('names what is not there, and exits 4', async () => {
    expect(await place.nsup('status', 'nochkin')).toMatchObject({ stdout: 'nochkin: ERROR (no such process)\n', exitCode: 4 })
    expect(await place.nsup('status', 'nogroup:*')).toMatchObject({ stdout: 'nogroup: ERROR (no such group)\n', exitCode: 4 })
    expect((await place.nsup('status', 'nochkin', 'quiet')).exitCode).toBe(3)
  })

  it('tells all as JSON', async () => {
    const { stdout, exitCode } = await place.nsup('status', 'shop:web', '--json')
    const { processes } = JSON.parse(stdout) as { processes: { namespec: string; state: string; exits: unknown[]; memory: number }[] }
    expect(processes).toMatchObject([{ namespec: 'shop:web', group: 'shop', state: 'RUNNING', statecode: 20, exits: [] }])
    expect(processes[0]?.memory).toBeGreaterThan(1000)
    expect(exitCode).toBe(0)
  })
})

describe('start, stop and restart', () => {
  it('answer for what runs already, does not run, and is not there', async () => {
    expect(await lines('start', 'shop:web')).toEqual(['shop:web: ERROR (already started)\n', 0])
    expect(await lines('stop', 'quiet')).toEqual(['quiet: ERROR (not running)\n', 0])
    expect(await lines('start', 'nochkin')).toEqual(['nochkin: ERROR (no such process)\n', 1])
    expect(await lines('stop', 'nochkin')).toEqual(['nochkin: ERROR (no such process)\n', 1])
    expect(await lines('start', 'nogroup:*')).toEqual(['nogroup: ERROR (no such group)\n', 2])
    expect(await lines('stop', 'nogroup:*')).toEqual(['nogroup: ERROR (no such group)\n', 1])
    expect(await lines('start', 'broken')).toEqual(['broken: ERROR (spawn error)\n', 7])
  })

  it('want a name', async () => {
    expect(await lines('start')).toMatchObject([expect.stringMatching(/^Error: start requires a process name\n/), 2])
    expect(await lines('stop')).toMatchObject([expect.stringMatching(/^Error: stop requires a process name\n/), 1])
    expect(await lines('restart')).toMatchObject([expect.stringMatching(/^Error: restart requires a process name\n/), 1])
  })

  it('suggest the nearest name on stderr', async () => {
    const { stderr } = await place.nsup('start', 'shop:checkin_0')
    expect(stderr).toMatch(/^did you mean shop:checkin_0[01]\?\n$/)
    expect((await place.nsup('status', 'quite')).stderr).toBe('did you mean quiet?\n')
  })

  it('restart prints all stops, then all starts', async () => {
    const before = await place.one('shop:web')
    expect(await lines('restart', 'shop:web', 'quiet')).toEqual([
      'shop:web: stopped\nquiet: ERROR (not running)\nshop:web: started\nquiet: started\n', 0,
    ])
    const after = await place.one('shop:web')
    expect(after.pid).not.toBe(before.pid)
    expect(after.exits?.at(-1)).toMatchObject({ signal: 'SIGTERM', wanted: true })
    expect(await lines('stop', 'quiet')).toEqual(['quiet: stopped\n', 0])
  })

  it('take several names, groups and patterns at once', async () => {
    const [stopped, stopCode] = await lines('stop', 'shop:checkin_*', 'shop:web')
    expect(stopped.split('\n').sort()).toEqual(['', 'shop:checkin_00: stopped', 'shop:checkin_01: stopped', 'shop:web: stopped'])
    const [started, startCode] = await lines('start', 'shop:*')
    expect(started.split('\n').sort()).toEqual(['', 'shop:checkin_00: started', 'shop:checkin_01: started', 'shop:web: started'])
    expect([stopCode, startCode]).toEqual([0, 0])
  })
})

describe('signal, kill and pid', () => {
  it('send the signal to each process by any of its names', async () => {
    await untilFile(place.path('checkin_00.log'), /ready[\s\S]*ready/)
    expect(await lines('signal', 'USR1', 'shop:checkin_00')).toEqual(['shop:checkin_00: signalled\n', 0])
    await untilFile(place.path('checkin_00.log'), 'got SIGUSR1')
    expect(await lines('signal', 'SIGHUP', 'shop:checkin_00')).toEqual(['shop:checkin_00: signalled\n', 0])
    await untilFile(place.path('checkin_00.log'), 'got SIGHUP')
    expect(await lines('signal', '12', 'shop:checkin_00')).toEqual(['shop:checkin_00: signalled\n', 0])
    await untilFile(place.path('checkin_00.log'), 'got SIGUSR2')
  })

  it('refuse what is no signal, not there, or not running', async () => {
    expect(await place.nsup('signal', 'USR7', 'web')).toEqual({
      stdout: 'shop:web: ERROR (bad signal name)\n', stderr: expect.stringMatching(/^did you mean USR[12]\?\n$/) as string, exitCode: 1,
    })
    expect(await lines('signal', 'HUP', 'nochkin')).toEqual(['nochkin: ERROR (no such process)\n', 1])
    expect(await lines('signal', 'HUP', 'quiet')).toEqual(['quiet: ERROR (not running)\n', 7])
    expect((await lines('signal', 'HUP'))[1]).toBe(1)
  })

  it('kill leaves the rest to autorestart', async () => {
    const { pid } = await place.one('shop:web')
    expect((await lines('kill', 'shop:web'))[1]).toBe(0)
    // The answer comes when the signal has been sent; the end is seen a moment later.
    await vi.waitFor(async () => { expect((await place.one('shop:web')).pid).not.toBe(pid) }, { timeout: 20_000 })
    const { exits } = await untilState(place, 'shop:web', 'RUNNING')
    expect(exits?.at(-1)).toMatchObject({ pid, kind: 'signal', signal: 'SIGKILL', wanted: false })
  })

  it('pid prints the pid of the master, of a process, or 0 with exit 7', async () => {
    const { pid } = await place.one('shop:web')
    expect((await lines('pid'))[0]).toMatch(/^\d+\n$/)
    expect(await lines('pid', 'shop:web')).toEqual([`${pid}\n`, 0])
    expect(await lines('pid', 'quiet')).toEqual(['0\n', 7])
    expect(await lines('pid', 'nochkin')).toEqual(['No such process nochkin\n', 1])
    const [all, code] = await lines('pid', 'all')
    expect(all).toMatch(/^(\d+\n){6}$/)
    expect(code).toBe(0)
  })
})

describe('tail, clear and maintail', () => {
  it('print the end of an output, by bytes and by lines', async () => {
    place.write('checkin_01.log', `${'x'.repeat(2000)}\none\ntwo\nthree\n`)
    expect(await lines('tail', '-4', 'shop:checkin_01')).toEqual([expect.stringMatching(/^ree\n\n?$/), 0])
    expect((await lines('tail', '-n', '2', 'shop:checkin_01'))[0]).toMatch(/^two\nthree\n\n?$/)
    expect((await lines('tail', 'shop:checkin_01'))[0].length).toBeLessThanOrEqual(1601)
    expect((await lines('tail', 'shop:web', 'stderr'))[0]).toMatch(/^(err-line\n)+\n?$/)
    expect((await lines('tail', '-n', '1', 'shop:checkin_01', 'shop:web'))[0]).toMatch(/shop:checkin_01.*three\n[^]*shop:web.*out-line\n/)
  })

  it('say what cannot be read', async () => {
    expect(await lines('tail', 'quiet')).toEqual(['quiet: ERROR (no log file)\n', 1])
    expect(await lines('tail', 'nochkin')).toEqual(['nochkin: ERROR (no such process name)\n', 1])
    expect(await lines('tail', 'shop:web', 'stdoot')).toEqual([expect.stringMatching(/^Error: bad channel 'stdoot'\n/), 1])
    expect((await lines('tail'))[1]).toBe(1)
    expect((await lines('tail', '-n', '-5', 'shop:web'))[1]).not.toBe(0)
    expect((await lines('tail', '-x', 'shop:web'))[1]).not.toBe(0)
  })

  it('clear empties the file and the process writes on', async () => {
    expect(await lines('clear', 'shop:checkin_01')).toEqual(['shop:checkin_01: cleared\n', 0])
    expect(place.read('checkin_01.log')).toBe('')
    await place.nsup('signal', 'WINCH', 'shop:checkin_01')
    expect(await untilFile(place.path('checkin_01.log'), 'SIGWINCH')).toBe('got SIGWINCH\n')
    expect(await lines('clear', 'nochkin')).toEqual(['nochkin: ERROR (no such process)\n', 1])
  })

  it("maintail shows supervisord's own words", async () => {
    const [stdout, exitCode] = await lines('maintail', '-n', '1000')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO spawned: 'web' with pid \d+$/m)
    expect(stdout).toMatch(/INFO success: web entered RUNNING state, process has stayed up for > than 0 seconds \(startsecs\)$/m)
    expect(stdout).toMatch(/INFO exited: done \(exit status 0; expected\)$/m)
    expect(stdout).toMatch(/WARN exited: web \(terminated by SIGKILL; not expected\)$/m)
    expect(stdout).toMatch(/WARN stopped: web \(terminated by SIGTERM\)$/m)
    expect(stdout).toMatch(/INFO gave up: broken entered FATAL state, too many start retries too quickly$/m)
    expect(stdout).toMatch(/INFO supervisord started with pid \d+$/m)
  })
})

describe('the rest', () => {
  it('version prints that of the master, help all commands, an unknown command its syntax', async () => {
    expect(await lines('version')).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+\n$/), 0])
    const [help, code] = await lines('help')
    for (const word of ['start', 'stop', 'maintail', 'describe', 'check']) expect(help).toContain(word)
    expect(code).toBe(0)
    expect((await lines('help', 'signal'))[0]).toContain('USR1')
    expect(await lines('help', 'nonsense')).toEqual([expect.stringContaining('*** No help on nonsense'), expect.any(Number)])
    expect(await lines('frobnicate', 'x')).toEqual([expect.stringMatching(/^\*\*\* Unknown syntax: frobnicate x\n/), 1])
  })

  it.each(['reread', 'avail', 'shutdown', 'reload', 'version'])('%s takes no arguments', async (command) => {
    expect(await lines(command, 'x')).toEqual([expect.stringMatching(new RegExp(`^Error: ${command} accepts no arguments\n`)), 1])
  })

  it('describe tells the config, the files and the last exits', async () => {
    const [stdout, exitCode] = await lines('describe', 'shop:web')
    expect(exitCode).toBe(0)
    for (const word of ['shop:web', place.path('web.log'), 'SIGKILL', 'SIGTERM', 'cli ']) expect(stdout).toContain(word)
    expect((await lines('describe', 'nochkin'))[1]).not.toBe(0)
  })

  it('logs shows both outputs', async () => {
    const [stdout] = await lines('logs', '-n', '5', 'shop:web')
    expect(stdout).toContain('out-line')
    expect(stdout).toContain('err-line')
  })

  it('--quiet prints errors only', async () => {
    expect(await lines('restart', '--quiet', 'shop:web')).toEqual(['', 0])
    expect((await lines('start', '--quiet', 'nochkin'))[1]).toBe(1)
  })
})
