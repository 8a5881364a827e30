/** The part of the table of advice that is about starts that fail before a worker has said anything, those that follow a failed check, and listeners that no event reaches. */
import type { ProcessView } from '../core/model.ts'

interface Facts {
  readonly view: ProcessView
  /** Epoch milliseconds. */
  readonly now: number
}

interface Words {
  readonly what: string
  readonly todo: string
}

/** A restart that is older means nothing for a process that has run since. Milliseconds. */
const recent = 3_600_000

export const startRows = {
  'log-folder': ({ view }: Facts): Words | null => !cannotStart(view) || !/making dispatchers/.test(view.spawnError) ? null : {
    what: `its logs cannot be opened: ${view.spawnError}`, todo: `${logFolders(view)}; then nsup start ${view.namespec}`,
  },
  'restarted-unwell': ({ view, now }: Facts): Words | null => {
    const times = view.exits.length - 1 - view.exits.findLastIndex(exit => exit.by !== 'health check')
    const last = view.exits.at(-1)
    if (times === 0 || last === undefined || view.health === 'unhealthy' || view.want === 'down' || now - last.endedAt > recent) return null
    return {
      what: `its health check failed and had it restarted${times === 1 ? '' : `, ${String(times)} times in a row`} (on_unhealthy)`,
      todo: `nsup history ${view.namespec} says what the check has found; mend that, or correct health`,
    }
  },
  'deaf-listener': ({ view }: Facts): Words | null => view.deaf !== true ? null : {
    what: 'it gets no events any more: it wrote something else than an event listener may (UNKNOWN)',
    todo: `nsup maintail names the line; only READY and RESULT belong on its stdout, all else on stderr; then nsup restart ${view.namespec}`,
  },
  'failing-start': ({ view }: Facts): Words | null => view.state !== 'BACKOFF' || view.spawnError === '' || failedToStay(view) ? null : {
    what: `it could not be started: ${view.spawnError}`, todo: 'it is tried again by itself; nsup maintail may say more',
  },
} as const

/** It did start, and ended before its time. */
export function failedToStay({ state, spawnError }: ProcessView): boolean {
  return state !== 'RUNNING' && state !== 'STOPPED' && spawnError.startsWith('Exited too quickly')
}

/** A start has failed before there was a process, or is about to be tried again. */
export function cannotStart({ state, pid }: ProcessView): boolean {
  return state === 'BACKOFF' || state === 'FATAL' || (state === 'STARTING' && pid === 0)
}

/** Where to read on about an end: its lines are shown below only where it has said something. */
export function seeLines({ exits }: ProcessView, command: string): string {
  return (exits.at(-1)?.lastLines.length ?? 0) === 0 ? `no last lines of it were kept; see: ${command}` : `its last lines are below, more with: ${command}`
}

function logFolders({ stdoutLogfile, stderrLogfile }: ProcessView): string {
  const folders = new Set([stdoutLogfile, stderrLogfile].flatMap(file => (file?.includes('/') === true ? [file.slice(0, file.lastIndexOf('/')) || '/'] : [])))
  return folders.size === 0 ? 'nsup maintail may say more' : `make sure that its log folder is there and may be written: ${[...folders].join(', ')}`
}
