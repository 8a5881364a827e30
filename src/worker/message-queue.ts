/** The messages that a worker has read and not handled: one at a time goes to the handler, and none twice. */
import { MessageInHand } from './message-in-hand.ts'
import { errorFields, say } from './say.ts'

/** What another worker, or somebody from outside, has sent. */
export interface Message<Data = unknown> {
  /** Grows from message to message. */
  readonly n: number
  /** The process that sent it, `group:name` or `name`; `cli USER` and the like from outside. */
  readonly from: string
  readonly data: Data
}

/** `Data`: what the senders are known to send; nobody checks it. */
export type MessageHandler<Data = unknown> = (message: Message<Data>) => void | Promise<void>

/** Characters that may wait here before no more is read. */
const fullAt = 64 * 1024

export class MessageQueue {
  readonly #giveBack: (message: Message) => void
  readonly #onRoom: () => void
  #waiting: { readonly message: Message; readonly size: number }[] = []
  #size = 0
  #handler: MessageHandler | null = null
  #working: Promise<void> | null = null
  #stopped = false
  #last = 0
  /** The numbers of what was given back: a new master may tell it to this worker once more. */
  readonly #returned = new Set<number>()
  #handled = 0
  #failed = 0
  #lastActivity = 0
  /** The one that the handler has. */
  readonly inHand: MessageInHand = new MessageInHand()

  /** `giveBack`: takes what is not handled any more. `onRoom`: called when one has been handled. */
  constructor(giveBack: (message: Message) => void, onRoom: () => void) {
    this.#giveBack = giveBack
    this.#onRoom = onRoom
  }

  /** True as well for who takes none any more: what is read then has to be given back. */
  get isFull(): boolean {
    return this.#stopped || this.#size >= fullAt
  }

  /** So few wait that more may come. */
  get isLow(): boolean {
    return !this.#stopped && this.#size < fullAt / 2
  }

  /** So many have been handled. */
  get handled(): number {
    return this.#handled
  }

  /** At so many the handler threw. */
  get failed(): number {
    return this.#failed
  }

  /** ISO time at which it was done with the last one; null: there was none yet. */
  get lastActivity(): string | null {
    return this.#lastActivity === 0 ? null : new Date(this.#lastActivity).toISOString()
  }

  setHandler(handler: MessageHandler): void {
    this.#stopped = false
    this.#handler = handler
    this.#work()
  }

  push(message: Message, size: number): void {
    const again = this.#returned.delete(message.n)
    if (message.n <= this.#last && !again) return // told twice: a master was killed before it could note that it had told it
    this.#last = Math.max(this.#last, message.n)
    if (this.#stopped) return this.#return(message)
    this.#waiting.push({ message, size })
    this.#size += size
    this.#work()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const { message } of this.#waiting.splice(0)) this.#return(message)
    this.#size = 0
    await this.#working
  }

  #return(message: Message): void {
    this.#returned.add(message.n)
    this.#giveBack(message)
  }

  #work(): void {
    if (this.#working !== null || this.#handler === null || this.#waiting.length === 0) return
    this.#working = this.#handleAll().finally(() => {
      this.#working = null
      this.#work() // one may have come since the last look
    })
  }

  async #handleAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#size -= next.size
      const { message } = next
      this.inHand.begin(message)
      try {
        await this.#handler?.(message)
        this.#handled += 1
      } catch (error) {
        this.#failed += 1
        say('A message could not be handled', { n: message.n, from: message.from, ...errorFields(error) })
      }
      this.inHand.end()
      this.#lastActivity = Date.now()
      this.#onRoom()
    }
    this.inHand.rest()
  }
}
