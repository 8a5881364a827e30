import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lineMax } from '../../../src/lib/parts.ts'
import { Channel } from '../../../src/worker/channel.ts'

let dir: string
let fd: number
const room = Buffer.alloc(64 * 1024)

/** As the master hands it over: opened for both, so that a writer always has a reader. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nsup-channel-'))
  execFileSync('mkfifo', [join(dir, 'report.fifo')])
  fd = openSync(join(dir, 'report.fifo'), constants.O_RDWR | constants.O_NONBLOCK)
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
  closeSync(fd)
  rmSync(dir, { recursive: true })
})

function read(): string {
  return room.toString('utf8', 0, readSync(fd, room))
}

function readAll(): string {
  let text = ''
  try {
    for (;;) text += read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
  }
  return text
}

/** Writes until there is no room, and returns how many lines went out. */
function fill(channel: Channel): number {
  let sent = 0
  for (const pad of ['x'.repeat(1000), '']) while (channel.write({ pad }, { drop: true }) === 'sent') sent += 1
  return sent
}

describe('the report channel of a worker', () => {
  it('writes one line of JSON a word', () => {
    const channel = new Channel(String(fd))
    expect(channel.isOpen).toBe(true)
    expect(channel.write({ ready: true })).toBe('sent')
    expect(channel.write({ status: 'zwei\nZeilen' })).toBe('sent')
    expect(read()).toBe('{"ready":true}\n{"status":"zwei\\nZeilen"}\n')
  })

  it('is closed where there is no master, and where only the name was passed on', () => {
    const plain = openSync(join(dir, 'file'), 'w')
    const names = [undefined, '', 'three', '1', '-4', '3.5', '99999', String(plain)]
    for (const named of names) expect(new Channel(named).write({ ready: true }), String(named)).toBe('closed')
    closeSync(plain)
  })

  it('drops a heartbeat when it is full, keeps the rest in order, and writes that when there is room', async () => {
    const channel = new Channel(String(fd))
    expect(fill(channel)).toBeGreaterThan(10)
    expect(channel.write({ send: { id: 1 } })).toBe('waits')
    expect(channel.write({ busy: { job: 'a' } }, { instead: 'job' })).toBe('waits')
    expect(channel.write({ send: { id: 2 } })).toBe('waits')
    expect(channel.write({ busy: { job: 'b' } }, { instead: 'job' })).toBe('waits')
    expect(channel.write({ watchdog: true }, { drop: true })).toBe('lost')
    expect(readAll()).not.toContain('send')
    await vi.advanceTimersByTimeAsync(1000)
    expect(readAll()).toBe('{"send":{"id":1}}\n{"busy":{"job":"b"}}\n{"send":{"id":2}}\n')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('writes what waits before what comes later', () => {
    const channel = new Channel(String(fd))
    fill(channel)
    expect(channel.write({ id: 1 })).toBe('waits')
    readAll()
    expect(channel.write({ id: 2 })).toBe('sent')
    expect(readAll()).toBe('{"id":1}\n{"id":2}\n')
  })

  it('keeps at most a mebibyte', () => {
    const channel = new Channel(String(fd))
    fill(channel)
    let kept = 0
    while (channel.write({ text: 'x'.repeat(1000) }) === 'waits') kept += 1
    expect(kept).toBeGreaterThan(1000)
    expect(kept).toBeLessThan(1050)
    expect(channel.flush()).toBe(false)
  })

  it('writes no line that the kernel would not write in one piece', () => {
    const channel = new Channel(String(fd))
    expect(channel.write({ text: 'x'.repeat(lineMax) })).toBe('lost')
    expect(channel.write({ text: 'x'.repeat(lineMax - '{"text":""}\n'.length) })).toBe('sent')
  })
})
