/** Order, numbers and loss of messages, with workers that die and masters that are killed; the FIFO is a string. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Inbox, waitingMax } from '../../../src/core/inbox.ts'
import { messageOf, MessageNumbers, readMessage } from '../../../src/core/message.ts'
import { Assembly } from '../../../src/lib/parts.ts'

const fifoMax = 64 * 1024

/** What the worker makes of the bytes that it reads, as any worker should. */
class Reader {
  rest = ''
  last = 0
  handled: number[] = []
  readonly assembly = new Assembly('of')

  read(text: string): void {
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop() ?? ''
    for (const line of lines) this.take(line)
  }

  take(line: string): void {
    if (line.startsWith('{"part"')) {
      const put = this.assembly.put((JSON.parse(line) as { part: unknown }).part)
      if ('whole' in put) this.take(put.whole)
      return
    }
    const message = readMessage(line)
    if (message === null || message.n <= this.last) return
    this.last = message.n
    this.handled.push(message.n)
  }
}

/** One inbox, its FIFO, its journal and its worker. Text is ASCII here, so that bytes are characters. */
class World {
  fifo = ''
  journal = ''
  reserved = 0
  wall = 1000
  numbers = this.newNumbers()
  inbox = new Inbox()
  worker = new Reader()
  readonly accepted: number[] = []
  readonly handled: number[] = []
  torn = 0

  newNumbers(): MessageNumbers {
    return new MessageNumbers(this.reserved, this.wall, (upTo) => { this.reserved = upTo })
  }

  send(size: number): void {
    const message = messageOf(this.numbers.next(), 'a', JSON.stringify('x'.repeat(size)))
    if (this.inbox.offer(message)) this.accepted.push(message.n)
  }

  /** True when it was done; false: the master was killed after so many steps. */
  flush(steps = Infinity): boolean {
    let left = steps
    for (let text = this.inbox.next(true); text !== null && this.fifo.length + text.length <= fifoMax; text = this.inbox.next(true)) {
      if (left-- <= 0) return false
      this.fifo += text
      if (left-- <= 0) return false
      this.inbox.written()
    }
    const news = this.inbox.news()
    if (news === null) return true
    if (left-- <= 0) return false
    this.journal = news.anew ? news.text : this.journal + news.text
    return true
  }

  read(bytes: number): void {
    this.worker.read(this.fifo.slice(0, bytes))
    this.fifo = this.fifo.slice(bytes)
  }

  restartWorker(): void {
    this.handled.push(...this.worker.handled)
    this.worker = new Reader()
    this.torn += this.inbox.ended(Buffer.from(this.fifo))
    this.fifo = ''
    this.flush()
  }

  /** The worker lives on, and so do the FIFO and the journal. */
  killMaster(clock: number): void {
    this.wall += clock
    this.numbers = this.newNumbers()
    this.inbox = new Inbox()
    this.torn += this.inbox.restore(this.journal)
    this.flush()
  }

  finish(): number[] {
    for (let turn = 0; turn < 200 && (this.fifo !== '' || this.inbox.waiting > 0); turn += 1) {
      this.read(fifoMax)
      this.flush()
    }
    return [...this.handled, ...this.worker.handled]
  }
}

type Op = { readonly do: 'send'; readonly size: number } | { readonly do: 'read'; readonly bytes: number } | { readonly do: 'restart' } | { readonly do: 'kill'; readonly steps: number; readonly clock: number }

const send = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 300 }) }, { weight: 2, arbitrary: fc.integer({ min: 3000, max: 5000 }) }, { weight: 1, arbitrary: fc.integer({ min: 20_000, max: 150_000 }) })
  .map((size): Op => ({ do: 'send', size }))
const read = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: fifoMax })).map((bytes): Op => ({ do: 'read', bytes }))
const restart = fc.constant<Op>({ do: 'restart' })
const kill = fc.record({ do: fc.constant('kill' as const), steps: fc.integer({ min: 0, max: 40 }), clock: fc.constantFrom(-500, 0, 5) })

const isSorted = (numbers: readonly number[]): boolean => numbers.every((n, at) => at === 0 || n > (numbers[at - 1] ?? 0))

function play(ops: readonly Op[], world: World): number {
  let kills = 0
  for (const op of ops) {
    if (op.do === 'send') world.send(op.size)
    if (op.do === 'read') world.read(op.bytes)
    if (op.do === 'restart') world.restartWorker()
    if (op.do === 'kill') {
      kills += 1
      world.send(10)
      world.flush(op.steps)
      world.killMaster(op.clock)
    }
    world.flush()
    expect(world.inbox.waitingBytes).toBeLessThanOrEqual(waitingMax + 3 * fifoMax)
  }
  return kills
}

describe('messages', () => {
  it('arrive once and in order, however often the worker is started anew', () => {
    fc.assert(fc.property(fc.array(fc.oneof({ weight: 6, arbitrary: send }, { weight: 4, arbitrary: read }, { weight: 1, arbitrary: restart }), { maxLength: 120 }), (ops) => {
      const world = new World()
      play(ops, world)
      expect(world.finish()).toEqual(world.accepted)
      expect(world.torn).toBe(0)
      expect(world.journal).toBe('')
    }), { numRuns: 150 })
  })

  it('arrive in order when masters are handed over in between, and none is lost that waits', () => {
    const handOver = fc.record({ do: fc.constant('kill' as const), steps: fc.constant(Infinity), clock: fc.constantFrom(-500, 0, 5) })
    fc.assert(fc.property(fc.array(fc.oneof({ weight: 6, arbitrary: send }, { weight: 4, arbitrary: read }, { weight: 1, arbitrary: handOver }), { maxLength: 120 }), (ops) => {
      const world = new World()
      play(ops, world)
      expect(world.finish()).toEqual(world.accepted)
    }), { numRuns: 150 })
  })

  it('are told to one worker only, however masters and workers follow each other', () => {
    const handOver = fc.record({ do: fc.constant('kill' as const), steps: fc.constant(Infinity), clock: fc.constantFrom(-500, 0, 5) })
    fc.assert(fc.property(fc.array(fc.oneof({ weight: 6, arbitrary: send }, { weight: 4, arbitrary: read }, { weight: 1, arbitrary: restart }, { weight: 1, arbitrary: handOver }), { maxLength: 120 }), (ops) => {
      const world = new World()
      play(ops, world)
      const handled = world.finish()
      expect(isSorted(handled)).toBe(true)
      // Never silently; a line that was cut may be part of a message that the journal has still.
      const lost = world.accepted.length - handled.length
      expect(lost).toBeLessThanOrEqual(world.torn)
      expect(world.torn - lost).toBeLessThanOrEqual(ops.filter((op) => op.do === 'restart').length)
    }), { numRuns: 150 })
  })

  it('are at most one fewer for each master that is killed, and each one that has read half of one', () => {
    fc.assert(fc.property(fc.array(fc.oneof({ weight: 6, arbitrary: send }, { weight: 4, arbitrary: read }, { weight: 1, arbitrary: restart }, { weight: 2, arbitrary: kill }), { maxLength: 120 }), (ops) => {
      const world = new World()
      const kills = play(ops, world)
      const seen = new Set(world.finish())
      const lost = world.accepted.filter((n) => !seen.has(n))
      expect(lost.length).toBeLessThanOrEqual(kills + world.torn)
      expect(isSorted(world.worker.handled)).toBe(true)
      expect(isSorted(world.accepted)).toBe(true)
    }), { numRuns: 200 })
  })
})

describe('an inbox', () => {
  const filled = (count: number, size = 1000): { inbox: Inbox; taken: number } => {
    const inbox = new Inbox()
    let taken = 0
    for (let n = 1; n <= count; n += 1) if (inbox.offer(messageOf(n, 'a', JSON.stringify('x'.repeat(size))))) taken += 1
    return { inbox, taken }
  }

  it('takes a mebibyte and not more, and what is handed over makes room', () => {
    const { inbox, taken } = filled(2000)
    expect(taken).toBe(Math.floor(waitingMax / (1000 + `{"message":{"n":100,"from":"a","data":""}}\n`.length)))
    expect(inbox.next(true)?.length).toBeLessThanOrEqual(4096)
    inbox.written()
    expect(inbox.delivered).toBe(3)
    expect(inbox.offer(messageOf(9999, 'a', '1'))).toBe(true)
  })

  it('writes answers before messages, and messages only to who takes them', () => {
    const { inbox } = filled(1, 1)
    inbox.answer('{"reply":{"id":1,"value":null}}')
    expect(inbox.next(false)).toBe('{"reply":{"id":1,"value":null}}\n')
    inbox.written()
    expect(inbox.next(false)).toBeNull()
    expect(inbox.next(true)).toContain('"message"')
  })

  it('forgets answers with the incarnation that asked', () => {
    const inbox = new Inbox()
    inbox.answer(`{"reply":{"id":1,"value":"${'x'.repeat(9000)}"}}`)
    expect(inbox.answerBytes).toBeGreaterThan(9000)
    inbox.next(true)
    inbox.written()
    expect(inbox.ended(Buffer.from('{"reply":{"id":0}}\n'))).toBe(0)
    expect([inbox.answerBytes, inbox.next(true), inbox.waiting]).toEqual([0, null, 0])
  })

  it('keeps what a worker gives back for the next one, first and in order, and over masters', () => {
    const { inbox } = filled(4, 1)
    inbox.next(true)
    inbox.written()
    expect(inbox.news()).toBeNull()
    for (const n of [2, 3]) expect(inbox.takeBack(messageOf(n, 'a', '"x"'))).toBe(true)
    expect(inbox.next(true)).toBeNull()
    const journal = inbox.news()?.text ?? ''
    inbox.ended(new Uint8Array(0))
    expect([inbox.waiting, inbox.delivered]).toEqual([2, 2])
    const next = new Inbox()
    expect(next.restore(journal)).toBe(0)
    expect(next.next(true)).toBe([2, 3].map((n) => `${messageOf(n, 'a', '"x"').line}\n`).join(''))
    expect(inbox.takeBack(messageOf(5, 'a', JSON.stringify('x'.repeat(2 * waitingMax))))).toBe(false)
  })

  it('lets no worker give back without end, and the next one give back as much again', () => {
    const inbox = new Inbox()
    const half = (n: number): ReturnType<typeof messageOf> => messageOf(n, 'a', JSON.stringify('x'.repeat(waitingMax / 2)))
    const giveBack = (from: number): boolean[] => [0, 1, 2].map((more) => inbox.takeBack(half(from + more)))
    expect(giveBack(1)).toEqual([true, true, false])
    inbox.ended(new Uint8Array(0))
    expect(giveBack(11)).toEqual([true, true, false])
  })

  it('has what was given back in its journal until the next one gets it, whatever is handed over meanwhile', () => {
    const inbox = new Inbox()
    const [one, two] = [1, 2].map((n) => messageOf(n, 'a', '"x"'))
    if (one === undefined || two === undefined) throw new Error('there are two')
    let journal = ''
    const note = (): void => {
      const { anew, text } = inbox.news() ?? { anew: false, text: '' }
      journal = anew ? text : journal + text
    }
    const handOver = (): void => {
      inbox.next(true)
      inbox.written()
    }
    inbox.offer(one)
    handOver()
    inbox.takeBack(one)
    inbox.offer(two)
    note()
    handOver()
    note()
    const next = new Inbox()
    next.restore(journal)
    expect(next.next(true)).toBe(`${one.line}\n`)
  })

  it('reads a journal that was cut, and says so', () => {
    const lines = [1, 2, 3].map((n) => messageOf(n, 'a', '"x"').line)
    const inbox = new Inbox()
    expect(inbox.restore(`${lines.join('\n')}\n{"handed":1}\n{"message":{"n":4,"fr`)).toBe(1)
    expect(inbox.waiting).toBe(2)
  })

  it('takes out of a FIFO of an earlier master what is whole, and says what is not', () => {
    const inbox = new Inbox()
    const whole = messageOf(7, 'a', '"x"').line
    expect(inbox.ended(Buffer.from(`sage":{"n":6}}\n{"master":{"pid":1}}\n${whole}\n`))).toBe(1)
    expect(inbox.next(true)).toBe(`${whole}\n`)
    expect(new Inbox().ended(Buffer.from('\n'))).toBe(1)
    expect(new Inbox().ended(Buffer.from(`${whole}\n`))).toBe(0)
  })

  it('has what stands in the FIFO and in the journal once: a master was killed between writing the one and the other', () => {
    const inbox = new Inbox()
    const lines = [7, 8].map((n) => messageOf(n, 'a', '"x"').line)
    inbox.restore(`${lines.join('\n')}\n`)
    inbox.ended(Buffer.from(`${lines.join('\n')}\n`))
    expect(inbox.next(true)).toBe(`${lines.join('\n')}\n`)
  })

  it('writes its journal anew when it has grown', () => {
    const { inbox } = filled(900)
    let journal = 0
    let written = 0
    for (let n = 1000; n < 30_000; n += 1) {
      const news = inbox.news()
      journal = news?.anew === true ? news.text.length : journal + (news?.text.length ?? 0)
      written = Math.max(written, journal)
      inbox.next(true)
      inbox.written()
      inbox.offer(messageOf(n, 'a', JSON.stringify('x'.repeat(1000))))
    }
    expect(written).toBeLessThan(6 * waitingMax)
  })
})

describe('numbers', () => {
  it('go up over masters, also when the clock goes back or the note is gone', () => {
    let noted = 0
    const first = new MessageNumbers(0, 1000, (upTo) => { noted = upTo })
    const given = [first.next(), first.next()]
    expect(given).toEqual([1_000_001, 1_000_002])
    expect(new MessageNumbers(noted, 1, () => undefined).next()).toBeGreaterThan(given[1] ?? 0)
    expect(new MessageNumbers(0, 1001, () => undefined).next()).toBeGreaterThan(given[1] ?? 0)
  })
})
