/**
 * Keeps one table on the disk: each change is a line of the journal before the change is answered, and when the journal
 * has grown, a snapshot is written in small steps beside the work, from which a new journal goes on. A disk that fails
 * does not stop the table: memory goes on, and a snapshot of all is tried again and again until one succeeds.
 */
import { join } from 'node:path'
import type { Clock } from '../core/ports.ts'
import { Unreadable } from '../core/table-files.ts'
import type { LineFile, TableFiles } from '../core/table-files.ts'
import { clearedLine, headLine, putLine, removedLine } from '../core/table-record.ts'
import type { Row, Table, TableWatcher } from '../core/table.ts'
import { journalName, journalsIn, snapshotName } from './table-loading.ts'

export interface TableStoreOptions {
  readonly folder: string
  readonly files: TableFiles
  readonly clock: Clock
  /** Told when the disk fails, and `null` when all is on the disk again. */
  readonly onFailure: (errno: string | null) => void
}

/** A journal that is smaller is left to grow, in bytes; a larger one until it is twice the snapshot. */
const journalMin = 1024 * 1024
const journalsMax = 8
/** Rows of one step of a snapshot. */
const stepRows = 500
/** Time between writing and asking the disk to keep it, and between tries on a disk that fails. Milliseconds. */
const syncDelay = 1000
const retryDelay = { first: 1000, most: 60_000 }

/** A snapshot that is being written. */
interface Snapshot {
  readonly file: LineFile
  cursor: number | null
  size: number
}

export class TableStore implements TableWatcher {
  readonly #options: TableStoreOptions
  #table: Table
  #pending = ''
  #journal: LineFile | null = null
  #number: number
  #journalSize = 0
  #snapshotSize = 0
  #snapshot: Snapshot | null = null
  #failing: string | null = null
  #retry: number = retryDelay.first
  #cancelNext: (() => void) | null = null
  #cancelSync: (() => void) | null = null
  #closed = false

  /** `found`: the journals that are there, of which the last is never written on: its end may be torn. */
  constructor(table: Table, found: { readonly lastJournal: number; readonly journals: number; readonly damaged: number }, options: TableStoreOptions) {
    this.#options = options
    this.#table = table
    this.#number = found.lastJournal + 1
    table.watcher = this
    if (found.damaged > 0 || found.journals > journalsMax) this.compact()
  }

  /** Why what is in memory is not on the disk, an errno name; `null`: it is. */
  get failing(): string | null {
    return this.#failing
  }

  /** Takes another table in the place of its own: one with other columns. */
  replace(table: Table): void {
    this.flush()
    this.#table.watcher = null
    this.#table = table
    table.watcher = this
    this.#abandon()
    this.compact()
  }

  put(row: Row): void {
    if (this.#failing === null || this.#snapshot !== null) this.#pending += putLine(row)
  }

  removed(key: string): void {
    if (this.#failing === null || this.#snapshot !== null) this.#pending += removedLine(key)
  }

  cleared(): void {
    if (this.#failing === null || this.#snapshot !== null) this.#pending += clearedLine()
  }

  /** Writes what has changed since the last time, with one write. */
  flush(): void {
    if (this.#pending === '') return
    const text = this.#pending
    this.#pending = ''
    const errno = this.#append(text)
    if (errno !== null) return this.#fail(errno)
    this.#syncLater()
    if (this.#snapshot === null && this.#journalSize > Math.max(journalMin, 2 * this.#snapshotSize)) this.compact()
  }

  /** Begins a snapshot; what changes meanwhile goes into a new journal, which is read after it. */
  compact(): void {
    if (this.#snapshot !== null || this.#closed) return
    this.flush()
    if (this.#snapshot !== null) return
    this.#journal?.close()
    this.#journal = null
    if (this.#journalSize > 0 || this.#failing !== null) this.#number += 1
    const file = this.#options.files.create(join(this.#options.folder, `${snapshotName}.new`))
    if (typeof file === 'string') return this.#fail(file)
    const head = headLine({ columns: this.#table.spec.columns, from: this.#number })
    this.#snapshot = { file, cursor: 0, size: 0 }
    this.#journalSize = 0
    const errno = file.append(head)
    if (errno !== null) return this.#fail(errno)
    this.#later(0, () => { this.#step() })
  }

  /** Ends: what is not on the disk is written if the disk takes it. */
  close(): void {
    this.flush()
    if (this.#failing !== null) this.#writeAll()
    this.#closed = true
    this.#abandon()
    this.#cancelSync?.()
    this.#journal?.close()
    this.#journal = null
    this.#table.watcher = null
  }

  /** The last try on a disk that fails. */
  #writeAll(): void {
    this.#abandon()
    this.compact()
    while (this.#snapshot?.cursor != null) this.#writePage(this.#snapshot)
    if (this.#snapshot !== null) this.#finish(this.#snapshot)
  }

  #append(text: string): string | null {
    if (this.#journal === null) {
      const file = this.#options.files.create(join(this.#options.folder, journalName(this.#number)))
      if (typeof file === 'string') return file
      this.#journal = file
      text = headLine({ columns: this.#table.spec.columns, from: 0 }) + text
    }
    this.#journalSize += text.length
    return this.#journal.append(text)
  }

  #step(): void {
    const snapshot = this.#snapshot
    if (snapshot === null) return
    if (snapshot.cursor !== null) {
      this.#writePage(snapshot)
      if (this.#snapshot === snapshot) this.#later(1, () => { this.#step() })
      return
    }
    snapshot.file.sync((errno) => {
      if (this.#snapshot !== snapshot || this.#closed) return
      if (errno !== null) this.#fail(errno)
      else this.#finish(snapshot)
    })
  }

  #writePage(snapshot: Snapshot): void {
    const page = this.#table.scan('', stepRows, snapshot.cursor ?? 0, -Infinity)
    const text = page.rows.map(putLine).join('')
    const errno = text === '' ? null : snapshot.file.append(text)
    snapshot.size += text.length
    snapshot.cursor = page.cursor
    if (errno !== null) this.#fail(errno)
  }

  #finish(snapshot: Snapshot): void {
    const { folder, files } = this.#options
    snapshot.file.close()
    this.#snapshot = null
    const errno = files.rename(join(folder, `${snapshotName}.new`), join(folder, snapshotName))
    if (errno !== null) return this.#fail(errno)
    this.#snapshotSize = snapshot.size
    removeJournals(folder, this.#number, files)
    this.#retry = retryDelay.first
    if (this.#failing === null) return
    this.#failing = null
    this.#options.onFailure(null)
  }

  /** From now on nothing is written until a new snapshot can be. */
  #fail(errno: string): void {
    const first = this.#failing === null
    this.#failing = errno
    this.#pending = ''
    this.#abandon()
    this.#journal?.close()
    this.#journal = null
    if (!this.#closed) this.#later(this.#retry, () => { this.compact() })
    this.#retry = Math.min(retryDelay.most, this.#retry * 2)
    if (first) this.#options.onFailure(errno)
  }

  #abandon(): void {
    this.#cancelNext?.()
    this.#cancelNext = null
    if (this.#snapshot === null) return
    this.#snapshot.file.close()
    this.#snapshot = null
    this.#options.files.remove(join(this.#options.folder, `${snapshotName}.new`))
  }

  #later(delay: number, what: () => void): void {
    this.#cancelNext?.()
    this.#cancelNext = this.#options.clock.after(delay, () => {
      this.#cancelNext = null
      what()
    })
  }

  /** A power failure costs what was written in the last second at most. */
  #syncLater(): void {
    this.#cancelSync ??= this.#options.clock.after(syncDelay, () => {
      this.#cancelSync = null
      this.#journal?.sync((errno) => { if (errno !== null && !this.#closed) this.#fail(errno) })
    })
  }
}

/** Removes the journals before this one; those that stay do no harm, as the snapshot says which come after it. */
function removeJournals(folder: string, first: number, files: TableFiles): void {
  try {
    for (const number of journalsIn(folder, files)) if (number < first) files.remove(join(folder, journalName(number)))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
  }
}

/** Writes a whole table in one go, before which no journal counts that is older than `first`; what goes wrong is an errno name. */
export function writeWhole(table: Table, folder: string, first: number, files: TableFiles): string | null {
  const path = join(folder, `${snapshotName}.new`)
  const file = files.create(path)
  if (typeof file === 'string') return file
  let errno = file.append(headLine({ columns: table.spec.columns, from: first }))
  for (let cursor: number | null = 0; cursor !== null && errno === null;) {
    const page = table.scan('', stepRows, cursor, -Infinity)
    errno = page.rows.length === 0 ? null : file.append(page.rows.map(putLine).join(''))
    cursor = page.cursor
  }
  file.close()
  errno ??= files.rename(path, join(folder, snapshotName))
  if (errno !== null) files.remove(path)
  return errno
}
