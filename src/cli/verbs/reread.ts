/** `reread`: what the config on disk would change. */
import type { Context } from '../command.ts'
import { printJson } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const diff = await client.call('reread', {})
  if (context.style === 'json') {
    printJson(context, diff)
    return 0
  }
  const words = new Map<string, string>()
  for (const group of diff.added) words.set(group, 'available')
  for (const group of diff.changed) words.set(group, 'changed')
  for (const group of diff.removed) words.set(group, 'disappeared')
  if (words.size === 0) context.out.line('No config updates to processes')
  for (const [group, word] of [...words].sort(([a], [b]) => (a < b ? -1 : 1))) context.out.line(`${group}: ${word}`)
  return 0
}
