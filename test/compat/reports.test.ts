/** What needs more than a developer's machine has: a worker in PHP that reports, and systemd's own program as the client. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, it } from 'vitest'
import { whoIs } from '../../src/os/proc.ts'
import { newPlace } from '../e2e/harness.ts'
import { root } from '../e2e/root.ts'
import { untilFile, untilSaid, untilState } from '../e2e/waits.ts'

it('the queue worker in PHP reports ready, busy and its health, and one that does not know of nsup is not asked, nor sent on what the master gets', async () => {
  const place = newPlace('yaml', `
programs:
  worker:
    command: ${JSON.stringify(`php '${join(root, 'examples/queue_worker.php')}' orders`)}
    environment: { SPOOL: '%(here)s/spool' }
    ready: report
    startsecs: 0
    stdout_logfile: '%(here)s/worker.log'
  plain: { command: "php -r 'sleep(600);'" }
`)
  const folder = place.path('spool/orders/new')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'a'), `hold=${place.path('release')}\n`)
  const master = await place.master()
  const { pid } = await untilState(place, 'worker', 'RUNNING')
  await untilFile(place.path('worker.log'), 'Job taken')
  const { workers } = await place.client().call('health', { targets: ['worker'], timeout: 20_000 })
  expect(workers).toMatchObject([{ pid, answered: true, via: 'report', is_processing: true, processed_count: 0 }])
  expect(await place.one('worker')).toMatchObject({ job: 'a', report: { rubbish: 0 } })
  const plain = await untilState(place, 'plain', 'RUNNING')
  expect((await place.client().call('health', { targets: ['plain'], timeout: 20_000 })).workers).toMatchObject([{ pid: plain.pid, answered: false, no_answer: expect.stringContaining('would die of it') as string }])
  process.kill(master.pid, 'SIGUSR1')
  await untilSaid(master, /SIGUSR1 was not sent to who would die of it: plain \(PHP hides/)
  expect((await place.client().call('health', { targets: ['worker'], timeout: 20_000 })).workers).toMatchObject([{ pid, answered: true }])
  expect(await place.one('plain')).toMatchObject({ pid: plain.pid, state: 'RUNNING' })
})

it('systemd-notify makes a service ready, and returns when it has been heard', async () => {
  const place = newPlace('yaml', `
programs:
  service:
    command: sh -c 'systemd-notify --ready --status="Serving 3 guests" && echo heard; env > environment; exec sleep 600'
    ready: notify
    startsecs: 0
    directory: '%(here)s'
    stdout_logfile: '%(here)s/service.log'
`)
  const master = await place.master()
  const { pid } = await untilState(place, 'service', 'RUNNING')
  await untilFile(place.path('service.log'), 'heard')
  expect(await place.one('service')).toMatchObject({ ready: true, report: { status: 'Serving 3 guests' } })
  const environment = await untilFile(place.path('environment'), 'NOTIFY_SOCKET=')
  process.kill(master.pid, 'SIGKILL')
  await master.ended
  const second = await place.master()
  await untilSaid(second, 'adopted')
  const address = /^NOTIFY_SOCKET=(.+)$/m.exec(environment)?.[1] ?? ''
  await execa('systemd-notify', ['--status=To the next master'], { env: { NOTIFY_SOCKET: address } })
  expect(await place.one('service')).toMatchObject({ pid, report: { status: 'To the next master' } })
})

it('systemd-notify names the daemon that a launcher has made, and nsup follows it', async () => {
  const place = newPlace('yaml', `
programs:
  forks:
    command: sh -c 'setsid sleep 600 & systemd-notify --pid=$! --ready; echo "made $!"'
    ready: notify
    startsecs: 0
    stdout_logfile: '%(here)s/forks.log'
`)
  await place.master()
  const text = await untilFile(place.path('forks.log'), /^made \d+$/m)
  const pid = Number(/^made (\d+)$/m.exec(text)?.[1])
  expect(await untilState(place, 'forks', 'RUNNING')).toMatchObject({ pid, ready: true, incarnation: 1 })
  expect(await place.nsup('stop', 'forks')).toMatchObject({ stdout: 'forks: stopped\n' })
  expect(whoIs(pid)).toBeUndefined() // a zombie at most, if nobody reaps here
})
