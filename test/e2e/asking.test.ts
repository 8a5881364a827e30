/** What people ask: wait for readiness, why, how workers are, what has happened; and what load balancers ask. */
import { request } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import type { Place } from './harness.ts'
import { root } from './root.ts'
import { untilProcess, untilState, untilTold } from './waits.ts'

/** Says that it is ready when the file `gate` is there; a name for each that needs one of its own. */
const gated = `gate=$1
until test -e "$gate"; do sleep 0.05; done
echo '{"ready":true}' >&$NSUP_REPORT_FD
exec sleep 600
`

function get(place: Place, path: string): Promise<{ status: number; json: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: place.socket, path, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => {
        resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) as Record<string, unknown> })
      })
    }).on('error', reject).end()
  })
}

describe('Waiting', () => {
  it('ends with 124 and says for what it has waited, and with 0 when the dependency is ready', async () => {
    const place = newPlace('yaml', `
defaults: { autostart: false, startsecs: 0, directory: "%(here)s" }
programs:
  db: { command: sh gated.sh db-gate, ready: report }
  web: { command: sleep 600, depends_on: { db: ready } }
`)
    place.write('gated.sh', gated)
    await place.master()
    const started = place.nsup('start', 'db')
    await untilProcess(place, 'db', 'its start', ({ state }) => state === 'STARTING')
    const late = await place.nsup('start', '--wait', 'web', '--timeout', '200ms')
    expect(late).toMatchObject({ exitCode: 124, stdout: 'web: ERROR (timed out)\n' })
    expect(late.stderr).toMatch(/web: it is STOPPED: waiting for db \(STARTING/)
    expect((await place.nsup('status', 'web')).stdout).toMatch(/^web +STOPPED +waiting for db \(STARTING/)
    const healthy = place.nsup('wait', 'web', '--for', 'healthy')
    const again = place.nsup('start', '--wait', 'web')
    place.write('db-gate', '')
    expect(await started).toMatchObject({ exitCode: 0, stdout: 'db: started\n' })
    expect(await again).toMatchObject({ exitCode: 0 })
    expect(await healthy).toMatchObject({ exitCode: 0, stdout: 'web: healthy\n' })
    expect(await place.nsup('wait', 'web', 'db')).toMatchObject({ exitCode: 0, stdout: 'web: ready\ndb: ready\n' })
    const exited = place.nsup('wait', 'web', '--for', 'stopped')
    await place.nsup('stop', 'web')
    expect(await exited).toMatchObject({ exitCode: 0, stdout: 'web: stopped\n' })
    expect(await place.nsup('wait', 'web')).toMatchObject({ exitCode: 7 })
  })

  it('goes on through failed tries, and a stop takes back a start that is held', async () => {
    const place = newPlace('yaml', `
defaults: { autostart: false, startsecs: 0, directory: "%(here)s" }
programs:
  flaky: { command: sh -c 'test -e again && exec sleep 600; touch again; exit 3', startsecs: 0.3 }
  broken: { command: /no/such/program, startretries: 0 }
  never: { command: sleep 600, depends_on: { broken: ready } }
`)
    await place.master()
    expect(await place.nsup('start', '--wait', 'flaky')).toMatchObject({ exitCode: 0, stdout: 'flaky: started\n' })
    const held = place.nsup('start', 'never')
    await untilTold(place, 'never', ({ hold }) => hold !== null)
    expect(await place.nsup('stop', 'never')).toMatchObject({ exitCode: 0, stdout: 'never: stopped\n' })
    expect(await held).toMatchObject({ exitCode: 7 })
    const none = await place.nsup('start', '--wait', 'broken')
    expect(none.exitCode).not.toBe(0)
    expect((await place.one('never')).want).toBe('down')
  })
})

describe('A restart', () => {
  it('lets a busy worker finish its job first, and prints what it always prints', async () => {
    const place = newPlace('yaml', `
defaults: { startsecs: 0, directory: "%(here)s" }
programs:
  worker: { command: sh busy.sh, report: true, busy_wait: 60s }
`)
    place.write('busy.sh', `trap 'exit 0' TERM
test -e done && exec sleep 600
echo '{"busy":{"job":"12345"}}' >&$NSUP_REPORT_FD
until test -e gate; do sleep 0.05; done
touch done
echo '{"idle":true}' >&$NSUP_REPORT_FD
while :; do sleep 0.05; done
`)
    await place.master()
    const before = await untilTold(place, 'worker', ({ job }) => job === '12345')
    const restarted = place.nsup('restart', 'worker')
    await untilTold(place, 'worker', ({ hold }) => hold?.includes('12345') === true)
    expect((await place.nsup('why', 'worker')).stdout).toMatch(/finishes its job \(12345\) first/)
    expect((await place.one('worker')).pid).toBe(before.pid)
    place.write('gate', '')
    expect(await restarted).toMatchObject({ exitCode: 0, stdout: 'worker: stopped\nworker: started\n' })
    expect((await place.one('worker')).pid).not.toBe(before.pid)
    expect(place.read('done')).toBe('')
  })
})

describe('Why', () => {
  it('names who holds the port, and what to do', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const place = newPlace('yaml', `
programs:
  web: { command: "'${process.execPath}' web.mjs", directory: "%(here)s", startretries: 0, startsecs: 30 }
  ghost: { command: sh -c 'no-such-command-anywhere', startretries: 0 }
  fine: { command: sleep 600, startsecs: 0 }
`)
      place.write('web.mjs', `import { createServer } from 'node:http'\ncreateServer().listen(${String(port)}, '127.0.0.1')\n`)
      await place.master()
      for (const name of ['web', 'ghost']) await untilState(place, name, 'FATAL')
      const why = await place.nsup('why', 'web')
      expect(why.exitCode).toBe(3)
      expect(why.stdout).toMatch(new RegExp(`port ${String(port)} is taken by .+ \\(pid ${String(process.pid)}\\)\n +→ stop it`))
      expect(why.stdout).toContain('EADDRINUSE')
      expect((await place.nsup('why', 'ghost')).stdout).toMatch(/exit code 127 .*: command not found/)
      expect(await place.nsup('why', 'fine')).toMatchObject({ exitCode: 0 })
      const json = JSON.parse((await place.nsup('why', 'web', '--json')).stdout) as { processes: { advice: { about: string }[] }[] }
      expect(json.processes[0]?.advice.map(({ about }) => about)).toContain('port-taken')
    } finally {
      server.close()
    }
  })
})

describe('The history', () => {
  it('knows what happened under the master before, and who did it', async () => {
    const place = newPlace('yaml', 'programs: { web: { command: sleep 600, startsecs: 0 }, other: { command: sleep 600, startsecs: 0 } }')
    const first = await place.master()
    await untilState(place, 'web', 'RUNNING')
    await place.nsup('signal', 'CONT', 'web')
    const { pid } = await place.one('web')
    process.kill(pid, 'SIGKILL')
    await untilProcess(place, 'web', 'its restart', (web) => web.state === 'RUNNING' && web.pid !== pid)
    expect((await place.nsup('history', 'web')).stdout).toContain('terminated by SIGKILL') // written by then, and not only seen
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    await place.master()
    await place.nsup('stop', 'web')
    const { stdout, exitCode } = await place.nsup('history', 'web')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(new RegExp(`web {2}signal {2}SIGCONT {2}pid ${String(pid)} {2}\\(cli .*\n(.*\n)*.*web {2}failure {2}pid ${String(pid)} {2}terminated by SIGKILL`))
    expect(stdout).toMatch(/web {2}stop {2}pid \d+ .*\(cli /)
    expect(stdout).not.toContain('other')
    expect(stdout).toMatch(/^web +\d+\.\d+% .* 1 +\S/m)
    const json = JSON.parse((await place.nsup('history', '--json')).stdout) as { entries: { type: string; reason?: string }[]; accounts: { process: string; failures: number }[] }
    expect(json.entries.filter(({ type, reason }) => type === 'master' && reason === 'running')).toHaveLength(2)
    expect(json.accounts.find((one) => one.process === 'web')).toMatchObject({ failures: 1 })
  })
})

describe('Health', () => {
  it('is what each worker says when it is asked; who says nothing sets the exit code', async () => {
    const place = newPlace('yaml', `
programs:
  worker: { command: "'${process.execPath}' '${join(root, 'examples', 'queue-worker.mjs')}'", startsecs: 0, stopwaitsecs: 1 }
  mute: { command: sleep 600, startsecs: 0 }
`)
    await place.master()
    await untilState(place, 'mute', 'RUNNING')
    const { pid } = await untilProcess(place, 'worker', 'its pid', (worker) => worker.pid > 0)
    // It can be asked as soon as it has set its handler: the master does not signal who has none.
    let asked = await place.nsup('health', 'worker', '--timeout', '5s')
    while (asked.exitCode !== 0) asked = await place.nsup('health', 'worker', '--timeout', '5s')
    expect(asked.stdout).toMatch(new RegExp(`^name .*\nworker +${String(pid)} +\\d+ +(yes|no)`))
    const all = await place.nsup('health', '--timeout', '200ms', '--json')
    expect(all.exitCode).toBe(3)
    expect(JSON.parse(all.stdout)).toMatchObject({ workers: [{ process: 'mute', answered: false }, { process: 'worker', pid, answered: true, program: 'worker' }] })
    expect((await place.one('mute')).state).toBe('RUNNING')
    expect(await get(place, `/api/v1/workers/${String(pid)}/status?fresh=1`)).toMatchObject({
      status: 200, json: { pid, program: 'worker', process: 'worker', processed_count: expect.any(Number) as number, is_processing: expect.any(Boolean) as boolean, uptime: expect.any(Number) as number },
    })
    expect((await get(place, `/api/v1/workers/${String(process.pid)}/status`)).status).toBe(404)
  })

  it('of the whole is told to load balancers', async () => {
    const place = newPlace('yaml', `
defaults: { startsecs: 0, directory: "%(here)s" }
programs:
  db: { command: sh gated.sh gate, ready: report }
  once: { command: "true", autorestart: false }
  idle: { command: sleep 600, autostart: false }
`)
    place.write('gated.sh', gated)
    await place.master()
    await untilState(place, 'once', 'EXITED')
    await untilState(place, 'db', 'STARTING')
    expect(await get(place, '/health')).toMatchObject({ status: 200 })
    expect(await get(place, '/ready')).toMatchObject({ status: 503, json: { not_ready: [{ process: 'db', state: 'STARTING' }] } })
    place.write('gate', '')
    await untilState(place, 'db', 'RUNNING')
    expect(await get(place, '/ready')).toEqual({ status: 200, json: { status: 'ready' } })
  })
})
