/** An instance without a config file: who finds it, and when a missing file is a mistake again. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findConfig } from '../../../src/config/find.ts'
import { instanceOf } from '../../../src/config/instance.ts'
import { beginWithoutConfig, isWithoutConfig, settleMark } from '../../../src/config/without-config.ts'

const before = process.cwd()
let dir: string
let env: NodeJS.ProcessEnv
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'nsup-without-')))
  env = { NSUP_HOME: join(dir, 'home') }
  mkdirSync(join(dir, 'project'))
  process.chdir(join(dir, 'project'))
})
afterEach(() => {
  process.chdir(before)
  rmSync(dir, { recursive: true, force: true })
})

it('is found in its folder once it is begun, before any config of the machine, and not elsewhere', () => {
  const config = join(dir, 'project', 'programs.yaml')
  expect(findConfig(undefined, env)).not.toBe(config)
  expect(beginWithoutConfig(env)).toBe(config)
  expect(findConfig(undefined, env)).toBe(config)
  expect(statSync(join(instanceOf(config, env).stateDir, 'without-config')).mode & 0o777).toBe(0o600)
  process.chdir(dir)
  expect(findConfig(undefined, env)).not.toBe(join(dir, 'programs.yaml'))
})

it('is no longer without a config when there was one, even if that is gone again', () => {
  const config = beginWithoutConfig(env)
  const instance = instanceOf(config, env)
  settleMark(instance)
  expect(isWithoutConfig(instance)).toBe(true)
  writeFileSync(config, '')
  expect(isWithoutConfig(instance)).toBe(false)
  settleMark(instance)
  rmSync(config)
  expect(isWithoutConfig(instance)).toBe(false)
})

it('is the same instance before its config is there and after, by whatever path it is named', () => {
  symlinkSync(join(dir, 'project'), join(dir, 'link'))
  const early = instanceOf(join(dir, 'link', 'programs.yaml'), env)
  writeFileSync(join(dir, 'project', 'programs.yaml'), '')
  expect(instanceOf(join(dir, 'link', 'programs.yaml'), env)).toEqual(early)
  expect(early.configFile).toBe(join(dir, 'project', 'programs.yaml'))
})
