/** What two readings of the same programs do not have in common. Values of secrets are never shown, only their names. */
import type { Config } from '../../config/config.ts'
import type { LogSpec, ProcessSpec } from '../../core/spec.ts'

/**
 * Where `to` differs from `from`, as paths such as `cat:cat_01.stopwait`; empty when they mean the same. Where AUTO logs
 * are is left out: the formats differ there on purpose.
 */
export function differences(from: Config, to: Config): string[] {
  const [a, b] = [plainOf(from), plainOf(to)]
  const found: string[] = []
  compare(a, b, '', found)
  return found
}

function plainOf({ master, servers, client, groups }: Config): unknown {
  return {
    master: { ...master, childlogdir: null },
    servers,
    client,
    groups: Object.fromEntries(groups.map((group) => [group.name, {
      ...group, processes: Object.fromEntries(group.processes.map((process) => [process.name, withoutAuto(process)])),
    }])),
  }
}

function withoutAuto(process: ProcessSpec): ProcessSpec {
  const plain = (log: LogSpec): LogSpec => (log.auto ? { ...log, file: null } : log)
  return { ...process, stdout: plain(process.stdout), stderr: plain(process.stderr) }
}

function compare(a: unknown, b: unknown, path: string, found: string[]): void {
  if (isRecord(a) && isRecord(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      compare(a[key], b[key], path === '' ? key : `${path}.${key}`, found)
    }
  } else if (!Object.is(a, b)) {
    found.push(path)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
