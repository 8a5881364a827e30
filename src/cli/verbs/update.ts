/** `update [all | group...]`: applies what has changed in the config. */
import type { Context } from '../command.ts'
import { tellHolds } from '../holds.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const groups = context.words.includes('all') ? [] : context.words
  const holds = tellHolds(context, client, groups.length === 0 ? ['all'] : groups.map((group) => `${group}:*`))
  const result = await client.call('update', { groups }, context.timeout === undefined ? {} : { timeout: context.timeout }).finally(holds.close)
  const { steps, unknown, kept = [] } = result
  if (context.style === 'json') {
    printJson(context, result)
  } else {
    for (const group of unknown) context.out.line(`ERROR: no such group: ${group}`)
    for (const { group, did } of steps) context.out.line(`${group}: ${did}`)
    for (const { group, reason } of kept) context.err.line(`nsup: ${group} is left as it is: ${reason}`)
  }
  return unknown.length > 0 || steps.some(({ did }) => did.startsWith('has problems')) ? 1 : 0
}
