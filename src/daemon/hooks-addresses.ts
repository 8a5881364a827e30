/**
 * Waits until addresses answer that nsup does not run itself (`wait_for`): each is tried once a second, however many
 * processes wait for it, and not at all while nobody does.
 */
import type { Outside } from '../core/outside.ts'
import type { Clock } from '../core/ports.ts'

const pause = 1000
/** How long one try may take. */
const patience = 5000

type Hear = (problem: string | null) => void

interface Watch {
  readonly waiting: Set<Hear>
  cancel: () => void
}

export class Addresses {
  private readonly clock: Clock
  private readonly outside: Pick<Outside, 'reach'>
  private readonly watches = new Map<string, Watch>()

  constructor(clock: Clock, outside: Pick<Outside, 'reach'>) {
    this.clock = clock
    this.outside = outside
  }

  /** Calls `onDone` when each has answered, one after the other, and `onHeld` whenever the reason of the wait is another. Returns the end of it. */
  wait(addresses: readonly string[], onHeld: (reason: string) => void, onDone: () => void): () => void {
    let end = (): void => undefined
    let said = ''
    const next = (at: number): void => {
      const address = addresses[at]
      if (address === undefined) return onDone()
      end = this.join(address, (problem) => {
        if (problem === null) return next(at + 1)
        const reason = `waiting for ${address} (${problem})`
        if (reason !== said) onHeld(reason)
        said = reason
      })
    }
    next(0)
    return () => { end() }
  }

  close(): void {
    for (const { cancel } of this.watches.values()) cancel()
    this.watches.clear()
  }

  private join(address: string, hear: Hear): () => void {
    let watch = this.watches.get(address)
    if (watch === undefined) {
      watch = { waiting: new Set(), cancel: () => undefined }
      this.watches.set(address, watch)
      this.look(address, watch)
    }
    const { waiting } = watch
    waiting.add(hear)
    const joined = watch
    return () => {
      waiting.delete(hear)
      if (waiting.size > 0 || this.watches.get(address) !== joined) return
      this.watches.delete(address)
      joined.cancel()
    }
  }

  private look(address: string, watch: Watch): void {
    watch.cancel = this.outside.reach(address, patience, (problem) => {
      if (problem === null) this.watches.delete(address)
      else watch.cancel = this.clock.after(pause, () => { this.look(address, watch) })
      for (const hear of [...watch.waiting]) hear(problem)
    })
  }
}
