/**
 * The programs of an instance that were added by hand, as they are kept in its state folder: a line for each, mode 0600,
 * since they hold environment. Also which ones `save` has written into the config, by a hash of what it wrote.
 */
import { join } from 'node:path'
import * as z from 'zod'
import type { ByHandProgram } from '../config/by-hand.ts'
import type { TextFiles } from '../core/text-files.ts'
import { errorCode } from '../lib/errno.ts'
import { Fault } from '../lib/fault.ts'

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

const nothing: Kept = { programs: [], saved: {} }

export class ByHandFile {
  private readonly path: string
  private readonly files: Pick<TextFiles, 'read' | 'replace'>
  /** What was read last, or written; what is there now may be broken by then. */
  private kept: Kept | null = null
  /** Why what is there cannot be read; nothing is written over it. */
  private broken: string | null = null

  constructor(stateDir: string, files: Pick<TextFiles, 'read' | 'replace'>) {
    this.path = join(stateDir, 'by-hand.json')
    this.files = files
  }

  /** What is kept; nothing where the file could never be read, which `problem` then tells. */
  read(): Kept {
    if (this.kept === null) this.look()
    return this.kept ?? nothing
  }

  /** What is kept, as it is in the file by now if that can be read. One that has gone is written again. */
  readAnew(): Kept {
    if (!this.look() && this.read().programs.length > 0) this.broken = this.put(this.read())
    return this.read()
  }

  /** Why the file could not be read when it was last looked at. */
  get problem(): string | null {
    return this.broken
  }

  /** Why this master has never learnt what was added by hand; `null`: it has. */
  get unknown(): string | null {
    return this.kept === null ? this.broken : null
  }

  /** As `readAnew`, for who is about to change it. Throws Fault FAILED while what is there cannot be read. */
  readToChange(): Kept {
    this.look()
    if (this.broken !== null) throw new Fault('FAILED', this.broken)
    return this.read()
  }

  /** On the disk when it returns. Throws Fault FAILED. */
  write(kept: Kept): void {
    this.readToChange()
    const failure = this.put(kept)
    if (failure !== null) throw new Fault('FAILED', failure)
    this.kept = kept
  }

  private put({ saved, programs }: Kept): string | null {
    const lines = programs.map((program) => `  ${JSON.stringify(program)}`).join(',\n')
    const failure = this.files.replace(this.path, `{"version": 1, "saved": ${JSON.stringify(saved)}, "programs": [\n${lines}\n]}\n`)
    return failure === null ? null : `${this.path} cannot be written: ${failure}`
  }

  /** Takes what is there, if it can be read; whether there is anything. */
  private look(): boolean {
    try {
      const text = this.files.read(this.path)
      this.broken = null
      this.kept = text === null ? (this.kept ?? nothing) : fileSchema.parse(JSON.parse(text))
      return text !== null
    } catch (error) {
      const known = this.kept === null ? 'no program that was added by hand is known, what runs is left as it is' : 'what was added by hand runs on, as it was read before'
      const away = this.kept === null ? ', or move it away, which forgets what was added by hand' : ' or move it away'
      this.broken = `${this.path} cannot be read (${why(error)}): ${known}, and none is added, saved or deleted; mend it${away}, then nsup update`
      return true
    }
  }
}

/** The word of the kernel, or what is wrong with the text in one line, without what stands in it: that may be a secret. */
function why(error: unknown): string {
  if (error instanceof z.ZodError) return error.issues.slice(0, 1).map(({ path, message }) => `${path.join('.')}: ${message}`).join('')
  if (error instanceof SyntaxError) return 'it is no JSON'
  return errorCode(error)
}
