import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { parseLimit, raised, raiseLimits } from '../../../src/os/limits.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-limits-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('raised', () => {
  it('raises the soft limit up to the hard one', () => {
    expect(raised({ soft: 10, hard: 100 }, 50, false)).toEqual({ soft: 50, hard: 100 })
    expect(raised({ soft: 10, hard: Infinity }, 50, false)).toEqual({ soft: 50, hard: Infinity })
  })

  it('lowers nothing', () => {
    expect(raised({ soft: 60, hard: 100 }, 50, true)).toEqual({ soft: 60, hard: 100 })
    expect(raised({ soft: Infinity, hard: Infinity }, 50, false)).toEqual({ soft: Infinity, hard: Infinity })
  })

  it('raises the hard limit for root only', () => {
    expect(raised({ soft: 10, hard: 20 }, 50, true)).toEqual({ soft: 50, hard: 50 })
    expect(raised({ soft: 10, hard: 20 }, 50, false)).toBeNull()
  })
})

describe('parseLimit', () => {
  const text = 'Limit   Soft Limit  Hard Limit  Units\nMax processes             96365                unlimited            processes \n'
  it('reads a row', () => {
    expect(parseLimit(text, 'Max processes')).toEqual({ soft: 96_365, hard: Infinity })
    expect(parseLimit(text, 'Max open files')).toBeUndefined()
  })
})

describe('raiseLimits', () => {
  it('leaves limits alone that are high enough', () => {
    expect(raiseLimits(1, 1)).toBeNull()
  })

  it('raises the limits of its own process, or says what to do', () => {
    const bundle = join(folder, 'raise.mjs')
    buildSync({ stdin: { contents: program, resolveDir: import.meta.dirname }, outfile: bundle, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' })
    const lines = execFileSync(process.execPath, [bundle], { encoding: 'utf8', cwd: '/' }).trim().split('\n')
    expect(lines).toEqual([
      'null',
      '{"soft":200,"hard":300}',
      'minfds=5000 asks for 5000 file descriptors, but this environment allows only 300: raise its hard limit or lower minfds',
      '{"soft":200,"hard":300}',
    ])
  })
})

const program = `
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseLimit, raiseLimits } from '../../../src/os/limits.ts'
execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=100:300'])
if (process.getuid() === 0) process.setuid(54321)
const show = () => console.log(JSON.stringify(parseLimit(readFileSync('/proc/self/limits', 'utf8'), 'Max open files')))
console.log(raiseLimits(200, 1))
show()
console.log(raiseLimits(5000, 1))
show()
`
