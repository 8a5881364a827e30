/** What a signal to the master means. The handlers only say which came; everything else happens in the loop's turn. */
import type { SignalName } from '../lib/signals.ts'

export interface SignalActions {
  /** TERM, INT, QUIT: stop all and exit. */
  readonly exit: (signal: SignalName) => void
  /** The third of them within two seconds: no more grace. */
  readonly hurry: (signal: SignalName) => void
  readonly hangup: () => void
  readonly relayUsr1: () => void
  readonly reopenLogs: () => void
  readonly ignored: (signal: SignalName) => void
}

const exitSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const
const impatience = 2000

/** Installs the handlers. `monotonic` is in milliseconds. */
export function handleSignals(actions: SignalActions, monotonic: () => number): void {
  const asked: number[] = []
  for (const signal of exitSignals) {
    process.on(signal, () => {
      const now = monotonic()
      asked.push(now)
      const third = asked.at(-3)
      if (third !== undefined && now - third <= impatience) actions.hurry(signal)
      else actions.exit(signal)
    })
  }
  process.on('SIGHUP', actions.hangup)
  process.on('SIGUSR1', actions.relayUsr1)
  process.on('SIGUSR2', actions.reopenLogs)
  for (const signal of ['SIGTTIN', 'SIGTTOU'] as const) {
    process.on(signal, () => {
      actions.ignored(signal)
    })
  }
}
