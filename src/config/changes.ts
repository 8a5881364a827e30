/**
 * Compares what two readings of a config say about one process: whether anything changed, and whether a running one
 * must be restarted for it. What needs a restart is said by the rows of the schema.
 */
import { listenerRows, processRows, programRows, socketRows } from './rows-program.ts'
import { careRows } from './rows-care.ts'
import type { CareSpec } from '../core/care.ts'
import type { LogSpec, ProcessSpec } from '../core/spec.ts'
import type { Row, SpecField } from './rows.ts'

const rows: readonly Row[] = Object.values({ ...programRows, ...processRows, ...listenerRows, ...socketRows, ...careRows })

/** Fields that a change of the config can touch, by whether a running process must be restarted for it. */
const restartFields = new Set<SpecField>(rows.filter((row) => row.restart).flatMap((row) => row.spec ?? []))
const allFields = new Set<SpecField>(rows.flatMap((row) => row.spec ?? []))

/** True if `to` differs from the running `from` in something that only a restart of the process can apply. */
export function changesRestart(from: ProcessSpec, to: ProcessSpec): boolean {
  return differs(from, to, restartFields) || readyDescriptor(from) !== readyDescriptor(to)
}

/** True if nothing that the config can say about the process differs (`reread` calls it unchanged). */
export function sameSpec(from: ProcessSpec, to: ProcessSpec): boolean {
  return !differs(from, to, allFields)
}

/** What is handed over at the spawn; any other way to become ready is the master's own affair. */
function readyDescriptor({ care }: ProcessSpec): number | null {
  return care?.ready?.by.kind === 'notification_fd' ? care.ready.by.fd : null
}

function differs(from: ProcessSpec, to: ProcessSpec, fields: ReadonlySet<SpecField>): boolean {
  if (from.group !== to.group || from.name !== to.name) return true
  return [...fields].some((field) => !isSame(field, from, to))
}

function isSame(field: SpecField, from: ProcessSpec, to: ProcessSpec): boolean {
  const [key, leaf] = field.split('.') as [keyof ProcessSpec, keyof LogSpec | keyof CareSpec | undefined]
  if (leaf === undefined) return canonical(from[key]) === canonical(to[key])
  if (key === 'care') return canonical(from.care?.[leaf as keyof CareSpec]) === canonical(to.care?.[leaf as keyof CareSpec])
  const [before, after] = [from[key], to[key]] as [LogSpec, LogSpec]
  // AUTO in the new config equals whatever file is in use: nobody named another one.
  const name = leaf as keyof LogSpec
  if (name === 'file' || name === 'auto') return (after.auto && (before.auto || before.file !== null)) || before[name] === after[name]
  return before[name] === after[name]
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
