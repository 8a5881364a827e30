/** `version`: the version of the master that runs. */
import type { Context } from '../command.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const { version } = await client.call('info', {})
  if (context.style === 'json') printJson(context, { version })
  else context.out.line(version)
  return 0
}
