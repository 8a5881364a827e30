/**
 * Brings messages from workers, and from who asks from outside, into the inboxes of workers: finds out who is meant and who
 * can take it, tells the sender what came of it, and the bus. Holds no message itself.
 */
import { join } from 'node:path'
import { address } from '../core/addressing.ts'
import type { Addressed, Mode } from '../core/addressing.ts'
import { waitingMax } from '../core/inbox.ts'
import { MessageNumbers, messageOf } from '../core/message.ts'
import type { Message } from '../core/message.ts'
import type { Clock } from '../core/ports.ts'
import type { Proc } from '../core/proc.ts'
import { ranked } from '../core/roster.ts'
import type { Fleet } from '../core/roster.ts'
import type { Messages, Refused, Sending, Sent } from '../core/sending.ts'
import { namespec } from '../core/spec.ts'
import type { Bus } from './bus.ts'
import { no } from './desk.ts'
import type { Answer, Desk } from './desk.ts'
import type { RecordStore } from './snapshot.ts'
import type { StreamsOf } from './streams.ts'
import type { WorkerInbox } from './worker-inbox.ts'

export interface PostOfficePorts {
  readonly fleet: Fleet
  readonly streams: StreamsOf
  readonly bus: Bus
  readonly desk: Desk
  readonly clock: Clock
  readonly records: Pick<RecordStore, 'read' | 'write'>
  readonly runDir: string
}

/** Characters of data in an event. */
const shownMax = 1000
const cacheMax = 1000
/** Characters of an address that may mean somebody. */
const addressMax = 1000

export class PostOffice implements Messages {
  /** Stopped by a restart, and about to be started again: their messages wait. With the incarnation that was stopped. */
  readonly returning = new WeakMap<Proc, number>()
  readonly #ports: PostOfficePorts
  readonly #numbers: MessageNumbers
  /** Addresses that were asked for, as long as the members of the fleet stay the same. */
  readonly #known = new Map<string, Addressed<Proc>>()
  #knownOf: unknown = null
  /** Whose turn it is, by pool. */
  readonly #turns = new Map<string, number>()

  constructor(ports: PostOfficePorts) {
    this.#ports = ports
    const file = join(ports.runDir, 'message-number')
    const reserved = Number(ports.records.read(file) ?? '0')
    this.#numbers = new MessageNumbers(Number.isFinite(reserved) ? reserved : 0, ports.clock.wall(), (upTo) => void ports.records.write(file, `${String(upTo)}\n`))
    ports.desk.serve('send', (asked, proc) => this.#serve(asked, proc))
    ports.desk.serve('return', (asked, proc, inbox) => this.#takeReturned(asked, inbox))
    ports.desk.serve('hold', (asked, proc, inbox) => this.#hold(asked, inbox))
  }

  /** Sends for somebody from outside; it is on its way when this returns. `data`: JSON. */
  send(from: string, sending: Sending): Sent | Refused {
    const sent = this.#send(from, null, sending)
    this.#ports.desk.settle()
    return sent
  }

  #serve(asked: Readonly<Record<string, unknown>>, proc: Proc): Answer {
    const { to, mode, data } = asked
    if (typeof to !== 'string' || to === '') return no('BAD_ARGUMENTS', 'send needs "to", the name of a process, a program or a group')
    if (mode !== undefined && mode !== 'one' && mode !== 'all') return no('BAD_ARGUMENTS', '"mode" is "one" or "all"')
    const sent = this.#send(namespec(proc.group, proc.name), proc, { to, mode, data: data === undefined ? 'null' : JSON.stringify(data) })
    if ('code' in sent) return no(sent.code, sent.message)
    return { value: sent.refused.length === 0 ? { n: sent.n, to: sent.to } : sent }
  }

  #send(from: string, sender: Proc | null, { to, mode, data }: Sending): Sent | Refused {
    // Nobody has such a name: it is neither kept nor told as it is.
    if (to.length > addressMax) return this.#refuse(from, data, { to: JSON.stringify(to.slice(0, 100)), code: 'BAD_NAME', message: `an address has at most ${String(addressMax)} characters` })
    const found = this.#find(to, mode)
    if (found.kind === 'problem') return this.#refuse(from, data, { to, code: 'BAD_NAME', message: found.sentence })
    const message = messageOf(this.#numbers.next(), from, data)
    if (found.kind === 'exact') {
      const [proc] = found.procs
      const refused = proc === undefined ? null : this.#deliver(proc, message, data)
      return refused === null ? { n: message.n, to: found.procs.map(nameOf), refused: [] } : this.#refuse(from, data, refused)
    }
    // Who writes to all of its own kind does not mean itself.
    const others = found.procs.filter((proc) => proc !== sender)
    if (others.length === 0) return this.#refuse(from, data, { to, code: 'BAD_NAME', message: `there is nobody in the ${found.pool} but the sender` })
    return found.kind === 'all' ? this.#sendAll(others, message, data) : this.#sendOne(found.pool, others, message, data)
  }

  #sendAll(procs: readonly Proc[], message: Message, data: string): Sent | Refused {
    const taken: string[] = []
    const refused: Refused[] = []
    for (const proc of procs) {
      const refusal = this.#deliver(proc, message, data)
      if (refusal === null) taken.push(nameOf(proc))
      else refused.push(this.#refuse(message.from, data, refusal))
    }
    const [first] = refused
    return taken.length === 0 && first !== undefined ? first : { n: message.n, to: taken, refused }
  }

  /** In turns: who runs and has nothing waiting comes first, then who has room. */
  #sendOne(pool: string, procs: readonly Proc[], message: Message, data: string): Sent | Refused {
    const turn = (this.#turns.get(pool) ?? 0) % procs.length
    const inTurn = [...procs.slice(turn), ...procs.slice(0, turn)]
    const takers = inTurn.filter((proc) => this.#whyNot(proc) === null)
    const idle = takers.find((proc) => proc.state === 'RUNNING' && this.#inboxOf(proc)?.waiting === 0)
    const chosen = idle ?? takers.find((proc) => this.#inboxOf(proc)?.hasRoomFor(message)) ?? takers[0] ?? inTurn[0]
    if (chosen === undefined) throw new Error(`there is nobody in the ${pool}`)
    this.#turns.set(pool, procs.indexOf(chosen) + 1)
    const refusal = this.#deliver(chosen, message, data)
    if (refusal === null) return { n: message.n, to: [nameOf(chosen)], refused: [] }
    return this.#refuse(message.from, data, procs.length === 1 ? refusal : { ...refusal, message: `none of the ${String(procs.length)} of the ${pool} can take it: ${refusal.message}` })
  }

  /** `null`: the master holds it now. */
  #deliver(proc: Proc, message: Message, data: string): Refused | null {
    const to = nameOf(proc)
    const reason = this.#whyNot(proc)
    if (reason !== null) return { to, ...reason }
    const inbox = this.#inboxOf(proc)
    if (inbox === undefined) return { to, code: 'FAILED', message: `the inbox of ${to} cannot be had: look into the log of the master` }
    if (!inbox.offer(message)) {
      const why = message.bytes > waitingMax ? `it takes ${String(message.bytes)} bytes, an inbox ${String(waitingMax)}` : `${String(inbox.counts.waitingBytes)} bytes wait for ${to} already`
      return { to, code: 'INBOX_FULL', message: why }
    }
    const { bus, desk } = this.#ports
    desk.touch(inbox)
    if (bus.isWanted('message.sent')) {
      bus.publish({ type: 'message.sent', group: proc.group, name: proc.name, sender: message.from, n: message.n, bytes: message.bytes, data: data.slice(0, shownMax) })
    }
    return null
  }

  #refuse(from: string, data: string, refused: Refused): Refused {
    const { bus } = this.#ports
    if (bus.isWanted('message.refused')) {
      bus.publish({ type: 'message.refused', sender: from, addressee: refused.to, code: refused.code, reason: refused.message, bytes: Buffer.byteLength(data) })
    }
    return refused
  }

  #whyNot(proc: Proc): Omit<Refused, 'to'> | null {
    const to = nameOf(proc)
    if (proc.spec.care?.messages !== true) return { code: 'NO_INBOX', message: `${to} takes no messages: its program does not say messages: true` }
    const isUp = (proc.next?.up ?? proc.want === 'up') || this.returning.get(proc) === proc.incarnation
    if (proc.leaving || !isUp) return { code: 'NOT_RUNNING', message: `${to} is ${proc.state} and is not to run` }
    if (proc.state === 'FATAL' || proc.state === 'UNKNOWN') return { code: 'NOT_RUNNING', message: `${to} is ${proc.state}: ${proc.reason}` }
    return null
  }

  #inboxOf(proc: Proc): WorkerInbox | undefined {
    const { streams } = this.#ports
    const opened = streams.get(proc) ?? streams.open(proc) // a worker that runs keeps what it has, whatever the config says by now
    return typeof opened === 'string' ? undefined : opened.voice?.inbox
  }

  #takeReturned({ n, from, data }: Readonly<Record<string, unknown>>, inbox: WorkerInbox): Answer {
    if (typeof n !== 'number' || typeof from !== 'string') return no('BAD_ARGUMENTS', 'return needs "n", "from" and "data" of a message')
    if (!inbox.takeBack(messageOf(n, from, JSON.stringify(data) ?? 'null'))) return no('INBOX_FULL', 'more is given back than an inbox holds')
    this.#ports.desk.touch(inbox)
    return { value: null }
  }

  #hold({ messages }: Readonly<Record<string, unknown>>, inbox: WorkerInbox): Answer {
    if (typeof messages !== 'boolean') return no('BAD_ARGUMENTS', 'hold needs "messages", true or false')
    inbox.hold(messages)
    this.#ports.desk.touch(inbox)
    return { value: null }
  }

  #find(to: string, mode: Mode | undefined): Addressed<Proc> {
    const members = ranked(this.#ports.fleet)
    if (this.#knownOf !== members || this.#known.size > cacheMax) this.#known.clear()
    this.#knownOf = members
    const key = `${mode ?? ''} ${to}`
    let found = this.#known.get(key)
    if (found === undefined) {
      found = address(to, mode, members.map(({ proc }) => proc))
      this.#known.set(key, found)
    }
    return found
  }
}

function nameOf(proc: Proc): string {
  return namespec(proc.group, proc.name)
}
