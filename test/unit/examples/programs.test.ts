/** The shipped programs.yaml and the examples of the guides, read by the product's own reader. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import type { Loaded } from '../../../src/config/load.ts'

const root = join(import.meta.dirname, '../../..')
let home = ''

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'nsup-guide-'))
})

afterEach(() => {
  rmSync(home, { recursive: true })
})

const load = (file: string): Loaded => loadConfig(file, { env: { DATABASE_URL: 'x', NSUP_PASSWORD: 'y' }, logDir: home, cwd: home })

/** The first fenced block of that language in a guide, as a file in the home folder. */
function example(guide: string, language: string, name: string): string {
  const text = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readFileSync(join(root, guide), 'utf8'))?.[1]
  if (text === undefined) throw new Error(`${guide} shows no ${language}`)
  writeFileSync(join(home, name), text)
  return join(home, name)
}

it('has a shop without a problem, all in one group', () => {
  const { config, problems } = load(join(root, 'programs.yaml'))
  expect(problems).toEqual([])
  const processes = (config?.groups ?? []).flatMap((group) => group.processes.map((each) => `${group.name}:${each.name}`))
  expect(processes.sort()).toEqual(['shop:checkin_00', 'shop:checkin_01', 'shop:mailer', 'shop:user_operations', 'shop:web'])
})

it.each([
  ['README.md', 'yaml', 'programs.yaml'],
  ['README.md', 'ini', 'supervisord.conf'],
])('shows in %s %s that works', (guide, language, name) => {
  const { config, problems } = load(example(guide, language, name))
  expect(problems).toEqual([])
  expect(config?.groups.flatMap(({ processes }) => processes.map((each) => each.name))).toEqual(['checkin_00', 'checkin_01'])
  expect(config?.groups[0]?.processes[0]?.stopwait).toBe(30_000)
})

it('shows in the guide to YAML an example that works', () => {
  writeFileSync(join(home, '.env'), 'A=b\n')
  const file = example('docs/config-yaml.md', 'yaml', 'programs.yaml')
  // Which users there are is a matter of the machine.
  writeFileSync(file, readFileSync(file, 'utf8').replace('user: www-data', 'user: root'))
  const { config, problems } = load(file)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(config?.groups.map(({ name, priority }) => [name, priority])).toEqual([['shop', 10]])
})
