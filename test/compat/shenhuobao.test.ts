/**
 * A shop of PHP workers as it runs under supervisord today: the config unchanged, and the commands that its people type,
 * by the stock supervisorctl against both and by nsup. The workers are examples/queue_worker.php behind one entry point.
 */
import { chmodSync, cpSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from '../e2e/root.ts'
import type { Ran } from '../e2e/harness.ts'
import { untilFile, untilSaid } from '../e2e/waits.ts'
import { head, startPair } from './pair.ts'
import type { Pair, Side } from './pair.ts'

/** Root gives its workers to somebody else, as the shop does. */
const user = process.getuid?.() === 0 ? 'nobody' : '{user}'
const options = (name: string): string => `command=php {dir}/shop/test/fixtures/start_workers.php ${name}
directory={dir}
environment=SPOOL="{dir}/spool"
user=${user}
autostart=false
autorestart=true
redirect_stderr=true
stdout_logfile={dir}/${name}_%(process_num)d.log
stopsignal=TERM
stopwaitsecs=60
killasgroup=true
`
const config = `${head}
[program:checkin]
${options('checkin')}process_name=%(group_name)s_%(program_name)s
numprocs=1
[program:user_operations]
${options('user_operations')}process_name=%(group_name)s_%(program_name)s_%(process_num)02d
numprocs=2
[group:shenhuobao]
programs=checkin,user_operations
`
const checkin = 'shenhuobao:shenhuobao_checkin'
const operations = ['shenhuobao:shenhuobao_user_operations_00', 'shenhuobao:shenhuobao_user_operations_01'] as const

let pair: Pair
beforeAll(async () => {
  pair = await startPair(config)
  for (const { place } of [pair.real, pair.ours]) {
    chmodSync(place.dir, 0o755)
    for (const file of ['test/fixtures/start_workers.php', 'examples/queue_worker.php']) cpSync(join(root, file), place.path(`shop/${file}`))
    for (const folder of ['spool', ...['checkin', 'user_operations'].flatMap((queue) => ['', '/new', '/work', '/done', '/failed'].map((name) => `spool/${queue}${name}`))]) {
      mkdirSync(place.path(folder))
      chmodSync(place.path(folder), 0o777)
    }
  }
}, 60_000)

/** Brings a job that lasts until `release`. */
function bring(side: Side, queue: string, job: string): void {
  side.place.write(`spool/${queue}/new/.${job}`, `hold=${side.place.path(`release-${job}`)}\n`)
  renameSync(side.place.path(`spool/${queue}/new/.${job}`), side.place.path(`spool/${queue}/new/${job}`))
}

const release = (side: Side, job: string): string => side.place.write(`release-${job}`, '')

const times = (text: string, message: string): number => text.split(`"message":"${message}"`).length - 1

/** Resolves with the log of checkin when the line has been said as often as this. */
async function untilLogged(side: Side, message: string, wanted = 1): Promise<string> {
  return untilFile(side.place.path('checkin_0.log'), (text) => times(text, message) >= wanted && text.endsWith('\n'))
}

/** Resolves when the line has been said once more than now; call it before that which makes checkin say it. */
async function untilLoggedAgain(side: Side, message: string): Promise<string> {
  return untilLogged(side, message, times(side.place.read('checkin_0.log'), message) + 1)
}

/** Resolves when the worker of today has set up its signals. */
async function untilUp(side: Side): Promise<string> {
  return untilFile(side.place.path('checkin_0.log'), (text) => text.lastIndexOf('"Worker started"') > text.lastIndexOf('"Worker gracefully'))
}

/** What workers say differs by nature in pids and times. */
function masked(ran: Ran, loose = false): Ran {
  const stdout = ran.stdout.replace(/"pid":\d+/g, '"pid":P').replace(/"uptime":\d+/g, '"uptime":T').replace(/"last_activity":"[^"]+"/g, '"last_activity":"DATE"')
  return { ...ran, stdout: loose ? stdout.split('\n').sort().join('\n') : stdout }
}

/** The stock supervisorctl says the same of both; `loose`: the order is that in which processes get ready. */
async function same(words: string, loose = false): Promise<Ran> {
  const { real, ours } = await pair.both(async (side) => masked(await side.ctl(words.split(' ')), loose))
  expect(ours, `supervisorctl ${words}`).toEqual(real)
  return ours
}

async function nsup(words: string, loose = false): Promise<Ran> {
  const { stdout, stderr, exitCode } = await pair.ours.place.nsup(...words.split(' '))
  return masked({ stdout: pair.ours.masked(stdout), stderr: pair.ours.masked(stderr), exitCode }, loose)
}

/** nsup prints what supervisorctl prints, of the process that is as it was. */
async function sameByNsup(words: string, loose = false): Promise<Ran> {
  const stock = await same(words, loose)
  expect(await nsup(words, loose), `nsup ${words}`).toEqual(stock)
  return stock
}

const stopOurs = (words: string): Promise<unknown> => pair.ours.ctl(['stop', ...words.split(' ')])

describe('start shenhuobao:* and status shenhuobao:*', () => {
  it('start all workers of the group, with the lines of supervisorctl, by supervisorctl and by nsup', async () => {
    await sameByNsup('status shenhuobao:*')
    const { stdout } = await same('start shenhuobao:*', true)
    expect(stdout.trim().split('\n')).toEqual([checkin, ...operations].map((name) => `${name}: started`))
    await sameByNsup('start shenhuobao:*', true)
    await stopOurs('shenhuobao:*')
    expect((await nsup('start shenhuobao:*', true)).stdout).toBe(stdout)
    expect((await sameByNsup('status shenhuobao:*')).stdout).toMatch(/^(shenhuobao:\S+ +RUNNING +pid P, uptime T\n){3}$/)
  })

  it('give the workers to the user', async () => {
    await pair.both(untilUp)
    for (const side of [pair.real, pair.ours]) {
      const { pid } = (await side.call('supervisor.getProcessInfo', checkin)).value as { pid: number }
      const status = side.place.read(`/proc/${pid}/status`)
      expect(status).toMatch(process.getuid?.() === 0 ? /^Uid:\s65534\s65534/m : new RegExp(`^Uid:\\s${process.getuid?.()}\\s`, 'm'))
      expect(side.place.read(`/proc/${pid}/environ`)).toContain('SUPERVISOR_GROUP_NAME=shenhuobao')
    }
  })
})

describe('signal USR1, then tail', () => {
  it('show how the worker is, idle and at work', async () => {
    const { stdout } = await same(`signal USR1 ${checkin}`)
    await pair.both((side) => untilLogged(side, 'Worker status'))
    expect((await nsup(`signal USR1 ${checkin}`)).stdout).toBe(stdout)
    await untilLogged(pair.ours, 'Worker status', 2)
    await pair.both((side) => Promise.resolve(bring(side, 'checkin', 'first')))
    await pair.both((side) => untilLogged(side, 'Job taken'))
    expect((await nsup('signal USR1 shenhuobao_checkin')).stdout).toBe(`${checkin}: signalled\n`)
    await pair.real.ctl(['signal', 'USR1', checkin])
    await untilLogged(pair.real, 'Worker status', 2)
    const log = await untilLogged(pair.ours, 'Worker status', 3)
    const said = JSON.parse(log.trim().split('\n').at(-1) ?? '') as Record<string, unknown>
    expect(said).toEqual({ message: 'Worker status', pid: expect.any(Number) as number, processed_count: 0, last_activity: null, is_processing: true, uptime: expect.any(Number) as number })
    await sameTail()
  })

  /** The last line, since nsup's worker was asked once more. */
  async function sameTail(): Promise<void> {
    const { real, ours } = await pair.both(async (side) => masked(await side.ctl(['tail', checkin])).stdout.split('\n').slice(-2))
    expect(ours).toEqual(real)
    expect((await nsup('tail shenhuobao_checkin')).stdout).toBe(masked(await pair.ours.ctl(['tail', checkin])).stdout)
  }
})

describe('restart', () => {
  it('waits for the job in hand, whatever TERM comes in the meantime', async () => {
    const asked = pair.both((side) => untilLoggedAgain(side, 'Worker received shutdown signal'))
    const restarts = pair.both((side) => side.ctl(['restart', checkin]))
    await asked
    // The stock supervisorctl is busy with the restart.
    const { real: signalled, ours: signalledOurs } = await pair.both((side) => side.call('supervisor.signalProcess', checkin, 'TERM'))
    expect([signalled, signalledOurs]).toEqual([{ value: true }, { value: true }])
    for (const side of [pair.real, pair.ours]) expect(await untilLogged(side, 'Worker ignored repeated signal')).not.toContain('Job done')
    await pair.both((side) => Promise.resolve(release(side, 'first')))
    const { real, ours } = await restarts
    expect(ours).toEqual(real)
    expect(ours).toEqual({ stdout: `${checkin}: stopped\n${checkin}: started\n`, stderr: '', exitCode: 0 })
    for (const side of [pair.real, pair.ours]) {
      expect(side.place.read('checkin_0.log')).toMatch(/"Job done".*\n.*"Worker gracefully shutdown","pid":\d+,"processed_count":1}\n.*"Worker started"/)
      expect(side.place.read('spool/checkin/done/first')).toContain('hold=')
    }
  })

  it('of the bare name works with nsup alone: supervisorctl knows no such process, of both', async () => {
    expect((await same('restart shenhuobao_checkin')).stdout).toBe('shenhuobao_checkin: ERROR (no such process)\nshenhuobao_checkin: ERROR (no such process)\n')
    await same('tail -f shenhuobao_checkin')
    await same('signal USR1 shenhuobao_checkin')
    expect(await nsup('restart shenhuobao_checkin')).toEqual({ stdout: `${checkin}: stopped\n${checkin}: started\n`, stderr: '', exitCode: 0 })
  })

  it('of the bare name of a program with numprocs means all its processes, and what needs one says so', async () => {
    const { stdout, exitCode } = await nsup('restart shenhuobao_user_operations', true)
    expect(exitCode).toBe(0)
    expect(stdout.trim().split('\n').sort()).toEqual(operations.flatMap((name) => [`${name}: started`, `${name}: stopped`]))
    await same('restart shenhuobao_user_operations')
    const asked = await nsup('fg shenhuobao_user_operations')
    expect(asked).toEqual({ stdout: 'ERROR: too many process names supplied\n', stderr: '', exitCode: 1 })
  })
})

describe('tail -f', () => {
  it('shows what the worker says from now on, by supervisorctl and by nsup', async () => {
    const steps = (side: Side, job: string): Parameters<Side['follow']>[1][] => [
      { seen: '==>', then: () => {
        bring(side, 'checkin', job)
        release(side, job)
      } },
      { seen: `"message":"Job done","job":"${job}"` },
    ]
    const { real, ours } = await pair.both(async (side) => masked(await side.follow(['tail', '-f', checkin], ...steps(side, 'second'))).stdout.split('\n').slice(-3))
    expect(ours).toEqual(real)
    const follower = pair.ours.place.background('tail', '-f', 'shenhuobao_checkin')
    await untilSaid(follower, '"job":"second"')
    bring(pair.ours, 'checkin', 'third')
    await untilSaid(follower, '"Job taken","job":"third"')
    release(pair.ours, 'third')
    await untilSaid(follower, '"Job done","job":"third"')
    follower.child.kill('SIGINT')
    await follower.ended
    expect(follower.said()).toMatch(/^==> Press Ctrl-C to exit <==\n/)
  })
})

describe('reread and update', () => {
  const edit = (side: Side, from: string, to: string): string => side.place.write(side.place.config, side.place.read(side.place.config).replaceAll(from, to))

  it('say nothing has changed, then which group has, and restart it when the jobs in hand are done', async () => {
    await sameByNsup('reread')
    await pair.both((side) => {
      bring(side, 'checkin', 'held')
      edit(side, 'autostart=false', 'autostart=true')
      edit(side, 'numprocs=2', 'numprocs=3')
      return untilFile(side.place.path('checkin_0.log'), '"Job taken","job":"held"')
    })
    expect((await sameByNsup('reread')).stdout).toBe('shenhuobao: changed\n')
    await sameByNsup('avail')
    const asked = pair.both((side) => untilLoggedAgain(side, 'Worker received shutdown signal'))
    const updates = same('update')
    await asked
    await pair.both((side) => Promise.resolve(release(side, 'held')))
    expect((await updates).stdout).toBe('shenhuobao: stopped\nshenhuobao: updated process group\n')
    await pair.both((side) => side.until({ [checkin]: ['RUNNING'], [operations[0]]: ['RUNNING'], 'shenhuobao:shenhuobao_user_operations_02': ['RUNNING'] }))
    await sameByNsup('status shenhuobao:*')
    for (const side of [pair.real, pair.ours]) {
      expect(side.place.read('checkin_0.log')).toContain('"Job done","job":"held"')
      expect(await untilFile(side.place.path('user_operations_2.log'), 'Worker started')).toContain('user_operations')
    }
    await sameByNsup('update')
  })

  it('by nsup restart only the workers whose options have changed', async () => {
    const pids = async (): Promise<string[]> => (await nsupPids(checkin, ...operations)).split('\n')
    const [kept, ...others] = await pids()
    edit(pair.ours, 'user_operations\ndirectory', 'user_operations more\ndirectory')
    expect((await nsup('update')).stdout).toBe('shenhuobao: stopped\nshenhuobao: updated process group\n')
    await pair.ours.until(Object.fromEntries([checkin, ...operations].map((name) => [name, ['RUNNING']])))
    const [same, ...replaced] = await pids()
    expect(same).toBe(kept)
    expect(replaced.filter((pid) => pid !== '' && others.includes(pid))).toEqual([])
    edit(pair.ours, 'stopwaitsecs=60', 'stopwaitsecs=61')
    expect((await nsup('update')).stdout).toBe('shenhuobao: updated process group\n')
    expect((await pids())).toEqual([same, ...replaced])
  })

  async function nsupPids(...names: readonly string[]): Promise<string> {
    return (await pair.ours.place.nsup('pid', ...names)).stdout
  }

  it('stop shenhuobao:* ends all of them gracefully', async () => {
    await pair.both(untilUp)
    const { stdout } = await same('stop shenhuobao:*', true)
    expect(stdout.trim().split('\n')).toHaveLength(4)
    await sameByNsup('status shenhuobao:*')
    await sameByNsup('stop shenhuobao:*', true)
    for (const side of [pair.real, pair.ours]) expect(side.place.read('checkin_0.log')).toMatch(/"Worker gracefully shutdown","pid":\d+,"processed_count":\d}\n$/)
  })
})
