import { describe, expect, it } from 'vitest'
import type { AlertEvent, AlertSpec } from '../../../src/config/config.ts'
import type { EventBody, StateEvent } from '../../../src/core/events.ts'
import type { ProcessSpec } from '../../../src/core/spec.ts'
import { Alerts } from '../../../src/daemon/alerts.ts'
import { Bus } from '../../../src/daemon/bus.ts'
import { MasterLog } from '../../../src/daemon/master-log.ts'
import { procIn } from '../core/procs.ts'
import { FakeOutside } from './fake-outside.ts'
import { HandClock } from './hand-clock.ts'

const everything: readonly AlertEvent[] = ['fatal', 'crash_loop', 'unhealthy', 'oom', 'disk_full']
const webhook = (change: Partial<AlertSpec> = {}): AlertSpec =>
  ({ on: everything, to: { kind: 'webhook', url: 'https://ann:hunter2@chat.example/services/T0/s3cret?key=k3y' }, template: null, ...change })
const command = (change: Partial<AlertSpec> = {}): AlertSpec =>
  ({ on: everything, to: { kind: 'exec', command: 'tell s3cret', argv: ['tell', 's3cret'] }, template: null, ...change })

function world(alerts: readonly AlertSpec[], spec: Partial<ProcessSpec> = {}) {
  const clock = new HandClock()
  const outside = new FakeOutside()
  const lines: string[] = []
  const bus = new Bus(clock, (error) => {
    throw error
  })
  const proc = procIn('FATAL', { incarnation: 4 }, { group: 'g', name: 'a', program: 'p', environment: { TOKEN: 'swordfish' }, ...spec })
  const unhappy = new Alerts({
    ...{ clock, outside, bus, alerts, runDir: '/run/n', environment: { inherited: { PATH: '/bin' }, serverUrl: 'unix:///run/n.sock', runDir: '/run/n' } },
    log: new MasterLog((level, message) => lines.push(`${level} ${message}`)),
    find: (group, name) => (group === 'g' && name === 'a' ? proc : undefined),
  })
  const sent = (): Record<string, unknown>[] => outside.posts.map(({ message }) => JSON.parse(message.body) as Record<string, unknown>)
  return { clock, outside, lines, bus, proc, alerts: unhappy, sent }
}

function fatal(change: Partial<StateEvent> = {}): EventBody {
  return { type: 'process.state', group: 'g', name: 'a', from: 'BACKOFF', to: 'FATAL', pid: 0, tries: 0, expected: false, reason: 'gave up', by: null, ...change }
}

const unhealthy: EventBody = { type: 'process.health', group: 'g', name: 'a', pid: 9, healthy: false, reason: 'HTTP 503' }

describe('Alerts', () => {
  it('tell what has happened, in words that a chat understands and with all facts beside', () => {
    const { bus, outside, sent } = world([webhook()])
    bus.publish(fatal())
    expect(outside.posts[0]?.message).toMatchObject({ url: 'https://ann:hunter2@chat.example/services/T0/s3cret?key=k3y', contentType: 'application/json' })
    expect(sent()).toEqual([{
      text: 'g:a on ship has been given up (FATAL): gave up',
      ...{ kind: 'fatal', process: 'g:a', group: 'g', name: 'a', program: 'p', state: 'FATAL', pid: 0, incarnation: 4, reason: 'gave up' },
      ...{ exit_code: '', exit_signal: '', host: 'ship', time: '2023-11-14T22:13:20.000Z', suppressed: 0 },
    }])
  })

  it('know each kind by what it is, and send one message for one thing', () => {
    const kinds = (on: readonly AlertEvent[], happen: (one: ReturnType<typeof world>) => void): unknown[] => {
      const one = world([webhook({ on })])
      happen(one)
      return one.sent().map(({ kind }) => kind)
    }
    expect(kinds(everything, ({ bus }) => { bus.publish(fatal({ cause: 'crash_loop' })) })).toEqual(['crash_loop'])
    expect(kinds(['fatal'], ({ bus }) => { bus.publish(fatal({ cause: 'crash_loop' })) })).toEqual(['fatal'])
    expect(kinds(['crash_loop'], ({ bus }) => { bus.publish(fatal()) })).toEqual([])
    expect(kinds(everything, ({ bus }) => { bus.publish(fatal({ cause: 'shutdown' })) })).toEqual([])
    expect(kinds(everything, ({ bus }) => { bus.publish(unhealthy) })).toEqual(['unhealthy'])
    expect(kinds(everything, ({ bus }) => { bus.publish({ ...unhealthy, healthy: true }) })).toEqual([])
    const dropping: EventBody = { type: 'log.dropping', group: 'g', name: 'a', channel: 'stdout', bytes: 1, reason: 'ENOSPC' }
    expect(kinds(everything, ({ bus }) => { bus.publish(dropping) })).toEqual(['disk_full'])
    const exit = { incarnation: 4, pid: 5, startedAt: 0, endedAt: 1, uptime: 1, wanted: false, by: null, expected: false, lastLines: [] }
    const status = { kind: 'signal', signal: 'SIGKILL', core: false } as const
    expect(kinds(everything, ({ proc, alerts }) => {
      proc.exits = [{ ...exit, status, oom: true }]
      alerts.exited(proc)
    })).toEqual(['oom'])
    expect(kinds(everything, ({ proc, alerts }) => {
      proc.exits = [{ ...exit, status }]
      alerts.exited(proc)
    })).toEqual([])
  })

  it('come once a minute for one process and kind; the next one says how many did not', () => {
    const { bus, clock, outside, sent } = world([webhook(), webhook()])
    const answerAll = (): void => { for (const one of outside.posts) one.answer({ ok: true }) }
    for (let i = 0; i < 4; i += 1) bus.publish(unhealthy)
    bus.publish(fatal())
    answerAll()
    answerAll()
    expect(sent().map(({ kind }) => kind)).toEqual(['unhealthy', 'unhealthy', 'fatal', 'fatal'])
    clock.advance(59_999)
    bus.publish(unhealthy)
    expect(sent()).toHaveLength(4)
    clock.advance(1)
    bus.publish(unhealthy)
    expect(sent()[4]).toMatchObject({ suppressed: 4, text: 'g:a on ship is unhealthy: HTTP 503 (and 4 more since the last message)' })
  })

  it('are sent five times, later and later, and then left with a line that tells no secret', () => {
    const { bus, clock, outside, lines, alerts } = world([webhook()])
    bus.publish(fatal())
    for (const pause of [1000, 4000, 15_000, 60_000]) {
      outside.posts.at(-1)?.answer({ ok: false, reason: 'ECONNREFUSED swordfish', retry: 0 })
      expect(clock.armed).toEqual([pause])
      clock.advance(pause)
    }
    expect(outside.posts).toHaveLength(5)
    outside.posts.at(-1)?.answer({ ok: false, reason: 'ECONNREFUSED swordfish', retry: 0 })
    expect(alerts.idle).toBe(true)
    expect(clock.armed).toEqual([])
    expect(lines.at(-1)).toBe('error the alert that g:a is fatal did not reach the webhook at chat.example (5 tries): ECONNREFUSED [redacted]')
    expect(lines.join('\n')).not.toMatch(/hunter2|s3cret|k3y|swordfish/)
  })

  it('listen to who asks for patience, and do not insist where they are refused', () => {
    const { bus, clock, outside, lines } = world([webhook()])
    bus.publish(fatal())
    outside.posts[0]?.answer({ ok: false, reason: 'HTTP 429', retry: 30_000 })
    expect(clock.armed).toEqual([30_000])
    clock.advance(30_000)
    outside.posts[1]?.answer({ ok: false, reason: 'HTTP 404', retry: null })
    expect(clock.armed).toEqual([])
    expect(lines.at(-1)).toContain('(2 tries): HTTP 404')
  })

  it('arrive in order, one at a time, and are left out when too many wait', () => {
    const { bus, outside, lines, sent } = world([webhook()])
    const other = (i: number): EventBody => ({ ...unhealthy, group: 'x', name: `p${String(i)}` })
    for (let i = 0; i < 103; i += 1) bus.publish(other(i))
    expect(outside.posts).toHaveLength(1)
    expect(lines).toEqual(['warn too many alerts wait for the webhook at chat.example: they are left out until it takes some'])
    for (let at = 0; at < outside.posts.length; at += 1) outside.posts[at]?.answer({ ok: true })
    expect(sent().map(({ name }) => name)).toEqual(Array.from({ length: 100 }, (_, i) => `p${String(i)}`))
    expect(lines.at(-1)).toBe('warn 3 alerts for the webhook at chat.example were left out')
  })

  it('have the words of their template, whole where it is JSON', () => {
    const json = webhook({ template: '{"content": "%(process)s: %(reason)s", "n": %(incarnation)s, "left": "100%"}' })
    const { bus, outside } = world([json, webhook({ template: '%(name)s!' })])
    bus.publish(fatal({ reason: 'said "no"\n' }))
    expect(outside.posts.map(({ message }) => JSON.parse(message.body) as unknown)).toMatchObject([
      { content: 'g:a: said "no"\n', n: 4, left: '100%' },
      { text: 'a!', kind: 'fatal' },
    ])
  })

  it('may be commands, which get the facts in their environment and are tried again too', () => {
    const { bus, outside, clock, lines } = world([command({ template: '%(process)s: %(kind)s' })])
    bus.publish(fatal())
    expect(outside.runs[0]?.order).toMatchObject({ argv: ['tell', 's3cret'], output: '/run/n/alert-0.fifo', timeout: 30_000 })
    expect(outside.runs[0]?.order.environment).toMatchObject({
      ...{ NSUP_EVENT: 'fatal', NSUP_PROCESS: 'g:a', NSUP_REASON: 'gave up', NSUP_TEXT: 'g:a: fatal', NSUP_HOST: 'ship', NSUP_INCARNATION: '4', NSUP_PID: '', NSUP_RUN: '' },
    })
    outside.runs[0]?.order.onLine('mail for swordfish')
    outside.runs[0]?.end('exit status 1')
    clock.advance(1000)
    outside.runs[1]?.end(null)
    expect(lines).toEqual(['info [alert] mail for [redacted]', 'debug an alert did not reach the command of alert 1: exit status 1; it is sent again in 1 s'])
  })

  it('have one more try when the master ends, and are left when it has no more time', async () => {
    const { bus, outside, alerts, clock, lines } = world([webhook(), command()])
    bus.publish(fatal())
    outside.posts[0]?.answer({ ok: false, reason: 'HTTP 500', retry: 0 })
    const ended = alerts.ended()
    expect(outside.posts).toHaveLength(2)
    outside.posts[1]?.answer({ ok: false, reason: 'HTTP 500', retry: 0 })
    expect(clock.armed).toEqual([])
    alerts.close()
    await ended
    expect(outside.runs[0]?.killed).toBe(true)
    expect(lines.at(-1)).toBe('warn 1 alerts for the command of alert 2 were not sent: the master ends')
    bus.publish(unhealthy)
    expect(outside.posts).toHaveLength(2)
  })

  it('cost nothing where nobody asks for them', () => {
    const { bus } = world([])
    expect(bus.isWanted('process.state')).toBe(false)
  })
})
