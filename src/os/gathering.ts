/**
 * Readers that have left epoll for a while: all of them are read in one go, again and again, until a read brings
 * little. Who gathers, how often and how much is little is said by flood.ts and steady.ts.
 */

/** A reader as a gathering sees it. */
export interface Gathered {
  /** Reads once what is there and hands it on; gives the number of bytes. */
  gather(): number
  /** It is over for this reader, whose last read brought so many bytes: it goes back to epoll. */
  ebbed(bytes: number): void
}

export interface GatheringRules {
  /** Calls `round` when it is time for the next one. */
  readonly schedule: (round: () => void) => void
  /** Called before a round, with the longest read of the round before. */
  readonly pause?: (longest: number) => void
  /** Two reads in a row of fewer bytes end it. */
  readonly little: number
  /** A read of more bytes ends it at once. */
  readonly most: number
}

export class Gathering {
  private readonly rules: GatheringRules
  /** Readers, with whether their last read brought little. */
  private readonly readers = new Map<Gathered, boolean>()
  private scheduled = false
  private longest = 0

  constructor(rules: GatheringRules) {
    this.rules = rules
  }

  /** Reads this one here from the next round on, until it ebbs. */
  join(reader: Gathered): void {
    this.readers.set(reader, false)
    this.longest = 0
    this.plan()
  }

  /** Not here any more, and not told so. */
  leave(reader: Gathered): void {
    this.readers.delete(reader)
  }

  private plan(): void {
    if (this.scheduled || this.readers.size === 0) return
    this.scheduled = true
    this.rules.schedule(() => {
      this.round()
    })
  }

  private round(): void {
    this.scheduled = false
    if (this.readers.size === 0) return
    this.rules.pause?.(this.longest)
    this.longest = 0
    const { little, most } = this.rules
    for (const [reader, wasLittle] of [...this.readers]) {
      if (!this.readers.has(reader)) continue
      const bytes = reader.gather()
      this.longest = Math.max(this.longest, bytes)
      if (!this.readers.has(reader)) continue // it left because of what it brought
      const isLittle = bytes < little
      if (bytes <= most && !(isLittle && wasLittle)) {
        this.readers.set(reader, isLittle)
        continue
      }
      this.readers.delete(reader)
      reader.ebbed(bytes)
    }
    this.plan()
  }
}
