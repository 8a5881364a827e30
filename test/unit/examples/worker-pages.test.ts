/** What the pages for workers without an SDK show: code stands in an example that the tests run, configs are read by the product. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import type { Loaded } from '../../../src/config/load.ts'

const root = join(import.meta.dirname, '../../..')
const folder = join(root, 'examples/workers')

/** The fenced blocks of a page in one language. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, 'docs/workers', page), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block)
}

function examplesIn(ending: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(ending)).map((name) => `\n${readFileSync(join(folder, name), 'utf8')}`)
}

function load(file: string): Loaded {
  const home = mkdtempSync(join(tmpdir(), 'nsup-pages-'))
  onTestFinished(() => { rmSync(home, { recursive: true }) })
  return loadConfig(file, { env: {}, logDir: home, cwd: home })
}

describe.each([['python.md', 'python', '.py'], ['php.md', 'php', '.php'], ['sh.md', 'sh', '.sh']])('the page %s', (page, language, ending) => {
  it('shows only code of the examples, to the letter', () => {
    const shown = blocks(page, language)
    const examples = examplesIn(ending)
    expect(shown.length).toBeGreaterThan(5)
    expect(shown.filter((block) => !examples.some((text) => text.includes(`\n${block}`)))).toEqual([])
  })

  it('shows configs without a problem', () => {
    const own = readFileSync(join(folder, 'programs.yaml'), 'utf8')
    const shown = blocks(page, 'yaml')
    expect(shown.length).toBeGreaterThan(0)
    for (const block of shown.filter((text) => !own.includes(text))) {
      const file = join(mkdtempSync(join(tmpdir(), 'nsup-page-')), 'programs.yaml')
      onTestFinished(() => { rmSync(join(file, '..'), { recursive: true }) })
      writeFileSync(file, block)
      expect(load(file).problems).toEqual([])
    }
  })
})

it('runs the examples of all languages by one config without a problem', () => {
  const { config, problems } = load(join(folder, 'programs.yaml'))
  expect(problems).toEqual([])
  expect(config?.groups.map(({ name }) => name).sort()).toEqual(['php', 'python', 'sh', 'tidy-php', 'tidy-python', 'tidy-sh'])
})
