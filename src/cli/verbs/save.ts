/** `save`: writes the programs that were added by hand into the config file. */
import type { Context } from '../command.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const result = await client.call('save', {})
  const { file, programs } = result
  if (context.style === 'json') printJson(context, result)
  else context.out.line(programs.length === 0 ? `nothing to save: ${file} has all programs` : `wrote ${programs.join(', ')} into ${file}`)
  return 0
}
