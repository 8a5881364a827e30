/** `reload`: the master stops everything and starts again from its config. */
import type { Context } from '../command.ts'
import { confirm } from '../confirm.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  if (!(await confirm(context, 'Really restart the remote supervisord process y/N? '))) return 0
  const client = await context.connect()
  await client.call('reload', {})
  if (context.style === 'json') printJson(context, { ok: true })
  else context.out.line('Restarted supervisord')
  return 0
}
