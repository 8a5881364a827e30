/** `health [target...] [--timeout 2s]`: asks the workers, one table of what each says; who has not answered sets the exit code. */
import type { ResultOf } from '../../api/results.ts'
import type { Context } from '../command.ts'
import { duration } from '../humane.ts'
import { printJson, printMissing } from '../outcomes.ts'
import { textTable } from '../text-table.ts'

type Worker = ResultOf<'health'>['workers'][number]

const head = ['name', 'pid', 'processed_count', 'is_processing', 'last activity', 'uptime', 'status', 'report age']

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  const named = context.words.length > 0
  const timeout = context.timeout === undefined ? {} : { timeout: Math.round(context.timeout) }
  const { workers, missing } = await client.call('health', { targets: named ? context.words : ['all'], ...timeout })
  // Of all, only what runs is asked: what is stopped is told by status.
  const shown = named ? workers : workers.filter(({ pid }) => pid > 0)
  if (context.style === 'json') {
    printJson(context, { workers: shown, missing })
  } else {
    for (const one of missing) printMissing(context, one)
    if (shown.length === 0 && missing.length === 0) context.out.line('no worker runs')
    if (shown.length > 0) context.out.line(textTable(context.out, head, shown.map(row)))
  }
  return shown.some(({ answered }) => !answered) ? 3 : missing.length > 0 ? 1 : 0
}

function row(worker: Worker): string[] {
  const { answered, pid, state } = worker
  const status = answered ? worker.status : pid === 0 ? state : `no answer: ${worker.no_answer ?? ''}`
  return [
    worker.process,
    pid === 0 ? '-' : String(pid),
    worker.processed_count === null ? '-' : String(worker.processed_count),
    worker.is_processing === null ? '-' : `${worker.is_processing ? 'yes' : 'no'}${worker.job ? ` (${worker.job})` : ''}`,
    worker.last_activity === null ? '-' : String(worker.last_activity),
    pid === 0 ? '-' : duration(worker.uptime * 1000),
    status,
    worker.report_age === null ? '-' : duration(worker.report_age),
  ]
}
