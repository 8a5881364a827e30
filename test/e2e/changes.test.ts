/** Changes of the config under a running master: reread, update, add, remove, avail, reload, HUP, and bad configs. */
import { describe, expect, it } from 'vitest'
import { fixture, newPlace } from './harness.ts'
import { events, untilFile, untilSaid, untilState } from './waits.ts'

const worker = (name: string, more = ''): string => `[program:${name}]\ncommand=${fixture('reports-signals.mjs')}\nstartsecs=0\n${more}\n`
/** The master's second sentence about having started. */
const secondStart = /started with pid[^]*started with pid/
const ini = (...programs: string[]): string => `[supervisord]\n${programs.join('')}`

describe('a changed config', () => {
  it('is shown by reread, applied by update, and touches only what differs', async () => {
    const place = newPlace('ini', ini(worker('same'), worker('edited'), worker('dropped')))
    await place.master()
    for (const name of ['same', 'edited', 'dropped']) await untilState(place, name, 'RUNNING')
    const before = await place.processes()
    const pidOf = (name: string): number | undefined => before.find((each) => each.name === name)?.pid
    expect(await place.nsup('reread')).toEqual({ stdout: 'No config updates to processes\n', stderr: '', exitCode: 0 })
    place.write(place.config, ini(worker('same'), worker('edited', 'environment=COLOUR="blue"'), worker('fresh')))
    const said = { stdout: 'dropped: disappeared\nedited: changed\nfresh: available\n', stderr: '', exitCode: 0 }
    expect(await place.nsup('reread')).toEqual(said)
    expect(await place.nsup('reread')).toEqual(said)
    expect(await place.nsup('update')).toEqual({
      stdout: [
        'dropped: stopped', 'dropped: removed process group', 'edited: stopped', 'edited: updated process group', 'fresh: added process group', '',
      ].join('\n'),
      stderr: '',
      exitCode: 0,
    })
    await untilState(place, 'fresh', 'RUNNING')
    const after = await place.processes()
    expect(after.map(({ name }) => name).sort()).toEqual(['edited', 'fresh', 'same'])
    expect(await place.one('same')).toMatchObject({ pid: pidOf('same'), restarts: 0 })
    expect((await untilState(place, 'edited', 'RUNNING')).pid).not.toBe(pidOf('edited'))
    expect(await place.nsup('update')).toEqual({ stdout: '', stderr: '', exitCode: 0 })
    place.write(place.config, ini(worker('edited', 'environment=COLOUR="blue"'), worker('late')))
    expect(await place.nsup('update', 'nogroup', 'fresh', 'late')).toEqual({
      stdout: 'ERROR: no such group: nogroup\nfresh: stopped\nfresh: removed process group\nlate: added process group\n', stderr: '', exitCode: 1,
    })
    expect(await place.one('same')).toMatchObject({ pid: pidOf('same') })
  })

  it('is applied group by group with add and remove', async () => {
    const place = newPlace('ini', ini(worker('first')))
    await place.master()
    place.write(place.config, ini(worker('first'), worker('second', 'autostart=false\npriority=7')))
    expect(await place.nsup('add', 'second')).toMatchObject({ stdout: 'ERROR: no such process/group: second\n', exitCode: 1 })
    await place.nsup('reread')
    expect((await place.nsup('avail')).stdout).toMatch(/^first +in use {4}auto {6}999:999\nsecond +avail {5}manual {4}\d+:7\n$/)
    expect(await place.nsup('add', 'second')).toEqual({ stdout: 'second: added process group\n', stderr: '', exitCode: 0 })
    expect(await place.nsup('add', 'second')).toMatchObject({ stdout: 'ERROR: process group already active\n', exitCode: 0 })
    expect(await place.nsup('remove', 'first')).toMatchObject({ stdout: 'ERROR: process/group still running: first\n', exitCode: 1 })
    expect(await place.nsup('remove', 'third')).toMatchObject({ stdout: 'ERROR: no such process/group: third\n', exitCode: 1 })
    await place.nsup('stop', 'first')
    expect(await place.nsup('remove', 'first')).toEqual({ stdout: 'first: removed process group\n', stderr: '', exitCode: 0 })
    expect((await place.processes()).map(({ name }) => name)).toEqual(['second'])
  })

  it('with an error is refused with its place, and nothing that runs is touched', async () => {
    const place = newPlace('ini', ini(worker('first')))
    const master = await place.master()
    const { pid } = await place.one('first')
    place.write(place.config, ini(worker('first', 'stopsignal=NOTHING\nnumprocs=many')))
    for (const command of ['reread', 'update']) {
      const { stdout, stderr, exitCode } = await place.nsup(command)
      expect(exitCode).toBe(1)
      expect(stdout + stderr).toMatch(/CANT_REREAD/)
      expect(stdout + stderr).toMatch(/supervisord\.conf:5:\d+: .*NOTHING/)
      expect(stdout + stderr).toMatch(/supervisord\.conf:6:\d+: .*many/)
    }
    process.kill(master.pid, 'SIGUSR1')
    const { stdout_logfile: log } = await place.one('first')
    await untilFile(String(log), 'got SIGUSR1')
    expect((await place.one('first')).pid).toBe(pid)
    expect(await place.nsup('check')).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('NOTHING') as string })
  })
})

describe('a restart of everything', () => {
  it('by reload keeps the master, reads the config again, and forgets manual stops', async () => {
    const place = newPlace('yaml', `programs: { one: { command: "${fixture('reports-signals.mjs')}", startsecs: 0 } }`)
    const master = await place.master()
    const { pid } = await place.one('one')
    await place.nsup('stop', 'one')
    place.write(place.config, `programs: { one: { command: "${fixture('reports-signals.mjs')}", startsecs: 0 }, two: { command: sleep 600 } }`)
    expect(await place.nsup('reload')).toEqual({ stdout: 'Restarted supervisord\n', stderr: '', exitCode: 0 })
    await untilSaid(master, secondStart)
    const one = await untilState(place, 'one', 'RUNNING')
    expect(one.pid).not.toBe(pid)
    await untilState(place, 'two', 'RUNNING')
    expect((await place.nsup('pid')).stdout).toBe(`${master.pid}\n`)
  })

  it('by HUP is the way of INI, all in the same master', async () => {
    const place = newPlace('ini', ini(worker('first')))
    const master = await place.master()
    const { pid } = await place.one('first')
    process.kill(master.pid, 'SIGHUP')
    await untilSaid(master, secondStart)
    const first = await untilState(place, 'first', 'RUNNING')
    expect(first.pid).not.toBe(pid)
    expect((await place.nsup('pid')).stdout).toBe(`${master.pid}\n`)
    expect(master.said()).toContain('WARN received SIGHUP indicating restart request')
  })

  it('by HUP applies only the difference with YAML, and nothing when the config is bad', async () => {
    const yaml = (more: string): string => `programs:\n  one: { command: sleep 600, startsecs: 0 }\n${more}`
    const place = newPlace('yaml', yaml(''))
    const master = await place.master()
    const { pid } = await place.one('one')
    place.write(place.config, yaml('  two: { comand: sleep 600 }\n'))
    process.kill(master.pid, 'SIGHUP')
    await untilSaid(master, /the config is not applied.*did you mean command/)
    const stream = await events(place)
    place.write(place.config, yaml('  two: { command: sleep 600, startsecs: 0 }\n'))
    process.kill(master.pid, 'SIGHUP')
    await stream.until('RUNNING of two', ({ name, to }) => name === 'two' && to === 'RUNNING')
    expect(await place.one('one')).toMatchObject({ pid, restarts: 0 })
    stream.close()
  })
})
