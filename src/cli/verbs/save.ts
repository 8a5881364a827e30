/** `save`: writes the programs that were added by hand into the config file. */
import type { Context } from '../command.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const result = await client.call('save', {})
  const { file, programs, exposed } = result
  if (context.style === 'json') printJson(context, result)
  else context.out.line(programs.length === 0 ? `nothing to save: ${file} has all programs` : `wrote ${programs.join(', ')} into ${file}`)
  if (exposed) context.err.line(`nsup: everybody can read ${file}, and it holds environment now: chmod go-r it if there are secrets among it`)
  return 0
}
