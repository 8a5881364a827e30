/**
 * Lets workers that ask and send be read as fast as they write, and everybody else have their turn: when they have taken so
 * much of one turn of the event loop, none of them is read until the next.
 */

/** Milliseconds of a turn that may go into what workers ask, in all. */
const budget = 10
/** Less than that is not worth a look at where a turn ends. */
const little = 1

export interface TurnTaker {
  /** Not read until it is let again. */
  wait(waits: boolean): void
}

export class FairTurns {
  readonly #takers = new Set<TurnTaker>()
  #spent = 0
  #armed = false
  #waiting: TurnTaker[] = []

  join(taker: TurnTaker): void {
    this.#takers.add(taker)
    if (this.#waiting.length === 0) return
    this.#waiting.push(taker)
    taker.wait(true)
  }

  leave(taker: TurnTaker): void {
    this.#takers.delete(taker)
  }

  /** Somebody has been read, and it took so many milliseconds. */
  took(time: number): void {
    this.#spent += time
    // An immediate for each turn would have the loop ask the kernel twice: little of it over many turns counts as one.
    if (!this.#armed && this.#spent >= little) {
      this.#armed = true
      setImmediate(() => { this.#next() })
    }
    if (this.#spent < budget || this.#waiting.length > 0) return
    this.#waiting = [...this.#takers]
    for (const taker of this.#waiting) taker.wait(true)
  }

  #next(): void {
    this.#armed = false
    this.#spent = 0
    for (const taker of this.#waiting.splice(0)) taker.wait(false)
  }
}
