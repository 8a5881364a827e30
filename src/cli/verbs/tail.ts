/** `tail [-f] [-n LINES | -BYTES] target... [stdout|stderr]`. */
import type { Context } from '../command.ts'
import { CliError } from '../clierror.ts'
import { followAll, readAmount, readOnce } from '../logreading.ts'
import type { Channel, Source } from '../logreading.ts'
import { printMissing } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const { amount, words } = readAmount(context, { bytes: context.options.follow ? 1024 : 1600 })
  const last = words.at(-1)
  const channel: Channel = last === 'stderr' ? 'stderr' : 'stdout'
  const targets = words.length > 1 && (last === 'stdout' || last === 'stderr') ? words.slice(0, -1) : words
  if (targets.length === 0) throw new CliError('Error: tail requires process name', 1, 'stdout')
  const client = await context.connect()
  const { processes, missing } = await client.call('status', { targets })
  if (targets.length === 2 && processes.length > 0 && missing[0]?.target === targets[1] && missing[0]?.suggestion === null) {
    throw new CliError(`Error: bad channel '${targets[1] ?? ''}'`, 1, 'stdout')
  }
  for (const one of missing) printMissing(context, one, 'no such process name')
  if (processes.length === 0) return 1
  const sources: Source[] = processes.map((process) => ({ process, channel, label: process.namespec }))
  const read = context.options.follow ? followAll : readOnce
  return (await read(context, client, sources, amount)) || (missing.length > 0 ? 1 : 0)
}
