/** nsupd's command line and start: flags, exit codes, the background, and one master for one instance. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { fixture, newPlace } from './harness.ts'
import { untilFile, untilState } from './waits.ts'

const ini = `[supervisord]\n[program:one]\ncommand=sleep 600\nstartsecs=0\n`

describe('the command line', () => {
  it('prints help and version and exits 0, also without a config', async () => {
    const place = newPlace('ini', ini)
    for (const flag of ['-h', '--help', '-?']) {
      const { stdout, exitCode } = await place.run('nsupd', [flag])
      expect([stdout.includes('--childlogdir'), exitCode]).toEqual([true, 0])
    }
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
    for (const flag of ['-v', '--version']) {
      expect(await place.run('nsupd', [flag], { cwd: '/' })).toEqual({ stdout: `${version}\n`, stderr: '', exitCode: 0 })
    }
  })

  it.each([
    [['--nonsense'], '--nonsense'],
    [['stray'], 'positional arguments are not supported'],
    [['-e', 'bogus'], 'bogus'],
    [['-y', '10 apples'], '10 apples'],
    [['-q', '/no/such/folder'], '/no/such/folder'],
    [['-l', '/no/such/folder/log'], '/no/such/folder'],
    [['-u', 'nobody-of-that-name'], 'nobody-of-that-name'],
    [['-e'], 'argument'],
    [['-e', 'info', '-e', 'warn'], '-e'],
    [['--silent=1'], '--silent must not have an argument'],
  ])('refuses %j with exit 2 and says why', async (flags, why) => {
    const place = newPlace('ini', ini)
    const { stderr, exitCode } = await place.run('nsupd', ['-n', '-c', place.config, ...flags])
    expect(stderr).toContain(why)
    expect(stderr).toMatch(/For help, use nsupd -h\n$/)
    expect(exitCode).toBe(2)
    expect(place.left()).toEqual([])
  })

  it('wins over the file', async () => {
    const place = newPlace('ini', `[supervisord]\nlogfile=%(here)s/file.log\nloglevel=error\n[program:one]\ncommand=sh -c 'printf "\\\\033[1mbold\\\\033[0m"; exec sleep 600'\nstartsecs=0\n`)
    mkdirSync(place.path('logs'))
    const flags = ['-l', place.path('flag.log'), '-e', 'info', '-i', 'shop-7', '-j', place.path('flag.pid'), '-q', place.path('logs'), '-t', '-k', '-s']
    const long = ['--logfile_maxbytes=1MB', '--logfile_backups=2', '--minfds=256', '--minprocs=10']
    expect(await place.run('nsupd', ['-c', place.config, ...flags, ...long])).toMatchObject({ exitCode: 0 })
    expect((await place.client().call('info', {}))).toMatchObject({ identifier: 'shop-7', logfile: place.path('flag.log') })
    expect(place.read('flag.log')).toContain('supervisord started with pid')
    expect(place.read('flag.pid')).toBe((await place.nsup('pid')).stdout)
    expect(existsSync(place.path('file.log'))).toBe(false)
    const log = String((await untilState(place, 'one', 'RUNNING')).stdout_logfile)
    expect(log).toMatch(new RegExp(`^${place.path('logs')}/one-stdout---shop-7-\\w+\\.log$`))
    expect(await untilFile(log, 'bold')).toBe('bold')
  })
})

describe('the background', () => {
  it('returns when the master answers, with its own session, folder and umask, and survives its starter', async () => {
    const place = newPlace('ini', `${ini}[program:where]\ncommand=sh -c 'pwd; umask; exec sleep 600'\nstartsecs=0\nstdout_logfile=%(here)s/where.log\n`)
    mkdirSync(place.path('there'))
    expect(await place.run('nsupd', ['-c', place.config, '-d', place.path('there'), '-m', '027'])).toEqual({ stdout: '', stderr: expect.any(String) as string, exitCode: 0 })
    expect((await place.nsup('status', 'one')).exitCode).toBe(0)
    expect(await untilFile(place.path('where.log'), /\d+\n/)).toBe(`${place.path('there')}\n0027\n`)
    const pid = Number((await place.nsup('pid')).stdout)
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    expect(Number(session)).toBe(pid)
  })

  it('reports what is wrong with the config before it returns, exit 2', async () => {
    const place = newPlace('ini', '[supervisord]\n[program:one]\ncommand=sleep 1\nautostart=maybe\n[program:two]\nnumprocs=2\n')
    const { stderr, exitCode } = await place.run('nsupd', ['-c', place.config])
    expect(stderr).toMatch(/supervisord\.conf:4:\d+: error: .*maybe/)
    expect(stderr).toMatch(/supervisord\.conf:5:\d+: error: .*command/)
    expect(exitCode).toBe(2)
  })
})

describe('one instance', () => {
  it('has one master: the second refuses, and the first goes on', async () => {
    const place = newPlace('ini', ini)
    const master = await place.master()
    for (const flags of [['-n'], []]) {
      const { stderr, exitCode } = await place.run('nsupd', ['-c', place.config, ...flags])
      expect(stderr).toContain(`another nsupd (pid ${master.pid}) already runs`)
      expect(exitCode).toBe(2)
    }
    expect((await place.nsup('status')).exitCode).toBe(0)
  })

  it('is named by the path of its config, so two projects never meet', async () => {
    const first = newPlace('ini', ini)
    const second = newPlace('ini', ini)
    const env = { NSUP_HOME: first.env['NSUP_HOME'] ?? '' }
    await first.master()
    await second.master([], env)
    expect((await second.run('nsup', ['-c', second.config, 'stop', 'one'], { env })).stdout).toBe('one: stopped\n')
    expect((await first.one('one')).state).toBe('RUNNING')
    first.close()
  })

  it('starts over stale sockets, and refuses an address that another listens on, exit 2', async () => {
    const text = `[unix_http_server]\nfile=%(here)s/own.sock\nchmod=0770\n${ini}`
    const place = newPlace('ini', text)
    const first = await place.master()
    expect((statSync(place.path('own.sock')).mode & 0o777).toString(8)).toBe('770')
    expect((statSync(place.socket).mode & 0o777).toString(8)).toBe('700')
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    expect(existsSync(place.socket)).toBe(true)
    const second = await place.master()
    expect((await place.nsup('-s', `unix://${place.path('own.sock')}`, 'pid')).stdout).toBe(`${second.pid}\n`)
    process.kill(second.pid, 'SIGTERM')
    expect(await second.ended).toBe(0)
    const other = createServer()
    await new Promise<void>((resolve) => void other.listen(place.path('own.sock'), resolve))
    const { stderr, exitCode } = await place.run('nsupd', ['-n', '-c', place.config])
    other.close()
    expect(stderr).toMatch(/already listening|in use/)
    expect(exitCode).toBe(2)
    expect(place.left()).toEqual([])
  })
})

describe('inet_http_server', () => {
  it('answers only with its name and password, clear or hashed', async () => {
    const port = await freePort()
    const hash = createHash('sha1').update('open:sesame').digest('hex')
    for (const password of ['open:sesame', `{SHA}${hash}`]) {
      const place = newPlace('ini', `[inet_http_server]\nport=127.0.0.1:${port}\nusername=ops\npassword=${password}\n${ini}`)
      const master = await place.master()
      const url = `http://127.0.0.1:${port}`
      expect(await place.nsup('-s', url, 'status')).toMatchObject({ stdout: 'Server requires authentication\n' })
      expect((await place.nsup('-s', url, '-u', 'ops', '-p', 'wrong', 'stop', 'one')).exitCode).not.toBe(0)
      expect((await place.nsup('-s', url, '-u', 'ops', '-p', 'open:sesame', 'status')).stdout).toMatch(/^one +RUNNING/)
      const answer = await fetch(`${url}/api/v1/processes`)
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="default"'])
      process.kill(master.pid, 'SIGTERM')
      await master.ended
    }
  })

  it('refuses to listen beyond loopback without them', async () => {
    const place = newPlace('ini', `[inet_http_server]\nport=*:${await freePort()}\n${ini}`)
    const { stderr, exitCode } = await place.run('nsupd', ['-n', '-c', place.config])
    expect(stderr).toMatch(/supervisord\.conf:\d+:\d+: error: .*username/)
    expect(exitCode).toBe(2)
  })
})

it('runs workers with the folder, mask and environment that are asked for', async () => {
  const place = newPlace('yaml', `
supervisord: { environment: { SHARED: everywhere } }
programs:
  env: { command: "${fixture('prints-env.mjs')}", directory: /tmp, umask: '077', environment: { OWN: 'a b', N: '%(process_num)d' }, startsecs: 0,
    autorestart: false, stdout_logfile: '%(here)s/env.log' }
`)
  await place.master()
  const told = JSON.parse(await untilFile(place.path('env.log'), '\n')) as { cwd: string; umask: number; env: Record<string, string>; pid: number }
  expect(told).toMatchObject({ cwd: '/tmp', umask: 0o077 })
  expect(told.env).toMatchObject({
    SHARED: 'everywhere', OWN: 'a b', N: '0', SUPERVISOR_ENABLED: '1', SUPERVISOR_PROCESS_NAME: 'env', SUPERVISOR_GROUP_NAME: 'env',
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
