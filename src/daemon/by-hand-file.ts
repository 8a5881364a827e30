/**
 * The programs of an instance that were added by hand, as they are kept in its state folder: a line for each, mode 0600,
 * since they hold environment. Also which ones `save` has written into the config, by a hash of what it wrote.
 */
import { join } from 'node:path'
import * as z from 'zod'
import type { ByHandProgram } from '../config/by-hand.ts'
import { Fault } from '../lib/fault.ts'
import type { RecordStore } from './snapshot.ts'

const texts = z.record(z.string(), z.string())

const programSchema = z.object({
  name: z.string(),
  command: z.union([z.string(), z.array(z.string())]),
  directory: z.string().nullable(),
  environment: texts,
  options: texts,
})

const fileSchema = z.object({ version: z.literal(1), saved: texts.default({}), programs: z.array(programSchema) })

interface Kept {
  readonly programs: readonly ByHandProgram[]
  /** Hashes of what was written into the config, by name. */
  readonly saved: Readonly<Record<string, string>>
}

export class ByHandFile {
  private readonly path: string
  private readonly records: Pick<RecordStore, 'read' | 'write'>
  private kept: Kept | null = null
  /** Why what is there cannot be read; nothing is written over it. */
  private broken: string | null = null

  constructor(stateDir: string, records: Pick<RecordStore, 'read' | 'write'>) {
    this.path = join(stateDir, 'by-hand.json')
    this.records = records
  }

  /** What is kept; nothing where the file cannot be read, which `problem` then tells. */
  read(): Kept {
    this.kept ??= this.parse(this.records.read(this.path))
    return this.kept
  }

  get problem(): string | null {
    this.read()
    return this.broken
  }

  /** Throws Fault FAILED. */
  write(kept: Kept): void {
    if (this.problem !== null) throw new Fault('FAILED', this.broken ?? '')
    const { saved, programs } = kept
    const lines = programs.map((program) => `  ${JSON.stringify(program)}`).join(',\n')
    const failure = this.records.write(this.path, `{"version": 1, "saved": ${JSON.stringify(saved)}, "programs": [\n${lines}\n]}\n`)
    if (failure !== null) throw new Fault('FAILED', `${this.path} cannot be written: ${failure}`)
    this.kept = kept
  }

  private parse(text: string | undefined): Kept {
    if (text === undefined) return { programs: [], saved: {} }
    try {
      return fileSchema.parse(JSON.parse(text))
    } catch {
      this.broken = `${this.path} cannot be read, so no program that was added by hand is known; mend it or move it away`
      return { programs: [], saved: {} }
    }
  }
}
