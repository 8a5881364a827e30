/** Loads configs from a temp folder of the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { formatProblem } from '../../../src/config/check.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { Config } from '../../../src/config/config.ts'
import type { LoadOptions } from '../../../src/config/load.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'

export interface Folder {
  readonly path: string
  write(name: string, content: string | Buffer): string
  load(name: string, options?: Partial<LoadOptions>): { config: Config | null; problems: string[] }
  /** Loads text as a file and expects no error. */
  good(name: string, content: string, options?: Partial<LoadOptions>): { config: Config; problems: string[] }
  /** Loads text as a file and returns what is wrong, without the folder. */
  bad(name: string, content: string, options?: Partial<LoadOptions>): string[]
}

/** A folder that is removed after the tests of the file. */
export function tempFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'nsup-config-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  const folder: Folder = {
    path,
    write(name, content) {
      const file = join(path, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
      return file
    },
    load(name, options) {
      const { config, problems } = loadConfig(name, { env: { HOME: path, GREETING: 'hello' }, logDir: join(path, 'logs'), cwd: path, ...options })
      return { config, problems: problems.map((problem) => formatProblem(problem).replaceAll(`${path}/`, '')) }
    },
    good(name, content, options) {
      folder.write(name, content)
      const { config, problems } = folder.load(name, options)
      if (config === null) throw new Error(`not loaded:\n${problems.join('\n')}`)
      return { config, problems }
    },
    bad(name, content, options) {
      folder.write(name, content)
      const { config, problems } = folder.load(name, options)
      if (config !== null) throw new Error('loaded, though it should not be')
      return problems
    },
  }
  return folder
}

/** All processes of a config by `group:name`. */
export function processesOf(config: Config): Record<string, ProcessSpec> {
  return Object.fromEntries(config.groups.flatMap((group) => group.processes.map((spec) => [`${spec.group}:${spec.name}`, spec])))
}

/** The process of that name; fails where there is none. */
export function processOf(config: Config, name: string): ProcessSpec {
  const spec = processesOf(config)[name]
  if (spec === undefined) throw new Error(`no process ${name} among ${Object.keys(processesOf(config)).join(', ')}`)
  return spec
}
