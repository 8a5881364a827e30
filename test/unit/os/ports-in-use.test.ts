import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { portHolder } from '../../../src/os/ports-in-use.ts'

test('who listens on a port is found by pid and name where there is a /proc, and nobody once it is free', async () => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const holder = { port, pid: process.pid, name: expect.stringMatching(/./) as string }
  expect(await portHolder(port)).toEqual(process.platform === 'linux' ? holder : null)
  await new Promise(resolve => server.close(resolve))
  expect(await portHolder(port)).toBeNull()
})
