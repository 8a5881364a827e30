/** `quit`, `exit`: leave the shell, which does it itself; outside of it there is nothing to leave. */
import type { Context } from '../command.ts'

export function run(context: Context): Promise<number> {
  context.out.line('')
  return Promise.resolve(0)
}
