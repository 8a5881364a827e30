/**
 * What is written of a process before its watchdog ends it: a file in the log folder, for its owner only, with the
 * last ones of each process kept. How a process is looked at is os/look.ts's affair.
 */
import { join } from 'node:path'
import { lookMax } from '../core/ladder.ts'
import type { Pid } from '../core/model.ts'
import type { Clock, Processes } from '../core/ports.ts'
import type { Look } from '../core/probing.ts'
import type { Proc } from '../core/proc.ts'
import { namespec } from '../core/spec.ts'
import type { MasterLog } from './master-log.ts'
import type { RecordStore } from './snapshot.ts'
import type { StreamsOf } from './streams.ts'

export interface ForensicsPorts {
  readonly clock: Clock
  readonly processes: Processes
  readonly records: RecordStore
  readonly log: MasterLog
  readonly look: Look
  readonly logDir: string
}

/** Resolves with the file, or `null` where it could not be written; within two seconds, and never rejects. */
export type Forensics = (proc: Proc, id: Pid, why: string) => Promise<string | null>

/** Files of one process. */
const keptMax = 5
/** What is left of the time is for writing. */
const writeTime = 200

export function forensicsOf({ clock, processes, records, log, look, logDir }: ForensicsPorts, streams: StreamsOf): Forensics {
  return async (proc, id, why) => {
    const { group, name, spec, incarnation } = proc
    const who = namespec(group, name)
    const fields = { process: who, pid: id.pid }
    const at = new Date(clock.wall()).toISOString()
    const prefix = `forensics-${encodeURIComponent(who)}-`
    const file = join(logDir, `${prefix}${at.replace(/[:.]/g, '-')}-${String(id.pid)}.txt`)
    const logs = [...new Set([spec.stdout.file, spec.stderr.file].filter((path) => path !== null))]
    const seen = await look({ pid: id.pid, logs, within: lookMax - writeTime, wake: () => processes.kill(id, 'SIGUSR1', 'process') === 'sent' })
    const head = `${who}, pid ${String(id.pid)}, incarnation ${String(incarnation)}, at ${at}: ${why}\n\n`
    const last = logs.length > 0 ? '' : `${(streams.get(proc)?.lastLines() ?? []).join('\n')}\n`
    const errno = records.write(file, `${head}${seen}${last}`)
    if (errno !== null) {
      log.error(`${name}: ${why}; what it was doing cannot be written to ${file}: ${errno}`, fields)
      return null
    }
    const mine = records.list(logDir).filter((one) => one.startsWith(prefix) && /^\d{4}-\d\d-\d\dT[\d-]+Z-\d+\.txt$/.test(one.slice(prefix.length)))
    for (const old of mine.slice(0, -keptMax)) records.removeFile(join(logDir, old))
    log.warn(`${name}: ${why}; what it was doing: ${file}`, { ...fields, file })
    return file
  }
}
