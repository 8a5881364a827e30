/** Runs work that is written in steps to its end in one go, for who cannot wait between them. */

/** What the generator returns. */
export function exhaust<T>(steps: Iterator<undefined, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
