/** Messages for those who write a worker: to send one, and to take those that come. */
import { accountBeside, answerHealth, processBasics } from './account.ts'
import { atWork } from './at-work.ts'
import { inbox } from './inbox.ts'
import type { MessageHandler } from './message-queue.ts'
import { aBoolean, aTime, checkOptions } from './options.ts'
import { report } from './report.ts'
import type { Fields } from './say.ts'
import { shutdown } from './shutdown.ts'

export interface SendOptions {
  /** `one` of those that are meant, in turns, or `all` of them. By itself a name means one, `NAME:*` all. */
  readonly mode?: 'one' | 'all'
}

/** What became of a message. */
export interface Sent {
  /** Its number. */
  readonly n: number
  /** The processes that it went to. */
  readonly to: readonly string[]
  /** Of `all`: who could not take it, and why. */
  readonly refused?: readonly { readonly to: string; readonly code: string; readonly message: string }[]
}

/**
 * Sends a message to a process (`shop:checkin_00`), one of a program (`checkin`) or all of a group (`shop:*`). Resolves when
 * the master holds it. Rejects with a RequestError whose `code` says why nobody gets it: BAD_NAME, NO_INBOX, NOT_RUNNING,
 * INBOX_FULL, BAD_ARGUMENTS, FAILED, NO_MASTER, BUSY; MASTER_CHANGED if nobody knows.
 * @example await send('checkin', { table: 4 })
 */
export async function send(to: string, data: unknown, { mode }: SendOptions = {}): Promise<Sent> {
  return await inbox.request('send', { to, data, ...(mode === undefined ? {} : { mode }) }) as Sent
}

export interface MessageOptions {
  /**
   * Messages are what the worker is there for (the default): the process goes on as long as they may come, it says that it is
   * ready and alive, and a signal to end lets the one in hand be finished. False: it has a loop of its own, says all that
   * itself, and calls what `onMessage` returns when it ends.
   */
  readonly work?: boolean
  /** How long the message in hand may take when the worker is to end, milliseconds; 30 s unless said. */
  readonly shutdownTimeout?: number
}

const rows = { work: aBoolean, shutdownTimeout: aTime } as const

/**
 * Lets `handler` take the messages that come, one after another: the next one when the promise of this one is settled. What
 * it throws is logged. Returns what ends it: that waits for the message in hand, and gives back what was read and not
 * handled, for the next incarnation. Throws a TypeError for what is no handler, and for options that make no sense.
 * @example onMessage<{ table: number }>(async ({ data, from }) => { await seat(data.table) })
 */
export function onMessage<Data = unknown>(handler: MessageHandler<Data>, options: MessageOptions = {}): () => Promise<void> {
  if (typeof handler !== 'function') throw new TypeError(`onMessage: the first argument must be a function that takes a message, not ${String(handler)}`)
  checkOptions('onMessage', options, rows)
  const { work = true, shutdownTimeout = 30_000 } = options
  const { messages } = inbox
  inbox.onMessage(handler as MessageHandler, work)
  if (work) {
    messages.inHand.tellBy({ tell: (job) => { atWork.tell('message', job) }, ownWords: () => atWork.ownWords })
    shutdown.join({
      timeout: shutdownTimeout,
      isProcessing: () => messages.inHand.message !== null,
      processed: () => messages.handled,
      left: () => ({ message: messages.inHand.message?.n, from: messages.inHand.message?.from }),
      drain: () => inbox.stop(),
    })
    report.heartbeat()
    setImmediate(speakForTheWorker)
  }
  return () => inbox.stop()
}

let speaks = false

/** Who has nothing but messages is ready as soon as it takes them; `runWorker` and `drainHttp` know better when they are. */
function speakForTheWorker(): void {
  if (speaks) return
  speaks = true
  if (!shutdown.isAlone) return accountBeside(accountBesideOthers)
  answerHealth(accountAlone, undefined)
  report.ready()
}

function accountAlone(): Fields {
  const { handled, failed, lastActivity, inHand } = inbox.messages
  const { message, since } = inHand
  const job = { is_processing: message !== null, current_job: message?.n ?? null, current_job_since: since }
  return { processed_count: handled, failed_count: failed, ...job, last_activity: lastActivity, ...processBasics() }
}

function accountBesideOthers(): Fields {
  const { handled, failed, inHand } = inbox.messages
  const { message, since } = inHand
  return { ...(message !== null && { is_processing: true }), messages_processed: handled, messages_failed: failed, current_message: message?.n ?? null, current_message_since: since }
}
