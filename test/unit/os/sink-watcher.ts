/** A watcher that writes down what it is told, for the tests of sinks. */
import type { SinkWatcher } from '../../../src/core/sinks.ts'

export interface Told extends SinkWatcher {
  readonly said: string[]
  /** Resolves at the next `onDrain`. */
  drained(): Promise<void>
}

export function watcher(): Told {
  const said: string[] = []
  let wake: (() => void)[] = []
  return {
    said,
    onDropping: (bytes, reason) => said.push(`dropping ${String(bytes)}: ${reason}`),
    onRecovered: (bytes) => said.push(`recovered ${String(bytes)}`),
    onProblem: (sentence) => said.push(`problem: ${sentence}`),
    onFull: () => said.push('full'),
    onDrain: () => {
      said.push('drain')
      for (const done of wake) done()
      wake = []
    },
    drained: () => new Promise((resolve) => wake.push(resolve)),
  }
}
