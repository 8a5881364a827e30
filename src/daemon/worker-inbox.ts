/**
 * The inbox of one process over all its incarnations: the FIFO that its worker reads, and the journal of what waits, so that
 * it survives the master. What fits is written at once and touches no journal. Who may write is not decided here.
 */
import { join } from 'node:path'
import { Inbox } from '../core/inbox.ts'
import type { Message } from '../core/message.ts'
import type { Proc } from '../core/proc.ts'
import type { InboxCounts } from '../core/sending.ts'
import type { FifoPorts, LinePipe } from '../core/sinks.ts'
import { Assembly } from '../lib/parts.ts'
import type { RecordStore } from './snapshot.ts'

export interface WorkerInboxOptions {
  readonly proc: Proc
  /** Folder of the process. */
  readonly dir: string
  /** Its number in the child. */
  readonly fd: number
  readonly fifos: FifoPorts
  readonly records: Pick<RecordStore, 'append' | 'write' | 'read' | 'removeFile'>
  readonly warn: (sentence: string) => void
}

/** Characters of answers that may wait; who does not read them is not heard until it does. */
const answersMax = 64 * 1024
/** While the journal cannot be written, that is tried again each time that so much has happened. */
const patience = 100

export class WorkerInbox {
  readonly fd: number
  /** Lines that the worker sends in parts. */
  readonly assembly = new Assembly('id')
  /** Called when answers have gone that were too many. */
  onCaughtUp: () => void = () => undefined
  #refused = 0
  readonly #options: WorkerInboxOptions
  readonly #state = new Inbox()
  readonly #path: string
  readonly #journal: string
  #pipe: LinePipe | null = null
  /** The end that the incarnation gets: a description of its own, whatever it does with it. */
  #child = -1
  /** An incarnation is there to read. */
  #live = false
  /** It wants no messages for now. */
  #held = false
  /** What was written last waits for room. */
  #blocked = false
  #failing = false
  #skipped = 0

  constructor(options: WorkerInboxOptions) {
    const { dir, fd, records, warn } = options
    this.#options = options
    this.fd = fd
    this.#path = join(dir, 'inbox.fifo')
    this.#journal = join(dir, 'inbox.jsonl')
    const torn = this.#state.restore(records.read(this.#journal) ?? '')
    if (torn > 0) warn(`the journal of its inbox has ${String(torn)} lines that cannot be read: what they said is lost`)
  }

  /** The descriptor that the next incarnation gets. */
  get child(): number {
    return this.#child
  }

  get counts(): InboxCounts {
    const { waiting, waitingBytes, delivered } = this.#state
    return { waiting, waitingBytes, delivered, refused: this.#refused }
  }

  get waiting(): number {
    return this.#state.waiting
  }

  /** It does not read the answers to what it asks. */
  get isBehind(): boolean {
    return this.#live && this.#state.answerBytes > answersMax
  }

  /** Opens what a new incarnation needs; the FIFO is there. Throws errno errors. */
  prepareSpawn(): void {
    this.#pipe ??= this.#open(this.#path)
    this.end() // a spawn that has failed leaves what was for it
    this.#child = this.#options.fifos.openWriter(this.#path)
  }

  /** The incarnation is there. */
  begin(): void {
    this.#live = true
    this.flush()
  }

  /** Goes on with a worker that an earlier master has started, and tells it who speaks now. Throws errno errors. */
  adopt(pid: number): void {
    if (this.#pipe === null) {
      const { fifos } = this.#options
      const held = fifos.openDeleted(pid, this.fd, this.#path, 'writer')
      this.#pipe = this.#open(held === undefined ? this.#path : `/proc/self/fd/${String(held)}`)
      if (held !== undefined) fifos.close(held)
    }
    this.#live = true
    this.answer(`{"master":{"pid":${String(process.pid)}}}`)
    this.flush()
  }

  /** The incarnation has ended: what it has not read waits for the next. */
  end(): void {
    this.#live = false
    this.#held = false
    this.#blocked = false
    this.assembly.clear()
    this.#closeChild()
    if (this.#pipe !== null) {
      const torn = this.#state.ended(this.#pipe.takeBack())
      if (torn > 0) this.#options.warn(`it ended within a line that an earlier master had written: ${String(torn)} message may be lost`)
    }
    this.#remember()
    this.onCaughtUp()
  }

  hasRoomFor(message: Message): boolean {
    return this.#state.hasRoomFor(message)
  }

  /** Takes a message; it is written with the next `flush`. False when too much waits. */
  offer(message: Message): boolean {
    const taken = this.#state.offer(message)
    if (!taken) this.#refused += 1
    return taken
  }

  /** Takes a message that the worker has read and will not handle. */
  takeBack(message: Message): boolean {
    return this.#state.takeBack(message)
  }

  /** The worker wants no messages, or wants them again with the next `flush`; what it asks is answered all the while. */
  hold(held: boolean): void {
    this.#held = held
  }

  /** Takes an answer, the JSON of a line; nobody waits for it when no incarnation is there. */
  answer(json: string): void {
    if (this.#live) this.#state.answer(json)
  }

  /** Writes what there is room for, and remembers what has to wait. */
  flush(): void {
    while (this.#live && !this.#blocked && this.#pipe !== null) {
      const text = this.#state.next(this.#mayDeliver())
      if (text === null) break
      if (this.#pipe.write(Buffer.from(text))) this.#state.written()
      else this.#blocked = true
    }
    this.#remember()
  }

  /** What is in the FIFO stays there, for a worker that runs on. */
  close(): void {
    this.#live = false
    this.#pipe?.close()
    this.#pipe = null
    this.#closeChild()
  }

  /** Who is being stopped reads no more than it must; what it asks is still answered. */
  #mayDeliver(): boolean {
    const { state } = this.#options.proc
    return !this.#held && (state === 'STARTING' || state === 'RUNNING')
  }

  #open(path: string): LinePipe {
    const { fifos, warn } = this.#options
    return fifos.linesTo(path, () => { this.#onRoom() }, (reason) => { warn(`its inbox cannot be written: ${reason}`) })
  }

  #onRoom(): void {
    this.#blocked = false
    this.#state.written()
    this.flush()
    if (!this.isBehind) this.onCaughtUp()
  }

  #closeChild(): void {
    if (this.#child >= 0) this.#options.fifos.close(this.#child)
    this.#child = -1
  }

  #remember(): void {
    if (this.#failing && this.#state.waiting > 0 && (this.#skipped += 1) % patience !== 0) return
    const news = this.#failing ? this.#state.everything() : this.#state.news()
    if (news === null) return
    const { records, warn } = this.#options
    let errno: string | null = null
    if (!news.anew) errno = records.append(this.#journal, news.text)
    else if (news.text === '') records.removeFile(this.#journal)
    else errno = records.write(this.#journal, news.text)
    if (errno !== null && !this.#failing) warn(`what waits in its inbox cannot be written to ${this.#journal} (${errno}): it would not survive the master`)
    this.#failing = errno !== null
  }
}
