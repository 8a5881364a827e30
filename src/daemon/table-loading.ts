/**
 * Reads back what is kept of a table: a snapshot, then the journals that go on from it, in order. A line that was cut by a
 * crash, or damaged since, counts as not there; how many were left out is said. Changes nothing on the disk.
 */
import { join } from 'node:path'
import type { TableFiles } from '../core/table-files.ts'
import { readRecord } from '../core/table-record.ts'
import type { Head } from '../core/table-record.ts'
import { changed } from '../core/table-change.ts'
import { Table } from '../core/table.ts'
import type { TableSpec } from '../core/table-spec.ts'

export const snapshotName = 'snapshot'

/** What was found of a table. */
export interface Loaded {
  /** With the columns that it had; `null`: nothing is kept of it. */
  readonly table: Table | null
  /** Lines that were left out. */
  readonly damaged: number
  /** The number of the last journal that is there. */
  readonly lastJournal: number
  /** How many journals there are. */
  readonly journals: number
}

export function journalName(number: number): string {
  return `journal.${String(number)}`
}

/** The numbers of the journals in a folder, in order. Throws Unreadable. */
export function journalsIn(folder: string, files: TableFiles): number[] {
  return files.list(folder).flatMap((name) => Number(/^journal\.(\d+)$/.exec(name)?.[1] ?? [])).filter((number) => number > 0).sort((a, b) => a - b)
}

/** Reads all that is in the folder of the table. Throws Unreadable when a file is there and cannot be read. */
export function loadTable(spec: TableSpec, folder: string, files: TableFiles, now: number): Loaded {
  const reading = new Reading(spec, now)
  reading.take(files.lines(join(folder, snapshotName)))
  const journals = journalsIn(folder, files)
  const first = reading.from
  for (const number of journals) if (number >= first) reading.take(files.lines(join(folder, journalName(number))))
  return { table: reading.table, damaged: reading.damaged, lastJournal: journals.at(-1) ?? first - 1, journals: journals.length }
}

class Reading {
  readonly #spec: TableSpec
  readonly #now: number
  table: Table | null = null
  damaged = 0
  /** The first journal that counts. */
  from = 1

  constructor(spec: TableSpec, now: number) {
    this.#spec = spec
    this.#now = now
  }

  take(lines: Iterable<Uint8Array>): void {
    for (const line of lines) {
      const record = readRecord(line)
      switch (record?.kind) {
        case 'head': this.#begin(record.head); break
        case 'put': this.table?.restore(record.key, record.values, record.expires); break
        case 'removed': this.table?.forget(record.key); break
        case 'cleared': this.table?.clear(); break
        case undefined: this.damaged += 1
      }
    }
  }

  /** A journal begins with the columns that it is about: what was read before has these from now on. */
  #begin({ columns, from }: Head): void {
    this.from = Math.max(this.from, from)
    // Rows of a snapshot that are gone by the end of the journals may be more than there is room for.
    const spec = { ...this.#spec, columns, rowsMax: Infinity }
    const before = this.table
    const after = before === null ? new Table(spec) : changed(before, spec, this.#now)
    this.table = typeof after === 'string' ? new Table(spec) : after
  }
}
