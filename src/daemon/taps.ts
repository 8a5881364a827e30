/** What wants the output of a process beside its logs: its listener's protocol, and the events that are made of output. */
import type { Channel } from '../api/master.ts'
import type { Proc } from '../core/proc.ts'
import type { LogSpec } from '../core/spec.ts'
import { eventText } from '../lib/python-text.ts'
import type { Bus } from './bus.ts'
import { readyTap } from './log-ready.ts'

/** For one stream; what is not there is not wanted. All bytes are only lent. */
export interface Taps {
  /** Each chunk as it came. */
  readonly raw?: (chunk: Uint8Array) => void
  /** Each chunk as it is logged, and what is captured too. */
  readonly logged?: (chunk: Uint8Array) => void
  /** Capture mode is on: what stood between two tokens. */
  readonly captured?: (bytes: Uint8Array) => void
}

/** Takes what a listener writes. */
export type HeardBy = (proc: Proc, chunk: Uint8Array) => void

/** The taps of one stream of a process. `onReady`: it has written the line that makes it ready. */
export function tapsOf(proc: Proc, channel: Channel, bus: Bus, heard: HeardBy, onReady: (proc: Proc) => void): Taps {
  const spec: LogSpec = proc.spec[channel]
  const ready = proc.spec.care?.ready?.by
  const forReady = ready?.kind === 'log' ? [readyTap(proc, ready.pattern, onReady)] : []
  const forEvents = spec.events ? [(chunk: Uint8Array): void => { publish('process.log', chunk) }] : []
  const logged = [...forReady, ...forEvents]
  const publish = (type: 'process.log' | 'process.communication', bytes: Uint8Array): void => {
    if (!bus.isWanted(type)) return
    const { group, name, id } = proc
    bus.publish({ type, group, name, pid: id?.pid ?? 0, channel, text: eventText(bytes) })
  }
  return {
    ...(proc.spec.listener !== undefined && channel === 'stdout' ? { raw: (chunk): void => { heard(proc, chunk) } } : {}),
    ...(logged.length > 0 ? { logged: (chunk): void => { for (const tap of logged) tap(chunk) } } : {}),
    ...(spec.captureMaxBytes > 0 ? { captured: (bytes): void => { publish('process.communication', bytes) } } : {}),
  }
}
