/** An event as it is put before the listeners of one pool: the header line and the payload. Plain data. */
import type { SupervisorEventType } from './supervisor-events.ts'

export interface Envelope {
  /** Counts the events that any pool took, in the whole life of the server. */
  readonly serial: number
  /** Counts the events that this pool took. */
  readonly poolSerial: number
  readonly type: SupervisorEventType
  readonly payload: string
}

/** The text for a listener's stdin. `len` counts characters, not bytes: text-mode listeners rely on it. */
export function envelopeText(event: Envelope, server: string, pool: string): string {
  const { serial, poolSerial, type, payload } = event
  const numbers = `serial:${String(serial)} pool:${pool} poolserial:${String(poolSerial)}`
  return `ver:3.0 server:${server} ${numbers} eventname:${type} len:${String(characters(payload))}\n${payload}`
}

/** Code points, as Python counts them. */
function characters(text: string): number {
  let pairs = 0
  for (let at = 0; at < text.length - 1; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0xd800 || unit > 0xdbff) continue
    const next = text.charCodeAt(at + 1)
    if (next < 0xdc00 || next > 0xdfff) continue
    pairs += 1
    at += 1
  }
  return text.length - pairs
}
