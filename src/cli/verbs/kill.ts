/** `kill target...`: SIGKILL now. */
import type { Context } from '../command.ts'
import { conclude } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const result = await client.call('kill', { targets: context.words })
  return conclude(context, context.words, result, { done: 'killed', missingGroup: 1 })
}
