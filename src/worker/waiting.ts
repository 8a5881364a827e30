/** Waiting inside a worker: a sleep that a shutdown ends, the pause after an error, and turns for everybody else. */

/** Milliseconds that a worker whose jobs cost nothing may keep signals and timers waiting. */
const turnMax = 10
const retryFirst = 500
const retryMax = 30_000

/** Resolves with true when the time has passed, with false as soon as `signal` is aborted. */
export function sleepUntil(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (slept: boolean): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve(slept)
    }
    const wake = (): void => { end(false) }
    const timer = setTimeout(() => { end(true) }, ms)
    signal.addEventListener('abort', wake)
  })
}

/** Milliseconds until the next try after so many failures in a row. */
export function retryDelay(failures: number): number {
  return Math.min(retryMax, retryFirst * 2 ** Math.min(16, failures - 1))
}

/** Promises that are resolved at once would never let a signal or a timer through. */
export class Turns {
  #since = performance.now()

  /** Resolves at once, or after everybody else had a turn, if that was long ago. */
  async giveOthersTheirs(): Promise<void> {
    if (performance.now() - this.#since < turnMax) return
    await new Promise((resolve) => setImmediate(resolve))
    this.#since = performance.now()
  }
}
