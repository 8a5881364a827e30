/** Log files that the config leaves to the master to name (supervisord's AUTO): named at random, made at once, removed by the next master. */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { GroupSpec, LogSpec, ProcessSpec } from '../core/spec.ts'

export interface AutoLogSettings {
  readonly folder: string
  readonly identifier: string
  /** Keep what earlier masters left. */
  readonly nocleanup: boolean
}

/** The groups with a name for every log that is AUTO and has none; a process that runs keeps the name that it has. */
export function nameAutoLogs(groups: readonly GroupSpec[], running: readonly GroupSpec[], settings: AutoLogSettings): readonly GroupSpec[] {
  const known = new Map(running.flatMap((group) => group.processes).map((spec) => [`${spec.group}:${spec.name}`, spec]))
  const name = (spec: ProcessSpec, channel: 'stdout' | 'stderr'): LogSpec => {
    const log = spec[channel]
    if (!log.auto || log.file !== null) return log
    const used = known.get(`${spec.group}:${spec.name}`)?.[channel].file
    return { ...log, file: used ?? create(spec.name, channel, settings) }
  }
  return groups.map((group) => ({
    ...group,
    processes: group.processes.map((spec) => {
      const stdout = name(spec, 'stdout')
      const stderr = spec.redirectStderr ? spec.stderr : name(spec, 'stderr')
      return stdout === spec.stdout && stderr === spec.stderr ? spec : { ...spec, stdout, stderr }
    }),
  }))
}

/** Removes the AUTO logs that earlier masters left in the folder, apart from those that these processes still use. */
export function removeAutoLogs(running: readonly GroupSpec[], { folder, identifier, nocleanup }: AutoLogSettings): void {
  if (nocleanup) return
  const used = new Set(running.flatMap((group) => group.processes).flatMap(({ stdout, stderr }) => [stdout.file, stderr.file]))
  const mark = `---${identifier}-`
  for (const file of filesIn(folder)) {
    const at = file.indexOf(mark)
    if (at < 1 || !/^\S+\.log(\.\d{1,4})?(\.gz)?$/.test(file.slice(at + mark.length))) continue
    const path = join(folder, file)
    if (!used.has(path) && !used.has(path.replace(/\.log\..*$/, '.log'))) rmSync(path, { force: true })
  }
}

function create(process: string, channel: string, { folder, identifier }: AutoLogSettings): string {
  const path = join(folder, `${process}-${channel}---${identifier}-${randomBytes(6).toString('hex')}.log`)
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch {
    return path // the folder cannot be written: opening the log says so when the process is spawned
  }
  return path
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
