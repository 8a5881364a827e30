/** `wait target... --for CONDITION`: returns when it holds for all, or cannot come to hold by itself. */
import type { ParamsOf } from '../../api/methods.ts'
import { CliError } from '../clierror.ts'
import type { Context } from '../command.ts'
import { tellHolds } from '../holds.ts'
import { conclude } from '../outcomes.ts'

type Condition = NonNullable<ParamsOf<'wait'>['for']>

const conditions: readonly Condition[] = ['ready', 'healthy', 'stopped', 'exited']

export async function run(context: Context): Promise<number> {
  const condition = conditions.find((one) => one === (context.options.for ?? 'ready'))
  if (condition === undefined) {
    throw new CliError(`there is no condition ${String(context.options.for)}; there are ${conditions.join(', ')}`, 2)
  }
  const client = await context.connect()
  const holds = tellHolds(context, client, context.words)
  try {
    const timeout = context.timeout === undefined ? {} : { timeout: context.timeout }
    const result = await client.call('wait', { targets: context.words, for: condition, ...timeout }, { timeout: 0 })
    return conclude(context, context.words, result, { done: condition, missingGroup: 1, explained: true })
  } finally {
    holds.close()
  }
}
