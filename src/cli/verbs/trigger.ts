/** `trigger [--wait] target...`: runs jobs once, now; with --wait the exit code is that of the run. */
import type { Context } from '../command.ts'
import { tellHolds } from '../holds.ts'
import { conclude } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const wait = context.options.wait === true
  const holds = tellHolds(context, client, context.words)
  try {
    const timeout = context.timeout === undefined ? {} : { timeout: context.timeout }
    const result = await client.call('trigger', { targets: context.words, wait, ...timeout }, { timeout: 0 })
    const exit = conclude(context, context.words, result, { done: wait ? 'has run' : 'triggered', missingGroup: 1, explained: true })
    const code = result.outcomes.length === 1 && result.missing.length === 0 ? result.outcomes[0]?.exit_code : undefined
    return exit !== 0 && code !== undefined && code > 0 ? code : exit
  } finally {
    holds.close()
  }
}
