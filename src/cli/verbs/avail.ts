/** `avail`: every configured process, in use or not. */
import type { Context } from '../command.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const { rows } = await client.call('avail', {})
  if (context.style === 'json') printJson(context, { rows })
  for (const row of context.style === 'json' ? [] : rows) {
    const use = row.in_use ? 'in use' : 'avail'
    const start = row.autostart ? 'auto' : 'manual'
    context.out.line(`${row.namespec.padEnd(32)} ${use.padEnd(9)} ${start.padEnd(9)} ${row.group_priority}:${row.process_priority}${row.by_hand ? ' (added by hand)' : ''}`)
  }
  return 0
}
