/** `__names names|groups`: live names for the completion scripts; quick, and silent when no master answers. */
import type { Context } from '../command.ts'

export async function run(context: Context): Promise<number> {
  try {
    for (const name of context.words[0] === 'groups' ? await groups(context) : await processes(context)) context.out.line(name)
  } catch {
    return 0 // whoever presses TAB has not asked why no master answers
  }
  return 0
}

async function processes(context: Context): Promise<string[]> {
  const client = await context.connect()
  const { processes: found } = await client.call('status', {}, { timeout: 1000 })
  const members = new Map<string, number>()
  for (const { group } of found) members.set(group, (members.get(group) ?? 0) + 1)
  const wildcards = [...members].filter(([, count]) => count > 1).map(([group]) => `${group}:*`)
  return ['all', ...found.map(({ namespec }) => namespec), ...wildcards]
}

async function groups(context: Context): Promise<string[]> {
  const client = await context.connect()
  const { rows } = await client.call('avail', {}, { timeout: 1000 })
  return [...new Set(rows.map(({ group }) => group))]
}
