/** Rows by the time at which they expire: a heap in which each row knows its place, so that it can change or leave. */

export interface Expiring {
  /** Milliseconds, as `now` is given; Infinity: never. Changed only by {@link Expiries}. */
  expires: number
  /** Its place in the heap; -1: it stands in none. */
  place: number
}

export class Expiries<T extends Expiring> {
  readonly #heap: T[] = []

  /** When the first one expires; Infinity: none does. */
  get next(): number {
    return this.#heap[0]?.expires ?? Infinity
  }

  /** The first one, if it has expired by `now`. */
  due(now: number): T | undefined {
    const first = this.#heap[0]
    return first !== undefined && first.expires <= now ? first : undefined
  }

  /** How many have expired by `now`; looks at no others than these and their neighbours. */
  countDue(now: number): number {
    let count = 0
    const open = [0]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const row = this.#heap[at]
      if (row === undefined || row.expires > now) continue
      count += 1
      open.push(2 * at + 1, 2 * at + 2)
    }
    return count
  }

  /** From now on it expires then; Infinity: never. */
  set(row: T, expires: number): void {
    if (row.expires === expires) return
    row.expires = expires
    if (expires === Infinity) return this.#leave(row)
    if (row.place === -1) {
      row.place = this.#heap.length
      this.#heap.push(row)
    }
    this.#settle(row)
  }

  remove(row: T): void {
    row.expires = Infinity
    this.#leave(row)
  }

  clear(): void {
    this.#heap.length = 0
  }

  #leave(row: T): void {
    const { place } = row
    if (place === -1) return
    row.place = -1
    const last = this.#heap.pop()
    if (last === undefined || last === row) return
    this.#put(last, place)
    this.#settle(last)
  }

  #settle(row: T): void {
    let at = row.place
    for (let above = (at - 1) >> 1; at > 0; above = (at - 1) >> 1) {
      const parent = this.#heap[above]
      if (parent === undefined || parent.expires <= row.expires) break
      this.#put(parent, at)
      at = above
    }
    for (let child = this.#lesserChild(at); child !== -1; child = this.#lesserChild(at)) {
      const below = this.#heap[child]
      if (below === undefined || below.expires >= row.expires) break
      this.#put(below, at)
      at = child
    }
    this.#put(row, at)
  }

  #lesserChild(at: number): number {
    const [left, right] = [2 * at + 1, 2 * at + 2]
    const [a, b] = [this.#heap[left], this.#heap[right]]
    if (a === undefined) return -1
    return b !== undefined && b.expires < a.expires ? right : left
  }

  #put(row: T, at: number): void {
    this.#heap[at] = row
    row.place = at
  }
}
