/** XML-RPC clients in Python, PHP and Perl, each with its usual library, over TCP with a password and over a unix socket, beside supervisord. */
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { beforeAll, describe, expect, it } from 'vitest'
import { untilFile } from '../e2e/waits.ts'
import { head, masked, startPair } from './pair.ts'
import type { Answer, Pair, Side } from './pair.ts'

const clients = [
  ['Python over TCP', 'python3', 'client.py', 'http'],
  // Debian's own Python has supervisor's modules.
  ['Python with SupervisorTransport', '/usr/bin/python3', 'client.py', 'unix'],
  ['PHP over TCP', 'php', 'client.php', 'http'],
  ['PHP over a unix socket', 'php', 'client.php', 'unix'],
  ['Perl over TCP', 'perl', 'client.pl', 'http'],
] as const

const config = `${head.replace('[supervisord]', '[unix_http_server:locked]\nfile={dir}/locked.sock\nusername=anna\npassword=se:cret\n[inet_http_server]\nport=127.0.0.1:{port}\nusername=anna\npassword=secret\n[supervisord]')}
[program:umlauts]
command=printf 'Gr\\303\\274\\303\\237e \\346\\274\\242\\345\\255\\227 <&>\\n'
startsecs=0
autorestart=false
redirect_stderr=true
stdout_logfile={dir}/umlauts.log
[program:slow]
command=cat
startsecs=1
autostart=false
redirect_stderr=true
stdout_logfile={dir}/slow.log
[program:broken]
command=false
autostart=false
startretries=0
[program:fleet]
command=cat
process_name=%(program_name)s_%(process_num)02d
numprocs=2
startsecs=0
[program:\u00fcber]
command=cat
autostart=false
`

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  await pair.both((side) => side.until({ umlauts: ['EXITED'], 'fleet:fleet_00': ['RUNNING'], 'fleet:fleet_01': ['RUNNING'] }))
}, 60_000)

describe.each(clients)('%s', (_title, program, script, scheme) => {
  async function ask(side: Side, calls: readonly (readonly unknown[])[], password = scheme === 'http' ? 'secret' : 'se:cret'): Promise<readonly Answer[]> {
    const port = /^port=127\.0\.0\.1:(\d+)$/m.exec(side.place.read(side.place.config))?.[1] ?? ''
    const url = scheme === 'http' ? `http://127.0.0.1:${port}` : `unix://${side.place.path('locked.sock')}`
    const path = fileURLToPath(new URL(`clients/${script}`, import.meta.url))
    const { stdout } = await execa(program, [path, url, 'anna', password], { input: JSON.stringify(calls), cwd: side.place.dir })
    return JSON.parse(stdout) as readonly Answer[]
  }

  /** Both give the same answers; returns them. */
  async function same(calls: readonly (readonly unknown[])[], password?: string): Promise<readonly Answer[]> {
    const { real, ours } = await pair.both(async (side) => masked(side, await ask(side, calls, password)) as Answer[])
    for (const [index, call] of calls.entries()) expect(ours[index], JSON.stringify(call)).toEqual(real[index])
    expect(ours).toHaveLength(calls.length)
    return ours
  }

  it('learns of all processes, of one and of the master', async () => {
    const [all, one, state, methods] = await same([
      ['supervisor.getAllProcessInfo'], ['supervisor.getProcessInfo', 'fleet:fleet_00'], ['supervisor.getState'], ['system.listMethods'],
      ['supervisor.getIdentification'], ['supervisor.getAllConfigInfo'], ['system.methodSignature', 'supervisor.startProcess'],
    ])
    expect((all?.value as { name: string }[]).map(({ name }) => name).sort()).toEqual(['broken', 'fleet_00', 'fleet_01', 'slow', 'umlauts', '\u00fcber'])
    expect(one?.value).toMatchObject({ group: 'fleet', statename: 'RUNNING' })
    expect(state?.value).toMatchObject({ statename: 'RUNNING' })
    expect(methods?.value).toContain('supervisor.startProcess')
  })

  it('starts a process and waits, or does not wait, or is told why not', async () => {
    const [, started, alreadyStarted] = await same([
      ['supervisor.stopProcess', 'slow'], ['supervisor.startProcess', 'slow', false], ['supervisor.startProcess', 'slow'], ['supervisor.getProcessInfo', 'slow'],
    ])
    expect(started?.value).toEqual(perl(true))
    expect(alreadyStarted?.fault).toEqual([60, 'ALREADY_STARTED: slow'])
    // supervisord loses a TERM that comes before the exec.
    await pair.both((side) => side.until({ slow: ['RUNNING'] }))
    const [stopped, waited] = await same([
      ['supervisor.stopProcess', 'slow', true], ['supervisor.startProcess', 'slow', true], ['supervisor.getProcessInfo', 'slow'],
      ['supervisor.startProcess', 'broken'], ['supervisor.startProcess', 'no-such'], ['supervisor.startProcess', '\u00fcb\u00e9r'], ['supervisor.startProcess'], ['no.such'],
    ])
    expect([stopped?.value, waited?.value]).toEqual([perl(true), perl(true)])
  })

  it('makes several calls at once, faults and a wait among them', async () => {
    const [answers] = await same([['system.multicall', [
      { methodName: 'supervisor.getAPIVersion', params: [] }, { methodName: 'supervisor.stopProcess', params: ['fleet:fleet_01'] }, { methodName: 'supervisor.startProcess', params: ['fleet:fleet_01', true] },
      { methodName: 'supervisor.startProcess', params: ['no-such'] }, { methodName: 'supervisor.getProcessInfo', params: ['fleet:fleet_01'] }, { methodName: 'supervisor.nope', params: [] },
    ]]])
    expect(answers?.value).toHaveLength(6)
  })

  it('reads a log that is not ASCII, and writes such text to a process', async () => {
    const [whole, tail] = await same([['supervisor.readProcessStdoutLog', 'umlauts', 0, 0], ['supervisor.tailProcessStdoutLog', 'umlauts', 0, 1000], ['supervisor.readProcessStdoutLog', 'umlauts', -8, 0]])
    expect(whole?.value).toBe('Gr\u00fc\u00dfe \u6f22\u5b57 <&>\n')
    expect(tail?.value).toEqual(['Gr\u00fc\u00dfe \u6f22\u5b57 <&>\n', expect.anything(), perl(false)])
    await same([['supervisor.clearProcessLogs', 'slow'], ['supervisor.sendProcessStdin', 'slow', 'h\u00e9llo \u6f22 & <b>\n']])
    await pair.both((side) => untilFile(side.place.path('slow.log'), '\n'))
    expect((await same([['supervisor.readProcessStdoutLog', 'slow', 0, 0]]))[0]?.value).toBe('h\u00e9llo \u6f22 & <b>\n')
  })

  it('is turned away with another password', async () => {
    expect(await same([['supervisor.getState']], 'wrong')).toEqual([{ http: 401 }])
  })

  /** Perl has no true and no false. */
  function perl(value: boolean): unknown {
    return program === 'perl' ? Number(value) : value
  }
})
