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
    what: `its last run has failed: ${couldNotBegin(view) ? view.spawnError : `it ended ${endOf(view)}`}`,
    todo: `${couldNotBegin(view) ? '' : `nsup logs ${view.namespec} shows what it said; `}nsup trigger ${view.namespec} runs it now${(view.spec.care?.job?.retries ?? 0) > 0 ? '' : ', retries would try it again by itself'}`,
  },
  'run-timeout': ({ view }: Ended): Words | null => resultAtRest(view) !== 'timeout' ? null : {
    what: `its last run was stopped because it took longer than run_timeout (${String((view.spec.care?.job?.runTimeout ?? 0) / 1000)} s)`,
    todo: `nsup logs ${view.namespec} shows how far it came; raise run_timeout if it needs longer`,
  },
} as const

/** How the last run of a job ended that is not at work; `null`: it is no job, or has not run. */
function resultAtRest(view: ProcessView): string | null {
  if (view.task === null || view.pid !== 0 || view.state === 'STARTING' || view.state === 'BACKOFF') return null
  return couldNotBegin(view) ? 'failed' : (view.exits.at(-1)?.run?.result ?? null)
}

/** The last run has not even been spawned. */
function couldNotBegin({ spawnError, exits, incarnation }: ProcessView): boolean {
  return spawnError !== '' && exits.at(-1)?.incarnation !== incarnation
}

/** How the last incarnation ended: `with code 3`. */
export function endOf({ exits }: Pick<ProcessView, 'exits'>): string {
  const status = exits.at(-1)?.status
  if (status?.kind === 'code') return `with code ${String(status.code)}`
  return status?.kind === 'signal' ? `by ${status.signal}` : 'in an unknown way'
}
