/** What systemd itself says of the units that install-service writes. */
import { execa } from 'execa'
import { expect, it } from 'vitest'
import { unitText } from '../../src/cli/service/unit.ts'
import type { UnitInput } from '../../src/cli/service/unit.ts'
import { loadConfig } from '../../src/config/load.ts'
import { newPlace } from '../e2e/harness.ts'
import type { Place } from '../e2e/harness.ts'

const config = 'programs:\n  web: {command: cat, stopwaitsecs: 30s}\n'

async function verify(file: string, ...flags: readonly string[]): Promise<string> {
  const { all } = await execa('systemd-analyze', [...flags, 'verify', file], { all: true, env: { XDG_RUNTIME_DIR: '/tmp' } })
  return all
}

function unit(place: Place, more: Partial<UnitInput>): string {
  const { config: loaded } = loadConfig(place.config, { env: {}, cwd: place.dir, logDir: place.dir })
  if (loaded === null) throw new Error('the config of the test is wrong')
  const text = unitText({ config: loaded, node: process.execPath, nsupd: process.execPath, scope: 'system', environment: { NSUP_HOME: '/a b' }, ...more })
  return place.write('nsup-test.service', text, 0o644)
}

it('accepts the unit that is printed', async () => {
  const place = newPlace('yaml', config)
  const { stdout, exitCode } = await place.nsup('install-service', '--print')
  expect(exitCode).toBe(0)
  expect(await verify(place.write('nsup-test.service', stdout, 0o644))).not.toContain('nsup-test')
})

it('accepts a unit that runs as another user', async () => {
  expect(await verify(unit(newPlace('yaml', config), { user: { name: 'daemon', uid: 1 } }))).not.toContain('nsup-test')
})

it('accepts the unit of a user', async () => {
  expect(await verify(unit(newPlace('yaml', config), { scope: 'user' }), '--user')).not.toContain('nsup-test')
})

it('says what is wrong with a unit that it would not accept', async () => {
  const place = newPlace('yaml', config)
  const file = place.write('nsup-test.service', '[Service]\nTyp=simple\nExecStart=relative\n', 0o644)
  await expect(verify(file)).rejects.toThrow('nsup-test')
})
