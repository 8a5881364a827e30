import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LogFileSpec } from '../../../src/core/sinks.ts'
import { LogFile, openLogFile } from '../../../src/os/logfile.ts'
import type { WriteCall } from '../../../src/os/logfile.ts'
import { watcher } from './sink-watcher.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nsup-logfile-'))
  path = join(dir, 'out.log')
})
afterEach(() => { rmSync(dir, { recursive: true, force: true }) })

const specOf = (changes: Partial<LogFileSpec> = {}): LogFileSpec => ({ path, maxBytes: 0, backups: 0, compress: false, mode: 0o666, ...changes })
const text = (file = path): string => readFileSync(file, 'utf8')
const errno = (code: string): Error => Object.assign(new Error(code), { code })

describe('LogFile', () => {
  test('appends to what is there', () => {
    writeFileSync(path, 'old\n')
    const log = new LogFile(specOf(), watcher())
    log.write(Buffer.from('new\n'))
    log.close()
    expect(text()).toBe('old\nnew\n')
  })

  test('names the errno when the folder is missing', () => {
    expect(openLogFile(specOf({ path: join(dir, 'missing', 'x.log') }), watcher())).toEqual({ ok: false, code: 'ENOENT' })
  })

  test('makes a private file when asked to', () => {
    new LogFile(specOf({ mode: 0o600 }), watcher()).close()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('writes on when the kernel takes a chunk in pieces and is interrupted', () => {
    const turns: (number | string)[] = [2, 'EINTR', 1, 'EINTR', 100]
    const write: WriteCall = (fd, bytes, offset, length) => {
      const turn = turns.shift() ?? length
      if (typeof turn === 'string') throw errno(turn)
      return writeSync(fd, bytes, offset, Math.min(turn, length))
    }
    const log = new LogFile(specOf(), watcher(), write)
    log.write(Buffer.from('one\ntwo\n'))
    log.close()
    expect(text()).toBe('one\ntwo\n')
  })

  test('goes on in a removed file until it is reopened', () => {
    const log = new LogFile(specOf(), watcher())
    log.write(Buffer.from('lost\n'))
    rmSync(path)
    log.write(Buffer.from('lost too\n'))
    expect(existsSync(path)).toBe(false)
    log.reopen()
    log.write(Buffer.from('seen\n'))
    log.close()
    expect(text()).toBe('seen\n')
  })

  test('follows a file that was moved away only when it is reopened', () => {
    const log = new LogFile(specOf(), watcher())
    renameSync(path, `${path}.moved`)
    log.write(Buffer.from('a\n'))
    log.reopen()
    log.write(Buffer.from('b\n'))
    log.close()
    expect([text(`${path}.moved`), text()]).toEqual(['a\n', 'b\n'])
  })

  test('writes on into the old file when it cannot be reopened, and says so', () => {
    const told = watcher()
    const folder = join(dir, 'logs')
    const moved = join(dir, 'moved')
    path = join(dir, 'out.log')
    renameSync(mkdtempSync(join(dir, 'x')), folder)
    const log = new LogFile(specOf({ path: join(folder, 'out.log') }), told)
    renameSync(folder, moved)
    log.reopen()
    log.write(Buffer.from('on\n'))
    log.close()
    expect(text(join(moved, 'out.log'))).toBe('on\n')
    expect(told.said).toEqual([`problem: cannot reopen ${join(folder, 'out.log')}: ENOENT; the old file is written on`])
  })

  test('clear begins a new file and leaves backups', () => {
    const log = new LogFile(specOf({ maxBytes: 4, backups: 1 }), watcher())
    log.write(Buffer.from('aaaa'))
    log.write(Buffer.from('bb'))
    log.clear()
    expect(text()).toBe('')
    log.write(Buffer.from('c'))
    log.close()
    expect([text(), text(`${path}.1`)]).toEqual(['c', 'aaaa'])
  })

  test('never removes and never rotates a device', () => {
    const log = new LogFile(specOf({ path: '/dev/null', maxBytes: 1, backups: 3 }), watcher())
    log.write(Buffer.from('x'))
    log.clear()
    log.close()
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
    expect(existsSync('/dev/null.1')).toBe(false)
  })
})

describe('rotation', () => {
  test('comes after the write that reaches the limit, and never splits a write', () => {
    const log = new LogFile(specOf({ maxBytes: 10, backups: 2 }), watcher())
    for (const chunk of ['123456789', 'abcdefghij', 'x']) log.write(Buffer.from(chunk))
    log.close()
    expect([text(), text(`${path}.1`)]).toEqual(['x', '123456789abcdefghij'])
  })

  test('shifts backups and keeps as many as asked', () => {
    const log = new LogFile(specOf({ maxBytes: 1, backups: 3 }), watcher())
    for (const chunk of ['1', '2', '3', '4', '5']) log.write(Buffer.from(chunk))
    log.close()
    expect(readdirSync(dir).sort()).toEqual(['out.log', 'out.log.1', 'out.log.2', 'out.log.3'])
    expect([1, 2, 3].map((index) => text(`${path}.${String(index)}`))).toEqual(['5', '4', '3'])
    expect(text()).toBe('')
  })

  test('truncates in place without backups', () => {
    const log = new LogFile(specOf({ maxBytes: 3 }), watcher())
    const inode = statSync(path).ino
    for (const chunk of ['1234', 'ab']) log.write(Buffer.from(chunk))
    log.close()
    expect(text()).toBe('ab')
    expect(statSync(path).ino).toBe(inode)
  })

  test('counts what was in the file before', () => {
    writeFileSync(path, '12345678')
    const log = new LogFile(specOf({ maxBytes: 10, backups: 1 }), watcher())
    log.write(Buffer.from('90'))
    log.close()
    expect([text(), text(`${path}.1`)]).toEqual(['', '1234567890'])
  })

  test('begins a new file when somebody removed the old one', () => {
    const log = new LogFile(specOf({ maxBytes: 2, backups: 1 }), watcher())
    rmSync(path)
    log.write(Buffer.from('xx'))
    log.write(Buffer.from('y'))
    log.close()
    expect(text()).toBe('y')
  })

  test('leaves the file growing, and says so, when it cannot be renamed', () => {
    const told = watcher()
    const log = new LogFile(specOf({ maxBytes: 2, backups: 1 }), told)
    rmSync(`${path}.1`, { force: true })
    mkdtempSync(join(dir, 'out.log.1-'))
    renameSync(join(dir, readdirSync(dir).find((name) => name.startsWith('out.log.1-')) ?? ''), `${path}.1`)
    for (const chunk of ['ab', 'c', 'd']) log.write(Buffer.from(chunk))
    log.close()
    expect(text()).toBe('abcd')
    expect(told.said[0]).toMatch(/^problem: cannot rotate .*; it grows on$/)
    expect(told.said).toHaveLength(2)
  })

  test('loses and doubles no byte, whatever the chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 30 }), fc.integer({ min: 1, max: 60 }), (chunks, maxBytes) => {
        const file = join(mkdtempSync(join(dir, 'p-')), 'x.log')
        const log = new LogFile(specOf({ path: file, maxBytes, backups: 40 }), watcher())
        for (const chunk of chunks) log.write(Buffer.from(chunk))
        log.close()
        const backups = Array.from({ length: 40 }, (_, index) => `${file}.${String(40 - index)}`).filter((name) => existsSync(name))
        expect([...backups, file].map((name) => text(name)).join('')).toBe(chunks.join(''))
      }),
      { numRuns: 30 },
    )
  })
})

describe('compressed backups', () => {
  const unpacked = (index: number): string => gunzipSync(readFileSync(`${path}.${String(index)}.gz`)).toString()

  test('are packed in the background, in order also when rotations come faster than packing', async () => {
    const log = new LogFile(specOf({ maxBytes: 1, backups: 3, compress: true }), watcher())
    for (const chunk of ['1', '2', '3', '4', '5']) log.write(Buffer.from(chunk))
    await log.idle()
    log.close()
    expect(readdirSync(dir).sort()).toEqual(['out.log', 'out.log.1.gz', 'out.log.2.gz', 'out.log.3.gz'])
    expect([1, 2, 3].map(unpacked)).toEqual(['5', '4', '3'])
  })

  test('that are packed move along with later rotations', async () => {
    const log = new LogFile(specOf({ maxBytes: 1, backups: 2, compress: true }), watcher())
    for (const chunk of ['1', '2', '3']) {
      log.write(Buffer.from(chunk))
      await log.idle()
    }
    log.close()
    expect([1, 2].map(unpacked)).toEqual(['3', '2'])
    expect(existsSync(`${path}.3.gz`)).toBe(false)
  })

  test('stay whole after a crash between packing and removal: the packed one is kept', () => {
    writeFileSync(`${path}.1`, 'plain')
    writeFileSync(`${path}.1.gz`, 'packed')
    const log = new LogFile(specOf({ maxBytes: 1, backups: 3, compress: true }), watcher())
    log.write(Buffer.from('x'))
    log.close()
    expect(text(`${path}.2.gz`)).toBe('packed')
    expect(existsSync(`${path}.2`)).toBe(false)
  })
})

describe('a full disk', () => {
  /** A disk with so much room; throws once it is used up, as write(2) does. */
  const diskOf = (room: { bytes: number; code?: string }): WriteCall => (fd, bytes, offset, length) => {
    const fits = Math.min(length, room.bytes)
    if (fits === 0) throw errno(room.code ?? 'ENOSPC')
    room.bytes -= fits
    return writeSync(fd, bytes, offset, fits)
  }

  test.each(['ENOSPC', 'EDQUOT', 'EIO', 'EFBIG'])('drops with a counter, says so once, and goes on when there is room (%s)', (code) => {
    const room = { bytes: 4, code }
    const told = watcher()
    const log = new LogFile(specOf(), told, diskOf(room))
    for (const chunk of ['one\n', 'two\n', 'three\n']) log.write(Buffer.from(chunk))
    room.bytes = 100
    log.write(Buffer.from('four\n'))
    log.write(Buffer.from('five\n'))
    log.close()
    expect(text()).toBe('one\nfour\nfive\n')
    expect(told.said).toEqual([`dropping 4: ${code} on ${path}`, 'recovered 10'])
    expect(log.dropped).toBe(10)
  })

  test('never joins the halves of two lines and never doubles one', () => {
    const room = { bytes: 6 }
    const log = new LogFile(specOf(), watcher(), diskOf(room))
    log.write(Buffer.from('one\ntwo\nthr'))
    room.bytes = 100
    log.write(Buffer.from('ee\nfour\n'))
    log.close()
    expect(text()).toBe('one\ntw\nfour\n')
    expect(log.dropped).toBe('o\nthr'.length + 'ee\n'.length)
  })

  test('goes on with a stream that has no line ends', () => {
    const room = { bytes: 1 }
    const log = new LogFile(specOf(), watcher(), diskOf(room))
    log.write(Buffer.from('ab'))
    room.bytes = 1_000_000
    for (let turn = 0; turn < 10; turn++) log.write(Buffer.alloc(30_000, 'x'))
    log.close()
    expect(log.dropped).toBeLessThan(100_000)
    expect(statSync(path).size).toBeGreaterThan(200_000)
  })

  test('every line of the file is a line that was written, in order, at any rhythm of full and free', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 40 })), { maxLength: 40 }), (turns) => {
        const file = join(mkdtempSync(join(dir, 'p-')), 'x.log')
        const room = { bytes: 0 }
        const log = new LogFile(specOf({ path: file }), watcher(), diskOf(room))
        let sent = ''
        turns.forEach(([length, free], index) => {
          room.bytes = free
          const line = `${String(index).padStart(3, '0')}${'x'.repeat(length)}\n`
          sent += line
          log.write(Buffer.from(line))
        })
        log.close()
        const numbers = text(file).split('\n').filter((line) => line.length > 3).map((line) => Number(line.slice(0, 3)))
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
        for (const line of text(file).split('\n')) expect(sent.split('\n').some((whole) => whole.startsWith(line))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test.each(['/dev/full'].filter((device) => existsSync(device)))('is what the kernel says of %s', (device) => {
    const told = watcher()
    const log = new LogFile(specOf({ path: device }), told)
    log.write(Buffer.from('x\n'))
    log.write(Buffer.from('y\n'))
    log.close()
    expect(told.said).toEqual(['dropping 2: ENOSPC on /dev/full'])
    expect(log.dropped).toBe(4)
  })
})
