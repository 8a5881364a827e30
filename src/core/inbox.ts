/**
 * What waits for one worker, and what may still be unread of what it was given: the state of an inbox, without the FIFO
 * that it writes into. Messages keep their order and their numbers; a worker that ends gives back, whole, what it had not
 * read to the end. Answers go first and end with the incarnation that asked. Bounded: who offers more is refused.
 */
import { linesOf } from '../lib/parts.ts'
import { composeBatch } from './inbox-batch.ts'
import type { Batch } from './inbox-batch.ts'
import { handedLine, messagesOfFifo, messagesOfJournal } from './inbox-reading.ts'
import type { Message } from './message.ts'

/** Bytes of messages that wait at most, as lines. */
export const waitingMax = 1024 * 1024
/** What a FIFO holds: who has been given so much more has read what came before. */
const fifoSize = 64 * 1024

interface Entry {
  readonly message: Message
  readonly bytes: number
  /** As it is written; made when its turn comes. */
  lines: readonly string[] | null
  /** It is in the journal. */
  stored: boolean
  /** It has been handed over. */
  gone: boolean
}

/** An entry in the FIFO; positions count bytes from the beginning of the incarnation. */
interface Given {
  readonly entry: Entry
  readonly end: number
}

/** What the journal has to learn. `anew`: nothing that stands there counts any more. */
export interface JournalNews {
  readonly anew: boolean
  readonly text: string
}

export class Inbox {
  /** Sorted by number. */
  #waiting: Entry[] = []
  /** Given back by the incarnation that runs. */
  #returned: Entry[] = []
  #returnedBytes = 0
  #waitingBytes = 0
  /** Lines of the first one that are in the FIFO already. */
  #cursor = 0
  #answers: string[] = []
  #answerBytes = 0
  #batch: Batch<Entry> | null = null
  #position = 0
  #given: Given[] = []
  #unstored: Entry[] = []
  /** Characters in the journal. */
  #inJournal = 0
  #handedStored = 0
  #delivered = 0
  #partMark = 0

  get waiting(): number {
    return this.#waiting.length
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Messages that have been handed over, by this master. */
  get delivered(): number {
    return this.#delivered
  }

  /** Bytes of answers that wait. */
  get answerBytes(): number {
    return this.#answerBytes
  }

  hasRoomFor(message: Message): boolean {
    return this.#waitingBytes + message.bytes <= waitingMax
  }

  /** Takes a message to deliver; false when too much waits already. */
  offer(message: Message): boolean {
    if (!this.hasRoomFor(message)) return false
    const entry = entryOf(message)
    this.#unstored.push(entry)
    this.#insert([entry])
    return true
  }

  /** Takes a message that the worker has read and gives back, for the next incarnation; false when that is too much. */
  takeBack(message: Message): boolean {
    if (this.#returnedBytes + message.bytes > waitingMax + fifoSize) return false
    this.#returnedBytes += message.bytes
    const entry = entryOf(message)
    this.#returned.push(entry)
    this.#unstored.push(entry)
    return true
  }

  /** Takes an answer, the JSON of a line, for the incarnation that runs. */
  answer(json: string): void {
    this.#partMark += 1
    for (const line of linesOf(json, 'of', `r${String(this.#partMark)}`)) {
      this.#answers.push(line)
      this.#answerBytes += line.length
    }
  }

  /** What to write next, at most 4096 bytes; the same until `written`. `deliver`: messages, too. */
  next(deliver: boolean): string | null {
    this.#batch ??= composeBatch(this.#answers, deliver ? this.#messageLines() : [])
    return this.#batch?.text ?? null
  }

  /** What `next` gave is in the FIFO. */
  written(): void {
    const batch = this.#batch
    if (batch === null) return
    this.#batch = null
    if (batch.answers === this.#answers.length) {
      this.#answers = []
      this.#answerBytes = 0
    } else for (const line of this.#answers.splice(0, batch.answers)) this.#answerBytes -= line.length
    let done = 0
    for (const { of: entry, at } of batch.lines) {
      this.#cursor += 1
      if (entry === null) continue
      this.#cursor = 0
      done += 1
      this.#handOver(entry, this.#position + at)
    }
    if (done > 0) this.#waiting.splice(0, done)
    this.#position += batch.bytes
    if (this.#given.length === 0) return
    let read = 0
    while (read < this.#given.length && this.#position - (this.#given[read]?.end ?? 0) >= fifoSize) read += 1
    this.#given.splice(0, read)
  }

  /**
   * The incarnation has ended, and `unread` stood in its FIFO. What it had not read to the end waits again. The number of
   * messages that are lost: cut by a master before this one, so that nobody has the whole.
   */
  ended(unread: Uint8Array): number {
    this.#batch = null
    this.#answers = []
    this.#answerBytes = 0
    this.#cursor = 0
    const own = Math.min(unread.length, this.#position)
    const back = this.#given.filter(({ end }) => end > this.#position - own).map(({ entry: { message } }) => message)
    const { messages, torn } = messagesOfFifo(Buffer.from(unread.subarray(0, unread.length - own)).toString())
    const known = new Set(this.#waiting.map(({ message: { n } }) => n))
    const isNew = ({ message: { n } }: Entry): boolean => !known.has(n) && known.add(n).has(n)
    const returned = this.#returned.filter(isNew)
    const fresh = [...messages, ...back].map(entryOf).filter(isNew)
    this.#delivered = Math.max(0, this.#delivered - fresh.length - returned.length)
    this.#unstored.push(...fresh)
    this.#insert([...returned, ...fresh])
    this.#position = 0
    this.#given = []
    this.#returned = []
    this.#returnedBytes = 0
    return torn
  }

  /** Takes in what a journal holds; the number of lines that cannot be read, as when a crash has cut one. */
  restore(journal: string): number {
    const { messages, torn } = messagesOfJournal(journal)
    this.#insert(messages.map((message) => ({ ...entryOf(message), stored: true })))
    this.#inJournal = journal.length
    return torn
  }

  /** What has come to wait or has been handed over since the last time; `null`: nothing that the journal needs. */
  news(): JournalNews | null {
    if (this.#waiting.length === 0 && this.#returned.length === 0) {
      this.#unstored = []
      this.#handedStored = 0
      const anew = this.#inJournal > 0
      this.#inJournal = 0
      return anew ? { anew: true, text: '' } : null
    }
    if (this.#unstored.length === 0 && this.#handedStored === 0) return null
    // `handed` means all up to a number, and what was given back has lower ones.
    if (this.#inJournal > 4 * waitingMax || (this.#handedStored > 0 && this.#returned.length > 0)) return this.everything()
    let text = this.#handedStored > 0 ? handedLine(this.#handedStored) : ''
    for (const entry of this.#unstored) {
      if (entry.gone) continue
      entry.stored = true
      text += `${entry.message.line}\n`
    }
    this.#unstored = []
    this.#handedStored = 0
    this.#inJournal += text.length
    return text === '' ? null : { anew: false, text }
  }

  /** The journal as it should be. */
  everything(): JournalNews {
    const all = [...this.#returned, ...this.#waiting]
    for (const entry of all) entry.stored = true
    this.#unstored = []
    this.#handedStored = 0
    const text = all.map(({ message }) => `${message.line}\n`).join('')
    this.#inJournal = text.length
    return { anew: true, text }
  }

  #insert(entries: readonly Entry[]): void {
    const newest = this.#waiting.at(-1)?.message.n ?? 0
    const inOrder = entries.length === 1 && (entries[0]?.message.n ?? 0) > newest
    this.#waiting.push(...entries)
    if (!inOrder) this.#waiting.sort((a, b) => a.message.n - b.message.n)
    for (const { bytes } of entries) this.#waitingBytes += bytes
  }

  #handOver(entry: Entry, end: number): void {
    entry.gone = true
    entry.lines = null
    this.#waitingBytes -= entry.bytes
    this.#delivered += 1
    if (entry.stored) this.#handedStored = Math.max(this.#handedStored, entry.message.n)
    this.#given.push({ entry, end })
  }

  *#messageLines(): Generator<{ readonly of: Entry; readonly last: boolean; readonly line: string }> {
    let from = this.#cursor
    for (const entry of this.#waiting) {
      entry.lines ??= linesOf(entry.message.line, 'of', entry.message.n)
      for (let at = from; at < entry.lines.length; at += 1) {
        yield { of: entry, last: at === entry.lines.length - 1, line: entry.lines[at] ?? '' }
      }
      from = 0
    }
  }
}

function entryOf(message: Message): Entry {
  return { message, bytes: message.bytes, lines: null, stored: false, gone: false }
}
