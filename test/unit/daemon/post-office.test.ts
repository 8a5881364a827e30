/** Who gets a message, and what its sender is told; inboxes are real, nobody reads them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MasterEvent } from '../../../src/core/events.ts'
import type { Proc } from '../../../src/core/proc.ts'
import { enlist, newFleet } from '../../../src/core/roster.ts'
import type { Fleet } from '../../../src/core/roster.ts'
import type { Sent } from '../../../src/core/sending.ts'
import { namespec } from '../../../src/core/spec.ts'
import { Bus } from '../../../src/daemon/bus.ts'
import { Desk } from '../../../src/daemon/desk.ts'
import { PostOffice } from '../../../src/daemon/post-office.ts'
import type { PostOfficePorts } from '../../../src/daemon/post-office.ts'
import { Requests } from '../../../src/daemon/requests.ts'
import { WorkerInbox } from '../../../src/daemon/worker-inbox.ts'
import { linesOf } from '../../../src/lib/parts.ts'
import { fifoPorts } from '../../../src/os/fifo-ports.ts'
import { appendRecord, readRecord, removeFile, writeRecord } from '../../../src/os/records.ts'
import { procIn } from '../core/procs.ts'
import { HandClock } from './hand-clock.ts'

let dir = ''
let desk: Desk
let office: PostOffice
let bus: Bus
let fleet: Fleet
let streams: PostOfficePorts['streams']
const inboxes = new Map<string, WorkerInbox>()
const procs = new Map<string, Proc>()
const answers = new Map<string, string[]>()
const events: MasterEvent[] = []

function enlisted(group: string, name: string, change: Partial<Proc> = {}, messages = true): Proc {
  const proc = Object.assign(procIn(change.state ?? 'RUNNING', {}, { group, name, program: group === name ? name : name.replace(/_\d+$/, ''), ...(messages && { care: { messages: true } }) }), change)
  procs.set(namespec(group, name), proc)
  return proc
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'nsup-post-'))
  for (const map of [inboxes, procs, answers]) map.clear()
  events.length = 0
  desk = new Desk()
  bus = new Bus(new HandClock(), (error) => { throw error })
  fleet = newFleet()
  enlisted('web', 'web')
  for (const at of [0, 1, 2]) enlisted('shop', `checkin_${String(at)}`)
  enlisted('deaf', 'deaf', {}, false)
  enlisted('off', 'off', { state: 'STOPPED', want: 'down' })
  enlisted('dead', 'dead', { state: 'FATAL', want: 'up', reason: 'Exited too quickly' })
  enlisted('again', 'again', { state: 'BACKOFF' })
  for (const proc of procs.values()) {
    enlist(fleet, proc, 999)
    const warn = (sentence: string): void => { throw new Error(sentence) }
    const inbox = new WorkerInbox({ proc, dir: mkdtempSync(join(dir, 'p')), fd: 4, fifos: fifoPorts, records: { append: appendRecord, write: writeRecord, read: readRecord, removeFile }, warn })
    const name = namespec(proc.group, proc.name)
    inbox.answer = (json) => { answers.set(name, [...answers.get(name) ?? [], json]) }
    inboxes.set(name, inbox)
  }
  streams = { get: (proc: Proc) => ({ voice: { inbox: inboxes.get(namespec(proc.group, proc.name)) } }) } as unknown as PostOfficePorts['streams']
  office = new PostOffice(ports())
})
afterEach(() => { rmSync(dir, { recursive: true }) })

/** The clock of each begins at the same time. */
const ports = (): PostOfficePorts => ({ fleet, streams, bus, desk, clock: new HandClock(), records: { read: readRecord, write: writeRecord }, runDir: dir })

const send = (to: string, mode?: 'one' | 'all', data: unknown = 1): ReturnType<PostOffice['send']> => office.send('cli me', { to, mode, data: JSON.stringify(data) })
const ask = (from: string, said: object): number => {
  const [proc, inbox] = [procs.get(from), inboxes.get(from)]
  if (proc === undefined || inbox === undefined) throw new Error(`there is no ${from}`)
  return desk.hear(proc, inbox, said as Record<string, unknown>)
}
const waiting = (): Record<string, number> => Object.fromEntries([...inboxes].filter(([, inbox]) => inbox.waiting > 0).map(([name, inbox]) => [name, inbox.waiting]))

describe('a message', () => {
  it('goes to one of a program in turns, and first to who has nothing waiting', () => {
    expect([1, 2, 3].map(() => (send('checkin') as Sent).to[0])).toEqual(['shop:checkin_0', 'shop:checkin_1', 'shop:checkin_2'])
    send('shop:checkin_0')
    const busy = procs.get('shop:checkin_1')
    Object.assign(busy ?? {}, { state: 'FATAL' })
    expect([1, 2].map(() => (send('checkin') as Sent).to[0])).toEqual(['shop:checkin_0', 'shop:checkin_2'])
  })

  it('goes to all that it means, with one number, and names those who do not get it', () => {
    Object.assign(procs.get('shop:checkin_1') ?? {}, { state: 'STOPPED', want: 'down' })
    expect(send('shop:*')).toEqual({ n: expect.any(Number) as unknown, to: ['shop:checkin_0', 'shop:checkin_2'], refused: [{ to: 'shop:checkin_1', code: 'NOT_RUNNING', message: 'shop:checkin_1 is STOPPED and is not to run' }] })
    expect(waiting()).toEqual({ 'shop:checkin_0': 1, 'shop:checkin_2': 1 })
  })

  it.each([
    ['nobody', 'BAD_NAME', 'there is no process'],
    ['web'.repeat(400), 'BAD_NAME', 'at most 1000 characters'],
    ['deaf', 'NO_INBOX', 'messages: true'],
    ['off', 'NOT_RUNNING', 'off is STOPPED and is not to run'],
    ['dead', 'NOT_RUNNING', 'dead is FATAL: Exited too quickly'],
  ])('to %s is refused with %s', (to, code, message) => {
    expect(send(to)).toMatchObject({ code, message: expect.stringContaining(message) as unknown })
    expect(waiting()).toEqual({})
  })

  it('is nothing for who has an inbox for the answers about its tables only', () => {
    const web = procs.get('web')
    if (web !== undefined) web.spec = { ...web.spec, care: { tables: ['counters'] } }
    expect(send('web')).toMatchObject({ code: 'NO_INBOX', message: expect.stringContaining('messages: true') as unknown })
  })

  it('waits for who is about to come back: after a failed start', () => {
    expect(send('again')).toMatchObject({ to: ['again'] })
  })

  it('waits in a restart until the start has come about, and no longer', async () => {
    const web = procs.get('web')
    if (web === undefined) throw new Error('there is no web')
    let isThere = true
    const requests = new Requests({
      fleet, post: office, enqueue: () => undefined, // the loop has other things to do
      processes: { findCommand: () => (isThere ? { ok: true, path: '/bin/web' } : { ok: false, fault: 'NO_FILE', reason: 'web is gone' }) },
      environment: { inherited: {}, serverUrl: '', runDir: dir },
    } as unknown as ConstructorParameters<typeof Requests>[0])
    await requests.stop(web, { by: 'cli me', wait: false, comesBack: true })
    Object.assign(web, { state: 'STOPPED', want: 'down' } satisfies Partial<Proc>)
    expect(send('web')).toMatchObject({ to: ['web'] })
    await requests.start(web, { by: 'cli me', wait: false })
    expect(send('web')).toMatchObject({ to: ['web'] })
    web.incarnation += 1
    expect(send('web')).toMatchObject({ code: 'NOT_RUNNING' })

    Object.assign(web, { state: 'RUNNING', want: 'up' } satisfies Partial<Proc>)
    await requests.stop(web, { by: 'cli me', wait: false, comesBack: true })
    Object.assign(web, { state: 'STOPPED', want: 'down' } satisfies Partial<Proc>)
    isThere = false
    expect(await requests.start(web, { by: 'cli me', wait: false })).toMatchObject({ result: 'NO_FILE' })
    expect(send('web')).toMatchObject({ code: 'NOT_RUNNING' })
  })

  it('is refused by a full inbox with the reason, and by one of several only when all are full', () => {
    const big = 'x'.repeat(600_000)
    expect([1, 2, 3, 4].map(() => 'code' in send('checkin', undefined, big))).toEqual([false, false, false, true])
    expect(send('checkin', undefined, big)).toMatchObject({ code: 'INBOX_FULL', message: expect.stringMatching(/^none of the 3 of the program checkin can take it: 6000\d\d bytes wait/) as unknown })
    expect(send('web', undefined, 'x'.repeat(2_000_000))).toMatchObject({ code: 'INBOX_FULL', message: expect.stringContaining('an inbox 1048576') as unknown })
    expect(inboxes.get('web')?.counts.refused).toBe(1)
  })

  it('is an event while somebody listens', () => {
    send('web')
    const leave = bus.subscribe((event) => { events.push(event) })
    send('web', undefined, 'x'.repeat(3000))
    send('off', undefined, 'é')
    leave()
    expect(events).toMatchObject([
      { type: 'message.sent', group: 'web', name: 'web', sender: 'cli me', data: `"${'x'.repeat(999)}` },
      { type: 'message.refused', addressee: 'off', sender: 'cli me', code: 'NOT_RUNNING', bytes: 4 },
    ])
    expect(bus.recent()).toEqual([])
  })

  it('has a number above those of the master before', () => {
    const first = send('web') as Sent
    office = new PostOffice(ports())
    expect((send('web') as Sent).n).toBeGreaterThan(first.n)
  })
})

describe('a worker that asks', () => {
  it('is answered by the number that it gave, and not when it gave none', () => {
    expect(ask('web', { send: { id: 1, to: 'checkin', data: { a: 1 } }, status: 'sending' })).toBe(1)
    expect(ask('web', { send: { to: 'checkin' } })).toBe(1)
    expect(ask('web', { ping: { id: 'p' } })).toBe(1)
    expect(answers.get('web')).toEqual([expect.stringMatching(/^\{"reply":\{"id":1,"value":\{"n":\d+,"to":\["shop:checkin_0"\]\}\}\}$/) as unknown, '{"reply":{"id":"p","value":null}}'])
  })

  it('is told what is wrong', () => {
    ask('web', { send: { id: 1 } })
    ask('web', { send: { id: 2, to: 'web', mode: 'some' } })
    ask('web', { send: { id: 3, to: 'off' } })
    ask('web', { return: { id: 4 } })
    expect(answers.get('web')?.map((json) => (JSON.parse(json) as { reply: { error: { code: string } } }).reply.error.code)).toEqual(['BAD_ARGUMENTS', 'BAD_ARGUMENTS', 'NOT_RUNNING', 'BAD_ARGUMENTS'])
  })

  it('with what nobody understands is not answered', () => {
    for (const said of [{ send: 7 }, { send: null }, { send: [] }, { send: { id: {}, to: 'web' } }, { part: 7 }, { part: { index: 0 } }]) expect(ask('web', said)).toBe(-1)
    expect(ask('web', { ready: true })).toBe(0)
    expect(answers.size).toBe(0)
  })

  it('may ask in parts, and is told when they do not fit', () => {
    for (const line of linesOf(JSON.stringify({ send: { id: 9, to: 'again', data: 'x'.repeat(10_000) } }), 'id', 9)) ask('web', JSON.parse(line) as object)
    expect(waiting()).toEqual({ again: 1 })
    ask('web', { part: { id: 10, index: 3, last: true, text: '' } })
    for (const line of ['not JSON', '{"part":{"id":1,"index":0,"last":true,"text":"{}"}}', '7']) expect(ask('web', { part: { id: 11, index: 0, last: true, text: line } })).toBe(-1)
    expect(answers.get('web')?.at(-1)).toContain('part 3 came where part 0 was due')
  })

  it('writes to all of its own kind, but not to itself', () => {
    ask('shop:checkin_0', { send: { id: 1, to: 'checkin', mode: 'all' } })
    expect(waiting()).toEqual({ 'shop:checkin_1': 1, 'shop:checkin_2': 1 })
    ask('web', { send: { id: 1, to: 'web:*' } })
    expect(answers.get('web')).toEqual([expect.stringContaining('nobody in the group web but the sender')])
    ask('web', { send: { to: 'web' } })
    expect(waiting()).toMatchObject({ web: 1 })
  })
})
