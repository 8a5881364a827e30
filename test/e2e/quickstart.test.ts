/** The first minutes: an empty folder, `nsup init`, `nsup start all`; and the shop that comes with nsup. */
import { cpSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { newPlace } from './harness.ts'
import { root } from './root.ts'

it('writes a starter config, starts a master on it, and shows one line for each process', async () => {
  const place = newPlace('yaml', '')
  expect((await place.run('nsup', ['init'])).exitCode).toBe(1)
  expect(place.read('programs.yaml')).toBe('')
  expect(await place.run('nsup', ['init', '--force'])).toMatchObject({ exitCode: 0 })
  expect(place.read('programs.yaml')).toMatch(/^# yaml-language-server: \$schema=/)
  expect(await place.run('nsup', ['check'])).toMatchObject({ exitCode: 0 })
  const started = await place.run('nsup', ['start', 'all'])
  expect(started).toMatchObject({ exitCode: 0, stderr: '' })
  expect(started.stdout).toMatch(/^([\w:]+: started\n)+$/)
  const status = await place.run('nsup', ['status'])
  expect(status.exitCode).toBe(0)
  expect(status.stdout.trim().split('\n')).toHaveLength(started.stdout.trim().split('\n').length)
  expect(status.stdout).toMatch(/^(\S+ +RUNNING {3}pid \d+, uptime 0:00:\d\d\n)+$/)
  expect(await place.run('nsup', ['shutdown'])).toMatchObject({ exitCode: 0, stdout: 'Shut down\n' })
  expect(place.left()).toEqual([])
})

it('runs the shop of the checkout with one command', async () => {
  const place = newPlace('yaml', '')
  cpSync(join(root, 'programs.yaml'), place.config)
  cpSync(join(root, 'examples'), place.path('examples'), { recursive: true })
  const started = await place.run('nsup', ['start', 'all'], { env: { PORT: String(await freePort()) } })
  expect(started).toMatchObject({ exitCode: 0, stderr: '' })
  const shop = ['checkin_00', 'checkin_01', 'mailer', 'user_operations', 'web'].map((name) => `shop:${name}`)
  expect(started.stdout.trim().split('\n').sort()).toEqual(shop.map((name) => `${name}: started`))
  const { stdout } = await place.nsup('status')
  expect(stdout.trim().split('\n').map((line) => line.split(/ +/).slice(0, 2))).toEqual(shop.map((name) => [name, 'RUNNING']))
  expect(await place.nsup('shutdown')).toMatchObject({ exitCode: 0 })
  expect(place.left()).toEqual([])
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
