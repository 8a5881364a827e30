/** The part of the table of advice that is about what has ended and rests: services that are not restarted, jobs whose run has failed. */
import type { ProcessView } from '../core/model.ts'

interface Ended {
  readonly view: ProcessView
}

interface Words {
  readonly what: string
  readonly todo: string
}

export const endedRows = {
  'not-restarted': ({ view }: Ended): Words | null => view.state !== 'EXITED' || view.want === 'up' || view.task !== null ? null : {
    what: `it ended ${endOf(view)} and is not started again (${view.wantedBy})`, todo: `nsup start ${view.namespec}, or another autorestart`,
  },
  'run-failed': ({ view }: Ended): Words | null => resultAtRest(view) !== 'failed' && resultAtRest(view) !== 'unknown' ? null : {
    what: `its last run has failed: ${view.spawnError !== '' && view.exits.at(-1)?.incarnation !== view.incarnation ? view.spawnError : `it ended ${endOf(view)}`}`,
    todo: `nsup logs ${view.namespec} shows what it said; nsup trigger ${view.namespec} runs it now, retries would try it again by itself`,
  },
  'run-timeout': ({ view }: Ended): Words | null => resultAtRest(view) !== 'timeout' ? null : {
    what: `its last run was stopped because it took longer than run_timeout (${String((view.spec.care?.job?.runTimeout ?? 0) / 1000)} s)`,
    todo: `nsup logs ${view.namespec} shows how far it came; raise run_timeout if it needs longer`,
  },
} as const

/** How the last run of a job ended that is not at work; `null`: it is no job, or has not run. */
function resultAtRest({ task, pid, state, spawnError, exits, incarnation }: ProcessView): string | null {
  if (task === null || pid !== 0 || state === 'STARTING' || state === 'BACKOFF') return null
  const last = exits.at(-1)
  if (spawnError !== '' && last?.incarnation !== incarnation) return 'failed'
  return last?.run?.result ?? null
}

/** How the last incarnation ended: `with code 3`. */
export function endOf({ exits }: Pick<ProcessView, 'exits'>): string {
  const status = exits.at(-1)?.status
  if (status?.kind === 'code') return `with code ${String(status.code)}`
  return status?.kind === 'signal' ? `by ${status.signal}` : 'in an unknown way'
}
