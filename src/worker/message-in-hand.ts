/**
 * The message that the handler has, and when the master is told of it: a line for each would cost a worker of small messages
 * half of its speed. So it hears of one that takes longer than a few milliseconds, and from its beginning of one that follows such a
 * one, since a handler that lets nobody else have a turn cannot say so meanwhile.
 */

/** As much of a message as one must know here. */
interface Numbered {
  readonly n: number
  readonly from: string
}

/** Milliseconds that a message may take without a word. */
const patience = 5

/** Says what is in hand; `null`: nothing any more. `ownWords`: how often the program has said so by itself. */
export interface Telling {
  readonly tell: (job: string | null) => void
  readonly ownWords: () => number
}

export class MessageInHand {
  #message: Numbered | null = null
  #since = 0
  /** The last one took long. */
  #slow = false
  #telling: Telling | null = null
  /** What the master knows. */
  #told: number | null = null
  /** Which one was in hand at the last look; a look comes only while messages do. */
  #seen = 0
  #look: NodeJS.Timeout | null = null
  #ownWords = 0

  get message(): Numbered | null {
    return this.#message
  }

  /** ISO time; null: there is none. */
  get since(): string | null {
    return this.#message === null ? null : new Date(this.#since).toISOString()
  }

  /** Lets the master be told from now on. */
  tellBy(telling: Telling): void {
    this.#telling = telling
  }

  begin(message: Numbered): void {
    this.#message = message
    this.#since = Date.now()
    if (this.#telling === null) return
    this.#ownWords = this.#telling.ownWords()
    if (this.#slow) this.#tell(message.n)
    if (this.#look !== null || this.#told === message.n) return
    this.#seen = message.n
    this.#lookLater()
  }

  end(): void {
    this.#message = null
    this.#slow = Date.now() - this.#since >= patience
  }

  /** No other one waits. One that comes at once is told instead of the pause between the two. */
  rest(): void {
    if (this.#told !== null) setImmediate(() => { if (this.#message === null) this.#tell(null) })
  }

  #lookLater(): void {
    this.#look = setTimeout(() => {
      this.#look = null
      if (this.#message === null || this.#message.n === this.#told) return
      if (this.#message.n === this.#seen) return this.#tell(this.#seen)
      this.#tell(null) // nothing takes long any more
      this.#seen = this.#message.n
      this.#lookLater()
    }, patience)
    this.#look.unref()
  }

  /** A program that speaks of its job by itself knows a better word for it. */
  #tell(n: number | null): void {
    if (n === this.#told || (n !== null && this.#telling?.ownWords() !== this.#ownWords)) return
    this.#told = n
    this.#telling?.tell(n === null ? null : String(n))
  }
}
