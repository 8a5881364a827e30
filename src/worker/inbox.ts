/**
 * The inbox as the worker sees it: answers to what it asks, and messages, one after another. Opened when somebody uses it,
 * and then as a description of its own, so that who else has the descriptor is not disturbed. What the lines of requests
 * mean is not known here.
 */
import type { Socket } from 'node:net'
import { Assembly, lineMax, linesOf, wholeMax } from '../lib/parts.ts'
import { ShortLines } from '../lib/short-lines.ts'
import { fs } from './builtins.ts'
import { channel } from './channel.ts'
import type { Channel } from './channel.ts'
import { MessageQueue } from './message-queue.ts'
import type { Message, MessageHandler } from './message-queue.ts'
import { openOwn } from './own-descriptor.ts'
import { say } from './say.ts'

/** Milliseconds that the end of a worker may wait for the master to take what is given back. */
const patience = 2000

/** A request that was refused, or whose answer is lost. `code`: INBOX_FULL, BAD_NAME, NO_MASTER, ... */
export class RequestError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'RequestError'
    this.code = code
  }
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: RequestError) => void
}

export class Inbox {
  readonly #named: string | undefined
  readonly #channel: Channel
  readonly #assembly = new Assembly('of')
  readonly #pending = new Map<number, Pending>()
  readonly messages: MessageQueue
  readonly #lines = new ShortLines(lineMax, (line) => { this.#read(line) }, () => undefined)
  #fd = -1
  #socket: Socket | null = null
  #opened = false
  #lastId = 0
  #keepsAlive = false
  /** How the socket is: it reads, and the process waits for it. */
  #paused: boolean | null = null
  #refed = false
  /** The master was asked to deliver no messages. */
  #holds = false

  /** `named`: what NSUP_INBOX_FD says. */
  constructor(named: string | undefined, to: Channel) {
    this.#named = named
    this.#channel = to
    this.messages = new MessageQueue((message) => this.#giveBack(message), () => { this.#adjust() })
  }

  /** True if there is a master that writes to it. */
  get isOpen(): boolean {
    this.#open()
    return this.#socket !== null
  }

  /** Asks the master for something: `{"WORD":{"id":...,...asked}}`. Rejects with RequestError. */
  request(word: string, asked: object): Promise<unknown> {
    if (!this.isOpen) return Promise.reject(new RequestError('NO_MASTER', 'there is no nsup to ask: this process has no inbox (messages: true, or tables)'))
    this.#lastId += 1
    const id = this.#lastId
    const said = JSON.stringify(asked)
    const refused = this.#send(`{"${word}":{"id":${String(id)}${said === '{}' ? '' : ','}${said.slice(1)}}`, id)
    if (refused !== null) return Promise.reject(refused)
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#adjust()
    })
  }

  /** In one line, as nearly always, or in parts. */
  #send(json: string, id: number): RequestError | null {
    if (json.length > wholeMax) return new RequestError('BAD_ARGUMENTS', `the request takes ${String(json.length)} bytes, more than ${String(wholeMax)}`)
    const short = json.length * 3 < lineMax
    for (const line of short ? [json] : linesOf(json, 'id', id)) {
      const written = this.#channel.writeJson(short ? line : line.slice(0, -1))
      if (written === 'closed') return new RequestError('NO_MASTER', 'the report channel is closed')
      if (written === 'lost') return new RequestError('BUSY', 'the master does not keep up: too much waits in the report channel')
    }
    return null
  }

  /** Lets this take every message from now on. `keepsAlive`: the process goes on as long as messages may come. */
  onMessage(handler: MessageHandler, keepsAlive: boolean): void {
    this.#keepsAlive = keepsAlive
    this.#open()
    this.messages.setHandler(handler)
    this.#adjust()
  }

  /** Takes no message any more, lets the one in hand be finished, and gives those back that were read and not handled. */
  async stop(): Promise<void> {
    this.#keepsAlive = false
    const stopped = this.messages.stop()
    this.#adjust()
    await stopped
    this.#drain()
    this.#adjust()
    if (!(await this.#channel.emptied(patience))) say('Messages may not have been given back: the master does not read', { pid: process.pid })
  }

  /** Takes out what is there, to the end of a line: a next master could do nothing with the rest of one. */
  #drain(): void {
    const buffer = Buffer.allocUnsafe(64 * 1024)
    try {
      for (let length = this.#fd < 0 ? 0 : fs.readSync(this.#fd, buffer); length > 0; length = fs.readSync(this.#fd, buffer)) this.#lines.push(buffer.subarray(0, length))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#lose('NO_MASTER', 'the inbox cannot be read')
    }
  }

  #open(): void {
    if (this.#opened) return
    this.#opened = true
    this.#fd = openOwn(this.#named, fs.constants.O_RDONLY)
    if (this.#fd < 0) return
    // Loaded here: most workers never need it.
    const { Socket } = process.getBuiltinModule('node:net')
    const buffer = Buffer.allocUnsafeSlow(16 * 1024)
    const callback = (length: number): boolean => {
      this.#lines.push(buffer.subarray(0, length))
      this.#adjust()
      return !this.#isFull()
    }
    const socket = new Socket({ fd: this.#fd, readable: true, writable: false, onread: { buffer, callback } } as ConstructorParameters<typeof Socket>[0])
    socket.on('error', () => { this.#lose('NO_MASTER', 'the inbox cannot be read') })
    socket.unref()
    this.#socket = socket
  }

  #read(line: string): void {
    const said = parse(line)
    if (said.message !== undefined) this.messages.push(said.message, line.length)
    if (said.reply !== undefined) this.#settle(said.reply)
    if (said.part !== undefined) {
      const put = this.#assembly.put(said.part)
      if ('whole' in put) this.#read(put.whole)
    }
    if (said.master !== undefined) this.#meet()
  }

  #settle({ id, value, error }: NonNullable<Said['reply']>): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    if (error === undefined) pending.resolve(value)
    else pending.reject(new RequestError(error.code, error.message))
  }

  /** Another master has taken over. What it has not answered when it answers this, it has never heard. */
  #meet(): void {
    this.#holds = false // it has not been asked
    const asked = [...this.#pending.keys()]
    if (asked.length === 0) return
    const settle = (): void => {
      this.#lose('MASTER_CHANGED', 'the master has changed before it answered: nobody knows whether it was done', asked)
    }
    this.request('ping', {}).then(settle, settle)
  }

  #lose(code: string, message: string, ids: readonly number[] = [...this.#pending.keys()]): void {
    for (const id of ids) this.#settle({ id, value: undefined, error: { code, message } })
    this.#adjust()
  }

  #giveBack(message: Message): void {
    const written = linesOf(JSON.stringify({ return: message }), 'id', `return ${String(message.n)}`).map((line) => this.#channel.writeJson(line.slice(0, -1)))
    if (written.some((one) => one === 'lost' || one === 'closed')) say('A message is lost: it cannot be given back', { n: message.n, from: message.from, pid: process.pid })
  }

  /** Who does not keep up with its messages reads no more of them, unless it waits for an answer. */
  #isFull(): boolean {
    return this.messages.isFull && this.#pending.size === 0
  }

  /** Who has enough and reads on for the sake of an answer asks for answers alone, or it would take in all that there is. */
  #holdOrNot(): void {
    const holds = this.#holds ? !this.messages.isLow : this.messages.isFull && this.#pending.size > 0
    if (holds === this.#holds) return
    const written = this.#channel.writeJson(`{"hold":{"messages":${String(holds)}}}`)
    if (written === 'sent' || written === 'waits') this.#holds = holds
  }

  /** With each request and each answer: most often nothing changes. */
  #adjust(): void {
    if (this.#socket === null) return
    this.#holdOrNot()
    const full = this.#isFull()
    if (full !== this.#paused) {
      this.#paused = full
      if (full) this.#socket.pause()
      else this.#socket.resume()
    }
    const alive = this.#keepsAlive || this.#pending.size > 0
    if (alive === this.#refed) return
    this.#refed = alive
    if (alive) this.#socket.ref()
    else this.#socket.unref()
  }
}

interface Said {
  readonly message?: Message
  readonly reply?: { readonly id: number; readonly value: unknown; readonly error?: { readonly code: string; readonly message: string } }
  readonly part?: unknown
  readonly master?: unknown
}

/** Only the master writes here; a line that it could not finish, because it was killed, is none. */
function parse(line: string): Said {
  try {
    return JSON.parse(line) as Said
  } catch {
    return {}
  }
}

/** The inbox that the master has given to this worker. */
export const inbox: Inbox = new Inbox(process.env['NSUP_INBOX_FD'], channel)
