/** Tells at check whether this machine can serve systemd's protocol, where a process asks for it. */
import { channelsOf } from '../core/channels.ts'
import type { Capability } from '../core/ports.ts'
import { loadLibc } from './libc.ts'

export const lacksNotify: Capability = notifyLack(loadLibc)

/** `load`: asked only where a process wants it, since it costs something. */
export function notifyLack(load: () => unknown): Capability {
  return (spec) => {
    if (channelsOf(spec)?.notify !== true) return null
    const libc = load()
    if (typeof libc !== 'string') return null
    const option = spec.care?.ready?.by.kind === 'notify' ? 'ready' : 'notify'
    return { severity: 'error', option, message: `a NOTIFY_SOCKET cannot be had: ${libc}`, hint: 'report: true gives the process a channel that needs nothing' }
  }
}
