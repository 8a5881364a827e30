/** Small files in folders: records, the pidfile, logs that are named by the master. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { GroupSpec } from '../../../src/core/spec.ts'
import { nameAutoLogs, removeAutoLogs } from '../../../src/os/auto-logs.ts'
import { removePidfile, writePidfile } from '../../../src/os/pidfile.ts'
import { listFolder, readRecord, removeAll, writeRecord } from '../../../src/os/records.ts'
import { specOf } from '../../sim/random-world.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nsup-folders-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

describe('A record', () => {
  it('is private, whole, and leaves nothing beside it', () => {
    const path = join(folder, 'status.json')
    expect(writeRecord(path, 'one')).toBeNull()
    expect(writeRecord(path, 'two')).toBeNull()
    expect(readRecord(path)).toBe('two')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['status.json'])
  })

  it('makes its folder anew when somebody has removed it', () => {
    expect(writeRecord(join(folder, 'p', 'a', 'status.json'), 'x')).toBeNull()
    expect(statSync(join(folder, 'p')).mode & 0o777).toBe(0o700)
  })

  it('that cannot be written is told by its errno name, and the old one stays', () => {
    const path = join(folder, 'status.json')
    writeRecord(path, 'old')
    mkdirSync(`${path}.new`)
    expect(writeRecord(path, 'new')).toBe('EISDIR')
    expect(readRecord(path)).toBe('old')
    writeFileSync(join(folder, 'file'), '')
    expect(writeRecord(join(folder, 'file', 'x'), 'new')).toBe('ENOTDIR')
  })

  it('that is not there is undefined, and so is a folder', () => {
    expect(readRecord(join(folder, 'none'))).toBeUndefined()
    expect(readRecord(folder)).toBeUndefined()
  })

  it('is found and removed with its folder', () => {
    for (const name of ['b', 'a']) writeRecord(join(folder, name, 'x'), '')
    expect(listFolder(folder)).toEqual(['a', 'b'])
    removeAll(join(folder, 'a'))
    removeAll(join(folder, 'a'))
    expect(listFolder(folder)).toEqual(['b'])
    expect(listFolder(join(folder, 'none'))).toEqual([])
  })
})

describe('The pidfile', () => {
  it('holds the pid and goes at the end', () => {
    const path = join(folder, 'nsupd.pid')
    expect(writePidfile(path)).toBeNull()
    expect(readFileSync(path, 'utf8')).toBe(`${String(process.pid)}\n`)
    removePidfile(path)
    expect(existsSync(path)).toBe(false)
    removePidfile(path)
  })

  it('is left alone when it is somebody else\'s by now', () => {
    const path = join(folder, 'nsupd.pid')
    writeFileSync(path, '1\n')
    removePidfile(path)
    expect(readFileSync(path, 'utf8')).toBe('1\n')
  })

  it('that cannot be written is told by its errno name', () => {
    expect(writePidfile(join(folder, 'none', 'nsupd.pid'))).toBe('ENOENT')
  })
})

describe('AUTO logs', () => {
  const settings = (nocleanup = false) => ({ folder, identifier: 'super', nocleanup })
  const auto = { ...specOf({}).stdout, auto: true }
  const groups = (change = {}): GroupSpec[] => [{ name: 'g', priority: 1, processes: [specOf({ group: 'g', name: 'web', stdout: auto, stderr: auto, ...change })] }]

  it('get a name and a private file of their own, where the config names none', () => {
    const [spec] = nameAutoLogs(groups(), [], settings())[0]?.processes ?? []
    expect(spec?.stdout.file).toMatch(/\/web-stdout---super-\w{12}\.log$/)
    expect(spec?.stderr.file).toMatch(/\/web-stderr---super-\w{12}\.log$/)
    expect(listFolder(folder)).toHaveLength(2)
    expect(statSync(spec?.stdout.file ?? '').mode & 0o777).toBe(0o600)
    const named = { ...auto, file: '/named' }
    const [other] = nameAutoLogs(groups({ stdout: named, redirectStderr: true }), [], settings())[0]?.processes ?? []
    expect(other?.stdout.file).toBe('/named')
    expect(other?.stderr.file).toBeNull()
    expect(listFolder(folder)).toHaveLength(2)
  })

  it('of a process that runs keep their names, and are not removed', () => {
    const running = nameAutoLogs(groups(), [], settings())
    expect(nameAutoLogs(groups(), running, settings())).toEqual(running)
    const file = running[0]?.processes[0]?.stdout.file ?? ''
    for (const backup of ['.1', '.2.gz']) writeFileSync(`${file}${backup}`, '')
    removeAutoLogs(running, settings())
    expect(listFolder(folder)).toHaveLength(4)
    removeAutoLogs([], settings())
    expect(listFolder(folder)).toEqual([])
  })

  it('of others, and files that only look like them, are left alone', () => {
    const strangers = ['web-stdout---other-abc.log', 'web.log', '---super-abc.log', 'web-stdout---super-abc.txt', 'web-stdout---super-a b.log']
    for (const name of strangers) writeFileSync(join(folder, name), '')
    removeAutoLogs([], settings())
    expect(listFolder(folder)).toEqual(strangers.sort())
  })

  it('are kept where the config says so, and a folder that is not there is no problem', () => {
    nameAutoLogs(groups(), [], settings())
    removeAutoLogs([], settings(true))
    expect(listFolder(folder)).toHaveLength(2)
    removeAutoLogs([], { ...settings(), folder: join(folder, 'none') })
    const [spec] = nameAutoLogs(groups(), [], { ...settings(), folder: join(folder, 'none') })[0]?.processes ?? []
    expect(spec?.stdout.file).toContain('/none/web-stdout---super-')
  })
})
