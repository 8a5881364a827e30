/**
 * Readiness by a line of output: looks at what a process writes while it is STARTING, whatever the borders of the
 * chunks, and tells the first line that fits. Looks at no more than the beginning of a line, and at nothing afterwards.
 */
import type { Proc } from '../core/proc.ts'
import { AnsiStripper } from '../lib/ansi.ts'
import { boundedTest } from '../lib/bounded-test.ts'
import { LineSplitter } from '../lib/line-splitter.ts'

/** Bytes of a line that are looked at. */
const lineMax = 8 * 1024

/** Takes the chunks of one stream. `onReady` is called at most once for each incarnation. */
export function readyTap(proc: Proc, pattern: string, onReady: (proc: Proc) => void): (chunk: Uint8Array) => void {
  let incarnation = -1
  let over = true
  let ansi = new AnsiStripper()
  let lines = new LineSplitter(() => undefined)
  const begin = (): void => {
    incarnation = proc.incarnation
    over = false
    ansi = new AnsiStripper()
    lines = new LineSplitter((line) => {
      if (over || boundedTest(pattern, Buffer.from(line.subarray(0, lineMax)).toString('utf8').replace(/\r$/, '')) !== true) return
      over = true
      onReady(proc)
    })
  }
  return (chunk) => {
    if (proc.state !== 'STARTING' || proc.ready) return
    if (incarnation !== proc.incarnation) begin()
    if (!over) lines.push(ansi.strip(chunk))
  }
}
