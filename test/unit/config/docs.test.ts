import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { starterConfig } from '../../../src/config/starter.ts'
import { tempFolder } from './harness.ts'

const folder = tempFolder()

it('shows configs of readiness and its like that hold', () => {
  const page = readFileSync(new URL('../../../docs/config-yaml.md', import.meta.url), 'utf8')
  const [, text = ''] = /## Ready, well[^]*?```yaml\n([^]*?)```/.exec(page) ?? []
  expect(folder.good('page.yaml', text, { env: { HOOK_TOKEN: 't' } }).problems.filter((problem) => !problem.includes("no user 'www-data'"))).toEqual([])
})

it('starts people with a config whose suggestions hold too', () => {
  const worker = starterConfig().replace(/^ {2}# {1,3}(?=worker:| [a-z_]+:)/gm, '  ').replace(/^ {3}(?= *[a-z_]+:)/gm, '    ').replace('env_file: .env', '')
  expect(worker).toContain('\n  worker:')
  const { config } = folder.good('starter.yaml', worker)
  expect(config.groups.map(({ name }) => name)).toEqual(['hello', 'worker'])
  expect(config.groups.flatMap(({ processes }) => processes).at(-1)?.care?.dependsOn).toEqual([{ on: 'hello', condition: 'ready', required: true }])
})
