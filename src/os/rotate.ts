/**
 * The numbered backups of a log file: shifts `.1` to `.2` and so on, and gzips them in the background. A backup is
 * `.N` or, once it is packed, `.N.gz`; where a crash left both, the packed one is whole. Knows nothing of the writer.
 */
import { createReadStream, createWriteStream, existsSync, renameSync, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { SinkWatcher } from '../core/sinks.ts'

interface Job {
  /** Number of the backup, moved along by rotations that happen meanwhile; 0: it fell off the end. */
  index: number
}

/** Backups of one log file. */
export class Backups {
  readonly #path: string
  #keep: number
  #compress: boolean
  readonly #watcher: Pick<SinkWatcher, 'onProblem'>
  readonly #jobs: Job[] = []
  #packing: Promise<void> | null = null

  constructor(path: string, options: { keep: number; compress: boolean }, watcher: Pick<SinkWatcher, 'onProblem'>) {
    this.#path = path
    this.#keep = options.keep
    this.#compress = options.compress
    this.#watcher = watcher
  }

  /** Other limits from the next rotation on. */
  configure(options: { keep: number; compress: boolean }): void {
    this.#keep = options.keep
    this.#compress = options.compress
  }

  /** Makes room for a new `.1` and moves the file there. Throws what the file system throws; the file is then in place. */
  shift(): void {
    if (this.#keep === 0) return
    this.#remove(this.#keep)
    for (let index = this.#keep - 1; index >= 1; index--) this.#move(index)
    for (const job of this.#jobs) job.index = job.index === 0 || job.index >= this.#keep ? 0 : job.index + 1
    try {
      renameSync(this.#path, this.#plain(1))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error // somebody removed the file: nothing to keep
    }
  }

  /** Begins to pack `.1`; returns at once. Packing goes on file by file, oldest request first. */
  pack(): void {
    if (!this.#compress || this.#keep === 0) return
    this.#jobs.push({ index: 1 })
    this.#packing ??= this.#packAll().finally(() => {
      this.#packing = null
    })
  }

  /** Resolves when nothing is being packed. */
  async idle(): Promise<void> {
    while (this.#packing !== null) await this.#packing
  }

  #plain(index: number): string {
    return `${this.#path}.${String(index)}`
  }

  #packed(index: number): string {
    return `${this.#plain(index)}.gz`
  }

  #remove(index: number): void {
    rmSync(this.#plain(index), { force: true })
    rmSync(this.#packed(index), { force: true })
  }

  #move(index: number): void {
    const packed = existsSync(this.#packed(index))
    const plain = existsSync(this.#plain(index))
    if (!packed && !plain) return
    this.#remove(index + 1)
    if (packed) {
      renameSync(this.#packed(index), this.#packed(index + 1))
      if (plain) rmSync(this.#plain(index), { force: true }) // a crash came between the packed file and this removal
    } else {
      renameSync(this.#plain(index), this.#plain(index + 1))
    }
  }

  async #packAll(): Promise<void> {
    const { createGzip } = await import('node:zlib')
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
      await this.#packOne(job, createGzip)
      this.#jobs.shift()
    }
  }

  /** Packs into a file aside and renames, so that whatever interrupts it, `.N` or `.N.gz` is whole. */
  async #packOne(job: Job, createGzip: () => NodeJS.ReadWriteStream): Promise<void> {
    if (job.index === 0) return
    const aside = `${this.#path}.packing`
    try {
      const source = createReadStream(this.#plain(job.index))
      await pipeline(source, createGzip(), createWriteStream(aside, { mode: 0o600 }))
      if (job.index > 0) {
        renameSync(aside, this.#packed(job.index))
        rmSync(this.#plain(job.index), { force: true })
      }
    } catch (error) {
      if (job.index > 0 && existsSync(this.#plain(job.index))) {
        this.#watcher.onProblem(`cannot compress ${this.#plain(job.index)}: ${(error as Error).message}; it stays as it is`)
      }
    } finally {
      rmSync(aside, { force: true })
    }
  }
}
