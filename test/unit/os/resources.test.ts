import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import type { ResourceSpec } from '../../../src/core/care.ts'
import type { ExitStatus } from '../../../src/core/model.ts'
import { chainOf, userLink } from '../../../src/os/exec-chain.ts'
import { systemProcesses } from '../../../src/os/processes.ts'
import { lackOfResources, resourceLinks } from '../../../src/os/resources.ts'
import { specOf, Workshop } from './worlds.ts'

const nothing: ResourceSpec = { limits: {}, nice: null, ionice: null, oomScoreAdj: null, cpuAffinity: null, cgroup: null }
const workshop = new Workshop()
afterAll(() => workshop.close())
const processes = systemProcesses()
const root = process.getuid?.() === 0

describe('a worker with resources', () => {
  it('has every one of them, is the spawned process itself, and is told nothing of the tools', async () => {
    const resources: ResourceSpec = {
      ...nothing, nice: 5, ionice: { class: 'best-effort', level: 6 }, oomScoreAdj: 321, cpuAffinity: '0',
      limits: { nofile: { soft: 100, hard: 200 }, core: { soft: 0, hard: null }, fsize: { soft: 1 << 20, hard: 1 << 20 } },
    }
    const asked = root ? resources : { ...resources, limits: { ...resources.limits, core: { soft: 0, hard: 0 } } }
    const script = 'echo $0 $$; nice; ionice; cat /proc/self/oom_score_adj; taskset -cp $$; ulimit -Sn; ulimit -Hn; ulimit -Sc; ulimit -Sf; id -u; tr "\\0" "\\n" < /proc/$$/environ | grep ^PWD='
    const order = workshop.order(specOf(['sh', '-c', script, 'mine'], { care: { resources: asked }, ...(root && { user: 'daemon' }) }), { PATH: process.env['PATH'] ?? '', PWD: '/kept' })
    let pid = 0
    const exit = new Promise<ExitStatus>((resolve, reject) => {
      const answer = processes.spawn(order, resolve)
      if (answer.ok) pid = answer.pid
      else reject(new Error(answer.reason))
    })
    const uid = root ? execFileSync('id', ['-u', 'daemon'], { encoding: 'utf8' }).trim() : String(process.getuid?.())
    const expected = [`mine ${pid}`, '5', 'best-effort: prio 6', '321', `pid ${pid}'s current affinity list: 0`, '100', '200', '0', '2048', uid]
    const got: string[] = []
    while (got.length < expected.length) got.push(await order.lines.next())
    expect(got).toEqual(expected)
    await exit
  })

  it('that asks for nothing has nothing put before its command', () => {
    const command = { file: '/bin/true', argv: ['true'] }
    expect(chainOf(resourceLinks(nothing), command, '/bin')).toEqual({ ok: true, chain: command })
  })

  it('has its user changed last, by a tool that its own PATH need not have', () => {
    const links = [...resourceLinks({ ...nothing, cpuAffinity: '0', limits: { nofile: { soft: 10, hard: null } } }), userLink({ uid: 1, gid: 2 })]
    const chained = chainOf(links, { file: '/opt/mine/run', argv: ['run', 'it'] }, '/opt/mine')
    expect(chained).toEqual({
      ok: true,
      chain: {
        file: '/usr/bin/taskset',
        argv: ['taskset', '-c', '0', '/usr/bin/prlimit', '--nofile=10:unlimited', '/usr/bin/setpriv', '--reuid=1', '--regid=2', '--init-groups', '--', 'run', 'it'],
      },
    })
  })

  it('is not spawned when a tool is missing: the tool is named', () => {
    expect(chainOf([{ tool: 'no-such-tool', words: [] }], { file: '/bin/true', argv: ['true'] }, '/bin')).toEqual({ ok: false, missing: 'no-such-tool' })
  })
})

describe('what cannot be had', () => {
  it('is more open files than the kernel knows', () => {
    const lack = lackOfResources({ ...nothing, limits: { nofile: { soft: null, hard: null } } })
    expect(lack).toMatchObject({ option: 'limits', message: expect.stringContaining('nofile=unlimited is more than this kernel allows') as string })
    const order = workshop.order(specOf(['true'], { care: { resources: { ...nothing, limits: { nofile: { soft: null, hard: null } } } } }))
    expect(processes.spawn(order, () => expect.unreachable())).toMatchObject({ ok: false, fault: 'SPAWN_ERROR', reason: expect.stringContaining("couldn't set limits: nofile=unlimited") as string })
  })

  it('is nothing of what everybody may have', () => {
    expect(lackOfResources({ ...nothing, nice: 19, ionice: { class: 'idle', level: null }, oomScoreAdj: 1000, cpuAffinity: '0', limits: { nofile: { soft: 10, hard: 10 } } })).toBeNull()
  })

  it('is, for an ordinary user, what is before, above or below the own', () => {
    const bundle = join(workshop.folder, 'lacks.mjs')
    buildSync({ stdin: { contents: program, resolveDir: import.meta.dirname }, outfile: bundle, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' })
    const lines = execFileSync(process.execPath, [bundle], { encoding: 'utf8', cwd: '/' }).trim().split('\n')
    expect(lines).toEqual([
      'nice: -5 is before 0, and only root with CAP_SYS_NICE may set that',
      'ionice: only root with CAP_SYS_NICE may set realtime',
      'oom_score_adj: -10 is below 0, and only root with CAP_SYS_RESOURCE may set that',
      'limits: nofile=301 is above the hard limit here, which is 300, and only root with CAP_SYS_RESOURCE may raise it',
      'nothing',
    ])
  })
})

const program = `
import { execFileSync } from 'node:child_process'
import { lackOfResources } from '../../../src/os/resources.ts'
const nothing = ${JSON.stringify(nothing)}
execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=100:300', '--nice=0:0'])
execFileSync('choom', ['-p', String(process.pid), '-n', '0'])
if (process.getuid() === 0) process.setuid(54321)
const show = (asked) => {
  const lack = lackOfResources({ ...nothing, ...asked })
  console.log(lack === null ? 'nothing' : lack.option + ': ' + lack.message)
}
show({ nice: -5 })
show({ ionice: { class: 'realtime', level: 2 } })
show({ oomScoreAdj: -10 })
show({ limits: { nofile: { soft: 100, hard: 301 } } })
show({ nice: 3, limits: { nofile: { soft: 100, hard: 300 } } })
`
