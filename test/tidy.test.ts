/** Holds the house rules of ARCHITECTURE.md and CONTRIBUTING.md, and shows of each rule that it would notice. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deadExports } from './tidy/exports.ts'
import { anys, emptyCatches, exits, idleTests, mutedChecks, sleeps } from './tidy/habits.ts'
import { barrels, circles, emptyNames, packageProblems, sloppySpecifiers, wrongDirections } from './tidy/rooms.ts'
import { badHeads, longFiles, longFunctions, maxFileLines, maxFunctionLines } from './tidy/shape.ts'
import { parse, readSources, root } from './tidy/source.ts'
import type { Source } from './tidy/source.ts'

const product = readSources('src')
const tests = readSources('test')
const everything = [...product, ...tests]
const scripts = [...readSources('scripts', '.mjs'), ...readSources('bench', '.mjs')]

/** Absolute paths of the machine that this project is made on; written so that this file does not hold one. */
const foreignPath = new RegExp(`(^|[\\s'"\`=(:,>])/${'work'}/`)

const linesWith = (pattern: RegExp, path: string, text: string): string[] =>
  text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []))

function committedFiles(): string[] {
  return execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter((path) => path !== '')
}

/** Relative links of a guide whose target is not in the checkout. */
function deadLinks(path: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].flatMap(([, target]) => (target === undefined ? [] : [target]))
  const missing = targets.filter((target) => !target.includes(':') && !existsSync(join(root, dirname(path), target)))
  return missing.map((target) => `${path}: ${target} is not there`)
}

describe('the product', () => {
  it('has imports that go one way only', () => expect(wrongDirections(product)).toEqual([]))
  it('has no circle of imports', () => expect(circles(product)).toEqual([]))
  it('has no barrels', () => expect(barrels(product)).toEqual([]))
  it('has files whose names say what is in them', () => expect(emptyNames(product.map(({ path }) => path))).toEqual([]))
  it('has short files', () => expect(longFiles(product)).toEqual([]))
  it('has short functions', () => expect(longFunctions(product)).toEqual([]))
  it('says at the head of each file what it is responsible for', () => expect(badHeads(product)).toEqual([]))
  it('ends the process in its two mains only', () => expect(exits(product)).toEqual([]))
  it('exports nothing that nobody imports', () => expect(deadExports(product, [...everything, ...scripts])).toEqual([]))
})

describe('every file', () => {
  it('names modules in full', () => expect(sloppySpecifiers(everything)).toEqual([]))
  it('has no any', () => expect(anys(everything)).toEqual([]))
  it('swallows no error', () => expect(emptyCatches(everything)).toEqual([]))
  it('switches no check off', () => expect(mutedChecks(everything)).toEqual([]))
  it('holds no path of the machine it was made on', () => {
    const found = committedFiles().flatMap((path) => linesWith(foreignPath, path, readFileSync(join(root, path), 'utf8')))
    expect(found).toEqual([])
  })
})

describe('package.json', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>
  /** Run as commands, by the compiler or by tests alone, never imported by the product. */
  const tools = /^(@types\/|@vitest\/|eslint$|typescript|esbuild$|vitest$|fast-check$|fastify$|express$|hono$|@hono\/)/
  const bundled = Object.keys(manifest['devDependencies'] ?? {}).filter((name) => !tools.test(name))

  it('names exactly the packages that the product imports', () => {
    expect(packageProblems(product, [...Object.keys(manifest['dependencies'] ?? {}), ...Object.keys(manifest['optionalDependencies'] ?? {}), ...bundled])).toEqual([])
  })
})

describe('every guide', () => {
  const guides = committedFiles().filter((path) => path.endsWith('.md'))
  it('links to files that are there', () => {
    expect(guides).toContain('README.md')
    expect(guides.flatMap((path) => deadLinks(path, readFileSync(join(root, path), 'utf8')))).toEqual([])
  })
})

describe('every test', () => {
  it('runs', () => expect(idleTests(tests)).toEqual([]))
  it('waits for events, not for time', () => expect(sleeps(tests)).toEqual([]))
})

describe('the rules themselves', () => {
  const one = (path: string, text: string): Source[] => [parse(path, text)]
  const count = (rule: (sources: readonly Source[]) => string[], path: string, text: string): number => rule(one(path, text)).length

  it.each([
    ['src/core/a.ts', '../os/b.ts'],
    ['src/config/a.ts', '../os/b.ts'],
    ['src/cli/a.ts', '../daemon/b.ts'],
    ['src/http/a.ts', '../cli/b.ts'],
    ['src/daemon/loop.ts', '../os/b.ts'],
    ['src/daemon/loop.ts', '../../test/b.ts'],
    ['src/garage/a.ts', '../lib/b.ts'],
  ])('refuse that %s imports %s in any form', (path, target) => {
    for (const text of [`import { b } from '${target}'`, `import type { B } from '${target}'`, `export { b } from '${target}'`]) {
      expect(count(wrongDirections, path, text)).toBe(1)
    }
    expect(count(wrongDirections, path, `const b = await import('${target}')`)).toBe(1)
    expect(count(wrongDirections, path, `let b: import('${target}').B`)).toBe(1)
  })

  it('allow what goes down', () => {
    expect(count(wrongDirections, 'src/daemon/main.ts', "import { b } from '../os/b.ts'")).toBe(0)
    expect(count(wrongDirections, 'src/cli/a.ts', "import { b } from '../api/b.ts'")).toBe(0)
    expect(count(wrongDirections, 'src/core/a.ts', "import { b } from './b.ts'\nimport 'node:fs'")).toBe(0)
  })

  it('see a circle, also of types', () => {
    const [a, b] = [parse('src/lib/a.ts', "import type { B } from './b.ts'"), parse('src/lib/b.ts', "import { a } from './a.ts'")]
    expect(circles([a, b])).toEqual(['src/lib/a.ts -> src/lib/b.ts -> src/lib/a.ts'])
    expect(circles([a])).toEqual([])
  })

  it('see a barrel, and not a file that has something of its own', () => {
    expect(count(barrels, 'src/lib/a.ts', "export { b } from './b.ts'")).toBe(1)
    expect(count(barrels, 'src/lib/a.ts', "export * from './b.ts'\nexport const c = 1")).toBe(1)
    expect(count(barrels, 'src/lib/a.ts', "export { b } from './b.ts'\nexport const c = 1")).toBe(0)
  })

  it('see empty names and sloppy specifiers', () => {
    expect(emptyNames(['src/a/utils.ts', 'src/a/http-helpers.ts', 'src/a/index.ts', 'src/a/commonplace.ts'])).toHaveLength(3)
    expect(count(sloppySpecifiers, 'src/lib/a.ts', "import 'fs'\nimport './b'\nimport 'node:fs'\nimport './b.ts'")).toBe(2)
  })

  it('measure files and functions', () => {
    const body = (lines: number): string => `const f = () => {\n${'  f()\n'.repeat(lines - 2)}}`
    expect(count(longFunctions, 'src/lib/a.ts', body(maxFunctionLines))).toBe(0)
    expect(count(longFunctions, 'src/lib/a.ts', body(maxFunctionLines + 1))).toBe(1)
    expect(count(longFiles, 'src/lib/a.ts', 'f()\n'.repeat(maxFileLines))).toBe(0)
    expect(count(longFiles, 'src/lib/a.ts', 'f()\n'.repeat(maxFileLines + 1))).toBe(1)
  })

  it('want a head of one to six lines', () => {
    expect(count(badHeads, 'src/lib/a.ts', 'const a = 1')).toBe(1)
    expect(count(badHeads, 'src/lib/a.ts', '/** */\nconst a = 1')).toBe(1)
    expect(count(badHeads, 'src/lib/a.ts', `/**\n${' * words\n'.repeat(7)} */`)).toBe(1)
    expect(count(badHeads, 'src/core/fleet.ts', `/**\n${' * words\n'.repeat(7)} */`)).toBe(0)
    expect(count(badHeads, 'src/lib/a.ts', '// Does this.\n// Not that.\nconst a = 1')).toBe(0)
  })

  it('see exits, any, swallowed errors and muted checks', () => {
    expect(count(exits, 'src/daemon/loop.ts', 'process.exit(1)')).toBe(1)
    expect(count(exits, 'src/daemon/main.ts', 'process.exit(1)')).toBe(0)
    expect(count(anys, 'src/lib/a.ts', 'let a: any[]')).toBe(1)
    expect(count(emptyCatches, 'src/lib/a.ts', 'try { a() } catch { /* why */ }\na().catch(() => {})')).toBe(2)
    expect(count(emptyCatches, 'src/lib/a.ts', 'try { a() } catch { b() }\na().catch(() => b())')).toBe(0)
    expect(count(mutedChecks, 'src/lib/a.ts', `// @ts-${'ignore'}\n/* eslint-${'disable'} no-empty */`)).toBe(2)
  })

  it('see tests that do not run and tests that sleep', () => {
    const idle = ["it.skip('a')", "describe.only('b')", "test.todo('c')", "it.each([1]).skip('d')", "xit('e')", "it.skipIf(a)('f')"]
    for (const text of idle) expect(count(idleTests, 'test/a.test.ts', text)).toBe(1)
    expect(count(idleTests, 'test/a.test.ts', "it('a'); list.skip(1)")).toBe(0)
    for (const text of ['(resolve) => setTimeout(resolve, 9)', 'function (done) { setTimeout(() => done(), 9) }']) {
      expect(count(sleeps, 'test/a.test.ts', `await new Promise(${text})`)).toBe(1)
    }
    expect(count(sleeps, 'test/a.test.ts', "import { setTimeout } from 'node:timers/promises'")).toBe(1)
    expect(count(sleeps, 'test/a.test.ts', 'new Promise((resolve, reject) => setTimeout(reject, 9))')).toBe(0)
  })

  it('see dead exports, and spare types that a used export names', () => {
    const text = 'export interface Row { a: 1 }\nexport interface Lost { a: 1 }\nexport const f = (): Row => ({ a: 1 })\nconst g = 1\nexport { g }'
    const file = parse('src/lib/a.ts', text)
    const user = parse('src/core/b.ts', "import { f } from '../lib/a.ts'")
    expect(deadExports([file], [user])).toEqual([
      'src/lib/a.ts: Lost is exported, and nothing imports it',
      'src/lib/a.ts: g is exported, and nothing imports it',
    ])
    expect(deadExports([file], [parse('src/core/b.ts', "const a = await import('../lib/a.ts')")])).toEqual([])
  })

  it('see a package that is not used, and one that is not named', () => {
    const sources = one('src/lib/a.ts', "import 'node:fs'\nimport '@a/b/c'\nimport 'd/e'\nimport './f.ts'")
    expect(packageProblems(sources, ['@a/b', 'g'])).toEqual([
      'g is in package.json, and nothing imports it',
      'd is imported, and not in package.json',
    ])
  })

  it('see a link that leads nowhere', () => {
    const text = '[a](README.md) [b](docs/nowhere.md#top) [c](https://example.org/x)'
    expect(deadLinks('CHANGELOG.md', text)).toEqual(['CHANGELOG.md: docs/nowhere.md is not there'])
  })

  it('see a path of another machine, and not a folder of the same name inside a project', () => {
    const path = `/${'work'}/main`
    expect(linesWith(foreignPath, 'a', `cd ${path}\nx='${path}'`)).toHaveLength(2)
    expect(linesWith(foreignPath, 'a', `spool${path} and $SPOOL${path}`)).toEqual([])
  })
})
