/**
 * What a table is when a master begins with it: what its folder holds, else what the other folder holds, where it was kept
 * while `persist` said otherwise, as the config wants it now. Nothing is taken for empty that cannot be read.
 */
import { join } from 'node:path'
import { changed } from '../core/table-change.ts'
import { Unreadable } from '../core/table-files.ts'
import type { TableFiles } from '../core/table-files.ts'
import type { TableSpec } from '../core/table-spec.ts'
import { Table } from '../core/table.ts'
import { loadTable } from './table-loading.ts'
import type { Loaded } from './table-loading.ts'
import { writeWhole } from './table-store.ts'

/** Where tables of one name are: what outlives a reboot, and what one master hands to the next. */
export interface TableFolders {
  readonly state: string
  readonly handed: string
}

export interface Opened {
  readonly table: Table
  /** What is in the folder of a kept table. */
  readonly found: Omit<Loaded, 'table'>
  /** Why it is not as the config wants it. */
  readonly kept: string | null
  /** Lines that were left out. */
  readonly damaged: number
  /** The rows come from the other folder. */
  readonly moved: boolean
}

/** Changes nothing on the disk. */
export function openTable(spec: TableSpec, { state, handed }: TableFolders, files: TableFiles, now: number): Opened | Unreadable {
  try {
    const [home, other] = spec.persist ? [state, handed] : [handed, state]
    const found = loadTable(spec, home, files, now)
    const elsewhere = found.table === null ? loadTable(spec, other, files, now) : null
    const before = found.table ?? elsewhere?.table ?? null
    const after = before === null ? new Table(spec) : changed(before, spec, now)
    const rest = { found, damaged: found.damaged + (elsewhere?.damaged ?? 0), moved: (elsewhere?.table ?? null) !== null }
    if (typeof after !== 'string') return { table: after, kept: null, ...rest }
    return { table: asItWas(before ?? new Table(spec), spec), kept: `it is as it was before the config changed: ${after}`, ...rest }
  } catch (error) {
    if (error instanceof Unreadable) return error
    throw error
  }
}

/**
 * Leaves what was opened in one place: rows that move to the disk are there before those that were handed over are removed,
 * and what was on the disk of a table that is no longer kept goes, since a later master must not take it for new.
 * @returns what went wrong, an errno name.
 */
export function moveIn({ table, found, moved }: Opened, { state, handed }: TableFolders, files: TableFiles): string | null {
  const { persist } = table.spec
  const errno = persist && moved ? writeWhole(table, state, found.lastJournal + 1, files) : null
  if (errno !== null) return errno
  return files.remove(handed) ?? (persist ? null : files.remove(state))
}

/** Removes what was handed over of tables that are in the config no more: one that comes back begins empty. */
export function removeOthers(folder: string, specs: readonly TableSpec[], files: TableFiles): void {
  try {
    for (const one of files.list(folder)) if (!specs.some(({ name }) => name === one)) files.remove(join(folder, one))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
  }
}

/** What was kept, with the columns that it has, and room for at least its rows. */
function asItWas(before: Table, spec: TableSpec): Table {
  const rows = [...before.rows()].length
  const after = new Table({ ...spec, columns: before.spec.columns, rowsMax: Math.max(rows, spec.rowsMax) })
  for (const row of before.rows()) after.restore(row.key, row.values, row.expires)
  return after
}
