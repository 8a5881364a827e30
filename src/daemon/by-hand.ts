/**
 * Adds programs to the running list, writes them into the config and takes programs out, there and here. A config is
 * only written when a reading of the new text says that nothing else changes by it.
 */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Deleted, ProgramList } from '../api/program-list.ts'
import { addToIni, entryInIni, removeFromIni } from '../config/edit-ini.ts'
import { addToYaml, entryInYaml, removeFromYaml } from '../config/edit-yaml.ts'
import type { ByHandProgram } from '../config/by-hand.ts'
import { formatProblems } from '../config/check.ts'
import type { Config, Problem } from '../config/config.ts'
import { sectionSchema } from '../config/schema.ts'
import { formatOf } from '../config/source.ts'
import type { Actor } from '../core/model.ts'
import type { GroupSpec } from '../core/spec.ts'
import type { TextFiles } from '../core/text-files.ts'
import { Fault } from '../lib/fault.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { ConfigSource } from './config-source.ts'

/** What a change of the list does in the master. */
interface ListActions {
  /** Groups that are active or configured. */
  groups(): readonly GroupSpec[]
  /** Reads the config again and makes this group of it active. */
  activate(name: string, by: Actor): void
  /** Stops the group and takes it out. */
  deactivate(name: string, by: Actor): Promise<void>
  /** For the ledger. */
  note(reason: string, by: Actor): void
}

export interface ListPorts {
  readonly source: Pick<ConfigSource, 'byHand' | 'doubt' | 'instance' | 'load' | 'settle'>
  readonly files: TextFiles
}

export class ByHandList implements ProgramList {
  private readonly source: ListPorts['source']
  private readonly files: ListPorts['files']
  private readonly actions: ListActions

  private readonly refuseWhileEnding: () => void

  /** `refuseWhileEnding` throws Fault SHUTDOWN_STATE. */
  constructor({ source, files }: ListPorts, actions: ListActions, refuseWhileEnding: () => void) {
    this.refuseWhileEnding = refuseWhileEnding
    this.source = source
    this.files = files
    this.actions = actions
  }

  names(): readonly string[] {
    return this.source.byHand.read().programs.map(({ name }) => name)
  }

  add(order: ByHandProgram, by: Actor): readonly string[] {
    this.refuseWhileEnding()
    const { name } = order
    const { byHand } = this.source
    const kept = byHand.readToChange()
    const specs = this.actions.groups().flatMap(({ processes }) => processes)
    const taken = specs.some(({ program }) => program === name)
    if (!taken && specs.some((spec) => spec.group === name || spec.name === name)) throw new Fault('BAD_ARGUMENTS', `${name} is the name of a group or process already: take another with --name`)
    if (taken || kept.programs.some((program) => program.name === name)) throw new Fault('BAD_ARGUMENTS', `${name} is there already: nsup restart ${name} restarts it, nsup delete ${name} removes it`)
    if (name === 'all' || /[*?]/.test(name)) throw new Fault('BAD_ARGUMENTS', `${name} cannot be the name of a program: to all commands it means several`)
    checkOptions(order)
    const programs = [...kept.programs, order]
    const warnings = this.tried(programs, name)
    byHand.write({ ...kept, programs })
    try {
      this.actions.activate(name, by)
    } catch (error) {
      byHand.write(kept)
      throw error
    }
    return warnings
  }

  save(by: Actor): ReturnType<ProgramList['save']> {
    this.refuseWhileEnding()
    const { byHand, instance } = this.source
    const { programs, saved } = byHand.readToChange()
    const now = this.source.load(programs)
    const config = configOf(now)
    const stays = programs.filter(({ name }) => now.left.has(name))
    const goes = programs.filter(({ name }) => !now.left.has(name) && config.groups.some((group) => group.name === name))
    const fresh = goes.filter(({ name }) => this.entry(name) === null && !this.standsInFiles(name))
    if (fresh.length > 0) {
      const text = this.text() ?? ''
      const edited = this.isYaml() ? addToYaml(text, fresh) : addToIni(text, fresh)
      const then = this.source.load(stays, edited).config
      if (then === null || !isDeepStrictEqual(then.groups, config.groups)) throw new Fault('FAILED', `this cannot be written into ${instance.configFile} without changing something: put it in yourself\n${this.fragment(fresh)}`)
      const failure = this.files.replace(instance.configFile, edited)
      this.source.settle()
      if (failure !== null) throw new Fault('FAILED', `${instance.configFile} cannot be written (${failure}); put this in yourself, then nsup update\n${this.fragment(fresh)}`)
    }
    const hashes = fresh.map(({ name }) => [name, hashOf(this.entry(name) ?? '')] as const)
    if (goes.length > 0) byHand.write({ programs: stays, saved: { ...saved, ...Object.fromEntries(hashes) } })
    if (fresh.length > 0) this.actions.note(`save ${fresh.map(({ name }) => name).join(' ')}`, by)
    const exposed = fresh.some(({ environment }) => Object.keys(environment).length > 0) && this.files.isPublic(instance.configFile)
    return { file: instance.configFile, programs: fresh.map(({ name }) => name), exposed }
  }

  async remove(name: string, { sure }: { readonly sure: boolean }, by: Actor): Promise<Deleted> {
    this.refuseWhileEnding()
    const { byHand, instance } = this.source
    const kept = byHand.readToChange()
    const entry = this.entry(name)
    if (entry === null && !kept.programs.some((program) => program.name === name)) throw this.nowhere(name)
    const mine = entry === null || kept.saved[name] === hashOf(entry)
    if (!mine && !sure) return { result: 'unsure', file: instance.configFile }
    if (entry !== null) this.takeOut(name)
    const saved = Object.fromEntries(Object.entries(kept.saved).filter(([other]) => other !== name))
    byHand.write({ programs: kept.programs.filter((program) => program.name !== name), saved })
    // A file that the config includes has the name by now, and what runs is that: what was added by hand is forgotten, no more.
    if (entry !== null || !this.standsInFiles(name)) await this.actions.deactivate(name, by)
    return { result: 'deleted', file: entry === null ? null : instance.configFile }
  }

  /** Warnings about the program; what is wrong with it or with the config is thrown. */
  private tried(programs: readonly ByHandProgram[], name: string): string[] {
    const now = this.source.load(programs)
    const problems = now.left.get(name)
    if (problems !== undefined) throw new Fault('BAD_ARGUMENTS', problems.map(sentence).join('\n'))
    const config = configOf(now)
    if (!config.groups.some((group) => group.name === name)) throw new Fault('BAD_ARGUMENTS', `${name} cannot be a program of its own: the config uses that name`)
    const before = new Set(this.source.load(programs.slice(0, -1)).problems.map(({ message }) => message))
    return now.problems.filter(({ message }) => !before.has(message)).map(sentence)
  }

  private takeOut(name: string): void {
    const { byHand, instance } = this.source
    const { configFile } = instance
    const programs = byHand.read().programs.filter((program) => program.name !== name)
    const text = this.text() ?? ''
    const before = configOf(this.source.load(programs))
    const edited = this.without(text, name)
    const after = this.source.load(programs, edited)
    if (after.config === null) throw new Fault('FAILED', `${name} is needed by other parts of ${configFile}:\n${formatProblems(after.problems)}`)
    if (!isDeepStrictEqual(after.config.groups, before.groups.filter((group) => group.name !== name))) {
      throw new Fault('FAILED', `${name} cannot be taken out of ${configFile} without changing something else: do it by hand, then nsup update`)
    }
    const failure = this.files.replace(configFile, edited)
    if (failure !== null) throw new Fault('FAILED', `${configFile} cannot be written (${failure}): take ${name} out of it by hand, then nsup update`)
  }

  private without(text: string, name: string): string {
    try {
      return this.isYaml() ? removeFromYaml(text, name) : removeFromIni(text, name)
    } catch (error) {
      throw new Fault('FAILED', `${name} cannot be taken out of ${this.source.instance.configFile}: ${(error as Error).message}`)
    }
  }

  /** Where else it stands, or that it stands nowhere. */
  private nowhere(name: string): Fault {
    const groups = this.actions.groups()
    const programs = [...new Set(groups.flatMap(({ processes }) => processes.map((spec) => spec.program)))]
    if (programs.includes(name)) return new Fault('FAILED', `${name} does not stand in ${this.source.instance.configFile} itself: take it out where it stands, then nsup update`)
    const process = groups.flatMap(({ processes }) => processes).find((spec) => spec.name === name || `${spec.group}:${spec.name}` === name || spec.group === name)
    const hint = process === undefined ? didYouMean(name, programs) : `delete takes the name of a program, here ${process.program}`
    return new Fault('BAD_NAME', hint === undefined ? name : `${name} (${hint})`)
  }

  /** The lines of the config that a program stands in; `null`: it does not stand in the main file. */
  private entry(name: string): string | null {
    const text = this.text()
    if (text === null) return null
    try {
      return this.isYaml() ? entryInYaml(text, name) : entryInIni(text, name)
    } catch (error) {
      throw new Fault('FAILED', `${name} in ${this.source.instance.configFile}: ${(error as Error).message}`)
    }
  }

  /** In the main file, or in one that it includes. */
  private standsInFiles(name: string): boolean {
    const groups = this.source.load([]).config?.groups ?? []
    return groups.some((group) => group.name === name || group.processes.some(({ program }) => program === name))
  }

  private text(): string | null {
    const { configFile } = this.source.instance
    try {
      return this.files.read(configFile)
    } catch (error) {
      throw new Fault('FAILED', `${configFile} cannot be read: ${(error as Error).message}`)
    }
  }

  /** What to write by hand, without the secrets that an environment may hold. */
  private fragment(programs: readonly ByHandProgram[]): string {
    const hidden = programs.map((program) => ({ ...program, environment: Object.fromEntries(Object.keys(program.environment).map((key) => [key, '...'])) }))
    return (this.isYaml() ? addToYaml('', hidden) : addToIni('', hidden)).trim()
  }

  private isYaml(): boolean {
    return formatOf(this.source.instance.configFile) === 'yaml'
  }
}

function configOf({ config, problems }: { readonly config: Config | null; readonly problems: readonly Problem[] }): Config {
  if (config === null) throw new Fault('CANT_REREAD', formatProblems(problems))
  return config
}

/** Also in an INI, where a word that is not known is only warned of: here somebody has just typed it. */
function checkOptions({ options, environment }: ByHandProgram): void {
  const known = Object.keys(sectionSchema('program')?.rows ?? {})
  for (const key of Object.keys(options)) {
    if (key === 'command') throw new Fault('BAD_ARGUMENTS', 'command is not set as an option: it is the first word of the command line')
    if (key === 'environment' && Object.keys(environment).length > 0) throw new Fault('BAD_ARGUMENTS', 'environment is given twice, as --env and as an option')
    if (!known.includes(key)) throw new Fault('BAD_ARGUMENTS', [`there is no option ${key}`, didYouMean(key, known)].filter((part) => part !== undefined).join('; '))
  }
}

/** Without its place, which is no line of a file. */
function sentence({ message, hint }: Problem): string {
  return hint === undefined ? message : `${message}; ${hint}`
}

function hashOf(text: string): string {
  return createHash('sha256').update(text.trim()).digest('hex')
}
