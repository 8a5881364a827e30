import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatProblem, sortProblems } from '../../../src/config/check.ts'
import { changesRestart, sameSpec } from '../../../src/config/changes.ts'
import { configJsonSchema } from '../../../src/config/json-schema.ts'
import { optionsPage } from '../../../src/config/options-page.ts'
import { schema } from '../../../src/config/schema.ts'
import type { Problem } from '../../../src/config/config.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { careTexts } from './care-options.ts'
import { processOf, tempFolder } from './harness.ts'

const folder = tempFolder()
const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const again = 'run npm run generate'

describe('what is generated from the rows', () => {
  it('is committed as it is generated', () => {
    expect(JSON.parse(read('schema/programs.schema.json')), again).toEqual(configJsonSchema())
    expect(read('docs/options.md') === optionsPage(), again).toBe(true)
  })

  it('documents every option once, with a sentence', () => {
    for (const { kind, rows } of schema) {
      for (const [key, row] of Object.entries(rows)) {
        expect(row.doc, `${kind}.${key}`).toMatch(/^.+\.$/)
        expect(optionsPage()).toContain(`| \`${key}\``)
        expect(row.type.meta()?.accepts, `${kind}.${key}`).toBeTypeOf('string')
      }
    }
  })
})

describe('the rows of a program', () => {
  it('fill every field of a process that a config can say', () => {
    const asked = Object.entries({ ...careTexts, notify: 'true', tables: 't', depends_on: 'y', depends_restart: 'true' }).map(([key, text]) => `${key}=${text}\n`).join('')
    const spec = processOf(folder.good('a.conf', `[supervisord]\n[table:t]\ncolumns=value:int\n[program:y]\ncommand=cat\n[program:x]\ncommand=cat\nnumprocs_start=1\n${asked}`).config, 'x:x')
    const leaves = Object.entries(spec).flatMap(([key, value]) => {
      return key === 'stdout' || key === 'stderr' || key === 'care' ? Object.keys(value as object).map((leaf) => `${key}.${leaf}`) : [key]
    })
    const rows = schema.find(({ kind }) => kind === 'program')?.rows ?? {}
    const filled = Object.values(rows).flatMap((row) => row.spec ?? [])
    expect([...new Set([...filled, 'group', 'program'])].sort()).toEqual([...new Set(leaves)].sort())
  })
})

describe('comparing specs', () => {
  const load = (name: string, options: string): ProcessSpec => {
    return processOf(folder.good(name, `[supervisord]\n[table:t]\ncolumns=value:int\n[program:x]\ncommand=cat\n${options}`).config, 'x:x')
  }
  const plain = load('p1.conf', '')

  it('tells what needs a restart from what does not', () => {
    expect(changesRestart(plain, load('p2.conf', ''))).toBe(false)
    const policy = load('p3.conf', 'priority=3\nstopwaitsecs=99\nautorestart=true\n')
    expect([changesRestart(plain, policy), sameSpec(plain, policy)]).toEqual([false, false])
    for (const option of ['environment=A=1', 'directory=/', 'umask=077', 'redirect_stderr=true', 'user=root', 'command=cat b']) {
      expect(changesRestart(plain, load('p4.conf', option)), option).toBe(true)
    }
  })

  it('restarts for what of the care is given to the process at its spawn, and applies the rest', () => {
    for (const [key, text] of Object.entries(careTexts)) {
      if (['report', 'tables', 'notify', 'depends_on', 'depends_restart', 'ready_timeout', 'on_unhealthy', 'on_unhealthy_hook', 'memory_action', 'watch_ignore', 'watch_delay', 'interval', 'timezone', 'overlap', 'catch_up', 'spread', 'run_timeout', 'retries'].includes(key)) continue
      const before = load('c1.conf', 'report=true\n')
      const after = load('c2.conf', `report=true\n${key}=${text}\n`)
      const restarts = ['messages', 'limits', 'nice', 'ionice', 'oom_score_adj', 'cpu_affinity', 'cgroup'].includes(key)
      expect([changesRestart(before, after), sameSpec(before, after)], key).toEqual([restarts, false])
    }
    for (const option of ['report=true', 'messages=true', 'tables=t', 'notify=true', 'ready=report', 'watchdog=30s', 'ready=notification_fd 3']) {
      expect(changesRestart(plain, load('c3.conf', option)), option).toBe(true)
    }
    const [job, other] = [load('c9.conf', 'schedule=@daily'), load('c10.conf', 'schedule=@daily\ntimezone=UTC\nretries=1')]
    expect([changesRestart(job, other), sameSpec(job, other), changesRestart(plain, job), sameSpec(job, load('c9.conf', 'schedule=@daily'))]).toEqual([false, false, false, true])
    const [three, four] = [load('c4.conf', 'ready=notification_fd 3'), load('c5.conf', 'ready=notification_fd 4')]
    expect([changesRestart(three, four), changesRestart(three, load('c6.conf', 'ready=notification_fd 3\nready_timeout=5'))]).toEqual([true, false])
    expect(changesRestart(load('c7.conf', 'ready=tcp://a:1'), load('c8.conf', 'ready=log up'))).toBe(false)
  })

  it('takes a new AUTO for any log in use, but not the other way', () => {
    const file = load('p5.conf', 'stdout_logfile=/tmp/x.log')
    expect([changesRestart(file, plain), sameSpec(file, plain)]).toEqual([false, true])
    expect([changesRestart(plain, file), sameSpec(plain, file)]).toEqual([true, false])
    expect(sameSpec({ ...plain, stdout: { ...plain.stdout, file: '/tmp/named-by-the-master' } }, plain)).toBe(true)
    expect(sameSpec(load('p6.conf', 'stdout_logfile=NONE'), plain)).toBe(false)
  })

  it('sees the content, whatever the order of its keys', () => {
    const reversed = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).reverse()) as T
    const before = { ...plain, environment: { A: '1', B: '2' } }
    expect(sameSpec(reversed({ ...before, environment: reversed(before.environment) }), before)).toBe(true)
    expect(sameSpec({ ...before, environment: { A: '1', B: '3' } }, before)).toBe(false)
  })
})

describe('problems as text', () => {
  const at = (file: string, line: number, severity: Problem['severity'] = 'error'): Problem => ({ severity, file, line, column: 1, message: `${file}${line}` })

  it('are one line each, control characters left out', () => {
    expect(formatProblem({ ...at('f', 2), message: 'a\nb\u001b[31m', hint: 'do' })).toBe('f:2:1: error: a b [31m; do')
    expect(formatProblem(at('f', 3, 'warning'))).toBe('f:3:1: warning: f3')
  })

  it('are sorted by file, place and weight', () => {
    const sorted = sortProblems([at('main', 9), at('inc', 1), at('main', 2, 'warning'), at('main', 2)])
    expect(sorted.map(({ file, line, severity }) => `${file}${line}${severity}`)).toEqual(['main2error', 'main2warning', 'main9error', 'inc1error'])
  })
})
