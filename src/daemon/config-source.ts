/**
 * The config of an instance as its master reads it: the files, what the command line says, and the programs that were
 * added by hand. An instance that was begun without a file has an empty one until there is one.
 */
import type { ByHandProgram } from '../config/by-hand.ts'
import { formatProblems } from '../config/check.ts'
import type { Config, Problem } from '../config/config.ts'
import type { Instance } from '../config/instance.ts'
import { loadConfig } from '../config/load.ts'
import type { Loaded, LoadOptions } from '../config/load.ts'
import { warningAt } from '../config/raw.ts'
import { isWithoutConfig, settleMark } from '../config/without-config.ts'
import { Fault } from '../lib/fault.ts'
import type { ByHandFile } from './by-hand-file.ts'

export class ConfigSource {
  readonly instance: Instance
  readonly byHand: ByHandFile
  private readonly file: string
  private readonly settings: () => Omit<LoadOptions, 'byHand' | 'text'>
  /** What was added by hand and could not be read with the config of the last reading, by name. */
  private left: Loaded['left'] = new Map()
  /** Makes of what is written what is run. */
  adapt: (config: Config) => Config = (config) => config

  /** `file`: as it was named, which is what `%(here)s` goes by. */
  constructor(file: string, instance: Instance, settings: () => Omit<LoadOptions, 'byHand' | 'text'>, byHand: ByHandFile) {
    this.file = file
    this.instance = instance
    this.settings = settings
    this.byHand = byHand
  }

  /** Reads all of it; `null` when it has errors. What is wrong is said as text. */
  read(say: (text: string) => unknown, { errorsFirst = false } = {}): Config | null {
    const { config, problems, left } = this.load(this.byHand.readAnew().programs)
    this.left = left
    const all = [...problems, ...this.lost(left)]
    const errors = errorsFirst ? all.filter(({ severity }) => severity === 'error') : []
    const parts = [errors, all.filter((problem) => !errors.includes(problem))].filter((part) => part.length > 0)
    if (parts.length > 0) say(`${parts.map(formatProblems).join('\n')}\n`)
    this.settle()
    return config
  }

  /**
   * Why a group that the config has not may be wanted all the same, since it was added by hand; `null`: it is not wanted.
   * `fromFiles`: it has stood in the config while this master ran.
   */
  doubt(name: string, fromFiles: boolean): string | null {
    const [problem] = this.left.get(name) ?? []
    if (problem !== undefined) return `${name} was added by hand and cannot be read any more (${problem.message})`
    return fromFiles ? null : this.byHand.unknown
  }

  /** A file may have come into being. */
  settle(): void {
    settleMark(this.instance)
  }

  /** Throws Fault CANT_REREAD with all problems, what it is about in front of mere warnings; warnings go to `warn`. */
  reread(warn: (text: string) => void): Config {
    let said = ''
    const config = this.read((text) => (said += text), { errorsFirst: true })
    if (config === null) throw new Fault('CANT_REREAD', said.trim())
    if (said !== '') warn(said.trim())
    return config
  }

  /** The config with these programs beside it; `text`: what its main file would hold. */
  load(programs: readonly ByHandProgram[], text?: string): Loaded {
    const empty = text === undefined && isWithoutConfig(this.instance) ? '' : text
    const loaded = loadConfig(this.file, { ...this.settings(), byHand: programs, ...(empty !== undefined && { text: empty }) })
    return { ...loaded, config: loaded.config === null ? null : this.adapt(loaded.config) }
  }

  private lost(left: Loaded['left']): Problem[] {
    const at = { file: this.instance.configFile, line: 1, column: 1 }
    const problems = [...left].map(([name, [why]]) => warningAt(at, `${name}, which was added by hand, is left out: ${why?.message ?? ''}`, `nsup delete ${name} forgets it`))
    return this.byHand.problem === null ? problems : [...problems, warningAt(at, this.byHand.problem)]
  }
}
