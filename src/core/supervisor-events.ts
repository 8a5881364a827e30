/**
 * supervisord's events, as event listeners know them: the tree of types, which types a subscription means, and the
 * name and payload that an event of the master has there (section 12.3 of supervisord's contract). Delivers nothing.
 */
import type { State } from './model.ts'
import type { MasterEvent, StateEvent } from './events.ts'

/** Every type, with the type that it belongs to; the root belongs to none. Abstract ones are never sent. */
const parents = {
  EVENT: null,
  PROCESS_STATE: 'EVENT',
  PROCESS_STATE_STOPPED: 'PROCESS_STATE',
  PROCESS_STATE_EXITED: 'PROCESS_STATE',
  PROCESS_STATE_STARTING: 'PROCESS_STATE',
  PROCESS_STATE_STOPPING: 'PROCESS_STATE',
  PROCESS_STATE_BACKOFF: 'PROCESS_STATE',
  PROCESS_STATE_FATAL: 'PROCESS_STATE',
  PROCESS_STATE_RUNNING: 'PROCESS_STATE',
  PROCESS_STATE_UNKNOWN: 'PROCESS_STATE',
  PROCESS_COMMUNICATION: 'EVENT',
  PROCESS_COMMUNICATION_STDOUT: 'PROCESS_COMMUNICATION',
  PROCESS_COMMUNICATION_STDERR: 'PROCESS_COMMUNICATION',
  PROCESS_LOG: 'EVENT',
  PROCESS_LOG_STDOUT: 'PROCESS_LOG',
  PROCESS_LOG_STDERR: 'PROCESS_LOG',
  REMOTE_COMMUNICATION: 'EVENT',
  SUPERVISOR_STATE_CHANGE: 'EVENT',
  SUPERVISOR_STATE_CHANGE_RUNNING: 'SUPERVISOR_STATE_CHANGE',
  SUPERVISOR_STATE_CHANGE_STOPPING: 'SUPERVISOR_STATE_CHANGE',
  TICK: 'EVENT',
  TICK_5: 'TICK',
  TICK_60: 'TICK',
  TICK_3600: 'TICK',
  PROCESS_GROUP: 'EVENT',
  PROCESS_GROUP_ADDED: 'PROCESS_GROUP',
  PROCESS_GROUP_REMOVED: 'PROCESS_GROUP',
  // nsup's own: supervisord has no messages between processes.
  PROCESS_MESSAGE: 'EVENT',
  PROCESS_MESSAGE_SENT: 'PROCESS_MESSAGE',
  PROCESS_MESSAGE_REFUSED: 'PROCESS_MESSAGE',
} as const satisfies Readonly<Record<string, string | null>>

export type SupervisorEventType = keyof typeof parents

/** One event as it is put before listeners. */
export interface SupervisorEvent {
  readonly type: SupervisorEventType
  readonly payload: string
}

/** The type of this name, in any case; `undefined` for what is none. */
export function eventTypeOf(name: string): SupervisorEventType | undefined {
  const wanted = name.trim().toUpperCase()
  return Object.hasOwn(parents, wanted) ? (wanted as SupervisorEventType) : undefined
}

/** All names that a subscription may have. */
export function eventTypeNames(): SupervisorEventType[] {
  return Object.keys(parents) as SupervisorEventType[]
}

/** True if who subscribed to these names gets events of this type: the type itself or one above it is among them. */
export function isSubscribed(subscription: readonly string[], type: SupervisorEventType | null): boolean {
  for (let one: SupervisorEventType | null = type; one !== null; one = parents[one]) {
    if (subscription.includes(one)) return true
  }
  return false
}

/** What listeners get for an event of the master; `null` for events that supervisord does not have. */
export function supervisorEventOf(event: MasterEvent): SupervisorEvent | null {
  switch (event.type) {
    case 'process.state':
      return { type: `PROCESS_STATE_${event.to}`, payload: statePayload(event) }
    case 'process.log':
      return {
        type: event.channel === 'stdout' ? 'PROCESS_LOG_STDOUT' : 'PROCESS_LOG_STDERR',
        payload: `processname:${event.name} groupname:${event.group} pid:${String(event.pid)} channel:${event.channel}\n${event.text}`,
      }
    case 'process.communication':
      return {
        type: event.channel === 'stdout' ? 'PROCESS_COMMUNICATION_STDOUT' : 'PROCESS_COMMUNICATION_STDERR',
        payload: `processname:${event.name} groupname:${event.group} pid:${String(event.pid)}\n${event.text}`,
      }
    case 'remote.communication':
      return { type: 'REMOTE_COMMUNICATION', payload: `type:${event.kind}\n${event.data}` }
    case 'master.running':
      return { type: 'SUPERVISOR_STATE_CHANGE_RUNNING', payload: '' }
    case 'master.stopping':
      return { type: 'SUPERVISOR_STATE_CHANGE_STOPPING', payload: '' }
    case 'tick.5':
      return { type: 'TICK_5', payload: `when:${String(event.when)}` }
    case 'tick.60':
      return { type: 'TICK_60', payload: `when:${String(event.when)}` }
    case 'tick.3600':
      return { type: 'TICK_3600', payload: `when:${String(event.when)}` }
    case 'group.added':
      return { type: 'PROCESS_GROUP_ADDED', payload: `groupname:${event.group}\n` }
    case 'group.removed':
      return { type: 'PROCESS_GROUP_REMOVED', payload: `groupname:${event.group}\n` }
    case 'message.sent':
      return { type: 'PROCESS_MESSAGE_SENT', payload: `processname:${event.name} groupname:${event.group} from:${headerWord(event.sender)} n:${String(event.n)} bytes:${String(event.bytes)}\n${event.data}` }
    case 'message.refused':
      return { type: 'PROCESS_MESSAGE_REFUSED', payload: `to:${headerWord(event.addressee)} from:${headerWord(event.sender)} code:${event.code} bytes:${String(event.bytes)}\n${event.reason}` }
    case 'master.reloaded':
    case 'log.dropping':
    case 'log.recovered':
    case 'process.health':
    case 'process.survivors':
    case 'process.run':
      return null
  }
}

/** Listeners cut headers at blanks and colons: what of a name is one of these is written as in a URL. */
function headerWord(text: string): string {
  return text.replace(/[\s:%]/g, (one) => encodeURIComponent(one))
}

/** Fields that a state adds to the three that all have. */
const stateFields: Readonly<Record<State, (event: StateEvent) => string>> = {
  STARTING: tries,
  BACKOFF: tries,
  RUNNING: pid,
  STOPPING: pid,
  STOPPED: pid,
  EXITED: (event) => ` expected:${event.expected ? '1' : '0'}${pid(event)}`,
  FATAL: () => '',
  UNKNOWN: () => '',
}

function statePayload(event: StateEvent): string {
  return `processname:${event.name} groupname:${event.group} from_state:${event.from}${stateFields[event.to](event)}`
}

function tries(event: StateEvent): string {
  return ` tries:${String(event.tries)}`
}

function pid(event: StateEvent): string {
  return ` pid:${String(event.pid)}`
}

/** The events of the master that cost something to make, and what a listener calls them. */
const costly: Readonly<Partial<Record<MasterEvent['type'], readonly SupervisorEventType[]>>> = {
  'process.log': ['PROCESS_LOG_STDOUT', 'PROCESS_LOG_STDERR'],
  'process.communication': ['PROCESS_COMMUNICATION_STDOUT', 'PROCESS_COMMUNICATION_STDERR'],
  'message.sent': ['PROCESS_MESSAGE_SENT'],
  'message.refused': ['PROCESS_MESSAGE_REFUSED'],
  'tick.5': ['TICK_5'],
  'tick.60': ['TICK_60'],
  'tick.3600': ['TICK_3600'],
}

interface Subscriber {
  readonly spec: { readonly events: readonly string[] }
}

/** True if one of these takes, or might take, events of this type of the master. */
export function mightWant(pools: Iterable<Subscriber>, type: MasterEvent['type']): boolean {
  const names = costly[type]
  if (names === undefined) return true
  for (const { spec } of pools) if (names.some((name) => isSubscribed(spec.events, name))) return true
  return false
}
