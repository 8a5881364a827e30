import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { coreDumped, findCore } from '../../../src/os/core-dump.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-core-'))
afterAll(() => rmSync(folder, { recursive: true }))
const startedAt = Date.UTC(2026, 0, 1)
const child = { pid: 4711, directory: folder, startedAt }

function core(name: string, at = startedAt + 1000): void {
  writeFileSync(join(folder, name), '')
  utimesSync(join(folder, name), at / 1000, at / 1000)
}

describe('findCore', () => {
  it('finds a core by the pid in its name', () => {
    core('a.core.4711')
    expect(findCore(join(folder, 'a.core.%p'), false, child)).toBe(true)
    expect(findCore('a.core.%p', false, child)).toBe(true)
    expect(findCore('a.core', true, child)).toBe(true)
    expect(findCore(`${folder}/%e.core.%p`, false, child)).toBe(true)
    expect(findCore(`${folder}/a.core.%p`, false, { ...child, pid: 471 })).toBe(false)
  })

  it('finds a core without a pid by its time', () => {
    core('b.core', startedAt - 1000)
    expect(findCore(`${folder}/b.core`, false, child)).toBe(false)
    core('b.core')
    expect(findCore(`${folder}/b.core`, false, child)).toBe(true)
  })

  it('does not know what it cannot see', () => {
    expect(findCore('c.core', false, child)).toBeNull()
    expect(findCore('/no/such/core', false, child)).toBeNull()
    expect(findCore(`${folder}/%u/core`, false, child)).toBeNull()
  })

  it('takes the letters of a pattern for themselves', () => {
    core('x+y%4711')
    expect(findCore(`${folder}/x+y%%%p`, false, child)).toBe(true)
    expect(findCore(`${folder}/x.y%%%p`, false, child)).toBe(false)
  })
})

describe('coreDumped', () => {
  it('is false for signals that dump none', () => {
    expect(coreDumped('SIGTERM', child)).toBe(false)
    expect(coreDumped('SIGKILL', child)).toBe(false)
  })
})
