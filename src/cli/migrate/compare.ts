/** What two readings of the same programs do not have in common. Values of secrets are never shown, only their names. */
import { relative } from 'node:path'
import type { Config } from '../../config/config.ts'
import type { CareSpec } from '../../core/care.ts'
import type { LogSpec, ProcessSpec } from '../../core/spec.ts'

/**
 * Where `to` differs from `from`, as paths such as `cat:cat_01.stopwait`; empty when they mean the same. Where AUTO logs
 * are is left out: the formats differ there on purpose. What is watched may move with the file that says so.
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
  const care = process.care === undefined ? {} : { care: withoutBase(process.care) }
  return { ...process, stdout: plain(process.stdout), stderr: plain(process.stderr), ...care }
}

function withoutBase(care: CareSpec): CareSpec {
  if (care.watch === undefined) return care
  const { base, paths, ignore, delay } = care.watch
  const short = (path: string): string => relative(base, path)
  return { ...care, watch: { base: '', paths: paths.map(short), ignore: ignore.map((one) => (one.startsWith('/') ? short(one) : one)), delay } }
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
