/** The master's own log, through pino. INTERIM: the log engineer replaces this file. */
import { appendFileSync } from 'node:fs'
import { pino } from 'pino'
import type { Logger } from 'pino'
import type { MasterSpec } from '../config/config.ts'

export interface MainLog {
  readonly log: Logger<'critical' | 'blather'>
  readonly path: string | null
  reopen(): void
  clear(): void
  close(): void
}

export function createMainLog(spec: MasterSpec, options: { readonly echo: boolean; readonly tty: boolean }): MainLog {
  const log = pino<'critical' | 'blather'>({ customLevels: { critical: 65, blather: 5 }, level: 'info' }, {
    write: (line: string) => {
      if (spec.logfile !== null) appendFileSync(spec.logfile, line)
      if (options.echo) process.stdout.write(line)
    },
  })
  return { log, path: spec.logfile, reopen: () => undefined, clear: () => undefined, close: () => undefined }
}
