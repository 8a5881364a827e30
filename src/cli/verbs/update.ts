/** `update [all | group...]`: applies what has changed in the config. */
import type { Context } from '../command.ts'
import { Fault } from '../../lib/fault.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const groups = context.words.includes('all') ? [] : context.words
  try {
    const { steps } = await client.call('update', { groups }, context.timeout === undefined ? {} : { timeout: context.timeout })
    if (context.style === 'json') printJson(context, { steps })
    else for (const { group, did } of steps) context.out.line(`${group}: ${did}`)
    return steps.some(({ did }) => did.startsWith('has problems')) ? 1 : 0
  } catch (error) {
    if (!(error instanceof Fault) || error.fault !== 'BAD_NAME') throw error
    context.out.line(`ERROR: no such group: ${error.detail ?? groups.join(' ')}`)
    return 1
  }
}
