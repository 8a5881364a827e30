/** What is due when, in order. An entry stands in it at most once; its time must not change while it does. */

export interface Entry {
  due: number
}

export class Agenda<T extends Entry> {
  /** Latest first, so that the next ones are taken from the end. */
  readonly #entries: T[] = []

  /** When the first one is due; `null`: nothing is. */
  get next(): number | null {
    return this.#entries.at(-1)?.due ?? null
  }

  add(entry: T, due: number): void {
    entry.due = due
    this.#entries.splice(this.#placeOf(due), 0, entry)
  }

  remove(entry: T): void {
    const at = this.#entries.indexOf(entry, Math.max(0, this.#placeOf(entry.due)))
    if (at >= 0) this.#entries.splice(at, 1)
  }

  /** Takes out one that is due by now. */
  take(now: number): T | undefined {
    const last = this.#entries.at(-1)
    return last !== undefined && last.due <= now ? this.#entries.pop() : undefined
  }

  /** The first place whose entry is not due later. */
  #placeOf(due: number): number {
    let [low, high] = [0, this.#entries.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.due ?? 0) > due) low = middle + 1
      else high = middle
    }
    return low
  }
}
