/** Values of environment= and passwords are nowhere to be read: not in outputs, answers, events, logs or other people's reach. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import { events, untilState } from './waits.ts'

const secret = 'tUnA-9417-sandwich'

it.each(['yaml', 'ini'] as const)('a secret of a %s config is never shown', async (format) => {
  const ini = `[unix_http_server]\nfile=%(here)s/own.sock\nusername=ops\npassword=${secret}\n[supervisord]\nloglevel=blather\nenvironment=A="${secret}"\n[program:one]\ncommand=sleep 600\nstartsecs=0\nenvironment=B="${secret}"\n`
  const yaml = `
unix_http_server: { file: '%(here)s/own.sock', username: ops, password: ${secret} }
supervisord: { loglevel: blather, environment: { A: ${secret} } }
programs: { one: { command: sleep 600, startsecs: 0, environment: { B: '${secret}' } } }
`
  const place = newPlace(format, format === 'ini' ? ini : yaml)
  const master = await place.master()
  await untilState(place, 'one', 'RUNNING')
  const stream = await events(place)
  const outputs: string[] = []
  const commands = [
    ['status'], ['status', '--json'], ['describe', 'one'], ['describe', 'one', '--json'], ['check'], ['check', '--json'], ['reread'], ['avail', '--json'],
    ['restart', 'one'], ['update'], ['maintail', '-n', '1000'], ['-s', `unix://${place.path('own.sock')}`, '-u', 'ops', '-p', 'wrong', 'status'],
  ]
  for (const args of commands) {
    const { stdout, stderr } = await place.nsup(...args)
    outputs.push(stdout, stderr)
  }
  // a mistake right beside the secret
  place.write(place.config, place.read(place.config).replace('command', 'comand'))
  for (const args of [['check'], ['check', '--json'], ['reread'], ['update', '--json']]) {
    const { stdout, stderr } = await place.nsup(...args)
    outputs.push(stdout, stderr)
  }
  expect(outputs.join('')).toContain('B')
  for (const text of [...outputs, JSON.stringify(stream.seen), master.said()]) expect(text).not.toContain(secret)
  stream.close()
  const home = place.path('home')
  for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
    const path = join(home, name)
    const found = statSync(path)
    if (found.isDirectory() || found.isSocket()) expect([name, found.mode & 0o077]).toEqual([name, 0])
    if (!found.isFile()) continue
    // what the master keeps for the next one is its owner's alone; logs are for people
    if (readFileSync(path, 'utf8').includes(secret)) expect([name, found.mode & 0o077, name.startsWith('log')]).toEqual([name, 0, false])
  }
})
