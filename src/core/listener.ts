/**
 * The protocol of one event listener (section 12.1 of supervisord's contract) as a machine: what it writes goes in,
 * however it is cut; what follows comes out. `READY\n` asks for an event, `RESULT n\n` and n bytes answer it: `OK`
 * accepts, anything else rejects. What does not fit ends it for good. A listener that an earlier master began with is
 * judged with less certainty: see `doubt`. Sends nothing and knows no process.
 */
import { eventText } from '../lib/python-text.ts'
import type { Envelope } from './envelope.ts'

export type ListenerState = 'ACKNOWLEDGED' | 'READY' | 'BUSY' | 'UNKNOWN'

export type Heard =
  | { readonly type: 'ready' }
  | { readonly type: 'accepted' | 'rejected'; readonly event: Envelope }
  /** It asks for the next event; what it answered to this one died with an earlier master. */
  | { readonly type: 'unanswered'; readonly event: Envelope }
  /** It is UNKNOWN from now on; `event` is what it was busy with. */
  | { readonly type: 'violated'; readonly event: Envelope | null; readonly why: string }

/** What a next master has to know; plain data. */
export interface ListenerRecord {
  readonly state: ListenerState
  /** The event that it is busy with, by its serial in the pool. */
  readonly busyWith: number | null
  /** What it has written of a token that is not whole yet, as Latin-1. */
  readonly pending: string
  readonly result: { readonly left: number; readonly size: number; readonly head: string } | null
  readonly strays: number
  /** Taken over, and still in doubt. */
  readonly unsure: boolean
}

const readyToken = Buffer.from('READY\n')
/** The length of `RESULT `; only the length is looked at, as with supervisord. */
const resultStart = 7
/** A line that says how long a result is; a longer one is no such line. */
const lineMax = 1024
const newline = 0x0a

export class Listener {
  #state: ListenerState = 'ACKNOWLEDGED'
  #event: Envelope | null = null
  #pending: Uint8Array = new Uint8Array(0)
  /** The result that is being read. Of its bytes only the first few matter. */
  #result: { left: number; readonly size: number; head: string } | null = null
  /** It was taken over from an earlier master, and what it said last may have died with that one. */
  #inherited = false
  /** Answers that may come without a question, since an event was sent twice. */
  #strays = 0

  /**
   * Goes on with what an earlier master knew; `event` is what the record is busy with. `sure`: nothing has been heard
   * or sent after the record was written.
   */
  static restored(record: ListenerRecord, event: Envelope | null, sure: boolean): Listener {
    const listener = new Listener()
    listener.#state = record.state
    listener.#event = event
    listener.#pending = Buffer.from(record.pending, 'latin1')
    listener.#result = record.result === null ? null : { ...record.result }
    listener.#strays = record.strays
    listener.#inherited = record.unsure || !sure
    return listener
  }

  get state(): ListenerState {
    return this.#state
  }

  get event(): Envelope | null {
    return this.#event
  }

  record(): ListenerRecord {
    return {
      state: this.#state,
      busyWith: this.#event?.poolSerial ?? null,
      pending: Buffer.from(this.#pending).toString('latin1'),
      result: this.#result === null ? null : { ...this.#result },
      strays: this.#strays,
      unsure: this.#inherited,
    }
  }

  /** It gets this event now; it must be READY. */
  send(event: Envelope): void {
    this.#state = 'BUSY'
    this.#event = event
    this.#inherited = false
  }

  /** Its process is gone, or does not take what is sent: gives back the event that was not answered. */
  end(): Envelope | null {
    const event = this.#event
    this.#forget('UNKNOWN')
    this.#inherited = false
    return event
  }

  /**
   * It was taken over, and has said nothing for long: what it last said may have died with the earlier master. Gives
   * back the event to be sent once more; `null` when there is none, and it is taken for READY. Should it answer both
   * the first and the second sending after all, one answer is passed over.
   */
  doubt(): Envelope | null {
    if (!this.#inherited || this.#state === 'READY' || this.#state === 'UNKNOWN') return null
    this.#inherited = false
    this.#strays += 1
    this.#pending = new Uint8Array(0)
    this.#result = null
    this.#state = this.#event === null ? 'READY' : 'BUSY'
    return this.#event
  }

  /** Takes what it has written; the bytes are only lent. */
  hear(chunk: Uint8Array): Heard[] {
    const heard: Heard[] = []
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    this.#pending = new Uint8Array(0)
    while (rest.length > 0 && this.#state !== 'UNKNOWN') {
      const used = this.#take(rest, heard)
      if (used === 0) {
        this.#pending = Uint8Array.prototype.slice.call(rest) // at most one unfinished token
        break
      }
      rest = rest.subarray(used)
    }
    return heard
  }

  /** Takes one token from the front; how many bytes it was, 0 when it is not whole yet. */
  #take(bytes: Uint8Array, heard: Heard[]): number {
    switch (this.#state) {
      case 'UNKNOWN':
        return bytes.length
      case 'ACKNOWLEDGED':
        return this.#takeReady(bytes, heard)
      case 'READY':
        if (this.#strays === 0) return this.#violate('wrote something while it was READY', bytes, heard)
        this.#state = 'BUSY' // with nothing: it answers an event that was sent twice
        return this.#takeResult(bytes, heard)
      case 'BUSY':
        return this.#takeResult(bytes, heard)
    }
  }

  #takeReady(bytes: Uint8Array, heard: Heard[]): number {
    if (bytes.length < readyToken.length) return 0
    if (readyToken.compare(bytes, 0, readyToken.length) !== 0) return this.#violate('did not begin with READY', bytes, heard)
    this.#becomeReady(heard)
    return readyToken.length
  }

  #takeResult(bytes: Uint8Array, heard: Heard[]): number {
    if (this.#result === null) return this.#takeResultLine(bytes, heard)
    const used = Math.min(this.#result.left, bytes.length)
    if (this.#result.head.length <= 2) this.#result.head += Buffer.from(bytes.subarray(0, Math.min(used, 3))).toString('latin1')
    this.#result.left -= used
    if (this.#result.left === 0) this.#judge(this.#result.head === 'OK' && this.#result.size === 2, heard)
    return used
  }

  #takeResultLine(bytes: Uint8Array, heard: Heard[]): number {
    const end = bytes.indexOf(newline)
    if (end < 0 && bytes.length <= lineMax) return 0
    const written = bytes.subarray(0, end < 0 ? lineMax : end)
    const line = Buffer.from(written).toString('latin1')
    if (end === readyToken.length - 1 && line === 'READY' && this.#readyInstead(heard)) return readyToken.length
    const size = end < 0 || end > lineMax ? null : sizeIn(line)
    if (size === null) return this.#violate(`bad result line: '${eventText(written.subarray(0, 100))}'`, bytes, heard)
    this.#result = { left: size, size, head: '' }
    if (size === 0) this.#judge(false, heard)
    return end + 1
  }

  /** READY where a result was due: fine when the result was told to an earlier master, or was never due. */
  #readyInstead(heard: Heard[]): boolean {
    if (this.#inherited) {
      const event = this.#event
      this.#becomeReady(heard, event === null ? [] : [{ type: 'unanswered', event }])
      return true
    }
    if (this.#strays === 0) return false
    this.#strays -= 1
    if (this.#event === null) this.#becomeReady(heard)
    return true
  }

  #becomeReady(heard: Heard[], before: readonly Heard[] = []): void {
    this.#forget('READY')
    this.#inherited = false // from here on everything was heard by one master
    heard.push(...before, { type: 'ready' })
  }

  #judge(ok: boolean, heard: Heard[]): void {
    const event = this.#event
    if (event === null) this.#strays = Math.max(0, this.#strays - 1)
    this.#forget('ACKNOWLEDGED')
    if (event !== null) heard.push({ type: ok ? 'accepted' : 'rejected', event })
  }

  #violate(why: string, bytes: Uint8Array, heard: Heard[]): number {
    if (this.#inherited) {
      this.#result = null // perhaps the second half of what an earlier master heard: if it does not ask now, `doubt` comes to it
      if (Buffer.from(bytes.slice(-readyToken.length)).equals(readyToken)) this.#readyInstead(heard)
      return bytes.length
    }
    heard.push({ type: 'violated', event: this.end(), why })
    return bytes.length
  }

  #forget(state: ListenerState): void {
    this.#state = state
    this.#event = null
    this.#result = null
  }
}

/** The number in `RESULT n`; `null` when there is none. */
function sizeIn(line: string): number | null {
  const match = /^\s*\+?(\d+)\s*$/.exec(line.slice(resultStart))
  const size = match === null ? NaN : Number(match[1])
  return Number.isSafeInteger(size) ? size : null
}
