/** `stop target...`: stops processes and waits until they are gone. */
import type { Context } from '../command.ts'
import { act } from '../act.ts'

export async function run(context: Context): Promise<number> {
  return act(context, await context.connect(), 'stop', context.words)
}
