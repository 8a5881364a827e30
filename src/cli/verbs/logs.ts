/** `logs [-f] [-n LINES] [target...]`: both outputs of processes, side by side. */
import type { Context } from '../command.ts'
import { followAll, readAmount, readOnce } from '../logreading.ts'
import type { Source } from '../logreading.ts'
import { printMissing } from '../outcomes.ts'

export async function run(context: Context): Promise<number> {
  const { amount, words } = readAmount(context, { lines: 10 })
  const client = await context.connect()
  const { processes, missing } = await client.call('status', { targets: words.length > 0 ? words : ['all'] })
  for (const one of missing) printMissing(context, one, 'no such process name')
  const sources: Source[] = []
  for (const process of processes) {
    const { stdout_logfile: out, stderr_logfile: err, namespec } = process
    if (out !== null) sources.push({ process, channel: 'stdout', label: namespec })
    if (err !== null) sources.push({ process, channel: 'stderr', label: `${namespec} (stderr)` })
  }
  if (sources.length === 0) {
    if (missing.length === 0) context.err.line('nsup: none of these processes has a log file')
    return 1
  }
  const read = context.options.follow ? followAll : readOnce
  return (await read(context, client, sources, amount)) || (missing.length > 0 ? 1 : 0)
}
