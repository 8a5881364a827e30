/** What a worker may use, what becomes of one that uses too much, and of what it leaves behind. */
import { mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import { events, untilFile, untilProcess, untilSaid, untilState } from './waits.ts'

const root = process.getuid?.() === 0
const hungry = (megabytes: number, then = ''): string =>
  `'${process.execPath}' -e 'const held = Buffer.alloc(${megabytes} << 20, 1); ${then}setInterval(() => held, 60000)'`

it.concurrent('a worker has the limits, priorities and CPUs that its config gives it, and is the spawned process', async ({ onTestFinished }) => {
  const place = newPlace('ini', `
[supervisord]
[program:bounded]
command=sh -c 'nice; ionice; cat /proc/self/oom_score_adj; taskset -cp $$ | tail -c 2; ulimit -Sn; ulimit -Hn; id -u; echo pid $$; exec sleep 600'
limits=nofile=333:444 core=0
nice=7
ionice=idle
oom_score_adj=500
cpu_affinity=0
startsecs=0
stdout_logfile=%(here)s/bounded.log
${root ? 'user=nobody' : ''}
`, onTestFinished)
  await place.master()
  const { pid } = await untilState(place, 'bounded', 'RUNNING')
  const text = await untilFile(place.path('bounded.log'), /^pid /m)
  const uid = root ? readFileSync('/etc/passwd', 'utf8').match(/^nobody:[^:]*:(\d+)/m)?.[1] : String(process.getuid?.())
  expect(text).toBe(`7\nidle\n500\n0\n333\n444\n${uid ?? ''}\npid ${pid}\n`)
})

it.concurrent('what cannot be had is refused by the check with its place, and is the reason of a start that fails', async ({ onTestFinished }) => {
  const place = newPlace('yaml', `
programs:
  greedy: { command: sleep 600, limits: { nofile: unlimited }, startretries: 0, autostart: false }
  modest: { command: sleep 600, startsecs: 0 }
`, onTestFinished)
  const check = await place.nsup('check')
  expect(check.exitCode).toBe(1)
  expect(check.stdout).toMatch(/programs\.yaml:3:\d+: error: programs\.greedy\.limits: nofile=unlimited is more than this kernel allows/)
  const master = await place.master()
  expect(master.said()).toContain('programs.greedy.limits: nofile=unlimited is more than this kernel allows')
  await untilState(place, 'modest', 'RUNNING') // one that cannot be had is no reason to have none
  const start = await place.nsup('start', 'greedy')
  expect(start.exitCode).not.toBe(0)
  expect((await untilState(place, 'greedy', 'FATAL')).spawn_error).toContain("couldn't set limits: nofile=unlimited")
})

it.concurrent('a worker that uses too much is replaced with the reason, one sibling after another', async ({ onTestFinished }) => {
  const place = newPlace('yaml', `
programs:
  leak:
    command: >-
      ${hungry(150)}
    numprocs: 2
    process_name: leak_%(process_num)d
    startsecs: 1
    max_memory: 100MB
  signalled:
    command: >-
      ${hungry(20, 'process.on("SIGUSR2", () => console.log("got it"));')}
    max_memory: 10MB
    memory_action: signal USR2
    startsecs: 0
    stdout_logfile: '%(here)s/signalled.log'
`, onTestFinished)
  const master = await place.master()
  const seen = await events(place)
  onTestFinished(() => seen.close())
  for (const name of ['leak_0', 'leak_1']) {
    await seen.until(`that ${name} is replaced`, (event) => event['name'] === name && event['to'] === 'STOPPING' && /^uses 1\d\d MB, max_memory is 100 MB$/.test(String(event['reason'])))
    await untilProcess(place, `leak:${name}`, 'replaced', (one) => one.state === 'RUNNING' && one.incarnation > 1)
  }
  let down: unknown = null
  for (const event of seen.seen.filter(({ type, group }) => type === 'process.state' && group === 'leak')) {
    if (event['to'] === 'STOPPING') {
      expect(down).toBeNull() // never two at once
      down = event['name']
    } else if (event['to'] === 'RUNNING' && event['name'] === down) {
      down = null
    }
  }
  await untilSaid(master, /signalled: uses \d+ MB, max_memory is 10 MB: it gets SIGUSR2/)
  await untilFile(place.path('signalled.log'), 'got it')
})

it.concurrent('siblings whose lifetime is over are replaced one after another', async ({ onTestFinished }) => {
  const place = newPlace('yaml', `
programs:
  aged: { command: sleep 600, numprocs: 3, process_name: 'aged_%(process_num)d', startsecs: 0, max_lifetime: 2s }
`, onTestFinished)
  await place.master()
  const seen = await events(place)
  onTestFinished(() => seen.close())
  const replaced = (name: string) => seen.until(`that ${name} is back`, ({ name: who, to, serial }) =>
    who === name && to === 'RUNNING' && seen.seen.some((other) => other['name'] === name && other['to'] === 'STOPPING' && other.serial < serial && String(other['reason']).includes('max_lifetime')))
  for (const name of ['aged_0', 'aged_1', 'aged_2']) await replaced(name)
  let down: unknown = null
  for (const event of seen.seen.filter(({ type, group }) => type === 'process.state' && group === 'aged')) {
    if (event['to'] === 'STOPPING') expect([down, down = event['name']][0]).toBeNull()
    else if (event['to'] === 'RUNNING' && event['name'] === down) down = null
  }
})

it.concurrent('who fled by setsid or a double fork is killed after a stop with killasgroup, and only told of without', async ({ onTestFinished }) => {
  const flee = `sh -c 'setsid sh -c "(exec sleep 600) & echo fled; exec sleep 600" & exec sleep 600'`
  const place = newPlace('ini', `
[supervisord]
[program:hunted]
command=${flee}
killasgroup=true
stopasgroup=true
startsecs=0
stdout_logfile=%(here)s/hunted.log
[program:spared]
command=${flee}
startsecs=0
stdout_logfile=%(here)s/spared.log
`, onTestFinished)
  const master = await place.master()
  for (const name of ['hunted', 'spared']) await untilFile(place.path(`${name}.log`), 'fled')
  await place.nsup('stop', 'all')
  await untilSaid(master, /hunted: killed what it left behind: (sleep|sh) \(\d+\), (sleep|sh) \(\d+\)/)
  const said = await untilSaid(master, /spared: left behind: .*\)/)
  const spared = /spared: left behind: (.*)/.exec(said)?.[1]?.match(/\d+(?=\))/g) ?? []
  expect(spared).toHaveLength(2)
  for (const pid of spared) expect(() => process.kill(Number(pid), 0)).not.toThrow()
})

it.concurrent('an end by the OOM killer is named', async ({ onTestFinished }) => {
  const group = memoryGroup()
  if (group !== null) onTestFinished(group.close)
  const place = newPlace('yaml', `
programs:
  hungry:
    command: >-
      ${hungry(600)}
    startsecs: 0
    autorestart: false
    autostart: false
    oom_score_adj: 1000
  shot: { command: sleep 600, startsecs: 0, autorestart: false }
`, onTestFinished)
  const master = await place.master([], {}, `${group === null ? '' : `echo $$ > ${group.procs} && `}exec "$@"`)
  process.kill((await untilState(place, 'shot', 'RUNNING')).pid, 'SIGKILL')
  await untilSaid(master, /exited: shot \(terminated by SIGKILL; not expected\)/) // by somebody, not by the kernel
  // Where nobody may bound memory the kernel has no reason to kill; the tests of oom.ts read what it would say.
  if (group !== null) {
    await place.nsup('start', 'hungry')
    await untilSaid(master, /exited: hungry \(terminated by SIGKILL \(the OOM killer\); not expected\)/)
    expect((await place.nsup('describe', 'hungry')).stdout).toContain('(the OOM killer)')
    expect((await place.one('hungry')).exits).toMatchObject([{ signal: 'SIGKILL', oom: true }])
  }
  await place.nsup('shutdown')
  await master.ended
})

/** A group of version 1 or 2 with 400 MB for a master and its workers; `null` where this user may make none. */
function memoryGroup(): { readonly procs: string; readonly close: () => void } | null {
  for (const [base, file] of [['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'], ['/sys/fs/cgroup', 'memory.max']] as const) {
    try {
      const folder = mkdtempSync(join(base, 'nsup-test-'))
      try {
        writeFileSync(join(folder, file), String(400 << 20), { flag: 'r+' })
        return { procs: join(folder, 'cgroup.procs'), close: () => rmdirSync(folder) }
      } catch {
        rmdirSync(folder) // a folder, but no such controller
      }
    } catch {
      continue // not mounted, or not for this user
    }
  }
  return null
}
