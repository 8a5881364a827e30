import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Assembly, linesOf } from '../../../src/lib/parts.ts'
import { makeFifos } from '../../../src/os/fifo.ts'
import { Channel } from '../../../src/worker/channel.ts'
import { Inbox, RequestError } from '../../../src/worker/inbox.ts'

let dir = ''
let report = -1
let fifo = -1
let inbox: Inbox

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nsup-sdk-inbox-'))
  const paths = ['report', 'inbox'].map((name) => join(dir, name))
  expect(makeFifos(paths).ok).toBe(true)
  const fds = paths.map((path) => openSync(path, constants.O_RDWR | constants.O_NONBLOCK))
  report = fds[0] ?? -1
  fifo = fds[1] ?? -1
  inbox = new Inbox(String(fifo), new Channel(String(report)))
})
afterEach(async () => {
  await inbox.stop()
  closeSync(report)
  closeSync(fifo)
  rmSync(dir, { recursive: true })
})

/** What the worker has said, whole lines. */
function heard(): Record<string, Record<string, unknown>>[] {
  const buffer = Buffer.alloc(1 << 20)
  const assembly = new Assembly('id')
  let text = ''
  try {
    while (text.length < 1 << 20) text += buffer.toString('utf8', 0, readSync(report, buffer))
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' })
  }
  return text.split('\n').filter((line) => line !== '').flatMap((line) => {
    const said = JSON.parse(line) as { part?: unknown }
    const put = said.part === undefined ? { whole: line } : assembly.put(said.part)
    return 'whole' in put ? [JSON.parse(put.whole) as Record<string, Record<string, unknown>>] : []
  })
}

const tell = (...lines: readonly object[]): void => { for (const line of lines) writeSync(fifo, `${JSON.stringify(line)}\n`) }
const message = (n: number, data: unknown = n): object => ({ message: { n, from: 'a', data } })

/** Takes messages; resolves when there are so many. */
function collect(): { readonly got: unknown[]; readonly until: (count: number) => Promise<void> } {
  const got: unknown[] = []
  let wake = (): void => undefined
  inbox.onMessage(({ data }) => { got.push(data); wake() }, false)
  return { got, until: (count) => new Promise((resolve) => { wake = () => { if (got.length >= count) resolve() }; wake() }) }
}

describe('a request', () => {
  it('gets its own answer, whichever comes first', async () => {
    const both = Promise.all([inbox.request('send', { to: 'a' }), inbox.request('table', { op: 'get' })])
    expect(heard()).toEqual([{ send: { to: 'a', id: 1 } }, { table: { op: 'get', id: 2 } }])
    tell({ reply: { id: 2, value: 'two' } }, { reply: { id: 7, value: 'of nobody' } }, { reply: { id: 1, value: 'one' } })
    expect(await both).toEqual(['one', 'two'])
  })

  it('that is refused says why', async () => {
    const asked = inbox.request('send', { to: 'a' })
    tell({ reply: { id: 1, error: { code: 'INBOX_FULL', message: 'too much' } } })
    await expect(asked).rejects.toEqual(expect.objectContaining({ name: 'RequestError', code: 'INBOX_FULL', message: 'too much' }))
  })

  it('may be long, and so may its answer', async () => {
    const data = 'é"'.repeat(4000)
    const asked = inbox.request('send', { data })
    expect(heard()).toEqual([{ send: { data, id: 1 } }])
    for (const line of linesOf(JSON.stringify({ reply: { id: 1, value: 'x'.repeat(50_000) } }), 'of', 'r1')) writeSync(fifo, line)
    expect(await asked).toHaveLength(50_000)
    await expect(inbox.request('send', { data: 'x'.repeat(2 << 20) })).rejects.toMatchObject({ code: 'BAD_ARGUMENTS' })
  })

  it('that an earlier master has not answered is given up when the next one answers', async () => {
    const old = inbox.request('send', { to: 'a' })
    const lost = expect(old).rejects.toMatchObject({ code: 'MASTER_CHANGED' })
    const kept = inbox.request('send', { to: 'b' })
    tell({ master: { pid: 2 } }, { reply: { id: 2, value: 'the new one has read it' } })
    expect(await kept).toBe('the new one has read it')
    const ping = heard().find((said) => 'ping' in said)
    const late = inbox.request('send', { to: 'c' })
    tell({ reply: { id: ping?.['ping']?.['id'], value: null } })
    await lost
    tell({ reply: { id: 4, value: 'asked of the new one' } })
    expect(await late).toBe('asked of the new one')
  })

  it('without a master is refused at once', async () => {
    const nobody = new Inbox(undefined, new Channel(undefined))
    expect(nobody.isOpen).toBe(false)
    await expect(nobody.request('send', {})).rejects.toBeInstanceOf(RequestError)
    await expect(nobody.request('send', {})).rejects.toMatchObject({ code: 'NO_MASTER' })
  })
})

describe('messages', () => {
  it('come one after another, and what is told twice comes once', async () => {
    const order: string[] = []
    let wake = (): void => undefined
    const done = new Promise<void>((resolve) => { wake = resolve })
    inbox.onMessage(async ({ n }) => {
      order.push(`begin ${String(n)}`)
      await new Promise((resolve) => { setImmediate(resolve) })
      order.push(`end ${String(n)}`)
      if (n === 3) wake()
    }, false)
    tell(message(1), message(2), message(1), message(2), message(3))
    await done
    expect(order).toEqual([1, 2, 3].flatMap((n) => [`begin ${String(n)}`, `end ${String(n)}`]))
  })

  it('that came before there was a handler wait for it, and a line that is cut harms nobody', async () => {
    const asked = inbox.request('ping', {})
    tell(message(1))
    writeSync(fifo, 'sage":{"n":0}}\n')
    tell({ reply: { id: 1, value: null } })
    await asked
    const { got, until } = collect()
    await until(1)
    expect(got).toEqual([1])
  })

  it('go on after one that cannot be handled, which is counted apart', async () => {
    const got: number[] = []
    await new Promise<void>((resolve) => {
      inbox.onMessage(({ n }) => {
        got.push(n)
        if (n === 1) throw new Error('no')
        resolve()
      }, false)
      tell(message(1), message(2))
    })
    expect(got).toEqual([1, 2])
    await inbox.stop()
    const { handled, failed, lastActivity } = inbox.messages
    expect({ handled, failed, lastActivity }).toEqual({ handled: 1, failed: 1, lastActivity: expect.stringMatching(/^\d{4}-/) as string })
  })

  it('are not read on while many wait, and are when they have been handled', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => { release = resolve })
    const got: number[] = []
    let wake = (): void => undefined
    inbox.onMessage(async ({ n }) => {
      got.push(n)
      wake()
      if (n === 1) await held
    }, false)
    const big = 'x'.repeat(4000)
    let n = 0
    const fill = (): void => {
      try {
        while (n < 1000) {
          writeSync(fifo, `${JSON.stringify({ message: { n: n + 1, from: 'a', data: big } })}\n`)
          n += 1
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'EAGAIN' })
      }
    }
    // It takes in what it takes in; then the FIFO is full and stays so.
    for (let before = -1; before !== n;) {
      before = n
      fill()
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => { setImmediate(resolve) })
    }
    expect(n).toBeLessThan(100)
    release()
    const last = n
    await new Promise<void>((resolve) => { wake = () => { if (got.length === last) resolve() }; wake() })
    expect(got).toEqual(got.map((_, at) => at + 1))
  })

  it('are asked to be held back while many wait and one of them waits for an answer, by a new master as well', async () => {
    const answered = new Promise<void>((resolve) => {
      inbox.onMessage(async ({ n }) => {
        if (n === 1) await inbox.request('table', { op: 'incr' })
        if (n === 40) resolve()
      }, false)
    })
    const turn = (): Promise<unknown> => new Promise((resolve) => { setImmediate(resolve) })
    const said: object[] = []
    const until = async (count: number): Promise<void> => { for (; said.length < count; said.push(...heard())) await turn() }
    tell(message(1))
    await until(1)
    for (let n = 2; n <= 40; n += 1) {
      tell(message(n, 'x'.repeat(3000)))
      await turn()
    }
    await until(2)
    tell({ master: { pid: 2 } })
    await until(4)
    tell({ reply: { id: 1, value: 1 } })
    await answered
    await until(5)
    const [hold, letGo] = [true, false].map((messages) => ({ hold: { messages } }))
    expect(said).toEqual([{ table: { id: 1, op: 'incr' } }, hold, ...said.slice(2, 4), letGo])
    expect(said.slice(2, 4)).toEqual(expect.arrayContaining([hold, { ping: { id: 2 } }]))
  })

  it('that were read and not handled are given back at the end, after the one in hand', async () => {
    let release = (): void => undefined
    const began = new Promise<void>((resolve) => {
      inbox.onMessage(() => new Promise<void>((done) => { release = done; resolve() }), false)
    })
    tell(message(1), message(2), message(3, { big: 'x'.repeat(3000) }))
    await began
    let over = false
    const stopped = inbox.stop().then(() => { over = true })
    await new Promise((resolve) => { setImmediate(resolve) })
    expect(over).toBe(false)
    release()
    await stopped
    expect(heard()).toEqual([{ return: { n: 2, from: 'a', data: 2 } }, { return: { n: 3, from: 'a', data: { big: 'x'.repeat(3000) } } }])
  })

  it('that are told again by another master are given back again, and no others are read', async () => {
    const turns = async (): Promise<void> => { for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => { setImmediate(resolve) }) }
    let release = (): void => undefined
    await new Promise<void>((resolve) => {
      inbox.onMessage(() => new Promise<void>((done) => { release = done; resolve() }), false)
      tell(message(1), message(2))
    })
    const stopped = inbox.stop()
    expect(heard()).toEqual([{ return: { n: 2, from: 'a', data: 2 } }])
    tell(message(1), message(2))
    release()
    await stopped
    expect(heard()).toEqual([{ return: { n: 2, from: 'a', data: 2 } }])
    tell(message(3))
    await turns()
    expect(heard()).toEqual([])
    const { got, until } = collect()
    tell(message(2))
    await until(2)
    expect(got.toSorted()).toEqual([2, 3])
  })

  it('are given back before the worker ends, however late the master reads', async () => {
    let release = (): void => undefined
    await new Promise<void>((resolve) => {
      inbox.onMessage(() => new Promise<void>((done) => { release = done; resolve() }), false)
      tell(message(1), message(2))
    })
    try {
      for (;;) writeSync(report, `${' '.repeat(4093)}{}\n`)
    } catch (error) {
      expect(error).toMatchObject({ code: 'EAGAIN' })
    }
    const stopped = inbox.stop()
    release()
    await new Promise((resolve) => { setImmediate(resolve) })
    expect(heard().every((said) => !('return' in said))).toBe(true)
    await stopped
    expect(heard()).toEqual([{ return: { n: 2, from: 'a', data: 2 } }])
  })

  it('are left in the FIFO while the one in hand is finished, so that not more is given back than an inbox takes', async () => {
    let release = (): void => undefined
    const began = new Promise<void>((resolve) => {
      inbox.onMessage(() => new Promise<void>((done) => { release = done; resolve() }), false)
    })
    tell(message(1))
    await began
    const stopped = inbox.stop()
    const flood = async (): Promise<void> => {
      for (let n = 2; n < 200; n += 1) {
        tell(message(n, 'x'.repeat(3000)))
        await new Promise((resolve) => { setImmediate(resolve) })
      }
    }
    await expect(flood()).rejects.toMatchObject({ code: 'EAGAIN' })
    release()
    await stopped
  })
})
