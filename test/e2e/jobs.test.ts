/** Jobs in the built program: intervals, schedules, oneshots, triggers, and what a master that is killed leaves to the next. */
import { describe, expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import { events, untilProcess, untilState } from './waits.ts'

describe('jobs', () => {
  it('run again and again, show when they run next, and go on under the next master', async () => {
    const place = newPlace('yaml', `
programs:
  often: { command: "true", interval: 300ms }
  seldom: { command: "sh -c 'exit 3'", schedule: "0 0 29 2 *", timezone: Asia/Tokyo, retries: 0 }
  rare: { command: "true", interval: 1h }
`)
    const first = await place.master()
    await untilProcess(place, 'often', 'run twice', ({ task }) => (task?.runs.filter(({ cause, result }) => cause === 'interval' && result === 'ok').length ?? 0) >= 2)
    const rare = await untilState(place, 'rare', 'EXITED')
    expect(rare).toMatchObject({ resting: true, restarts: 0, want: 'up', task: { runs: [{ cause: 'start', result: 'ok', how: 'exit status 0' }] } })
    expect(rare.next_run - rare.stopped_at).toBeGreaterThan(3_590_000)
    const status = await place.nsup('status', 'rare', 'seldom')
    expect(status.stdout).toMatch(/^rare +EXITED +next run in (60 min|59 min|1 h)\nseldom +STOPPED +next run in \d+ days.*\n$/)
    process.kill(first.pid, 'SIGKILL')
    await first.ended
    await place.master()
    const again = await place.one('rare')
    expect(again).toMatchObject({ incarnation: rare.incarnation, state: 'EXITED', resting: true })
    expect(Math.abs(again.next_run - rare.next_run)).toBeLessThan(5000)
    expect((await place.nsup('describe', 'rare')).stdout).toMatch(/next run .*\n[^]*job +every 3600 s after its end[^]*last runs, newest first\n.* ok {2}exit status 0 after .*, start\n/)
  })

  it('are triggered, wait in line, and tell the exit code of the run', async () => {
    const place = newPlace('yaml', `
programs:
  backup: { command: "sh -c 'read line; exit $line'", type: oneshot, autostart: false, overlap: queue }
  web: { command: cat, startsecs: 0 }
`)
    await place.master()
    expect(await place.nsup('trigger', 'backup')).toMatchObject({ stdout: 'backup: triggered\n', exitCode: 0 })
    const stream = await events(place)
    const waiting = place.nsup('trigger', '--wait', 'backup')
    await stream.until('that one waits', ({ type, what }) => type === 'process.run' && what === 'queued')
    const full = await place.nsup('trigger', 'backup')
    expect([full.exitCode, full.stdout, full.stderr]).toEqual([1, 'backup: ERROR (process/group still running)\n', 'backup: a run goes on, and another one waits already\n'])
    const client = place.client()
    await client.call('stdin', { target: 'backup', text: '0\n' })
    await stream.until('the second run', ({ type, name, to, serial }) => type === 'process.state' && name === 'backup' && to === 'RUNNING' && stream.seen.some((one) => one.type === 'process.run' && one['result'] === 'ok' && one.serial < serial))
    await client.call('stdin', { target: 'backup', text: '5\n' })
    expect(await waiting).toMatchObject({ exitCode: 5, stdout: 'backup: ERROR (abnormal termination)\n', stderr: 'backup: exit status 5, not expected\n' })
    expect(await place.one('backup')).toMatchObject({ state: 'EXITED', want: 'down', resting: false })
    expect((await place.nsup('why', 'backup')).stdout).toContain('its last run has failed: it ended with code 5')
    const service = await place.nsup('trigger', 'web')
    expect([service.exitCode, service.stdout]).toEqual([1, 'web: ERROR (not a job)\n'])
    expect(service.stderr).toContain('it is a service, and goes on: use nsup restart web; type: oneshot makes a job of it')
    stream.close()
  })
})
