import { closeSync, fstatSync, lstatSync, mkdirSync, mkdtempSync, readSync, rmSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { chownFifo, makeFifos, openDeleted, openReader, openWriter } from '../../../src/os/fifo.ts'

const folder = mkdtempSync(join(tmpdir(), 'nsup-fifo-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

function read(fd: number): string {
  const buffer = Buffer.alloc(100)
  return buffer.toString('utf8', 0, readSync(fd, buffer))
}

describe('makeFifos', () => {
  it('makes many at once with the mode that was asked for, whatever the umask', () => {
    const before = process.umask(0o777)
    try {
      expect(makeFifos([at('a'), at('-b c')])).toEqual({ ok: true })
    } finally {
      process.umask(before)
    }
    for (const name of ['a', '-b c']) {
      const stat = lstatSync(at(name))
      expect(stat.isFIFO()).toBe(true)
      expect(stat.mode & 0o777).toBe(0o600)
    }
  })

  it('makes more than one command line can hold', () => {
    const deep = join(folder, 'd'.repeat(200))
    mkdirSync(deep)
    const paths = Array.from({ length: 3000 }, (_none, index) => join(deep, `${index}-${'x'.repeat(200)}`))
    expect(makeFifos(paths)).toEqual({ ok: true })
    expect(paths.every((path) => lstatSync(path).isFIFO())).toBe(true)
  })

  it('keeps one that is there, with what waits in it', () => {
    expect(makeFifos([at('kept')])).toEqual({ ok: true })
    const [reader, writer] = [openReader(at('kept')), openWriter(at('kept'))]
    writeSync(writer, 'waits')
    const { ino } = lstatSync(at('kept'))
    expect(makeFifos([at('kept')])).toEqual({ ok: true })
    expect(lstatSync(at('kept')).ino).toBe(ino)
    expect(read(reader)).toBe('waits')
    for (const fd of [reader, writer]) closeSync(fd)
  })

  it('replaces an own plain file, and nothing else', () => {
    writeFileSync(at('file'), 'x')
    expect(makeFifos([at('file')])).toEqual({ ok: true })
    expect(lstatSync(at('file')).isFIFO()).toBe(true)
    mkdirSync(at('dir'))
    symlinkSync(at('file'), at('link'))
    for (const name of ['dir', 'link']) {
      expect(makeFifos([at(name)])).toEqual({ ok: false, reason: `${at(name)} is in the way of a FIFO, and no plain file: remove it` })
    }
  })

  it('says why it cannot', () => {
    const answer = makeFifos([at('none/fifo')])
    expect(answer).toMatchObject({ ok: false, reason: expect.stringMatching(/^cannot make a FIFO: .*No such file/) as string })
    expect(makeFifos([at('file/fifo')])).toMatchObject({ ok: false, reason: `cannot look at ${at('file/fifo')}: ENOTDIR` })
  })
})

describe('the ends', () => {
  it('reads without waiting and writes without a reader', () => {
    makeFifos([at('ends')])
    const writer = openWriter(at('ends'))
    const reader = openReader(at('ends'))
    expect(() => read(reader)).toThrow('EAGAIN')
    writeSync(writer, 'one')
    closeSync(reader)
    writeSync(writer, 'two')
    const again = openReader(at('ends'))
    expect(read(again)).toBe('onetwo')
    for (const fd of [writer, again]) closeSync(fd)
  })

  it('lets the writer wait when it is full', async () => {
    makeFifos([at('full')])
    const [reader, writer] = [openReader(at('full')), openWriter(at('full'))]
    const child = spawn('sh', ['-c', 'head -c 300000 /dev/zero && echo done >&2'], { stdio: ['ignore', writer, 'pipe'] })
    let bytes = 0
    const buffer = Buffer.alloc(65_536)
    const exit = once(child, 'exit')
    const turn = (): Promise<void> => new Promise(setImmediate)
    while (bytes < 300_000) {
      await turn()
      try {
        bytes += readSync(reader, buffer)
      } catch (error) {
        if (!String(error).includes('EAGAIN')) throw error
      }
    }
    expect(await exit).toEqual([0, null])
    expect(bytes).toBe(300_000)
    for (const fd of [reader, writer]) closeSync(fd)
  })

  it('opens the FIFO of a living worker again when its path was removed', async () => {
    makeFifos([at('lost')])
    const writer = openWriter(at('lost'))
    const child = spawn('sh', ['-c', 'echo hello; exec sleep 600'], { stdio: ['ignore', writer, 'ignore'] })
    const { ino } = fstatSync(writer)
    const { pid = 0 } = child
    try {
      unlinkSync(at('lost'))
      closeSync(writer)
      const reader = openDeleted(pid, 1, 'reader') ?? expect.unreachable('it is there')
      const again = openDeleted(pid, 1, 'writer') ?? expect.unreachable('it is there')
      expect([fstatSync(reader).ino, fstatSync(again).ino]).toEqual([ino, ino])
      writeSync(again, 'x')
      expect(read(reader)).toMatch(/x/)
      for (const fd of [reader, again]) closeSync(fd)
      expect(openDeleted(pid, 2, 'reader')).toBeUndefined()
      expect(openDeleted(pid, 77, 'reader')).toBeUndefined()
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    expect(openDeleted(pid, 1, 'reader')).toBeUndefined()
  })

  it('changes the owner of the FIFO itself', () => {
    makeFifos([at('owned')])
    const own = process.getuid?.() ?? 0
    if (own === 0) {
      chownFifo(at('owned'), 1, 2)
      expect(lstatSync(at('owned'))).toMatchObject({ uid: 1, gid: 2 })
    } else {
      expect(() => chownFifo(at('owned'), own + 1, own + 1)).toThrow('EPERM')
    }
  })
})
