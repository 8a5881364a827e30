/** A job for a person: when it runs, and how its last runs went. */
import type { ProcessDetail, ProcessStatus } from '../api/results.ts'
import { duration, plural, time } from './humane.ts'
import { paint } from './output.ts'
import type { Output } from './output.ts'

type Row = readonly [name: string, value: string]

/** What is to come, as rows of a description. */
export function nextRows({ next_run: nextRun, task }: ProcessStatus): Row[] {
  if (task === null) return []
  const { cause, waiting, skipped } = task
  return [
    ['next run', nextRun === 0 ? '' : `${time(nextRun)} (in ${duration(nextRun - Date.now())})`],
    ['this run', cause === null ? '' : `begun by ${cause}`],
    ['waiting', waiting === 0 ? '' : plural(waiting, 'run')],
    ['skipped', skipped === 0 ? '' : plural(skipped, 'slot')],
  ]
}

/** When it runs, in the words of its config. */
export function jobRow({ job }: ProcessDetail['config']): Row {
  if (job === null) return ['job', '']
  const { interval, schedule, timezone, overlap, catch_up: catchUp, spread, run_timeout: runTimeout, retries } = job
  const when = interval !== null ? `every ${String(interval)} s after its end`
    : schedule !== null ? `schedule ${schedule} (${timezone ?? 'the zone of the machine'}), catch_up ${catchUp}` : 'oneshot'
  const more = [`overlap ${overlap}`, spread === 0 ? '' : `spread ${String(spread)} s`, runTimeout === null ? '' : `run_timeout ${String(runTimeout)} s`, retries === 0 ? '' : plural(retries, 'retry', 'retries')]
  return ['job', [when, ...more].filter((part) => part !== '').join(', ')]
}

/** The last runs, newest first, under a title; nothing of a service. */
export function runLines(output: Output, { task }: ProcessStatus): string[] {
  if (task === null) return []
  const lines = [...task.runs].reverse().map(({ started_at: startedAt, duration: took, cause, slot, result, how }) => {
    const planned = slot === 0 || Math.abs(startedAt - slot) < 1000 ? '' : `, planned for ${time(slot)}`
    return `  ${time(startedAt)}  ${paint(output, result === 'ok' || result === 'running' ? 'green' : 'red', result)}  ${how === '' ? 'for' : `${how} after`} ${took < 1000 ? `${String(Math.round(took))}ms` : duration(took)}, ${cause}${planned}`
  })
  return [paint(output, 'bold', 'last runs, newest first'), ...(lines.length === 0 ? ['  none'] : lines)]
}
