/** Makes the groups: those that the config names, and one for each program that is in none. */
import { dirname, join } from 'node:path'
import { didYouMean } from '../lib/suggest.ts'
import { checkCapabilities } from './capabilities.ts'
import { checkDependencies } from './dependencies.ts'
import { buildFcgiProgram } from './fcgi.ts'
import { buildListener } from './listener.ts'
import { readRows } from './read.ts'
import type { Source } from './read.ts'
import { buildProgram } from './program.ts'
import { warnAboutSharedLogs } from './program-logs.ts'
import { errorAt, warningAt } from './raw.ts'
import { groupRows } from './rows-master.ts'
import { checkTables } from './tables.ts'
import { name as nameKind } from './kinds.ts'
import type { GroupSpec, ProcessSpec } from '../core/spec.ts'
import type { TableSpec } from '../core/table-spec.ts'
import type { MasterSpec } from './config.ts'
import type { Context } from './context.ts'
import type { Mark, RawSection } from './raw.ts'

/** All groups, by priority and name. */
export function buildGroups(
  sections: readonly RawSection[], { defaults, tables }: { defaults: RawSection | undefined; tables: readonly TableSpec[] }, master: MasterSpec, context: Context,
): GroupSpec[] {
  const programs = byName(sections, 'program', context)
  const fcgi = byName(sections, 'fcgi-program', context)
  const taken = new Set<string>()
  const groups: { spec: GroupSpec; at: Mark }[] = []
  const sources = new Map<string, Source>()
  const make = (section: RawSection, program: string, group: string): { priority: number; processes: ProcessSpec[] } => {
    const source = { section, defaults: section.format === 'yaml' ? defaults : undefined }
    sources.set(program, source)
    const makeOne = section.kind === 'fcgi-program' ? buildFcgiProgram : buildProgram
    return makeOne(source, program, group, master, context)
  }
  for (const [name, section] of byName(sections, 'group', context)) {
    const names = { plain: { here: context.here }, env: [context.env, master.environment] }
    const values = readRows(groupRows, { section }, names, context)
    const members: ProcessSpec[] = []
    for (const member of values.programs) {
      const program = findMember(member, section, programs, fcgi, context)
      if (program === undefined) continue
      taken.add(member)
      members.push(...make(program, member, name).processes)
    }
    groups.push({ at: section.at, spec: { name, priority: values.priority, processes: distinct(members, section, context) } })
  }
  for (const [name, section] of [...programs, ...fcgi]) {
    if (taken.has(name)) continue
    const { priority, processes } = make(section, name, name)
    groups.push({ at: section.at, spec: { name, priority, processes: distinct(processes, section, context) } })
  }
  for (const [name, section] of byName(sections, 'eventlistener', context)) {
    sources.set(name, { section })
    const { priority, processes } = buildListener(section, name, master, context)
    groups.push({ at: section.at, spec: { name, priority, processes: distinct(processes, section, context) } })
  }
  const all = withOwnLogs(apart(groups, context)).sort(byPriority)
  checkDependencies(all, sources, context)
  warnAboutSharedLogs(all, sources, context)
  checkTables(all, tables, sources, context)
  checkCapabilities(all, sources, context)
  return all
}

function byName(sections: readonly RawSection[], kind: string, context: Context): Map<string, RawSection> {
  const found = new Map<string, RawSection>()
  for (const section of sections) {
    if (section.kind !== kind) continue
    const read = nameKind.safeParse(section.name)
    if (read.success) found.set(read.data, section)
    else context.findings.add(errorAt(section.at, `${section.title}: ${read.error.issues[0]?.message ?? 'invalid name'}`))
  }
  return found
}

function findMember(
  member: string, section: RawSection, programs: ReadonlyMap<string, RawSection>, fcgi: ReadonlyMap<string, RawSection>, context: Context,
): RawSection | undefined {
  const at = memberMark(section, member)
  const program = programs.get(member) ?? fcgi.get(member)
  if (programs.has(member) && fcgi.has(member)) {
    context.findings.add(errorAt(at, `${section.title}: '${member}' is ambiguous: there is a program and an fcgi-program of that name`))
  } else if (program === undefined) {
    const known = [...programs.keys(), ...fcgi.keys()]
    const hint = didYouMean(member, known) ?? (known.length > 0 && known.length <= 20 ? `the programs are ${known.join(', ')}` : undefined)
    context.findings.add(errorAt(at, `[${section.title}] names unknown program or fcgi-program ${member}`, hint))
  }
  return program
}

/** Where the group names the member. */
function memberMark(section: RawSection, member: string): Mark {
  const value = section.options.get('programs')?.value
  if (value === undefined) return section.at
  if (value.kind === 'list') return value.items.find((item) => item.text.trim() === member)?.at ?? value.at
  return value.at
}

/** Of two processes with one name the later stays, as with supervisord. */
function distinct(processes: readonly ProcessSpec[], section: RawSection, context: Context): ProcessSpec[] {
  const kept = new Map<string, ProcessSpec>()
  for (const process of processes) {
    if (kept.has(process.name)) {
      context.findings.add(warningAt(section.at, `${section.title}: two processes are named '${process.name}'; only the last one is kept`, 'give them different process_name'))
    }
    kept.set(process.name, process)
  }
  return [...kept.values()].sort(byPriority)
}

/** Of two groups with one name the one that comes first in order stays. */
function apart(groups: readonly { spec: GroupSpec; at: Mark }[], context: Context): GroupSpec[] {
  const kept = new Map<string, GroupSpec>()
  for (const { spec, at } of groups) {
    const other = kept.get(spec.name)
    if (other !== undefined) {
      const message = `two of the programs, event listeners and groups are named '${spec.name}'`
      context.findings.add(context.format === 'yaml' ? errorAt(at, message) : warningAt(at, `${message}; only the first by priority is kept`))
    }
    if (other === undefined || spec.priority < other.priority) kept.set(spec.name, spec)
  }
  return [...kept.values()]
}

/** Two processes must not share a stable log name: those that would (`a_b:c` and `a:b_c`) get one with a colon. */
function withOwnLogs(groups: readonly GroupSpec[]): GroupSpec[] {
  const all = groups.flatMap((group) => group.processes)
  const users = new Map<string, number>()
  const autoFiles = (spec: ProcessSpec): string[] => [spec.stdout, spec.stderr].flatMap((log) => (log.auto && log.file !== null ? [log.file] : []))
  for (const file of all.flatMap(autoFiles)) users.set(file, (users.get(file) ?? 0) + 1)
  const rename = (spec: ProcessSpec, channel: 'stdout' | 'stderr'): ProcessSpec[typeof channel] => {
    const log = spec[channel]
    if (!log.auto || log.file === null || users.get(log.file) === 1) return log
    return { ...log, file: join(dirname(log.file), `${spec.group}:${spec.name}-${channel}.log`) }
  }
  return groups.map((group) => ({
    ...group, processes: group.processes.map((spec) => ({ ...spec, stdout: rename(spec, 'stdout'), stderr: rename(spec, 'stderr') })),
  }))
}

interface Ordered {
  readonly priority: number
  readonly name: string
}

function byPriority(a: Ordered, b: Ordered): number {
  if (a.priority !== b.priority) return a.priority - b.priority
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
