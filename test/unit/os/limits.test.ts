import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import { raised, raiseLimits } from '../../../src/os/limits.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-limits-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Each line: the limit that the kernel has afterwards. */
const roomProgram = `
import { readFileSync } from 'node:fs'
import { roomForProcesses } from '../../../src/os/open-files.ts'
const tell = () => console.log(/Max open files +(\\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1])
for (const noted of [undefined, '', 'unlimited', '-1', '2000']) roomForProcesses(noted, 5)(1)
tell()
const makeRoom = roomForProcesses('600', 5)
for (const count of [10, 100, 20, 5000]) { makeRoom(count); tell() }
roomForProcesses('600', 700)(3)
tell()
`

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

describe('roomForProcesses', () => {
  it('lowers the limit to what it was before Node, and raises it where more processes need more', () => {
    const bundle = join(folder, 'room.mjs')
    buildSync({ stdin: { contents: roomProgram, resolveDir: import.meta.dirname }, outfile: bundle, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' })
    const lines = execFileSync('sh', ['-c', 'ulimit -Sn 2000; ulimit -Hn 2000; exec "$0" "$1"', process.execPath, bundle], { encoding: 'utf8', cwd: '/' }).trim().split('\n')
    expect(lines).toEqual(['2000', '600', '1312', '1312', '2000', '700'])
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
import { parseLimit } from '../../../src/lib/limits.ts'
import { raiseLimits } from '../../../src/os/limits.ts'
execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=100:300'])
if (process.getuid() === 0) process.setuid(54321)
const show = () => console.log(JSON.stringify(parseLimit(readFileSync('/proc/self/limits', 'utf8'), 'Max open files')))
console.log(raiseLimits(200, 1))
show()
console.log(raiseLimits(5000, 1))
show()
`
