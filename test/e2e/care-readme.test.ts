/** The config in the README for readiness, health and dependencies does what the README says, on other ports. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import { root } from './root.ts'

async function freePort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return String(port)
}

it('the example of the README starts in order and is ready and well', async () => {
  const text = readFileSync(join(root, 'README.md'), 'utf8').split('## Ready, healthy, in order')[1]?.split('```')[1]?.replace(/^yaml\n/, '') ?? ''
  expect(text).toContain('depends_on')
  const place = newPlace('yaml', text.replaceAll('5432', await freePort()).replaceAll('8080', await freePort()))
  expect(await place.nsup('check')).toMatchObject({ exitCode: 0, stderr: '' })
  expect(await place.nsup('start', 'all', '--wait', '--timeout', '60s')).toMatchObject({ exitCode: 0 })
  expect((await place.processes()).map(({ name, state, ready }) => [name, state, ready])).toEqual([['db', 'RUNNING', true], ['migrate', 'EXITED', true], ['web', 'RUNNING', true]])
  expect(await place.nsup('wait', 'web', '--for', 'healthy', '--timeout', '30s')).toMatchObject({ exitCode: 0 })
  expect((await place.nsup('shutdown')).exitCode).toBe(0)
})
