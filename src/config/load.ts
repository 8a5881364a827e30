/**
 * Reads a config file with everything that it includes and returns checked data, or all that is wrong with it. Never
 * throws for what is in a file. The steps: text -> sections (ini, yaml) -> merged -> values (read) -> config (build).
 */
import { dirname, resolve } from 'node:path'
import { build, counts } from './build.ts'
import { byHandSections, programAt } from './by-hand.ts'
import type { ByHandProgram } from './by-hand.ts'
import { newContext } from './context.ts'
import { Findings } from './findings.ts'
import { globFiles } from './glob.ts'
import { expandScalar } from './read.ts'
import { errorAt, warningAt } from './raw.ts'
import { formatOf, readSource, sourceOf } from './source.ts'
import { namedSections } from './yaml.ts'
import type { Capability } from '../core/ports.ts'
import type { Config, Problem } from './config.ts'
import type { Overrides } from './build.ts'
import type { Context } from './context.ts'
import type { Format, RawScalar, RawSection } from './raw.ts'

export interface LoadOptions {
  readonly env: NodeJS.ProcessEnv
  /** Values of the command line, by their names in [supervisord]; they win. */
  readonly overrides?: Overrides
  /** Folder of YAML's AUTO logs. */
  readonly logDir: string
  /** What relative paths are relative to. */
  readonly cwd: string
  /** What this machine can do; without it the config is not checked against the machine. */
  readonly capabilities?: readonly Capability[]
  /** Programs that stand in no file; one that cannot be read any more is left out, see {@link Loaded.left}. */
  readonly byHand?: readonly ByHandProgram[]
  /** What the main file would hold, in place of what it holds. */
  readonly text?: string
}

export interface Loaded {
  /** `null` if and only if a problem is an error. */
  readonly config: Config | null
  readonly problems: readonly Problem[]
  /** Programs of `byHand` that are not in the config, and why: nothing in a file is refused because of them. */
  readonly left: ReadonlyMap<string, readonly Problem[]>
  /** Files and patterns that it is made of, absolute: a change of one may be a change of the config. */
  readonly sources: readonly string[]
}

/** Reads and checks a config file. */
export function loadConfig(file: string, options: LoadOptions): Loaded {
  const here = dirname(resolve(options.cwd, file))
  const left = new Map<string, Problem[]>()
  for (let byHand = options.byHand ?? []; ; byHand = byHand.filter(({ name }) => !left.has(name))) {
    const { config, problems, sources } = loadOnce(file, { ...options, byHand })
    const bad = problems.filter(({ severity }) => config === null && severity === 'error').flatMap((problem) => {
      const program = programAt(byHand, here, problem)
      return program === undefined ? [] : [{ program, problem }]
    })
    for (const { program, problem } of bad) left.set(program.name, [...(left.get(program.name) ?? []), problem])
    if (bad.length === 0) return { config, problems, left, sources }
  }
}

function loadOnce(file: string, options: LoadOptions): Omit<Loaded, 'left'> {
  const { mainFile, format, sections, files, context } = begin(file, options)
  const { findings } = context
  const found = (config: Config | null): Omit<Loaded, 'left'> => ({ config, problems: findings.all(), sources: [...context.sources] })
  if (findings.failed && sections.length === 0) return found(null)
  // A table may be called as a program is.
  const names = new Set(sections.filter(({ kind }) => kind !== 'table' && Object.values(namedSections).includes(kind)).map(({ name }) => name.trim()))
  const added = byHandSections(options.byHand ?? [], format, context.here)
  for (const { name, at } of added) if (names.has(name)) findings.add(warningAt(at, `${name} stands in the config now: what was added by hand under that name is left out`))
  const built = build([...sections, ...added.filter(({ name }) => !names.has(name))], mainFile, options.overrides ?? {}, context)
  return found(findings.failed ? null : { file: mainFile, format, files, ...built })
}

/** The merged sections of a config and its includes, before anything in them is expanded or checked. */
export function loadSections(file: string, options: LoadOptions): readonly RawSection[] {
  return begin(file, options).sections
}

interface Begun {
  readonly mainFile: string
  readonly format: Format
  readonly sections: RawSection[]
  readonly files: readonly string[]
  readonly context: Context
}

function begin(file: string, options: LoadOptions): Begun {
  const mainFile = resolve(options.cwd, file)
  const format = formatOf(mainFile)
  const findings = new Findings()
  const context = newContext({
    env: options.env, cwd: options.cwd, logDir: options.logDir, format, here: dirname(mainFile), findings, capabilities: options.capabilities ?? [],
  })
  const files: string[] = []
  return { mainFile, format, sections: readAll(mainFile, files, context, options.text), files, context }
}

/** The sections of the main file and of all that it includes, merged; `files` gets every file that was read; `text`: in place of what is in the main one. */
function readAll(mainFile: string, files: string[], context: Context, text?: string): RawSection[] {
  const merged = new Map<string, RawSection>()
  const includes: RawSection[] = []
  const take = (file: string): void => {
    files.push(file)
    const read = file === mainFile && text !== undefined ? sourceOf(text, file) : readSource(file)
    context.findings.add(...read.problems)
    for (const section of read.sections) {
      if (section.kind === 'include' && section.name === '') includes.push(section)
      if (counts(section)) context.findings.add(...merge(merged, section))
      else merged.set(`[${section.title}]`, section)
    }
  }
  context.sources.add(mainFile)
  take(mainFile)
  const [include] = includes.splice(0)
  if (include !== undefined) {
    for (const included of findIncluded(include, mainFile, context)) if (!files.includes(included)) take(included)
  }
  for (const nested of includes) {
    context.findings.add(warningAt(nested.at, 'include in an included file is ignored', 'name the files in the main file'))
  }
  return [...merged.values()]
}

/** A section that is there again adds its options; of the same option the later wins. Who sets a command twice has more likely copied a file than meant that. */
function merge(merged: Map<string, RawSection>, section: RawSection): Problem[] {
  const key = `${section.kind}:${section.name.trim()}`
  const before = merged.get(key)
  const [first, second] = [before?.options.get('command'), section.options.get('command')]
  if (before === undefined) merged.set(key, section)
  else if (section.kind !== 'include') for (const [name, option] of section.options) before.options.set(name, option)
  if (first === undefined || second === undefined || section.format !== 'ini') return []
  return [warningAt(second.at, `command in section '${section.title}' is set again; the one of ${first.at.file}:${String(first.at.line)} does not count`)]
}

function findIncluded(include: RawSection, mainFile: string, context: Context): string[] {
  const names = { plain: { here: context.here, host_node_name: context.hostName }, env: [context.env] }
  const found: string[] = []
  const files = include.options.get('files')
  if (files === undefined || files.value.kind === 'map') {
    context.findings.add(errorAt(files?.value.at ?? include.at, `${include.title} names no files`, 'give it a pattern such as conf.d/*'))
  }
  for (const piece of patterns(include)) {
    const text = expandScalar(piece.scalar, 'files of include', false, include.format, names, context)
    for (const pattern of piece.split ? (text ?? '').split(/\s+/) : [(text ?? '').trim()]) {
      if (pattern === '') continue
      const wanted = resolve(dirname(mainFile), pattern)
      context.sources.add(wanted)
      const matched = globFiles(wanted)
      if (matched.length === 0) context.findings.add(warningAt(piece.scalar.at, `No file matches via include "${pattern}"`))
      found.push(...matched)
    }
  }
  return found
}

/** INI: patterns between blanks, each line a scalar with its place; YAML: one pattern or a list of them. */
function patterns(include: RawSection): { scalar: RawScalar; split: boolean }[] {
  const value = include.options.get('files')?.value
  if (value?.kind === 'list') return value.items.map((scalar) => ({ scalar, split: false }))
  if (value?.kind !== 'scalar') return []
  if (include.format === 'yaml') return [{ scalar: value, split: false }]
  return value.text.split('\n').map((text, index) => ({
    scalar: { kind: 'scalar', text, at: value.lines?.[index] ?? value.at }, split: true,
  }))
}
