/** supervisord's names and payloads for what happens in the master. */
import { describe, expect, it } from 'vitest'
import type { EventBody, StateEvent } from '../../../src/core/events.ts'
import { eventTypeNames, eventTypeOf, isSubscribed, mightWant, supervisorEventOf } from '../../../src/core/supervisor-events.ts'

const of = (body: EventBody): unknown => {
  const event = supervisorEventOf({ ...body, serial: 1, at: 1 })
  return event === null ? null : [event.type, event.payload]
}

const state = (to: StateEvent['to'], from: StateEvent['from'], more: Partial<StateEvent> = {}): EventBody =>
  ({ type: 'process.state', group: 'g', name: 'p', from, to, pid: 12, tries: 2, expected: false, reason: '', by: null, ...more })

describe('an event of the master', () => {
  it.each([
    [state('STARTING', 'BACKOFF'), 'PROCESS_STATE_STARTING', 'processname:p groupname:g from_state:BACKOFF tries:2'],
    [state('BACKOFF', 'STARTING'), 'PROCESS_STATE_BACKOFF', 'processname:p groupname:g from_state:STARTING tries:2'],
    [state('RUNNING', 'STARTING'), 'PROCESS_STATE_RUNNING', 'processname:p groupname:g from_state:STARTING pid:12'],
    [state('STOPPING', 'RUNNING'), 'PROCESS_STATE_STOPPING', 'processname:p groupname:g from_state:RUNNING pid:12'],
    [state('STOPPED', 'STOPPING'), 'PROCESS_STATE_STOPPED', 'processname:p groupname:g from_state:STOPPING pid:12'],
    [state('STOPPED', 'BACKOFF', { pid: 0 }), 'PROCESS_STATE_STOPPED', 'processname:p groupname:g from_state:BACKOFF pid:0'],
    [state('EXITED', 'RUNNING'), 'PROCESS_STATE_EXITED', 'processname:p groupname:g from_state:RUNNING expected:0 pid:12'],
    [state('EXITED', 'RUNNING', { expected: true }), 'PROCESS_STATE_EXITED', 'processname:p groupname:g from_state:RUNNING expected:1 pid:12'],
    [state('FATAL', 'BACKOFF'), 'PROCESS_STATE_FATAL', 'processname:p groupname:g from_state:BACKOFF'],
    [state('UNKNOWN', 'STOPPING'), 'PROCESS_STATE_UNKNOWN', 'processname:p groupname:g from_state:STOPPING'],
    [{ type: 'process.log', group: 'g', name: 'p', pid: 3, channel: 'stdout', text: 'a\n' }, 'PROCESS_LOG_STDOUT', 'processname:p groupname:g pid:3 channel:stdout\na\n'],
    [{ type: 'process.log', group: 'g', name: 'p', pid: 3, channel: 'stderr', text: 'a' }, 'PROCESS_LOG_STDERR', 'processname:p groupname:g pid:3 channel:stderr\na'],
    [{ type: 'process.communication', group: 'g', name: 'p', pid: 3, channel: 'stdout', text: 'a' }, 'PROCESS_COMMUNICATION_STDOUT', 'processname:p groupname:g pid:3\na'],
    [{ type: 'process.communication', group: 'g', name: 'p', pid: 3, channel: 'stderr', text: '' }, 'PROCESS_COMMUNICATION_STDERR', 'processname:p groupname:g pid:3\n'],
    [{ type: 'remote.communication', kind: 'k', data: 'd' }, 'REMOTE_COMMUNICATION', 'type:k\nd'],
    [{ type: 'master.running', by: null }, 'SUPERVISOR_STATE_CHANGE_RUNNING', ''],
    [{ type: 'master.stopping', by: 'x' }, 'SUPERVISOR_STATE_CHANGE_STOPPING', ''],
    [{ type: 'tick.5', when: 1795332470 }, 'TICK_5', 'when:1795332470'],
    [{ type: 'tick.60', when: 60 }, 'TICK_60', 'when:60'],
    [{ type: 'tick.3600', when: 3600 }, 'TICK_3600', 'when:3600'],
    [{ type: 'group.added', group: 'g' }, 'PROCESS_GROUP_ADDED', 'groupname:g\n'],
    [{ type: 'group.removed', group: 'g' }, 'PROCESS_GROUP_REMOVED', 'groupname:g\n'],
  ] satisfies [EventBody, string, string][])('%o is told as %s', (body, type, payload) => {
    expect(of(body)).toEqual([type, payload])
  })

  it('of a message has headers that any listener can cut', () => {
    expect(of({ type: 'message.sent', group: 'g', name: 'p', sender: 'shop:web', n: 5, bytes: 9, data: '{"a": 1}' }))
      .toEqual(['PROCESS_MESSAGE_SENT', 'processname:p groupname:g from:shop%3Aweb n:5 bytes:9\n{"a": 1}'])
    expect(of({ type: 'message.refused', sender: 'cli ann', addressee: 'shop:*', code: 'BAD_NAME', reason: 'nobody', bytes: 1 }))
      .toEqual(['PROCESS_MESSAGE_REFUSED', 'to:shop%3A* from:cli%20ann code:BAD_NAME bytes:1\nnobody'])
  })

  it('that supervisord does not have is not told', () => {
    expect(of({ type: 'process.survivors', group: 'g', name: 'p', survivors: [], killed: false })).toBeNull()
    expect(of({ type: 'log.dropping', group: 'g', name: 'p', channel: 'stdout', bytes: 1, reason: '' })).toBeNull()
  })
})

const subscribed = (...events: string[]): { spec: { events: string[] } } => ({ spec: { events } })

describe('a subscription', () => {
  it('to a type takes what is below it, and EVENT takes everything', () => {
    expect(isSubscribed(['PROCESS_STATE'], 'PROCESS_STATE_EXITED')).toBe(true)
    expect(isSubscribed(['PROCESS_STATE'], 'PROCESS_LOG_STDOUT')).toBe(false)
    expect(isSubscribed(['TICK_5'], 'TICK_60')).toBe(false)
    for (const type of eventTypeNames()) expect(isSubscribed(['EVENT'], type)).toBe(true)
  })

  it('may be written in any case', () => {
    expect(eventTypeOf(' tick_5 ')).toBe('TICK_5')
    expect(eventTypeOf('toString')).toBeUndefined()
  })

  it('is what decides whether costly events are made', () => {
    expect(mightWant([subscribed('TICK_60'), subscribed('PROCESS_STATE')], 'tick.60')).toBe(true)
    expect(mightWant([subscribed('TICK_60')], 'tick.5')).toBe(false)
    expect(mightWant([subscribed('PROCESS_LOG_STDERR')], 'process.log')).toBe(true)
    expect(mightWant([subscribed('PROCESS_COMMUNICATION')], 'process.log')).toBe(false)
    expect(mightWant([], 'process.state')).toBe(true)
  })
})
