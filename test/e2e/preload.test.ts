/** nsup/preload: programs that know nothing of nsup are ready, alive, and told to shut down as PM2 tells them. */
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { start } from '../unit/examples/child.ts'
import type { Child } from '../unit/examples/child.ts'
import { newPlace } from './harness.ts'
import { root } from './root.ts'
import { untilFile, untilProcess, untilState } from './waits.ts'

const program = (how: string): string[] => [process.execPath, '--import', join(root, 'dist/preload.cjs'), join(root, 'test/fixtures/pm2-program.mjs'), how]

function run(how: string): Child {
  const child = start(program(how), {})
  onTestFinished(async () => {
    child.signal('SIGKILL')
    await child.ended
  })
  return child
}

it('gives a program without a master the words of PM2, and changes nothing else', async () => {
  const [message, plain] = [run('message'), run('plain')]
  await message.next('up')
  message.signal('SIGINT')
  expect(await message.next('heard')).toMatchObject({ text: 'shutdown' })
  expect(await message.ended).toMatchObject({ code: 0 })
  expect(await plain.next('up')).toMatchObject({ handlers: 0, send: 'function' })
  plain.signal('SIGTERM')
  expect(await plain.ended).toMatchObject({ code: null, signal: 'SIGTERM' })
})

it('makes a program ready that listens, or says so, and shows that it lives', async () => {
  const place = newPlace('yaml', `
defaults: { ready: report, startsecs: 0, stdout_logfile: '%(here)s/%(program_name)s.log', health: report max_age=2s interval=1s }
programs:
  listens: { command: ${JSON.stringify(program('listen'))} }
  sends: { command: ${JSON.stringify(program('send'))} }
  silent: { command: ${JSON.stringify(program('plain'))}, ready_timeout: 10m }
  hangs: { command: ${JSON.stringify(program('hang'))}, ready: '', health: '', watchdog: 1s }
`)
  await place.master()
  const { pid } = await untilState(place, 'listens', 'RUNNING')
  expect(await place.one('listens')).toMatchObject({ pid, ready: true, report: { rubbish: 0 } })
  // Not by its inspector, which Node opens on this signal.
  const { workers } = await place.client().call('health', { targets: ['listens'], timeout: 20_000 })
  expect(workers).toMatchObject([{ answered: true, via: 'report', health: { uptime: expect.any(Number) as number, rss: expect.any(Number) as number } }])
  await untilState(place, 'sends', 'RUNNING')
  // A thread that turns is no sign of life of the one that hangs.
  await untilProcess(place, 'hangs', 'ended by its watchdog', ({ reason }) => reason.includes('watchdog'))
  await untilFile(place.path('sends.log'), '"took":true')
  await untilFile(place.path('silent.log'), 'up')
  expect(await place.one('silent')).toMatchObject({ state: 'STARTING', ready: false })
  await place.client().call('stop', { targets: ['sends'], wait: true })
  expect(place.read('sends.log')).toContain('"text":"shutdown"')
  expect((await place.one('sends')).exits).toMatchObject([{ code: 0 }])
  // It speaks again though nothing happens.
  const before = (await place.one('listens')).report?.at ?? 0
  while (((await place.one('listens')).report?.at ?? 0) <= before) await place.client().call('info', {})
})
