import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { messageOf } from '../../../src/core/message.ts'
import type { Message } from '../../../src/core/message.ts'
import { WorkerInbox } from '../../../src/daemon/worker-inbox.ts'
import { fifoPorts } from '../../../src/os/fifo-ports.ts'
import { appendRecord, readRecord, removeFile, writeRecord } from '../../../src/os/records.ts'
import { procIn } from '../core/procs.ts'

let dir = ''
let proc = procIn('RUNNING')
const warned: string[] = []
const inboxes: WorkerInbox[] = []
let disk: string | null = null

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nsup-inbox-'))
  proc = procIn('RUNNING')
  warned.length = 0
  disk = null
  expect(fifoPorts.makeFifos([join(dir, 'inbox.fifo')]).ok).toBe(true)
})
afterEach(() => {
  for (const inbox of inboxes.splice(0)) inbox.close()
  rmSync(dir, { recursive: true })
})

function master(): WorkerInbox {
  const records = { append: (path: string, text: string) => disk ?? appendRecord(path, text), write: (path: string, text: string | Iterable<string>) => disk ?? writeRecord(path, text), read: readRecord, removeFile }
  const inbox = new WorkerInbox({ proc, dir, fd: 4, fifos: fifoPorts, records, warn: (sentence) => { warned.push(sentence) } })
  inboxes.push(inbox)
  return inbox
}

/** With a worker, which is this process. */
function spawned(): WorkerInbox {
  const inbox = master()
  inbox.prepareSpawn()
  inbox.begin()
  return inbox
}

const message = (n: number, size = 1): Message => messageOf(n, 'a', JSON.stringify('x'.repeat(size)))
const journal = (): string => (existsSync(join(dir, 'inbox.jsonl')) ? readFileSync(join(dir, 'inbox.jsonl'), 'utf8') : '')

/** Reads as a worker does, from a description of its own. */
function read(inbox: WorkerInbox, max = 1 << 20): string {
  const fd = openSync(`/proc/self/fd/${String(inbox.child)}`, constants.O_RDONLY | constants.O_NONBLOCK)
  let text = ''
  const buffer = Buffer.alloc(64 * 1024)
  try {
    while (text.length < max) text += buffer.toString('utf8', 0, readSync(fd, buffer, 0, Math.min(buffer.length, max - text.length), null))
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' })
  } finally {
    closeSync(fd)
  }
  return text
}

const numbers = (text: string): number[] => [...text.matchAll(/"n":(\d+)/g)].map(([, digits]) => Number(digits))

function give(inbox: WorkerInbox, ...messages: readonly Message[]): void {
  for (const one of messages) expect(inbox.offer(one)).toBe(true)
  inbox.flush()
}

describe('an inbox', () => {
  it('writes what fits at once, and touches no journal', () => {
    const inbox = spawned()
    give(inbox, message(1), message(2))
    expect(journal()).toBe('')
    expect(read(inbox)).toBe(`${message(1).line}\n${message(2).line}\n`)
    expect(inbox.counts).toEqual({ waiting: 0, waitingBytes: 0, delivered: 2, refused: 0 })
  })

  it('keeps what waits for room in its journal, and goes on when the worker has read', async () => {
    const inbox = spawned()
    give(inbox, ...Array.from({ length: 100 }, (_, at) => message(at + 1, 2000)))
    expect(inbox.waiting).toBeGreaterThan(50)
    expect(numbers(journal())).toHaveLength(inbox.waiting)
    expect(statSync(join(dir, 'inbox.jsonl')).mode & 0o777).toBe(0o600)
    let seen = ''
    while (numbers(seen).length < 100) {
      seen += read(inbox)
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    expect(numbers(seen)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
    expect(journal()).toBe('')
  })

  it('gives answers only to who wants no messages for now, and messages to the next incarnation', () => {
    const inbox = spawned()
    inbox.hold(true)
    inbox.answer('{"reply":{"id":1,"value":null}}')
    give(inbox, message(1))
    expect(read(inbox)).toBe('{"reply":{"id":1,"value":null}}\n')
    inbox.hold(false)
    inbox.flush()
    expect(numbers(read(inbox))).toEqual([1])
    inbox.hold(true)
    give(inbox, message(2))
    inbox.prepareSpawn()
    inbox.begin()
    expect(numbers(read(inbox))).toEqual([2])
  })

  it('takes back what an incarnation has not read to the end, and gives it to the next', () => {
    const inbox = spawned()
    give(inbox, message(1, 100), message(2, 100), message(3, 9000), message(4))
    const half = read(inbox, 250)
    expect(numbers(half)).toEqual([1, 2])
    inbox.answer('{"reply":{"id":1,"value":null}}')
    inbox.end()
    expect(inbox.counts).toMatchObject({ waiting: 3, delivered: 1 })
    expect(numbers(journal())).toEqual([2, 3, 4])
    inbox.prepareSpawn()
    inbox.begin()
    const text = read(inbox)
    expect(text.startsWith(`${message(2, 100).line}\n`)).toBe(true)
    expect(text.endsWith(`${message(4).line}\n`)).toBe(true)
    expect(text).not.toContain('reply')
    expect(journal()).toBe('')
  })

  it('forgets what waits for room in the kernel when the worker ends', async () => {
    const inbox = spawned()
    give(inbox, ...Array.from({ length: 40 }, (_, at) => message(at + 1, 3000)))
    inbox.end()
    expect(inbox.waiting).toBe(40)
    inbox.prepareSpawn()
    inbox.begin()
    let seen = ''
    while (numbers(seen).length < 40) {
      seen += read(inbox)
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    expect(numbers(seen)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1))
  })

  it('gives each incarnation a description of its own', () => {
    const inbox = spawned()
    const first = inbox.child
    const flags = (fd: number): number => parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'utf8'))?.[1] ?? '', 8)
    expect(flags(first) & constants.O_NONBLOCK).toBe(0)
    inbox.end()
    expect(() => statSync(`/proc/self/fd/${String(first)}`)).toThrow('ENOENT')
  })

  it('writes no message to who is being stopped, but answers', () => {
    const inbox = spawned()
    proc.state = 'STOPPING'
    give(inbox, message(1))
    inbox.answer('{"reply":{"id":1,"value":null}}')
    inbox.flush()
    expect(read(inbox)).toBe('{"reply":{"id":1,"value":null}}\n')
    expect(numbers(journal())).toEqual([1])
  })

  it('refuses what is too much, and counts it', () => {
    const inbox = master()
    let taken = 0
    while (inbox.offer(message(taken + 1, 100_000))) taken += 1
    expect([taken, inbox.counts.refused]).toEqual([10, 1])
  })

  it('is told when answers are not read, and when they are', async () => {
    const inbox = spawned()
    const caughtUp = new Promise<void>((resolve) => { inbox.onCaughtUp = resolve })
    for (let id = 0; id < 2000; id += 1) inbox.answer(`{"reply":{"id":${String(id)},"value":"${'x'.repeat(60)}"}}`)
    inbox.flush()
    expect(inbox.isBehind).toBe(true)
    const goOn = (): void => {
      if (!inbox.isBehind) return
      read(inbox)
      setImmediate(goOn)
    }
    goOn()
    await caughtUp
    expect(inbox.isBehind).toBe(false)
  })
})

describe('the next master', () => {
  it('goes on with what waited, tells the worker who it is, and finds a FIFO whose path is gone', async () => {
    const first = spawned()
    const worker = spawn('sh', ['-c', 'read go; cat <&4'], { stdio: ['pipe', 'pipe', 'ignore', 'ignore', first.child] })
    try {
      proc.state = 'STOPPING'
      give(first, message(1), message(2))
      proc.state = 'RUNNING'
      first.close()
      rmSync(join(dir, 'inbox.fifo'))
      const second = master()
      expect(second.waiting).toBe(2)
      second.adopt(worker.pid ?? 0)
      give(second, message(3))
      let said = ''
      worker.stdout?.on('data', (chunk: Buffer) => { said += chunk.toString() })
      worker.stdin?.write('go\n')
      while (numbers(said).length < 3) await once(worker.stdout as NonNullable<typeof worker.stdout>, 'data')
      expect(said).toBe(`{"master":{"pid":${String(process.pid)}}}\n${[1, 2, 3].map((n) => `${message(n).line}\n`).join('')}`)
    } finally {
      worker.kill('SIGKILL')
      await once(worker, 'exit')
    }
  })

  it('drops a line of the journal that was cut, and says so', () => {
    writeFileSync(join(dir, 'inbox.jsonl'), `${message(1).line}\n{"message":{"n":2,"fr`)
    expect(master().waiting).toBe(1)
    expect(warned).toEqual([expect.stringContaining('1 lines that cannot be read')])
  })
})

describe('a disk that is full', () => {
  it('is told once, keeps no message back, and what waits is written when there is room', () => {
    const inbox = master()
    disk = 'ENOSPC'
    give(inbox, message(1))
    give(inbox, message(2))
    expect(warned).toEqual([expect.stringContaining('(ENOSPC): it would not survive the master')])
    expect(journal()).toBe('')
    disk = null
    for (let n = 3; n < 110; n += 1) give(inbox, message(n))
    const held = numbers(journal())
    expect(held.length).toBeGreaterThan(90)
    expect(held).toEqual(held.map((_, at) => at + 1))
  })
})
